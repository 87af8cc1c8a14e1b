"""The digits that come with scikit-learn, and MNIST from files of its own format."""

import gzip
import struct
from pathlib import Path

import jax
import numpy as np
import pytest

from grokscope.spec import InputError, SpecError
from grokscope.tasks import Digits, digits

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
LABELS = np.arange(5).astype(np.uint8)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">{array.ndim + 1}I", 2048 + array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GROKSCOPE_DATA", str(tmp_path))
    digits.load_mnist.cache_clear()
    (tmp_path / "mnist").mkdir()
    for name in digits.MNIST:
        content = idx(IMAGES if "idx3" in name else LABELS)
        (tmp_path / "mnist" / f"{name}.gz").write_bytes(gzip.compress(content))
    (tmp_path / "mnist" / digits.MNIST[0]).write_bytes(idx(IMAGES))
    return tmp_path / "mnist"


def test_mnist_from_files_plain_and_compressed(folder: Path) -> None:
    data = Digits("mnist", n_train=4, n_val=3).arrays(jax.random.key(0))
    np.testing.assert_allclose(data.train_inputs, IMAGES[:4].reshape(4, 784) / np.float32(255))
    np.testing.assert_array_equal(data.val_targets, [0, 1, 2])


@pytest.mark.parametrize("damage", ["missing", "short", "other"])
def test_files_that_are_not_there_or_not_whole_are_refused(folder: Path, damage: str) -> None:
    path = folder / digits.MNIST[0]
    (folder / f"{digits.MNIST[0]}.gz").unlink()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(idx(IMAGES)[:-1] if damage == "short" else idx(LABELS))
    with pytest.raises(InputError, match=digits.MNIST[0]):
        Digits("mnist", n_train=4, n_val=3).arrays(jax.random.key(0))


def test_the_embedded_digits() -> None:
    pytest.importorskip("sklearn")
    task = Digits()
    data = task.arrays(jax.random.key(0))
    assert data.train_inputs.shape == (1000, 64)
    assert data.val_inputs.shape == (797, 64)
    assert (data.train_inputs.min(), data.train_inputs.max()) == (0, 1)
    assert set(data.train_targets.tolist()) == set(range(10))
    both = np.concatenate([data.train_inputs, data.val_inputs])
    assert len(both) == 1797
    assert not np.array_equal(task.arrays(jax.random.key(1)).train_targets, data.train_targets)


def test_more_digits_than_there_are_is_refused() -> None:
    with pytest.raises(SpecError, match="1797"):
        Digits(n_train=1500, n_val=500)
