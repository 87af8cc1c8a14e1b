"""The registry: every kind of task, net, optimiser, loss, signal, study, ... by name, whoever wrote it."""

from grokscope.registry.files import include, included, restore, unreachable
from grokscope.registry.kinds import (
    FAMILIES,
    RegistryError,
    built_in_names,
    failures,
    kind,
    kinds,
    names,
    origins,
    register,
)
from grokscope.registry.origin import BUILT_IN, IncludedFile

__all__ = [
    "BUILT_IN",
    "FAMILIES",
    "IncludedFile",
    "RegistryError",
    "built_in_names",
    "failures",
    "include",
    "included",
    "kind",
    "kinds",
    "names",
    "origins",
    "register",
    "restore",
    "unreachable",
]
