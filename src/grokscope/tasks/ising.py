"""Is a snapshot of an Ising lattice from below or above the critical temperature? Source: Manning-Coe et al. 2025."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import jax
import numpy as np
from jaxtyping import Array, Int, Key

from grokscope.folders import cache_folder, data_folder
from grokscope.registry import register
from grokscope.run import Signature, Task
from grokscope.spec import SpecError, static, traced
from grokscope.tasks import lattice
from grokscope.tasks.archive import read_archive
from grokscope.tasks.dataset import Dataset, row_bucket
from grokscope.tasks.lattice import SpinPool

ARCHIVE = "ising.pkl"
"""The published archive, in `folders.data_folder()`."""
SAMPLERS = {"glauber": lattice.sample_glauber, "wolff": lattice.sample_wolff}


@register
@dataclass(frozen=True)
class Ising(Task):
    """Training and test snapshots drawn without replacement from a pool that is made once and kept.

    Attributes:
        side: L; a snapshot is one channel of L x L numbers, -1 or 1.
        temperatures, per_temperature: snapshots of the pool; half of the temperatures are below the critical one.
        sweeps: attempts a chain makes, over L^2.
        sampler: `glauber`, which is meant; `wolff`, its control in equilibrium; or `published`, the archive of the
            authors where the user has it (then the fields of the pool are not used).
        halves: whether training snapshots are half ordered and half disordered, or as they come.
    """

    kind = "ising"
    group_axis = "side"

    side: int = static(16)
    temperatures: int = traced(50, low=2, high=10_000)
    per_temperature: int = traced(100, low=1, high=100_000)
    sweeps: int = traced(300, low=1, high=1_000_000)
    pool_seed: int = traced(0, low=0, high=2**31 - 1)
    sampler: Literal["glauber", "wolff", "published"] = traced("glauber", choices=("glauber", "wolff", "published"))
    n_train: int = traced(300, low=1)
    n_val: int = traced(1000, low=1)
    halves: Literal["yes", "no"] = traced("yes", choices=("yes", "no"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.side < 4 or self.side > 256:
            raise SpecError("side", self.side, "from 4 to 256")
        n_pool = self.temperatures * self.per_temperature
        if self.sampler != "published" and self.n_train + self.n_val > n_pool:
            raise SpecError("n_train", self.n_train, f"with n_val at most the {n_pool} snapshots of the pool")

    @property
    def signature(self) -> Signature:
        return Signature(vocab=0, length=self.side**2, classes=2, numbers=(1, self.side, self.side))

    @property
    def label(self) -> str:
        return f"ising {self.side}x{self.side}"

    @property
    def row_bucket(self) -> int:
        return row_bucket(self.n_train + self.n_val, 1)

    def arrays(self, key: Key[Array, ""]) -> Dataset:
        """The first `n_val` of the shuffled pool, then `n_train` of the rest.

        Raises:
            InputError: the published archive is not there, or has too few snapshots.
        """
        snapshots = load_pool(self)
        order = np.asarray(jax.random.permutation(key, len(snapshots.spins)))
        val, train = order[: self.n_val], self._train(order[self.n_val :], snapshots.disordered)
        inputs = snapshots.spins[:, None].astype(np.float32)
        labels = snapshots.disordered
        return Dataset(inputs[train], labels[train], inputs[val], labels[val])

    def _train(self, rest: Int[np.ndarray, " rest"], label: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n_train"]:
        if self.halves == "no":
            return rest[: self.n_train]
        ordered, disordered = (rest[label[rest] == kind] for kind in (0, 1))
        half = self.n_train // 2
        if len(disordered) < half or len(ordered) < self.n_train - half:
            raise SpecError(
                "n_train", self.n_train, f"at most twice the {min(len(ordered), len(disordered))} of a kind"
            )
        chosen = np.concatenate([ordered[: self.n_train - half], disordered[:half]])
        return rest[np.isin(rest, chosen)]


def load_pool(task: Ising) -> SpinPool:
    """All snapshots that a task draws from: from the archive, or made once and kept."""
    if task.sampler == "published":
        return read_archive(data_folder() / ARCHIVE, side=task.side)
    return _load_or_sample(
        task.sampler, task.side, task.temperatures, task.per_temperature, task.sweeps, task.pool_seed
    )


@lru_cache(maxsize=4)
def _load_or_sample(
    sampler: Literal["glauber", "wolff"], side: int, n: int, each: int, sweeps: int, seed: int
) -> SpinPool:
    path = pool_path(sampler, side, n, each, sweeps, seed)
    if not path.exists():
        made = SAMPLERS[sampler](side, np.repeat(lattice.temperatures(n), each), sweeps, seed)
        lattice.save_pool(path, made, sampler=sampler, side=side, per_temperature=each, sweeps=sweeps, seed=seed)
    return lattice.read_pool(path)


def pool_path(sampler: str, side: int, n: int, each: int, sweeps: int, seed: int) -> Path:
    """Where a pool is kept: its settings are its name, and stand in it."""
    return cache_folder() / "ising" / f"{sampler}-L{side}-{n}x{each}-{sweeps}sweeps-seed{seed}.npz"
