"""Run: one training, wholly described, and its identity."""

from grokscope.run.identity import PROTOCOL, digits, identity_of
from grokscope.run.parts import (
    LOSSES,
    MATMULS,
    Filter,
    Loss,
    Matmul,
    Measurement,
    Net,
    Optimiser,
    Precision,
    Seeds,
    Signature,
    Task,
    Transform,
)
from grokscope.run.run import WATCHING, Run
from grokscope.run.shape import Shape

__all__ = [
    "LOSSES",
    "MATMULS",
    "PROTOCOL",
    "WATCHING",
    "Filter",
    "Loss",
    "Matmul",
    "Measurement",
    "Net",
    "Optimiser",
    "Precision",
    "Run",
    "Seeds",
    "Shape",
    "Signature",
    "Task",
    "Transform",
    "digits",
    "identity_of",
]
