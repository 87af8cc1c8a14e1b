"""What a capsule holds, and how one is unpacked, whoever made it: no name in it becomes a path, and no more is unpacked
than it says and may be.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from grokscope.folders import atomic_write
from grokscope.registry import origins
from grokscope.spec import InputError
from grokscope.suite import Suite, parse_suite
from grokscope.suite.document import MOST_BYTES
from grokscope.suite.shipped import text_of

FORM = 1
"""Raised whenever a capsule changes so that an older Grokscope could not read it."""
LIST, SUITE, LEDGER, REPORT = "capsule.json", "suite.yaml", "ledger.sqlite", "report"
PLUGINS = "plugins"
"""In the list: who made the outside kinds. As a folder: the files of kinds among them, as text that is never executed
from here."""
PIECE = 2**20


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


MOST_LISTED = 2**24
MOST_LEDGER = 2**36
"""Bytes of the list of members and of the ledger."""
RECORDED = "recorded.sqlite"


class Capsule(NamedTuple):
    """A capsule's suite, the ledger that was recorded in it, and the folder in which both now lie."""

    suite: Suite
    recorded: Path
    folder: Path


class CapsuleError(InputError):
    """A file that is no whole capsule: one line with its name, what was found and what was expected."""


def is_capsule(path: str | Path) -> bool:
    """Whether a file is meant to be a capsule: it is a zip file, or called one."""
    path = Path(path)
    return path.is_file() and (path.suffix == ".zip" or zipfile.is_zipfile(path))


def unpack(path: Path, folder: Path) -> Capsule:
    """Unpack a capsule's suite and ledger into a folder named after the suite in `folder`; nothing else is unpacked.

    Nothing is written before the whole of both has been found to be what was sealed.

    Raises:
        CapsuleError: it is no capsule, of a newer form, damaged, or larger than it says or may be.
        SuiteError: its suite is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members, plugins = _members(archive, path)
            _refuse_missing(plugins, members, path)
            content = b"".join(_read_pieces(archive, SUITE, members, MOST_BYTES, path))
            suite = parse_suite(text_of(content, f"{path}: {SUITE}"), source=f"{path}: {SUITE}", skip_impossible=True)
            for _ in _read_pieces(archive, LEDGER, members, MOST_LEDGER, path):
                pass
            own = folder / suite.name  # a suite's name cannot lead out of a folder
            own.mkdir(parents=True, exist_ok=True)
            (own / SUITE).write_bytes(content)
            with atomic_write(own / RECORDED) as new, new.open("wb") as file:
                file.writelines(_read_pieces(archive, LEDGER, members, MOST_LEDGER, path))
            return Capsule(suite, own / RECORDED, own)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise CapsuleError(f"{path}: {' '.join(str(error).split())[:200]}; expected a capsule") from None


def _refuse_missing(plugins: Sequence[str], members: Mapping[str, Any], path: Path) -> None:
    """Raise a CapsuleError where an outside kind of the capsule is not here, or is of another version."""
    if not plugins:
        return
    for origin in sorted(set(plugins) - origins()):
        name, _, version = origin.partition(" ")
        carried = f"{PLUGINS}/{name}"
        how = (
            f"it included (unzip {carried} from the capsule, read it, and give it as --include: its code is executed)"
            if carried in members
            else f"the package {name} in version {version}"
        )
        raise CapsuleError(f"{path}: found kinds of {origin[:80]}, which is not here; expected {how}")


def _members(archive: zipfile.ZipFile, path: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What the capsule says it holds, and who made its outside kinds."""
    names = archive.namelist()
    for name in (LIST, SUITE, LEDGER):
        if names.count(name) != 1:
            raise CapsuleError(f"{path}: found {names.count(name)} members {name}, expected one")
    if archive.getinfo(LIST).file_size > MOST_LISTED:
        raise CapsuleError(f"{path}: {LIST}: found more than {MOST_LISTED} bytes, expected a list of members")
    with archive.open(LIST) as file:
        content = file.read(MOST_LISTED + 1)
    try:
        listed = json.loads(content)
        form, members, plugins = listed["capsule"], listed["members"], list(map(str, listed.get(PLUGINS, [])))
        entries = {
            name: {"bytes": int(members[name]["bytes"]), "sha256": str(members[name]["sha256"])} for name in members
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CapsuleError(f"{path}: {LIST}: found no list of members, expected that of a capsule") from None
    if form != FORM:
        raise CapsuleError(f"{path}: {LIST}: found a capsule of form {str(form)[:20]}, expected {FORM}")
    if strange := sorted(set(names) ^ {LIST, *entries}):
        raise CapsuleError(
            f"{path}: found {strange[0][:60]!r} only in the file or only in its list, expected a whole capsule"
        )
    return entries, plugins


def _read_pieces(
    archive: zipfile.ZipFile, name: str, members: dict[str, dict[str, Any]], most: int, path: Path
) -> Iterator[bytes]:
    """One member piece by piece, no more of it than was said; an error at its end if it is not what was sealed."""
    size, wanted = members[name]["bytes"], members[name]["sha256"]
    if not 0 <= size <= most:
        raise CapsuleError(f"{path}: {name}: found {size} bytes, expected at most {most}")
    seen, n = hashlib.sha256(), 0
    with archive.open(name) as source:
        while piece := source.read(min(PIECE, size - n + 1)):
            n += len(piece)
            if n > size:
                break
            seen.update(piece)
            yield piece
    if n != size or seen.hexdigest() != wanted:
        raise CapsuleError(f"{path}: {name}: found other bytes than were sealed, expected a whole capsule")
