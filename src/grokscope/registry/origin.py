"""Who made a class: Grokscope, an installed distribution, or a file."""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

BUILT_IN = "grokscope"
GROUP = "grokscope."
"""Entry points of a family are in the group of this name and the family's."""
INCLUDED = "grokscope_included_"
"""What the module of an included file is called, before the file's name and hash."""


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


FILES: dict[str, IncludedFile] = {}
"""The files that were included in this process, by their module's name."""


def origin_of(cls: type[Any]) -> str:
    """Who made a class: `grokscope`, a distribution with its version, or a file with the hash of its text."""
    module = cls.__module__
    if module.partition(".")[0] == BUILT_IN:
        return BUILT_IN
    if module in FILES:
        return FILES[module].origin
    if module == "__main__":
        path = main_file()
        return IncludedFile(str(path), path.read_text()).origin if path else "__main__"
    top = module.partition(".")[0]
    for dist in metadata.distributions():
        if any(entry.group.startswith(GROUP) and entry.module.partition(".")[0] == top for entry in dist.entry_points):
            return distribution_of(dist) + _edited(dist, cls)
    for name in metadata.packages_distributions().get(top, ()):
        return distribution_of(metadata.distribution(name))
    return _source_of(cls) or module


def distribution_of(dist: metadata.Distribution) -> str:
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


def main_file() -> Path | None:
    name = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(name) if name and Path(name).is_file() else None


def file_of(cls: type[Any]) -> str | None:
    file = FILES.get(cls.__module__)
    return file.path if file else None
