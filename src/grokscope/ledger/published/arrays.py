"""A published run's traces from its archive of arrays; nothing is unpickled, and nothing outside its folder is read."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

import numpy as np

from grokscope.ledger.errors import LedgerError
from grokscope.measurements.trace import CORE, Trace

ARRAYS: dict[str, tuple[str, ...]] = {
    "running_loss": ("running_loss", "train_loss", "train_losses", "losses", "loss"),
    "running_acc": ("running_acc", "train_acc", "train_accs", "train_accuracy", "accuracies", "accs", "acc"),
    "val_acc": ("val_acc", "val_accs", "val_accuracy"),
}
"""Our name of what the published code records, and what its archives may call it."""
RECORDED = {
    "capacity": ("running_loss", "running_acc"),
    "speed": ("running_loss", "running_acc"),
    "groks": ("running_acc", "val_acc"),
}
WHOLE = {"capacity": 1.0, "speed": 100.0, "groks": 100.0}
"""What an accuracy of 1 is there."""
RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
MOST_BYTES = 2**28


def path_of(folder: Path, kind: str, run_id: str) -> Path:
    """The path of a run's archive. The paths that a registry's rows name are not followed."""
    if not RUN_ID.fullmatch(run_id):
        raise LedgerError(f"run_id: found {run_id[:60]!r}, expected letters and digits")
    return folder / "data" / kind / run_id / "trace.npz"


def trace_in(folder: Path, kind: str, run_id: str, epochs: int) -> Trace:
    """The trace, accuracies as fractions, float64; NaN for what the published code does not record.

    Raises:
        LedgerError: it is not there, not whole, not as long as the run, or an accuracy is out of range.
    """
    path = path_of(folder, kind, run_id)
    place = path.relative_to(folder)
    found = _load(path, place)
    columns = {name: np.full(epochs, np.nan) for name in CORE}
    for name in RECORDED[kind]:
        called = next((other for other in ARRAYS[name] if other in found), None)
        if called is None:
            raise LedgerError(
                f"{place}: found {', '.join(found) or 'no arrays'}, expected one of {', '.join(ARRAYS[name])}"
            )
        columns[name] = _column(found[called], f"{place}: {called}", epochs)
        if name.endswith("acc"):
            columns[name] = _fractions(columns[name], f"{place}: {called}", WHOLE[kind])
    return Trace.of(columns)


def _load(path: Path, place: Path) -> dict[str, np.ndarray]:
    """Every array of an archive that is named in `ARRAYS`."""
    wanted = {name for names in ARRAYS.values() for name in names}
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise LedgerError(f"{place}: found {size} bytes, expected at most {MOST_BYTES}")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files if name in wanted}
    except FileNotFoundError:
        raise LedgerError(f"{place}: found no file, expected the trace of a completed run") from None
    except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise LedgerError(
            f"{place}: found {' '.join(str(error).split())[:200]!r}, expected an archive of arrays"
        ) from None


def _column(array: np.ndarray, place: str, epochs: int) -> np.ndarray:
    if array.shape != (epochs,) or array.dtype.kind not in "fiu":
        raise LedgerError(f"{place}: found {array.dtype} of shape {array.shape}, expected {epochs} numbers")
    return array.astype(np.float64)


def _fractions(column: np.ndarray, place: str, whole: float) -> np.ndarray:
    fractions = column / whole
    if not ((fractions >= 0) & (fractions <= 1 + 1e-6)).all():
        raise LedgerError(f"{place}: found {column.min():g} to {column.max():g}, expected 0 to {whole:g}")
    return np.minimum(fractions, 1.0)
