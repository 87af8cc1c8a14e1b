"""Run: one training, wholly described, and its identity."""

from grokscope.run.identity import PROTOCOL, digits, identity_of
from grokscope.run.parts import (
    MATMULS,
    ROLES,
    Filter,
    Loss,
    Matmul,
    Measurement,
    Net,
    Optimiser,
    Precision,
    Role,
    Seeds,
    Signal,
    Signature,
    Task,
    Transform,
)
from grokscope.run.run import WATCHING, Run, parts_of
from grokscope.run.shape import Shape

__all__ = [
    "MATMULS",
    "PROTOCOL",
    "ROLES",
    "WATCHING",
    "Filter",
    "Loss",
    "Matmul",
    "Measurement",
    "Net",
    "Optimiser",
    "Precision",
    "Role",
    "Run",
    "Seeds",
    "Shape",
    "Signal",
    "Signature",
    "Task",
    "Transform",
    "digits",
    "identity_of",
    "parts_of",
]
