"""A trace as bytes and back, to the bit; never pickled."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from grokscope.ledger.errors import LedgerError, first_line

LEVEL = 1
"""Of zlib: the bytes of a trace hardly shrink further at any other, and only this one keeps up with the writer."""

DTYPES = {"<f4": 4, "<f8": 8}
"""Bytes of a number."""
LONGEST = 2**31


def packed(trace: Mapping[str, Any], steps_per_epoch: int) -> dict[str, Any]:
    """The columns one after the other as little-endian floats of the trace's own precision, compressed.

    Raises:
        LedgerError: the columns are not equally long vectors of floats.
    """
    columns = {name: np.asarray(column) for name, column in trace.items()}
    lengths = {column.shape for column in columns.values()}
    if len(lengths) != 1 or len(next(iter(lengths))) != 1:
        raise LedgerError(f"trace: found columns of shapes {sorted(lengths)}, expected vectors of one length")
    dtype = np.result_type(*columns.values())
    if dtype not in (np.float32, np.float64):
        raise LedgerError(f"trace: found {dtype} numbers, expected float32 or float64")
    matrix = np.array(list(columns.values()), dtype=dtype.newbyteorder("<"))
    return {
        "columns": json.dumps(list(columns)),
        "dtype": matrix.dtype.newbyteorder("<").str,
        "epochs": matrix.shape[1],
        "steps_per_epoch": steps_per_epoch,
        "data": zlib.compress(matrix.tobytes(), LEVEL),
    }


def unpacked(
    identity: str, columns: str, dtype: str, epochs: int, steps_per_epoch: int, data: bytes
) -> dict[str, np.ndarray]:
    """The trace's columns by name and `steps`, the optimiser steps done by then; element 0 is epoch 1.

    Raises:
        LedgerError: the bytes are not those that were written (zlib keeps a checksum).
    """
    try:
        names = json.loads(columns)
        if dtype not in DTYPES or not all(isinstance(name, str) for name in names):
            raise ValueError(f"found {str(dtype)[:20]!r} columns {str(columns)[:60]!r}")
        if not (0 <= epochs <= LONGEST and 0 <= steps_per_epoch <= LONGEST):
            raise ValueError(f"found {epochs} epochs of {steps_per_epoch} steps")
        matrix = np.frombuffer(_unzipped(data, len(names) * epochs * DTYPES[dtype]), dtype=dtype)
        named = dict(zip(names, matrix.reshape(len(names), epochs), strict=True))
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise LedgerError(
            f"run {identity}: its trace is damaged: {first_line(error)}, expected it as written"
        ) from None
    return named | {"steps": np.arange(1, epochs + 1, dtype=np.int64) * steps_per_epoch}


def _unzipped(data: bytes, size: int) -> bytes:
    """As many bytes as there should be; a damaged ledger cannot ask for more memory than its traces take."""
    unzip = zlib.decompressobj()
    found = unzip.decompress(data, size + 1)
    if len(found) != size or not unzip.eof:
        raise ValueError(f"found {len(found)} bytes or more, or no end")
    return found


def framed(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """A trace indexed by epoch, from 1."""
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(columns["steps"]) + 1, name="epoch"))
