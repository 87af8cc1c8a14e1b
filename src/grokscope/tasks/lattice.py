"""Spins on a square lattice with periodic edges: how they are sampled, and how a pool of them is kept.

E = -sum of s_i s_j over the 2 L^2 bonds, J = 1; T_c = 2 / ln(1 + sqrt 2). The default sampler is single-site Glauber
dynamics from infinite temperature, stopped before it has wholly come to equilibrium: what has not is striped by
extended domain walls, states of low energy and little magnetisation.
Source: method 1.6; Manning-Coe et al. 2025, section 2.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int8, Shaped

from grokscope.folders import atomic_write

CRITICAL = 2 / math.log(1 + math.sqrt(2))
"""T_c, in units of J."""
BLOCK = 512
"""Attempts whose random numbers are drawn at once."""


class SpinPool(NamedTuple):
    """Snapshots of one chain each, coldest first.

    Attributes:
        spins: -1 or 1.
        temperature: in units of J.
    """

    spins: Int8[np.ndarray, "n side side"]
    temperature: Float[np.ndarray, " n"]

    @property
    def disordered(self) -> Int[np.ndarray, " n"]:
        """The label: 1 above the critical temperature, 0 below; from the temperature, never from the snapshot."""
        return (self.temperature > CRITICAL).astype(np.int32)


def temperatures(n: int) -> Float[np.ndarray, " n"]:
    """Evenly spaced from T_c - 1 to T_c + 1, both included."""
    return np.linspace(CRITICAL - 1, CRITICAL + 1, n)


def neighbour_sites(side: int) -> Int[np.ndarray, "4 sites"]:
    """The four sites beside each, by row-major number."""
    sites = np.arange(side * side).reshape(side, side)
    return np.stack([np.roll(sites, shift, axis).ravel() for axis in (0, 1) for shift in (1, -1)])


def sample_glauber(side: int, temperature: Float[np.ndarray, " n"], sweeps: int, seed: int) -> SpinPool:
    """One chain for each temperature, `sweeps * side^2` attempts from random spins.

    An attempt picks a site of each chain at random and flips it with probability 1 / (1 + exp(dE / T)).
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    n, sites = len(temperature), side * side
    first = np.arange(n) * sites
    spins = (2 * rng.integers(0, 2, n * sites, "int8") - 1).astype(np.int8)
    beside = [row.astype(np.int64) for row in neighbour_sites(side)]
    # row k: the probability of a flip that changes the energy by 4 k - 8
    flips = 1 / (1 + np.exp((4 * np.arange(5)[:, None] - 8) / temperature)).astype(np.float32)
    flat, chain = flips.astype(np.float32).ravel(), np.arange(n)
    for site, luck in _attempts(rng, n, sites, sweeps * sites):
        at = first + site
        here = spins[at]
        field = spins[first + beside[0][site]]
        for row in beside[1:]:
            field = field + spins[first + row[site]]
        row = (here * field + 4) >> 1
        spins[at] = np.where(luck < flat[row * np.int64(n) + chain], -here, here)
    return SpinPool(spins.reshape(n, side, side), np.asarray(temperature, np.float64))


def _attempts(rng: np.random.Generator, n: int, sites: int, total: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """A site and a uniform number of every chain, attempt by attempt."""
    for start in range(0, total, BLOCK):
        count = min(BLOCK, total - start)
        yield from zip(
            rng.integers(0, sites, (count, n), "uint16"), rng.random((count, n), dtype=np.float32), strict=True
        )


def sample_wolff(side: int, temperature: Float[np.ndarray, " n"], sweeps: int, seed: int) -> SpinPool:
    """The control in equilibrium: per chain, `sweeps` clusters are flipped.

    Their number is fixed, not the number of sites: a chain that ends once so many sites have flipped ends oftenest in
    a large cluster, and so in a state of too low an energy.
    """
    rng = np.random.default_rng(seed)
    beside = neighbour_sites(side).T.tolist()
    pool = np.empty((len(temperature), side * side), np.int8)
    for spins, t in zip(pool, temperature, strict=True):
        spins[:] = _wolff_chain(rng, beside, 1 - math.exp(-2 / t), sweeps)
    return SpinPool(pool.reshape(-1, side, side), np.asarray(temperature, np.float64))


def _wolff_chain(rng: np.random.Generator, beside: list[list[int]], joins: float, clusters: int) -> np.ndarray:
    spins = (2 * rng.integers(0, 2, len(beside)) - 1).tolist()
    for _ in range(clusters):
        front = [int(rng.integers(len(beside)))]
        sign = spins[front[0]]
        spins[front[0]] = -sign
        while front:
            candidates = [site for site in beside[front.pop()] if spins[site] == sign]
            for site, luck in zip(candidates, rng.random(len(candidates)).tolist(), strict=True):
                if luck < joins and spins[site] == sign:
                    spins[site] = -sign
                    front.append(site)
    return np.array(spins, np.int8)


def scramble(spins: Shaped[np.ndarray, "n ..."], seed: int = 0) -> Shaped[np.ndarray, "n ..."]:
    """The control of features: the sites of every snapshot in an order of its own.

    Magnetisation stays; what a site knows of its neighbours goes, and energy per bond comes to about -M^2.
    """
    rows = np.random.default_rng(seed).permuted(spins.reshape(len(spins), -1), axis=1)
    return rows.reshape(spins.shape)


def save_pool(path: Path, pool: SpinPool, **settings: str | int) -> None:
    """Write a pool with the settings it was made with, whole or not at all."""
    arrays: dict[str, np.ndarray] = {name: np.asarray(value) for name, value in settings.items()}
    arrays |= {"spins": np.packbits(pool.spins > 0), "shape": np.array(pool.spins.shape)}
    arrays |= {"temperature": pool.temperature, "label": pool.disordered}
    with atomic_write(path) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in arrays.items():
            with file.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_pool(path: Path) -> SpinPool:
    """The pool that `save_pool` wrote; nothing is unpickled."""
    with np.load(path, allow_pickle=False) as file:
        shape = tuple(file["shape"])
        bits = np.unpackbits(file["spins"], count=math.prod(shape)).reshape(shape)
        return SpinPool((2 * bits.astype(np.int8) - 1), file["temperature"])
