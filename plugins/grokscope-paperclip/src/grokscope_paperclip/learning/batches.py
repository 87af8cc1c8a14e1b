"""The batches of a run: a pure function of the run's seeds and the step, so that a resumed run sees the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch

from grokscope_paperclip.data.dataset import Dataset
from grokscope_paperclip.data.pictures import augment
from grokscope_paperclip.learning.bundle import pixels
from grokscope_paperclip.learning.run import FineTune
from grokscope_paperclip.learning.tokens import Captions

Array = np.ndarray
ORDER, WORDS, LOOKS, PAIRING, LIMIT = range(5)
"""Streams of randomness within a run's seeds."""


class Batch(NamedTuple):
    """(b, 3, crop, crop) pixels, (b, tokens) ids and mask, (b,) the proposal that each caption is of."""

    pixels: torch.Tensor
    ids: torch.Tensor
    mask: torch.Tensor
    groups: torch.Tensor


def draw_pairing(run: FineTune, data: Dataset) -> tuple[Array, Array]:
    """(images trained on, the image whose caption each is shown with), both as rows of the training split."""
    limited = np.random.default_rng([run.seeds.data, LIMIT]).permutation(len(data))[: run.task.images]
    rows = np.sort(limited)
    if run.task.pairing != "shuffled":
        return rows, rows
    return rows, rows[elsewhere(data.proposals[rows], np.random.default_rng([run.seeds.data, PAIRING]))]


def elsewhere(groups: Array, rng: np.random.Generator) -> Array:
    """A permutation that gives no member of a group another member's place, as far as groups allow it."""
    order = rng.permutation(len(groups))
    for _ in range(50):
        wrong = np.flatnonzero(groups[order] == groups)
        if not len(wrong):
            break
        for i in wrong:
            j = rng.integers(len(groups))
            order[i], order[j] = order[j], order[i]
    return order


class Batches:
    """Batches of a run's training pairs by step, the rows of one process of `world`."""

    def __init__(self, run: FineTune, data: Dataset, tokenizer: Any, *, rank: int = 0, world: int = 1):
        self.run, self.data, self.rank, self.world = run, data, rank, world
        self.rows, self.shown_with = draw_pairing(run, data)
        items = run.task.captions == "summary" and run.task.items == "drawn"
        whole = run.task.captions != "abstract" and not items
        self.captions = Captions(tokenizer, data.captions(run.task.captions), run.net.context, whole=whole, items=items)
        self._members = [np.flatnonzero(data.proposals[self.rows] == p) for p in np.unique(data.proposals[self.rows])]
        self._pool = ThreadPoolExecutor(1)
        self._next: tuple[int, Any] | None = None

    def at(self, step: int, part: int = 0) -> Batch:
        """Part `part` of the batch of a step; the one after it is made meanwhile."""
        number = step * self.run.accumulate + part
        found = self._next[1].result() if self._next and self._next[0] == number else self._make(number)
        self._next = (number + 1, self._pool.submit(self._make, number + 1))
        return found

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def choose_rows(self, number: int) -> Array:
        """Places in `rows` of all pairs of a part, over all processes."""
        run = self.run
        size = run.batch_size // run.accumulate
        if run.sampling == "proposals" and len(self._members) >= size:
            rng = np.random.default_rng([run.seeds.order, ORDER, number])
            picked = rng.choice(len(self._members), size, replace=False)
            return np.array([rng.choice(self._members[p]) for p in picked])
        parts = len(self.rows) // size
        order = np.random.default_rng([run.seeds.order, ORDER, number // parts]).permutation(len(self.rows))
        return order[(number % parts) * size : (number % parts + 1) * size]

    def _make(self, number: int) -> Batch:
        run = self.run
        places = self.choose_rows(number)
        words = np.random.default_rng([run.seeds.data, WORDS, number])
        partner = self.shown_with[places]
        if run.task.pairing == "batch":
            partner = partner[words.permutation(len(partner))]
        ids, mask = self.captions.draw(partner, words)
        mine = np.arange(self.rank, len(places), self.world)
        pictures = self.data.get(self.rows[places[mine]])
        crop, rotation = run.net.crop, run.rotation
        shown = [
            augment(picture, crop, np.random.default_rng([run.seeds.dropout, LOOKS, number, int(i)]), rotation=rotation)
            for i, picture in zip(mine, pictures, strict=True)
        ]
        return Batch(
            pixels(np.stack(shown)),
            torch.from_numpy(ids[mine]),
            torch.from_numpy(mask[mine]),
            torch.from_numpy(self.data.proposals[partner]),
        )
