"""The suites that ship, and how a path or a name becomes a text."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from grokscope.suite.errors import SuiteError

SUFFIX = ".yaml"


def shipped_folder() -> Path:
    """Where the shipped suites are: inside the package when it is installed, beside `src` when it is edited."""
    package = Path(__file__).parents[1]
    inside = package / "suites"
    return inside if inside.is_dir() else package.parents[1] / "suites"


def shipped(folder: Path | None = None) -> list[str]:
    """Names of the suites that ship with Grokscope, or with a package that has its own in `folder`, sorted."""
    return sorted(path.stem for path in (folder or shipped_folder()).glob("*" + SUFFIX))


def find(path_or_name: str | Path, folder: Path | None = None) -> Path:
    """The file meant. A shipped name goes before a file of that very name in the working folder (write ./name).

    Args:
        folder: where the shipped suites are; default: Grokscope's own.

    Raises:
        SuiteError: there is neither.
    """
    names = shipped(folder)
    if str(path_or_name) in names:
        return (folder or shipped_folder()) / f"{path_or_name}{SUFFIX}"
    path = Path(path_or_name)
    try:
        exists = path.exists()
    except (OSError, ValueError):
        exists = False
    if exists:
        return path
    near = get_close_matches(path.stem, names, n=1)
    meant = f"{near[0]}, the nearest shipped suite" if near else "a path, or one of " + ", ".join(names)
    raise SuiteError([f"{str(path_or_name)!r}: found no such file and no shipped suite, expected {meant}"])


def read_text(path: Path) -> str:
    """The file's text.

    Raises:
        SuiteError: it is a folder, cannot be read, or is not UTF-8.
    """
    if path.is_dir():
        raise SuiteError([f"{path}: found a folder, expected a YAML file"])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SuiteError([f"{path}: found a file that cannot be read ({error.strerror}), expected a suite"]) from None
    return text_of(content, str(path))


def text_of(content: bytes, source: str) -> str:
    """Bytes as text.

    Raises:
        SuiteError: they are not UTF-8; `source` is what the error calls them.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{content[error.start]:02x}"
        raise SuiteError([f"{source}:{line}: found {found}, expected text in UTF-8"]) from None
