"""Tiny runs of the study."""

from __future__ import annotations

import dataclasses
from typing import Any

from grokscope_paperclip.data.dataset import Dataset
from grokscope_paperclip.learning.parts import Clip, Pairs, Retrieval, Tuning
from grokscope_paperclip.learning.run import FineTune

NET = Clip(crop=32, context=24, width=32, depth=1, patch=8, vocab=600)


def tiny(training: Dataset, held_out: Dataset, *, task: dict[str, Any] | None = None, **changes: Any) -> FineTune:
    """A run of four steps on these splits, with changes."""
    pairs = Pairs(training.digest, len(training), len(held_out), **task or {})
    settings: dict[str, Any] = {"net": NET, "optimiser": Tuning(warmup=2), "measurement": Retrieval(every=2, probe=32)}
    return dataclasses.replace(FineTune(pairs, NET, steps=4, batch_size=8), **(settings | changes))
