"""A fine-tuning run, wholly described: the same identity, seeds and ledger as every other run.

One *epoch* of such a run, a row of its trace, is `Retrieval.every` optimiser steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from grokscope.run import PROTOCOL, Seeds, identity_of
from grokscope.spec import Spec, SpecError, static, traced
from grokscope_paperclip.learning.parts import Clip, Contrast, Pairs, Retrieval, Tuning

STUDY_PROTOCOL = 1
"""Raised whenever the meaning of an unchanged spec changes."""


@dataclass(frozen=True)
class FineTune(Spec):
    """One fine-tuning run. Two with equal specs are the same run.

    Attributes:
        batch_size: pairs an optimiser step, `accumulate` equal parts of it, each with negatives of its own.
        sampling: `images` in a fresh order every epoch; `proposals`: one image of each of so many proposals a batch.
        rotation: see `data.pictures.augmented`.
    """

    task: Pairs = static()
    net: Clip = static()
    loss: Contrast = static(Contrast())
    optimiser: Tuning = static(Tuning())
    measurement: Retrieval = static(Retrieval())
    seeds: Seeds = traced(Seeds())
    steps: int = traced(400, low=1)
    batch_size: int = static(32)
    accumulate: int = static(1)
    sampling: Literal["images", "proposals"] = static("images", choices=("images", "proposals"))
    rotation: Literal["quarter", "any", "none"] = static("quarter", choices=("quarter", "any", "none"))
    precision: Literal["float32", "bfloat16"] = static("float32", choices=("float32", "bfloat16"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch_size < 2 or self.accumulate < 1 or self.batch_size % self.accumulate:
            raise SpecError(
                "batch_size", self.batch_size, f"at least 2, and a multiple of accumulate ({self.accumulate})"
            )
        if self.batch_size > self.task.images:
            raise SpecError("batch_size", self.batch_size, f"at most the {self.task.images} images trained on")
        if self.batch_size // self.accumulate < 2:
            raise SpecError("accumulate", self.accumulate, "parts of at least two pairs, so that there are negatives")

    @property
    def spec(self) -> dict[str, Any]:
        """The complete resolved spec as plain JSON values, protocol versions included."""
        return {"protocol": PROTOCOL, "study": "paperclip", "study_protocol": STUDY_PROTOCOL} | self.to_dict()

    @property
    def identity(self) -> str:
        """A hash of the complete spec (see `grokscope.run.Run.identity`)."""
        return identity_of(self.spec)

    @property
    def training(self) -> str:
        """Its identity: no run's trace is read from another's, for the kept model depends on when it is measured."""
        return self.identity

    @property
    def label(self) -> str:
        """A few words for a person."""
        return f"{self.net.label}, {self.task.label}"

    @property
    def max_epochs(self) -> int:
        """Rows of the trace."""
        return math.ceil(self.steps / self.measurement.every)

    @property
    def steps_per_epoch(self) -> int:
        return self.measurement.every

    @property
    def n_params(self) -> int:
        """P, the number of parameters of both towers."""
        from grokscope_paperclip.learning.sizes import count  # PyTorch is slow to load, and not every spec is counted

        return count(self.net)
