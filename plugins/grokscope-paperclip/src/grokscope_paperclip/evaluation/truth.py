"""The sky's ground truth: what is right for a query is known exactly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grokscope.spec import InputError
from grokscope_paperclip.data.layout import Folder


@dataclass(frozen=True)
class Truth:
    """Proposal -> class, groups and attributes."""

    of: dict[int, dict[str, Any]]

    def classes(self, proposals: Sequence[int]) -> list[str]:
        """Class of each proposal; empty for a real picture."""
        return [str(self.of.get(int(p), {}).get("class", "")) for p in proposals]

    def right(self, query: str, proposals: Sequence[int]) -> np.ndarray:
        """True where a proposal's class, or a group of it, is what the query names."""
        asked = query.strip().lower()
        found = [self.of.get(int(p), {}) for p in proposals]
        return np.array([asked == each.get("class") or asked in each.get("groups", ()) for each in found], dtype=bool)

    def queries(self) -> list[str]:
        """Classes, then groups, that some proposal has."""
        classes = sorted({each["class"] for each in self.of.values()} - {"calibration"})
        return classes + sorted({group for each in self.of.values() for group in each["groups"]} - set(classes))


def read_truth(folder: Folder) -> Truth | None:
    """The truth of a synthetic sky; None for real data."""
    if not folder.truth.exists():
        return None
    try:
        return Truth({int(proposal): told for proposal, told in json.loads(folder.truth.read_text()).items()})
    except (ValueError, AttributeError) as error:
        raise InputError(f"{folder.truth}: found {error}, expected the truth that sky wrote") from None
