"""The published archive of Ising snapshots: a pickle, read so that it can make arrays and nothing else."""

from __future__ import annotations

import codecs
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from grokscope.spec import InputError
from grokscope.tasks.lattice import SpinPool

RECONSTRUCT, SCALAR = np.zeros(0).__reduce__()[0], np.float64(0).__reduce__()[0]
"""What NumPy's own pickles of arrays and of single numbers call, under the name of either of its versions."""


class ArrayUnpickler(pickle.Unpickler):
    """An unpickler that knows how NumPy arrays are made. Whatever else a file names is refused, not called."""

    KNOWN: ClassVar[dict[tuple[str, str], Any]] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): codecs.encode,  # how protocol 2 keeps bytes: a text and the name of its encoding
        **{(f"numpy.{core}.multiarray", "_reconstruct"): RECONSTRUCT for core in ("core", "_core")},
        **{(f"numpy.{core}.multiarray", "scalar"): SCALAR for core in ("core", "_core")},
    }

    def find_class(self, module: str, name: str) -> Any:
        """The maker of arrays that is meant.

        Raises:
            UnpicklingError: it is none.
        """
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"the name {module}.{name}")
        return self.KNOWN[module, name]


def read_archive(path: Path, *, side: int) -> SpinPool:
    """The snapshots of `[description, [(snapshot, label, temperature), ...]]`, coldest first.

    Raises:
        InputError: no such file, or another content.
    """
    if not path.exists():
        raise InputError(f"{path}: found no such file, expected the published archive of Ising snapshots")
    expected = "[description, [(snapshot, label, temperature), ...]]"
    try:
        with path.open("rb") as file:
            _, records = ArrayUnpickler(file).load()
        spins = np.array([record[0] for record in records], np.float64)
        temperature = np.array([float(record[2]) for record in records])
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise InputError(f"{path}: found {error}, expected a pickle of {expected}") from None
    if spins.shape[1:] != (side, side) or not np.isin(spins, (-1, 1)).all():
        raise InputError(
            f"{path}: found snapshots of shape {spins.shape[1:]}, expected {side} x {side} spins of -1 or 1"
        )
    order = np.argsort(temperature, kind="stable")
    return SpinPool(spins[order].astype(np.int8), temperature[order])
