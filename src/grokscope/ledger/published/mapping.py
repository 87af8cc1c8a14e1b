"""A registry's row in our words. What the published identity does not say is None: unknown, not default.

Units differ there from type to type: accuracies of speed and groks are percent, of capacity fractions (method 4.6).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from grokscope.ledger.errors import LedgerError
from grokscope.ledger.published.registry import Row
from grokscope.ledger.tables import RESULT_TYPES
from grokscope.nets import Transformer
from grokscope.run import Seeds, Task
from grokscope.tasks import Modular, RandomLabels
from grokscope.tasks.modular import LARGEST_PRIME, table_size
from grokscope.training.optimisers import AdamW

PROTOCOL = "published"
FAMILY = "transformer_gated"
UNKNOWN: dict[str, dict[str, None]] = {
    "capacity": dict.fromkeys(("patience", "min_delta")),
    "speed": dict.fromkeys(("threshold", "patience", "stop_on")),
    "groks": dict.fromkeys(("train_threshold", "val_threshold", "patience", "min_delta", "stop_on")),
}
"""When a run was to end: the published code does not record it, except for a threshold of groks."""
LARGEST = 2**53


class Mapped(NamedTuple):
    """A row as the ledger keeps it, but for its trace.

    Attributes:
        task: what was learned.
        spec: as of a run, with `protocol: published`, the published run id, and None for what is unknown.
        result: every column of `results` but its id.
    """

    run_id: str
    measurement: str
    task: Task
    spec: dict[str, Any]
    n_params: int
    epochs: int
    steps_per_epoch: int
    result: Row


def map_row(row: Row) -> Mapped:
    """The row in our words.

    Raises:
        InputError: a value that no run can have, or that contradicts another one: column, found, expected.
    """
    kind = _one_of(row, "experiment_type", tuple(UNKNOWN))
    _one_of(row, "architecture_family", (FAMILY,))
    task, net = _task(row, kind), _net(row)
    n_params = net.n_params(task.signature)
    if row.get("n_params") is not None and _whole(row, "n_params") != n_params:
        raise LedgerError(f"n_params: found {row['n_params']!r}, expected {n_params} of a net of these settings")
    max_epochs, batch_size = _whole(row, "max_epochs", low=1), _whole(row, "batch_size", low=-1)
    epochs = _whole(row, "epochs_trained", low=1, high=max_epochs)
    steps = math.ceil(task.n_train / (batch_size if batch_size > 0 else task.n_train))
    spec = {
        "protocol": PROTOCOL,
        "run": str(row["run_id"]),
        "task": task.to_dict(),
        "net": net.to_dict() | {"rotary": None},
        "optimiser": _optimiser(row).to_dict() | {"eps": None},
        "measurement": _measurement(row, kind),
        "seeds": Seeds.all(_whole(row, "seed")).to_dict(),
        "batch_size": batch_size,
        "max_epochs": max_epochs,
        "precision": None,
        "keep": "nothing",
    }
    result: Row = dict.fromkeys(RESULT_TYPES) | {
        "n_params": n_params,
        "dataset_bits": task.dataset_bits,
        "epochs": epochs,
        "steps": epochs * steps,
        "stopped": "rule" if epochs < max_epochs or row.get("saturated") else "max_epochs",
    }
    result |= RESULTS[kind](row, epochs)
    return Mapped(str(row["run_id"]), kind, task, spec, n_params, epochs, steps, result)


def _net(row: Row) -> Transformer:
    return Transformer(
        dim=_whole(row, "dim"),
        depth=_whole(row, "depth"),
        heads=_whole(row, "heads"),
        dropout=_number(row, "dropout"),
        init_scale=_number(row, "init_scale"),
    )


def _optimiser(row: Row) -> AdamW:
    return AdamW(*(_number(row, name) for name in ("lr", "weight_decay", "beta1", "beta2")))


def _measurement(row: Row, kind: str) -> Row:
    known = kind == "groks" and row.get("grokking_threshold") is not None
    threshold = {"val_threshold": _share(row, "grokking_threshold", 1)} if known else {}
    return {"kind": kind} | UNKNOWN[kind] | threshold


def _task(row: Row, kind: str) -> Task:
    """The data. Of a speed run, operation, fraction and split are labels only: its data is random."""
    p, n = _whole(row, "p"), _whole(row, "n_samples")
    if p > LARGEST_PRIME:
        raise LedgerError(f"p: found {p}, expected at most {LARGEST_PRIME}")
    data = _one_of(row, "dataset_type", ("random", "modular"))
    if kind == "speed" or (kind == "capacity" and data == "random"):
        return RandomLabels(p, n)
    if kind == "capacity":
        return Modular(p, row["operation"], n / table_size(p, row["operation"]))
    return Modular(p, row["operation"], _number(row, "train_fraction"), row["split_type"])


def _capacity(row: Row, epochs: int) -> Row:
    return {
        "final_train_loss": _maybe(row, "final_loss"),
        "final_running_acc": _share(row, "final_acc", 1),
        "total_bits": _maybe(row, "total_bits_memorized"),
    }


def _speed(row: Row, epochs: int) -> Row:
    arrived = _whole(row, "saturated", low=0, high=1)
    return {
        "final_running_loss": _maybe(row, "final_loss"),
        "final_running_acc": _share(row, "final_acc", 100),
        "t_mem_running": _whole(row, "saturation_epoch", low=1, high=epochs) if arrived else None,
    }


def _groks(row: Row, epochs: int) -> Row:
    arrived = row.get("grokking_epoch") is not None
    return {
        "final_running_acc": _share(row, "final_train_acc", 100),
        "final_val_acc": _share(row, "final_val_acc", 100),
        "t_gen": _whole(row, "grokking_epoch", low=1, high=epochs) if arrived else None,
    }


RESULTS: dict[str, Callable[[Row, int], Row]] = {"capacity": _capacity, "speed": _speed, "groks": _groks}


def _one_of(row: Row, name: str, choices: tuple[str, ...]) -> str:
    if row[name] not in choices:
        raise LedgerError(f"{name}: found {row[name]!r}, expected one of {', '.join(choices)}")
    return str(row[name])


def _number(row: Row, name: str) -> float:
    value = row.get(name)
    if not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise LedgerError(f"{name}: found {value!r}, expected a number")
    return float(value)


def _whole(row: Row, name: str, *, low: int = -LARGEST, high: int = LARGEST) -> int:
    value = _number(row, name)
    if value != int(value) or not low <= value <= high:
        within = f" from {low} to {high}" if low > -LARGEST else ""
        raise LedgerError(f"{name}: found {row[name]!r}, expected a whole number{within}")
    return int(value)


def _maybe(row: Row, name: str) -> float | None:
    return None if row.get(name) is None else _number(row, name)


def _share(row: Row, name: str, whole: int) -> float | None:
    """An accuracy as a fraction, from one of `whole`: 100 for percent."""
    value = _maybe(row, name)
    if value is not None and not 0 <= value <= whole:
        raise LedgerError(f"{name}: found {value:g}, expected {'percent' if whole == 100 else 'a fraction'}")
    return None if value is None else value / whole
