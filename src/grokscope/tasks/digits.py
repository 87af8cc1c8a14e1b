"""Handwritten digits: those that come with scikit-learn (8 x 8), or MNIST (28 x 28) where the user has its files."""

from __future__ import annotations

import gzip
import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt8

from grokscope.folders import data_folder
from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.spec import InputError, SpecError, static, traced
from grokscope.tasks.dataset import Dataset, row_bucket

N_SMALL = 1797
PIXELS = {"small": 64, "mnist": 784}
MNIST = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
"""The files of MNIST, plain or with `.gz`, in `folders.data_folder() / "mnist"`."""
MAGIC = {1: 2049, 3: 2051}
"""What an idx file of bytes begins with, by its number of axes."""


@register
@dataclass(frozen=True)
class Digits(Task):
    """Which digit is it? Pixels from 0 to 1 in one row.

    Attributes:
        source: `small`, the 1797 digits of scikit-learn, parted by the key; or `mnist`, whose first `n_train` training
            images are trained on and whose first `n_val` test images are the test, whatever the key.
    """

    kind = "digits"

    source: Literal["small", "mnist"] = static("small", choices=("small", "mnist"))
    n_train: int = traced(1000, low=1, high=60_000)
    n_val: int = traced(797, low=1, high=10_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source == "small" and self.n_train + self.n_val > N_SMALL:
            raise SpecError("n_train", self.n_train, f"with n_val at most the {N_SMALL} digits there are")

    @property
    def signature(self) -> Signature:
        n = PIXELS[self.source]
        return Signature(vocab=0, length=n, classes=10, numbers=(n,))

    @property
    def label(self) -> str:
        return f"digits {self.source}"

    @property
    def row_bucket(self) -> int:
        return row_bucket(self.n_train + self.n_val, 1)

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The examples.

        Raises:
            InputError: scikit-learn is not installed, or the files of MNIST are not there or not whole.
        """
        if self.source == "mnist":
            (x, y), (x_val, y_val) = load_mnist(data_folder() / "mnist")
            return Dataset(x[: self.n_train], y[: self.n_train], x_val[: self.n_val], y_val[: self.n_val])
        x, y = load_small_digits()
        order = np.asarray(jax.random.permutation(key, N_SMALL))
        train, val = order[: self.n_train], order[self.n_train : self.n_train + self.n_val]
        return Dataset(x[train], y[train], x[val], y[val])


@lru_cache(maxsize=1)
def load_small_digits() -> tuple[Float[np.ndarray, "1797 64"], Int[np.ndarray, " 1797"]]:
    """The digits of scikit-learn, which asks nothing of the network."""
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise InputError(
            "task digits: found no scikit-learn, expected it installed (pip install scikit-learn)"
        ) from None
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype(np.float32), y.astype(np.int32)


@lru_cache(maxsize=1)
def load_mnist(folder: Path) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Training and test part of MNIST from its idx files."""
    images, labels, test_images, test_labels = (read_idx(folder, name) for name in MNIST)
    return _read_part(folder, images, labels), _read_part(folder, test_images, test_labels)


def _read_part(folder: Path, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(images) != len(labels):
        raise InputError(f"{folder}: found {len(images)} images and {len(labels)} labels, expected as many")
    return (images.reshape(len(images), -1) / 255).astype(np.float32), labels.astype(np.int32)


def read_idx(folder: Path, name: str) -> UInt8[np.ndarray, "n ..."]:
    """The array of an idx file of bytes, plain or compressed.

    Raises:
        InputError: no such file, or not what its name says.
    """
    path = next((path for path in (folder / name, folder / f"{name}.gz") if path.exists()), None)
    if path is None:
        raise InputError(f"{folder / name}: found no such file, expected it, plain or with .gz, for source: mnist")
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    axes = 3 if "idx3" in name else 1
    head = struct.unpack(f">{axes + 1}I", data[: 4 * (axes + 1)]) if len(data) >= 4 * (axes + 1) else (0,)
    body = np.frombuffer(data, np.uint8, offset=min(len(data), 4 * (axes + 1)))
    if head[0] != MAGIC[axes] or len(body) != math.prod(head[1:]):
        raise InputError(f"{path}: found {len(data)} bytes that are no idx file of {axes} axes, expected one")
    return body.reshape(head[1:])
