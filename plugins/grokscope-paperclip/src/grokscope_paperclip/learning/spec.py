"""A fine-tuning run, wholly described: the same identity, seeds and ledger as every other run.

One *epoch* of such a run, a row of its trace, is `Retrieval.every` optimiser steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from grokscope.run import PROTOCOL, Seeds, identity_of
from grokscope.spec import Spec, SpecError, static, traced

STUDY_PROTOCOL = 1
"""Raised whenever the meaning of an unchanged spec changes."""

MODES = ("full", "head", "scratch", "lora")


@dataclass(frozen=True)
class Pairs(Spec):
    """Which images are shown with which captions.

    Attributes:
        data: digest of the built shards.
        n_train, n_val: images.
        captions: `summary`, `abstract` (whole sentences drawn anew within the token budget), or `objects`.
        pairing: `true`; `shuffled`: every image keeps the caption of another one, drawn once; `batch`: captions are
            permuted anew within every batch, as published.
        items: `drawn`: half of the time a few of a summary's items stand for it; `whole`: it is shown as it is.
        limit: train on so many images only, drawn once; 0 for all.
    """

    kind: ClassVar[str] = "pairs"
    data: str = static()
    n_train: int = static()
    n_val: int = static()
    captions: Literal["summary", "abstract", "objects"] = static("summary", choices=("summary", "abstract", "objects"))
    pairing: Literal["true", "shuffled", "batch"] = static("true", choices=("true", "shuffled", "batch"))
    items: Literal["drawn", "whole"] = static("drawn", choices=("drawn", "whole"))
    limit: int = traced(0, low=0)

    @property
    def label(self) -> str:
        return f"{self.captions}, {self.pairing} pairs"

    @property
    def images(self) -> int:
        """Images that are trained on."""
        return min(self.limit or self.n_train, self.n_train)


@dataclass(frozen=True)
class Clip(Spec):
    """Two towers and a space that they share.

    Attributes:
        base: `tiny` for a small model made here, a Hugging Face name, or `local:` with the digest of its folder.
        mode: `full` fine-tunes everything; `head` an MLP and a projection on frozen towers; `scratch` from random
            weights; `lora` low-rank additions to attention, merged when it is kept.
        crop: pixels that a tower sees, each side; `context`: tokens of a text, its ends included.
        width, depth, patch, vocab: of the tiny model.
    """

    kind: ClassVar[str] = "clip"
    base: str = static("tiny")
    mode: Literal["full", "head", "scratch", "lora"] = static("scratch", choices=MODES)
    crop: int = static(64)
    context: int = static(48)
    width: int = static(128)
    depth: int = static(3)
    patch: int = static(8)
    vocab: int = static(2000)
    rank: int = static(8)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.base == "tiny" and (self.width % 32 or self.width < 32):
            raise SpecError("width", self.width, "a multiple of 32, the width of a head")
        if self.base == "tiny" and (self.crop % self.patch or self.patch < 1):
            raise SpecError("crop", self.crop, f"a multiple of the patch, {self.patch}")
        if self.base == "tiny" and self.mode != "scratch":
            raise SpecError("mode", self.mode, "scratch for a tiny model, which has no weights to begin from")
        if self.context < 8:
            raise SpecError("context", self.context, "at least 8 tokens")

    @property
    def label(self) -> str:
        return f"{self.mode} {f'tiny d{self.width}' if self.base == 'tiny' else self.base}"


@dataclass(frozen=True)
class Contrast(Spec):
    """The loss.

    Attributes:
        kind_of: `infonce`; `multi`: all captions of an image's own proposal are right; `sigmoid`: every pair by itself.
        scale: `exp`: cosines are multiplied by exp of the parameter, at most 100; `raw`: by it, as published.
        initial: the parameter at the beginning; 0 for what the base model has (`raw`: ln 100, `sigmoid`: ln 10).
    """

    kind: ClassVar[str] = "contrast"
    kind_of: Literal["infonce", "multi", "sigmoid"] = static("multi", choices=("infonce", "multi", "sigmoid"))
    scale: Literal["exp", "raw"] = static("exp", choices=("exp", "raw"))
    initial: float = traced(0.0)


@dataclass(frozen=True)
class Tuning(Spec):
    """AdamW. `decay_on`: `matrices`, or `all` as published; `clip` 0 for no clipping; `warmup` in steps."""

    kind: ClassVar[str] = "tuning"
    lr: float = traced(1e-3, low=0.0)
    weight_decay: float = traced(0.1, low=0.0)
    beta1: float = traced(0.9, low=0.0, high=1.0)
    beta2: float = traced(0.98, low=0.0, high=1.0)
    warmup: int = traced(100, low=0)
    schedule: Literal["cosine", "constant"] = static("cosine", choices=("cosine", "constant"))
    clip: float = traced(1.0, low=0.0)
    decay_on: Literal["matrices", "all"] = static("matrices", choices=("matrices", "all"))


@dataclass(frozen=True)
class Retrieval(Spec):
    """What is measured: top-`share` retrieval among distinct captions, every so many steps.

    `threshold`: of that accuracy, where T_mem (training pairs) and T_gen (held-out pairs) are reached.
    """

    kind: ClassVar[str] = "retrieval"
    every: int = traced(50, low=1)
    share: float = traced(0.1, low=0.0, high=1.0)
    threshold: float = traced(0.5, low=0.0, high=1.0)
    probe: int = traced(512, low=2)


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
        """As `Run.identity`."""
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
        from grokscope_paperclip.learning.sizes import count

        return count(self.net)
