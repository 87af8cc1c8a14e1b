"""From the ledger's frame to the tidy one that the laws of the race read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from grokscope.nets import Transformer
from grokscope.registry import kinds
from grokscope.run import Run
from grokscope.spec import Spec
from grokscope.tasks.permutations import COMPOSE

RENAMED = {
    "task.fraction": "fraction",
    "task.split": "split",
    "net.depth": "depth",
    "net.heads": "heads",
    "net.rotary": "rotary",
    "net.norm": "norm",
    "net.positions": "positions",
    "net.gate": "gate",
    "net.dropout": "dropout",
    "net.init_scale": "init_scale",
    "optimiser.lr": "lr",
    "optimiser.weight_decay": "weight_decay",
    "optimiser.beta1": "beta1",
    "optimiser.beta2": "beta2",
    "seeds.data": "seed",
    "task.op": "op",
}
AS_THEY_ARE = (
    "id",
    "measurement",
    "p",
    "dim",
    "n_params",
    "batch_size",
    "max_epochs",
    "dataset_bits",
    "epochs",
    "stopped",
    "t_mem_running",
    "t_mem_eval",
    "t_gen",
    "total_bits",
)
PARTS = {"net": "nets", "optimiser": "optimisers", "filter": "filters", "transform": "transforms"}
"""Parts of a run whose own fields part runs, and their families."""
SIZES = ("net.dim", "net.width")
"""What a curve runs along, so that it is no setting."""
SHUFFLED = "task.inputs_of."
"""Where a shuffled task keeps what its inputs are."""


def tidy(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a finished run, the settings under their plain names, `probe` saying what was memorised.

    `probe` is `random` for random data, the kind of labels for shuffled tasks, `task` for the task itself.
    """
    done = runs[runs["status"] == "done"].reset_index(drop=True)
    frame = pd.DataFrame({name: done[name] for name in AS_THEY_ARE})
    frame = frame.join(settings_of(done))
    frame["n_train"] = np.rint(frame["dataset_bits"] / np.log2(frame["p"].astype(float) + 2))
    rows = np.where(frame["op"] == "/", frame["p"] - 1, frame["p"]) * frame["p"]
    is_task = done["task.kind"].isin(("modular", "permutations"))
    frame["n_val"] = np.where(is_task, rows - frame["n_train"], 0)
    labels = done["task.labels"] if "task.labels" in done else pd.Series(None, index=done.index, dtype=object)
    frame["probe"] = labels.where(done["task.kind"] == "shuffled", np.where(is_task, "task", "random"))
    frame["train_threshold"] = _filled(done, "measurement.train_threshold", "measurement.threshold")
    # Imported runs have no eval accuracy of their training examples: of T_mem by it they say nothing.
    frame["eval_recorded"] = done["origin"].isna()
    frame["val_threshold"] = _filled(done, "measurement.val_threshold")
    return frame


def settings_of(runs: pd.DataFrame) -> pd.DataFrame:
    """The settings of runs under their plain names, from their specs with dotted names: known before a run is done."""
    frame = pd.DataFrame(index=runs.index)
    for source, name in RENAMED.items():
        frame[name] = _filled(runs, source, SHUFFLED + source.removeprefix("task."))
    for name, family in PARTS.items():
        frame[name] = _said(runs, name, kinds(family))
    for name in ("norm", "positions", "gate"):
        _fill_default(frame, name, Transformer, frame["net"].str.split(n=1).str[0] == Transformer.kind)
    for name in ("loss", "shuffle", "precision", "matmul"):
        frame[name] = _filled(runs, name)
        _fill_default(frame, name, Run, pd.Series(True, index=runs.index))
    is_composed = _filled(runs, "task.inputs_of.kind", "task.kind") == "permutations"
    frame["op"] = frame["op"].astype(object).mask(is_composed, COMPOSE)
    return frame


def _filled(done: pd.DataFrame, *sources: str) -> pd.Series:
    """The first of these columns that has a value, row by row."""
    present = [done[source] for source in sources if source in done]
    if not present:
        return pd.Series(None, index=done.index, dtype=object)
    filled = present[0]
    for column in present[1:]:
        filled = filled.where(filled.notna(), column)
    return filled


def _said(done: pd.DataFrame, part: str, known: Mapping[str, type[Spec]]) -> pd.Series:
    """The kind of a part and what it says beyond the named columns, but for its defaults: `muon momentum 0.9`.

    So a new kind with fields of its own parts the runs without being named here.
    """
    said = _filled(done, f"{part}.kind").astype(object).fillna("none")
    for kind, cls in known.items():
        for field in dataclasses.fields(cls):
            column = f"{part}.{field.name}"
            if column not in done or column in RENAMED or column in SIZES:
                continue
            values = done.loc[done[f"{part}.kind"] == kind, column].dropna()
            told = values[values != field.default]
            words = field.name.replace("_", " ")
            said[told.index] = [
                f"{so_far} {words} {_short(value)}" for so_far, value in zip(said[told.index], told, strict=True)
            ]
    return said


def _short(value: object) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _fill_default(frame: pd.DataFrame, name: str, cls: type[Spec], rows: pd.Series) -> None:
    """A field that runs of older ledgers do not mention has its default."""
    default = next(field.default for field in dataclasses.fields(cls) if field.name == name)
    frame[name] = frame[name].astype(object).mask(rows & frame[name].isna(), default)
