"""Search a collection by words, by a picture, or by both; one hit a proposal unless all are asked for."""

from __future__ import annotations

import difflib
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grokscope.spec import InputError
from grokscope_paperclip.use.index import Exact, Index, index_of
from grokscope_paperclip.use.store import Store

Array = np.ndarray
FILTERS = ("instrument", "cycle", "category", "split", "proposal")
ARCHIVE = "https://archive.stsci.edu/proposal_search.php"
MOST_HITS = 200


@dataclass(frozen=True)
class Hit:
    """An image found. `row`: of the store; `crop`: which of its crops was the nearest (0 is the middle)."""

    row: int
    crop: int
    score: float
    facts: dict[str, Any]

    @property
    def link(self) -> str:
        """The proposal's page in the archive."""
        return f"{ARCHIVE}?{urllib.parse.urlencode({'id': self.facts['proposal'], 'mission': 'hst'})}"


@dataclass(frozen=True)
class Found:
    """Hits, best first. `poor`: the best one is no better than what an arbitrary phrase finds."""

    hits: tuple[Hit, ...]
    poor: bool


class Searcher:
    """A store with its index."""

    def __init__(self, store: Store, how: str = "auto"):
        self.store, self._how = store, how

    @cached_property
    def _index(self) -> Index:
        return index_of(self.store.vectors, self._how)

    def search(
        self, query: Array, k: int = 10, *, filters: Mapping[str, str] | None = None, distinct: bool = True
    ) -> Found:
        """The k best images for a unit vector.

        Raises:
            InputError: a filter is not known, or k is out of bounds.
        """
        if not 1 <= k <= MOST_HITS:
            raise InputError(f"hits: found {k}, expected 1 to {MOST_HITS}")
        allowed = self._allowed(filters or {})
        places = np.arange(len(self.store.owner)) if allowed is None else np.flatnonzero(allowed[self.store.owner])
        index = self._index if allowed is None else Exact(self.store.vectors[places])
        wanted, proposals = k * 8, self.store.rows["proposal"].to_numpy()
        while True:
            scores, found = index.nearest(query, wanted)
            hits = self._best_hits(scores, places[found], proposals, k, distinct)
            if len(hits) == k or len(found) == len(places) or wanted >= len(places):
                break
            wanted *= 4
        best = hits[0].score if hits else -1.0
        return Found(tuple(hits), best < self.store.facts.get("floor", -1.0))

    def _best_hits(self, scores: Array, places: Array, proposals: Array, k: int, distinct: bool) -> list[Hit]:
        """The best crop of each image (or proposal), the first k."""
        seen: set[int] = set()
        hits: list[Hit] = []
        for score, place in zip(scores, places, strict=True):
            row = int(self.store.owner[place])
            key = int(proposals[row]) if distinct else row
            if key in seen:
                continue
            seen.add(key)
            first = int(np.searchsorted(self.store.owner, row))
            hits.append(Hit(row, int(place) - first, float(score), self.store.rows.iloc[row].to_dict()))
            if len(hits) == k:
                break
        return hits

    def _allowed(self, filters: Mapping[str, str]) -> Array | None:
        """(images,) which images the filters let through; None without filters. Texts match in any case, as a part."""
        if not filters:
            return None
        mask = np.ones(len(self.store.rows), bool)
        for name, value in filters.items():
            if name not in FILTERS:
                near = difflib.get_close_matches(name, FILTERS, n=1) or FILTERS
                raise InputError(f"filter: found {name!r}, expected {', '.join(near)}")
            column = self.store.rows[name].astype(str)
            exact = name in ("cycle", "proposal")
            asked = str(value).strip()
            mask &= (column == asked) if exact else column.str.contains(asked, case=False, regex=False)
        return mask


def combine(words: Array | None, picture: Array | None, weight: float = 0.5) -> Array:
    """One unit vector of a text, a picture, or both, the text having `weight` of the whole.

    Raises:
        InputError: there is neither.
    """
    if words is None and picture is None:
        raise InputError("search: found neither text nor picture, expected at least one")
    if words is None or picture is None:
        return words if words is not None else picture  # type: ignore[return-value]
    both = weight * words + (1 - weight) * picture
    return np.asarray(both / max(float(np.linalg.norm(both)), 1e-12))
