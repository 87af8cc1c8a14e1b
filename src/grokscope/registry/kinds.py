"""The registry: every kind of task, net, optimiser, ... by name, whoever wrote it.

A kind is a class under one of the abstract bases (`Task`, `Net`, `Loss`, ...), each of which names its family. Built-in
kinds are found in the packages of `BUILT_IN`, so that a new one is one file there. Others come from installed packages
(entry points of the group `grokscope.<family>`) and from files that a user includes. Built-in kinds win.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from importlib import import_module, metadata
from typing import Any, TypeVar

from grokscope.registry.origin import BUILT_IN, GROUP, distribution_of, file_of, origin_of
from grokscope.spec import InputError

FAMILIES = {
    "tasks": "grokscope.tasks",
    "nets": "grokscope.nets",
    "optimisers": "grokscope.training.optimisers",
    "filters": "grokscope.training.filters",
    "transforms": "grokscope.training.transforms",
    "losses": "grokscope.training.losses",
    "measurements": "grokscope.measurements",
    "signals": "grokscope.probes.signals",
    "studies": "grokscope.studies",
}
"""Every family and the package, or module, that holds its built-in kinds."""
KIND = re.compile(r"[a-z][a-z0-9_]{0,49}")
Kind = TypeVar("Kind", bound=type[Any])


class RegistryError(InputError):
    """A kind that cannot be registered, or a plug-in that cannot be loaded: one line that names who is at fault."""


_kinds: dict[str, dict[str, type[Any]]] = {family: {} for family in FAMILIES}
_failures: dict[str, str] = {}
_searched: set[str] = set()


def register(cls: Kind) -> Kind:
    """Make a class a kind that suites can name; a decorator, above `@dataclass(frozen=True)`.

    Raises:
        RegistryError: it stands under no base, has no kind, lacks what its base asks for, or its kind is taken.
    """
    origin = origin_of(cls)
    where = f"{cls.__module__}.{cls.__qualname__}" if origin == BUILT_IN else f"{cls.__qualname__} of {origin}"
    family, kind = getattr(cls, "family", None), cls.__dict__.get("kind", "")
    if family not in FAMILIES:
        raise RegistryError(f"{where}: found no family, expected a subclass of Task, Net, Optimiser or another base")
    if not isinstance(kind, str) or not KIND.fullmatch(kind):
        raise RegistryError(f"{where}: found the kind {kind!r}, expected a name of a-z, 0-9 and _")
    params: Any = cls.__dict__.get("__dataclass_params__")
    if params is None or not params.frozen:
        raise RegistryError(f"{where}: found a plain class, expected @dataclass(frozen=True) below @register")
    if missing := sorted({*_abstract(cls), *_absent(cls)}):
        raise RegistryError(f"{where}: found no {', '.join(missing)}, which a kind of {family} needs")
    if origin != BUILT_IN:
        _load_built_in(family)
    taken = _kinds[family].get(kind)
    if taken is not None and not _replaces(cls, origin, taken):
        raise RegistryError(
            f"{where}: found the kind {kind} of {family} taken by {_origin(taken)}, expected another name"
        )
    for field in cls.__dataclass_fields__.values():
        if field.default is MISSING and isinstance(getattr(cls, field.name, None), property):
            setattr(cls, field.name, None)  # a base's property of that name would refuse the field's value
    if origin != BUILT_IN:
        setattr(cls, "origin", origin)  # noqa: B010  to a type checker a class has no such attribute
    _kinds[family][kind] = cls
    return cls


def kinds(family: str, base: type[Any] | None = None) -> Mapping[str, type[Any]]:
    """Every kind of a family by name, built-in ones first; with `base`, those under it. Plug-ins are loaded.

    A plug-in that cannot be loaded stops none of the others: see `failures`.
    """
    if family not in _searched:
        _searched.add(family)
        _load_built_in(family)
        for entry in metadata.entry_points(group=f"{GROUP}{family}"):
            _load(entry)
    found = _kinds[family]
    ordered = sorted(found, key=lambda kind: (_origin(found[kind]) != BUILT_IN, kind))
    return {kind: found[kind] for kind in ordered if base is None or issubclass(found[kind], base)}


def kind(family: str, name: str) -> type[Any] | None:
    """The kind of this name, or None; no more is imported than it takes to find it."""
    if name not in _kinds[family] and name in _built_in_modules(family):
        import_module(f"{FAMILIES[family]}.{name}")
    return _kinds[family].get(name) or kinds(family).get(name)


def built_in_names(family: str) -> list[str]:
    """The built-in kinds of a family whose kinds are packages of their name, without importing any of them."""
    package = import_module(FAMILIES[family])
    return [found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg]


def names(family: str) -> list[str]:
    """The names of all kinds of such a family, built-in ones first. Nothing is imported."""
    outside = (entry.name for entry in metadata.entry_points(group=f"{GROUP}{family}"))
    return list(dict.fromkeys([*built_in_names(family), *_kinds[family], *outside]))


def failures() -> tuple[str, ...]:
    """A line for every plug-in that could not be loaded so far."""
    return tuple(_failures.values())


def origins() -> set[str]:
    """Who made the outside kinds that are there: distributions and versions, included files and hashes."""
    return {cls.origin for family in FAMILIES for cls in kinds(family).values() if _origin(cls) != BUILT_IN}


def _built_in_modules(family: str) -> list[str]:
    package = import_module(FAMILIES[family])
    return [found.name for found in pkgutil.iter_modules(getattr(package, "__path__", ()))]


def _load_built_in(family: str) -> None:
    """Import every module that may hold built-in kinds of a family."""
    for name in _built_in_modules(family):
        import_module(f"{FAMILIES[family]}.{name}")


def _load(entry: metadata.EntryPoint) -> None:
    """Import what an entry point names. Its fault is kept as a line, and the others go on."""
    made_by = distribution_of(entry.dist) if entry.dist else entry.value
    try:
        loaded = entry.load()
        if getattr(loaded, "kind", None) != entry.name:
            raise RegistryError(f"found the kind {getattr(loaded, 'kind', None)!r}, expected {entry.name!r}")
        register(loaded)
    except Exception as error:  # a stranger's package may raise anything
        said = " ".join(str(error).split())
        _failures[f"{made_by} {entry.value}"] = (
            f"plug-in {made_by}: {entry.group} = {entry.value} does not load ({type(error).__name__}: {said})"
        )


def _origin(cls: type[Any]) -> str:
    return cls.__dict__.get("origin") or BUILT_IN


def _abstract(cls: type[Any]) -> frozenset[str]:
    return frozenset(getattr(cls, "__abstractmethods__", ()))


def _absent(cls: type[Any]) -> Iterator[str]:
    """What the base asks for that is neither a field nor an attribute."""
    fields = cls.__dataclass_fields__
    return (name for name in getattr(cls, "needs", ()) if name not in fields and not hasattr(cls, name))


def _replaces(cls: type[Any], origin: str, taken: type[Any]) -> bool:
    """Whether a class is the taken one anew: imported again, or from the same file after a change."""
    same_place = cls.__qualname__ == taken.__qualname__ and cls.__module__ == taken.__module__
    same_file = origin != BUILT_IN and file_of(cls) is not None and file_of(cls) == file_of(taken)
    return same_place or same_file


def kinds_of_module(module: str) -> tuple[type[Any], ...]:
    """Every kind that a module defines."""
    return tuple(cls for family in _kinds.values() for cls in family.values() if cls.__module__ == module)


def forget(module: str) -> None:
    """Every kind that a module defines is one no more."""
    for family in _kinds.values():
        for name in [name for name, cls in family.items() if cls.__module__ == module]:
            del family[name]
