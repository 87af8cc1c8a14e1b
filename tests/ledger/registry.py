"""A registry of the published form, made here: its table of runs and one archive of arrays a run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from grokscope.ledger.published.registry import IDENTIFYING
from grokscope.nets import Transformer
from grokscope.run import Signature

ANNOTATING = (
    "run_id",
    "status",
    "n_params",
    "started_at",
    "completed_at",
    "wall_clock_seconds",
    "git_hash",
    "git_dirty",
    "accelerator",
    "host",
    "error",
    "epochs_trained",
    "final_loss",
    "final_acc",
    "total_bits_memorized",
    "saturation_step",
    "saturation_epoch",
    "saturated",
    "final_train_acc",
    "final_val_acc",
    "grokking_epoch",
    "grokking_threshold",
)
COMMON: dict[str, Any] = {
    "p": 13,
    "operation": "/",
    "train_fraction": 0.5,
    "split_type": "random",
    "dataset_type": "modular",
    "n_samples": 78,
    "dim": 8,
    "depth": 2,
    "heads": 1,
    "dropout": 0.2,
    "init_scale": 1.0,
    "lr": 1e-3,
    "weight_decay": 1.0,
    "beta1": 0.9,
    "beta2": 0.98,
    "batch_size": 32,
    "max_epochs": 40,
    "seed": 42,
    "architecture_family": "transformer_gated",
    "status": "completed",
    "n_params": Transformer(8).n_params(Signature(15, 4, 15)),
    "started_at": "2026-05-01T10:00:00+00:00",
    "completed_at": "2026-05-01T10:01:00+00:00",
    "wall_clock_seconds": 60.0,
    "git_hash": "abc1234",
    "git_dirty": 1,
    "accelerator": "A100",
    "host": "node7",
}
Arrays = dict[str, Any]


def capacity(run_id: str = "aaaaaaaaaaaa", **changes: Any) -> tuple[dict[str, Any], Arrays]:
    """Accuracies are fractions here, and percent in the other two."""
    row = {
        "experiment_type": "capacity",
        "run_id": run_id,
        "operation": "/",
        "dataset_type": "random",
        "dropout": 0.0,
        "n_samples": 60,
        "epochs_trained": 30,
        "final_loss": 0.5,
        "final_acc": 0.75,
        "total_bits_memorized": 190.0,
    }
    arrays = {
        "train_loss": np.linspace(2.5, 0.5, 30),
        "train_acc": np.linspace(0.1, 0.75, 30),
        "bits_per_example": np.linspace(0, 3, 30),
    }
    return COMMON | row | changes, arrays


def speed(run_id: str = "bbbbbbbbbbbb", **changes: Any) -> tuple[dict[str, Any], Arrays]:
    row = {
        "experiment_type": "speed",
        "run_id": run_id,
        "dataset_type": "random",
        "epochs_trained": 20,
        "final_loss": 0.1,
        "final_acc": 99.5,
        "saturation_step": 60,
        "saturation_epoch": 20.0,
        "saturated": 1,
    }
    arrays = {
        "train_loss": np.linspace(2.5, 0.1, 20),
        "train_acc": np.linspace(10, 99.5, 20),
        "steps": np.arange(1, 21) * 3,
    }
    return COMMON | row | changes, arrays


def groks(run_id: str = "cccccccccccc", **changes: Any) -> tuple[dict[str, Any], Arrays]:
    row = {
        "experiment_type": "groks",
        "run_id": run_id,
        "epochs_trained": 40,
        "final_train_acc": 97.0,
        "final_val_acc": 100.0,
        "grokking_epoch": 38,
        "grokking_threshold": 0.99,
    }
    val = np.concatenate([np.linspace(5, 98, 37), [100.0, 100.0, 100.0]])
    return COMMON | row | changes, {"train_acc": np.linspace(10, 97, 40), "val_acc": val}


def registry(folder: Path, *entries: tuple[dict[str, Any], Arrays | None], name: str = "registry.db") -> Path:
    """The folder with these runs; an entry without arrays has no archive."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = (*IDENTIFYING, *ANNOTATING)
    with closing(sqlite3.connect(folder / name)) as connection, connection:
        connection.execute(f"CREATE TABLE runs (id INTEGER PRIMARY KEY, {', '.join(columns)})")
        for row, arrays in entries:
            values = [row.get(column) for column in columns]
            marks = ", ".join("?" * len(columns))
            connection.execute(f"INSERT INTO runs ({', '.join(columns)}) VALUES ({marks})", values)
            if arrays is not None:
                place = folder / "data" / str(row["experiment_type"]) / str(row["run_id"])
                place.mkdir(parents=True, exist_ok=True)
                np.savez_compressed(place / "trace.npz", **arrays)
    return folder
