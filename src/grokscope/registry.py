"""The registry: every kind of task, net, optimiser, ... by name, whoever wrote it.

A kind is a class under one of the abstract bases (`Task`, `Net`, `Loss`, ...), each of which names its family. Built-in
kinds are found in the packages of `BUILT_IN`, so that a new one is one file there. Others come from installed packages
(entry points of the group `grokscope.<family>`) and from files that a user includes. Built-in kinds win.
"""

from __future__ import annotations

import hashlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

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
BUILT_IN = "grokscope"
GROUP = "grokscope"
"""Entry points of a family are in the group of this name, a dot and the family's."""
KIND = re.compile(r"[a-z][a-z0-9_]{0,49}")
INCLUDED = "grokscope_included_"
"""What the module of an included file is called, before the file's name and hash."""
Kind = TypeVar("Kind", bound=type[Any])
MOST_BYTES = 2**20
"""An included file may have."""


class RegistryError(InputError):
    """A kind that cannot be registered, or a plug-in that cannot be loaded: one line that names who is at fault."""


@dataclass(frozen=True)
class IncludedFile:
    """A file of kinds: its path as given, its text, and the module that it became. It travels to workers as text."""

    path: str
    text: str

    @property
    def digest(self) -> str:
        """12 hexadecimal digits of the text's SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def module(self) -> str:
        stem = re.sub(r"\W", "_", Path(self.path).stem)
        return f"{INCLUDED}{stem}_{self.digest}"

    @property
    def origin(self) -> str:
        return f"{Path(self.path).name} {self.digest}"


_kinds: dict[str, dict[str, type[Any]]] = {family: {} for family in FAMILIES}
_included: dict[str, IncludedFile] = {}
_failures: dict[str, str] = {}
_searched: set[str] = set()


def register(cls: Kind) -> Kind:
    """Make a class a kind that suites can name; a decorator, above `@dataclass(frozen=True)`.

    Raises:
        RegistryError: it stands under no base, has no kind, lacks what its base asks for, or its kind is taken.
    """
    origin = _origin_of(cls)
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
        for entry in metadata.entry_points(group=f"{GROUP}.{family}"):
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
    outside = (entry.name for entry in metadata.entry_points(group=f"{GROUP}.{family}"))
    return list(dict.fromkeys([*built_in_names(family), *_kinds[family], *outside]))


def failures() -> tuple[str, ...]:
    """A line for every plug-in that could not be loaded so far."""
    return tuple(_failures.values())


def include(path: str | Path) -> tuple[type[Any], ...]:
    """Register every kind that a Python file defines. The file is executed: include only what you trust.

    An included file travels to worker processes and machines as text; its kinds carry the hash of that text in the
    identity of every run. A file that was changed and is included again takes its own kinds' place.

    Returns:
        The classes it registered.

    Raises:
        RegistryError: it cannot be read, does not run, or registers nothing.
    """
    try:
        content = Path(path).read_bytes() if Path(path).stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise RegistryError(f"{path}: found a file that cannot be read ({error.strerror}), expected Python") from None
    if content is None:
        raise RegistryError(f"{path}: found a file of over {MOST_BYTES} bytes, expected Python")
    try:
        return restore(IncludedFile(str(path), content.decode()))
    except UnicodeDecodeError:
        raise RegistryError(f"{path}: found bytes that are no UTF-8, expected Python") from None


def restore(file: IncludedFile) -> tuple[type[Any], ...]:
    """Register the kinds of an included file from its text, as workers do. See `include`."""
    if file.module not in sys.modules:
        _execute(file)
    _included[file.module] = file
    found = tuple(cls for kinds_ in _kinds.values() for cls in kinds_.values() if cls.__module__ == file.module)
    if not found:
        _forget(file.module)
        raise RegistryError(f"{file.path}: found no kinds, expected at least one class with @register")
    return found


def origins() -> set[str]:
    """Who made the outside kinds that are there: distributions and versions, included files and hashes."""
    return {cls.origin for family in FAMILIES for cls in kinds(family).values() if _origin(cls) != BUILT_IN}


def included() -> tuple[IncludedFile, ...]:
    """Every file that was included in this process."""
    return tuple(_included.values())


def unreachable(classes: Iterable[type[Any]]) -> Iterator[str]:
    """A line for every class that another process could not import: one of a notebook or an interactive session."""
    for cls in classes:
        if cls.__module__ == "__main__" and _main_file() is None:
            yield (
                f"{cls.__qualname__}: found a kind that is defined in a notebook or an interactive session, which "
                "workers cannot import; expected it in a file that grokscope.include(path) reads"
            )


def _execute(file: IncludedFile) -> None:
    module = ModuleType(file.module)
    module.__file__ = file.path
    sys.modules[file.module] = module
    _included[file.module] = file
    try:
        exec(compile(file.text, file.path, "exec"), module.__dict__)
    except RegistryError:
        _forget(file.module)
        raise
    except Exception as error:  # whatever a stranger's file raises is its own fault, in one line
        _forget(file.module)
        raise RegistryError(f"{file.path}: {_fault(error, file.path)}") from error


def _forget(module: str) -> None:
    sys.modules.pop(module, None)
    _included.pop(module, None)
    for family in _kinds.values():
        for kind in [kind for kind, cls in family.items() if cls.__module__ == module]:
            del family[kind]


def _fault(error: Exception, path: str) -> str:
    """What went wrong and in which line of the file."""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    said = " ".join(str(error).split())
    return f"line {line}: {type(error).__name__}: {said}" if line else f"{type(error).__name__}: {said}"


def _built_in_modules(family: str) -> list[str]:
    package = import_module(FAMILIES[family])
    return [found.name for found in pkgutil.iter_modules(getattr(package, "__path__", ()))]


def _load_built_in(family: str) -> None:
    """Import every module that may hold built-in kinds of a family."""
    for name in _built_in_modules(family):
        import_module(f"{FAMILIES[family]}.{name}")


def _load(entry: metadata.EntryPoint) -> None:
    """Import what an entry point names. Its fault is kept as a line, and the others go on."""
    made_by = _distribution_of(entry.dist) if entry.dist else entry.value
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


def _origin_of(cls: type[Any]) -> str:
    """Who made a class: `grokscope`, a distribution with its version, or a file with the hash of its text."""
    module = cls.__module__
    if module.partition(".")[0] == BUILT_IN:
        return BUILT_IN
    if module in _included:
        return _included[module].origin
    if module == "__main__":
        path = _main_file()
        return IncludedFile(str(path), path.read_text()).origin if path else "__main__"
    top = module.partition(".")[0]
    for family in FAMILIES:
        for entry in metadata.entry_points(group=f"{GROUP}.{family}"):
            if entry.module.partition(".")[0] == top and entry.dist is not None:
                return _distribution_of(entry.dist) + _edited(entry.dist, cls)
    for name in metadata.packages_distributions().get(top, ()):
        return _distribution_of(metadata.distribution(name))
    return _source_of(cls) or module


def _distribution_of(dist: metadata.Distribution) -> str:
    return f"{dist.name} {dist.version}"


def _edited(dist: metadata.Distribution, cls: type[Any]) -> str:
    """Of a package that is installed for editing, the hash of the class's file: its version says too little."""
    link = dist.read_text("direct_url.json") or ""
    source = _source_of(cls) if '"editable": true' in link else None
    return f" {source}" if source else ""


def _source_of(cls: type[Any]) -> str | None:
    """The name and the hash of the file that a class is defined in."""
    source = inspect.getsourcefile(cls)
    return IncludedFile(source, Path(source).read_text()).origin if source else None


def _main_file() -> Path | None:
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(name) if name and Path(name).is_file() else None


def _abstract(cls: type[Any]) -> frozenset[str]:
    return frozenset(getattr(cls, "__abstractmethods__", ()))


def _absent(cls: type[Any]) -> Iterator[str]:
    """What the base asks for that is neither a field nor an attribute."""
    fields = cls.__dataclass_fields__
    return (name for name in getattr(cls, "needs", ()) if name not in fields and not hasattr(cls, name))


def _replaces(cls: type[Any], origin: str, taken: type[Any]) -> bool:
    """Whether a class is the taken one anew: imported again, or from the same file after a change."""
    same_place = cls.__qualname__ == taken.__qualname__ and cls.__module__ == taken.__module__
    same_file = origin != BUILT_IN and _file_of(cls) is not None and _file_of(cls) == _file_of(taken)
    return same_place or same_file


def _file_of(cls: type[Any]) -> str | None:
    file = _included.get(cls.__module__)
    return file.path if file else None
