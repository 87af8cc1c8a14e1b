"""Splits of the proposals into training, validation and test: never one in two of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from grokscope.spec import InputError

SPLITS = ("train", "val", "test")
How = Literal["proposal", "time", "target"]
NO_TARGET = ("", "ANY", "NONE", "DARK", "BIAS")
NEAR_DEGREES = 0.05
"""Two images this near show the same target: 3 arc minutes, a detector's width."""


@dataclass(frozen=True)
class Split:
    """Settings of a split. `time`: later cycles are held out. `target`: programmes of one target stay together."""

    how: How = "proposal"
    val: float = 0.1
    test: float = 0.1
    seed: int = 42

    def __post_init__(self) -> None:
        if not (self.val > 0 and self.test >= 0 and self.val + self.test < 1):
            raise InputError(f"split: found shares {self.val:g} and {self.test:g}, expected a sum below 1, val above 0")
        if self.how not in ("proposal", "time", "target"):
            raise InputError(f"split: found {self.how!r}, expected proposal, time or target")


def split(split_by: Split, cycles: Mapping[int, int], groups: Mapping[int, int] | None = None) -> dict[int, str]:
    """Proposal -> train, val or test, whatever the order they come in.

    Args:
        cycles: proposal -> cycle.
        groups: proposal -> group that must not be divided; needed to split by target.
    """
    if split_by.how == "target" and groups is None:
        raise InputError("split: found no positions, expected the targets of previews to split by target")
    of = groups if split_by.how == "target" and groups is not None else {one: one for one in cycles}
    members: dict[int, list[int]] = {}
    for proposal in sorted(cycles):
        members.setdefault(of.get(proposal, proposal), []).append(proposal)
    order = [sorted(members)[i] for i in np.random.default_rng(split_by.seed).permutation(len(members))]
    if split_by.how == "time":
        order.sort(key=lambda group: -max(cycles[proposal] for proposal in members[group]))
    return _deal([members[group] for group in order], split_by, len(cycles))


def _deal(groups: Sequence[Sequence[int]], shares: Split, total: int) -> dict[int, str]:
    """Test first, then validation, each until it has its share of proposals."""
    quota = {"test": round(shares.test * total), "val": max(1, round(shares.val * total))}
    found: dict[int, str] = {}
    for group in groups:
        name = next((each for each, room in quota.items() if room > 0), "train")
        if name != "train":
            quota[name] -= len(group)
        found |= dict.fromkeys(group, name)
    return found


def target_groups(images: pd.DataFrame) -> dict[int, int]:
    """Proposal -> smallest proposal among those linked to it by a target's name or an overlapping field of view.

    Args:
        images: columns proposal, target, ra, dec (degrees).
    """
    proposals = np.unique(images["proposal"])
    place = {proposal: n for n, proposal in enumerate(proposals)}
    which = images["proposal"].map(place).to_numpy()
    ra, dec = np.radians(images["ra"].to_numpy(float)), np.radians(images["dec"].to_numpy(float))
    sphere = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)
    pairs = cKDTree(sphere).query_pairs(2 * np.sin(np.radians(NEAR_DEGREES) / 2), output_type="ndarray")
    links = [which[pairs].T]
    for name, same in images.assign(which=which).groupby(images["target"].str.upper()):
        if name not in NO_TARGET:
            ends = same["which"].to_numpy()
            links.append(np.stack([np.full(len(ends), ends[0]), ends]))
    rows, columns = np.concatenate(links, axis=1) if links else np.zeros((2, 0), int)
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(proposals),) * 2)
    _, label = connected_components(graph, directed=False)
    first = {int(group): int(proposals[label == group].min()) for group in np.unique(label)}
    return {int(proposal): first[int(label[n])] for n, proposal in enumerate(proposals)}


def leaks(images: pd.DataFrame) -> list[str]:
    """A line for every proposal, picture or (as a warning) target that is in more than one split."""
    found = []
    for column, what in (("proposal", "proposal"), ("sha256", "picture")):
        counted = images[images[column].astype(str) != ""].groupby(column)["split"].agg(lambda s: sorted(set(s)))
        found += [f"{what} {key}: in {' and '.join(names)}" for key, names in counted.items() if len(names) > 1]
    return found


def shared_targets(images: pd.DataFrame) -> int:
    """Number of groups of programmes that share a target and lie in more than one split."""
    groups = images["proposal"].map(target_groups(images))
    return int((images.groupby(groups)["split"].nunique() > 1).sum())


def check(images: pd.DataFrame) -> None:
    """Raise an InputError for the first leak, if there is any."""
    if found := leaks(images):
        raise InputError(f"split: found {found[0]} ({len(found)} leaks), expected each in one split")


def counts(names: Iterable[str]) -> dict[str, int]:
    listed = list(names)
    return {name: listed.count(name) for name in SPLITS}
