"""Files of kinds that a user includes: executed here, and carried to workers as text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from grokscope.registry.kinds import RegistryError, forget, kinds_of_module
from grokscope.registry.origin import FILES, IncludedFile, main_file

MOST_BYTES = 2**20
"""An included file may have."""


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
    FILES[file.module] = file
    found = kinds_of_module(file.module)
    if not found:
        _undo(file.module)
        raise RegistryError(f"{file.path}: found no kinds, expected at least one class with @register")
    return found


def included() -> tuple[IncludedFile, ...]:
    """Every file that was included in this process."""
    return tuple(FILES.values())


def unreachable(classes: Iterable[type[Any]]) -> Iterator[str]:
    """A line for every class that another process could not import: one of a notebook or an interactive session."""
    for cls in classes:
        if cls.__module__ == "__main__" and main_file() is None:
            yield (
                f"{cls.__qualname__}: found a kind that is defined in a notebook or an interactive session, which "
                "workers cannot import; expected it in a file that grokscope.include(path) reads"
            )


def _execute(file: IncludedFile) -> None:
    module = ModuleType(file.module)
    module.__file__ = file.path
    sys.modules[file.module] = module
    FILES[file.module] = file
    try:
        exec(compile(file.text, file.path, "exec"), module.__dict__)
    except RegistryError:
        _undo(file.module)
        raise
    except Exception as error:  # whatever a stranger's file raises is its own fault, in one line
        _undo(file.module)
        raise RegistryError(f"{file.path}: {_fault(error, file.path)}") from error


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


def _undo(module: str) -> None:
    """Leave nothing of a file that did not run to its end."""
    sys.modules.pop(module, None)
    FILES.pop(module, None)
    forget(module)
