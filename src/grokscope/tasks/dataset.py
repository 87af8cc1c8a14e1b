"""What every task makes, and the helpers that tasks share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Shaped

ROWS_QUANTUM = 512


class Dataset(NamedTuple):
    """The examples of one run, as host arrays: whole numbers for tokens and labels, floats for numbers.

    Validation may be empty.
    """

    train_inputs: Shaped[np.ndarray, "n_train ..."]
    train_targets: Shaped[np.ndarray, "n_train ..."]
    val_inputs: Shaped[np.ndarray, "n_val ..."]
    val_targets: Shaped[np.ndarray, "n_val ..."]


def row_bucket(n_rows: int, table_rows: int) -> int:
    """Room to keep for `n_rows` examples so that tasks over one vocabulary share a compiled program.

    Every task over the prime p gets room for its whole table of `table_rows`; larger data sets double that.
    """
    padded = table_rows
    while padded < n_rows:
        padded *= 2
    return -(-padded // ROWS_QUANTUM) * ROWS_QUANTUM


def padded_rows(n_rows: int) -> int:
    """Room for tasks that share no program with others: not more than a block's where there are fewer examples."""
    return n_rows if n_rows < ROWS_QUANTUM else -(-n_rows // ROWS_QUANTUM) * ROWS_QUANTUM


def empty_examples(length: int) -> tuple[Int[np.ndarray, "0 length"], Int[np.ndarray, " 0"]]:
    """An empty validation set."""
    return np.zeros((0, length), np.int32), np.zeros(0, np.int32)
