"""Shape: what runs that share a pack and a compiled program have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grokscope.run.parts import Filter, Loss, Matmul, Net, Optimiser, Precision, Signal, Signature, Transform


@dataclass(frozen=True)
class Shape:
    """The static fields alone: runs of equal shape share a pack and a compiled program.

    `rows` is the room for a run's examples, train and validation together; how many of them it uses is traced. Where a
    shape is `padded` (`grokscope.training.padding`), so are its vocabulary and its outputs, and what follows is traced.
    """

    net: Net
    optimiser: Optimiser
    signature: Signature
    rows: int
    batch_size: int
    precision: Precision
    loss: Loss
    transform: Transform | None = None
    filter: Filter | None = None
    matmul: Matmul = "highest"
    signals: tuple[Signal, ...] = ()
    padded: bool = False


MOST_SHAPES = 2**16
_SHAPES: dict[tuple[Any, ...], Shape] = {}


def once(said: tuple[Any, ...], make: Callable[[], Shape]) -> Shape:
    """The shape of runs whose parts say this, made once: a suite has a million runs and few shapes.

    Texts are the key, since their hashes are kept: hashing the parts themselves takes longer than making the shape.
    """
    if said not in _SHAPES:
        if len(_SHAPES) >= MOST_SHAPES:
            _SHAPES.clear()
        _SHAPES[said] = make()
    return _SHAPES[said]
