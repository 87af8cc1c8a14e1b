"""The parts of a fine-tuning run: pairs, towers, loss, optimiser and measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from grokscope.spec import Spec, SpecError, static, traced

ATTENTION_HEAD_WIDTH = 32
"""Of a tiny model: its width is a multiple of it."""

MODES = ("full", "head", "scratch", "lora")


@dataclass(frozen=True)
class Pairs(Spec):
    """The pairing of images with captions.

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
        if self.base == "tiny" and (self.width % ATTENTION_HEAD_WIDTH or self.width < ATTENTION_HEAD_WIDTH):
            raise SpecError("width", self.width, f"a multiple of {ATTENTION_HEAD_WIDTH}, the width of a head")
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
    """The measurement: top-`share` retrieval among distinct captions, every so many steps.

    `threshold`: of that accuracy, where T_mem (training pairs) and T_gen (held-out pairs) are reached.
    """

    kind: ClassVar[str] = "retrieval"
    every: int = traced(50, low=1)
    share: float = traced(0.1, low=0.0, high=1.0)
    threshold: float = traced(0.5, low=0.0, high=1.0)
    probe: int = traced(512, low=2)
