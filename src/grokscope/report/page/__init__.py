"""What every report is made of: its folder, put in place at once, the page's style, and pictures put into it."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def environment(package: str) -> Environment:
    """Templates beside a module of this name; a value that a template lacks is an error, and every text is escaped."""
    loader = PackageLoader(package, "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def read_asset(name: str, package: str = __name__) -> str:
    """A file beside a module of this name."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def embed_png(png: Path) -> str:
    """A picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode()


OURS = {"index.html", "figures", "tables"}


def replace_report(folder: Path, build: Callable[[Path], None]) -> Path:
    """Let `build` fill a new folder with `figures` and `tables` in it, then put it in the place of `folder`.

    A report that is there is replaced as a whole; until then it stays as it was. Returns the path of its page.

    Raises:
        FileExistsError: the folder holds anything but a report; nothing is written.
    """
    folder = folder.absolute()
    _refuse_strangers(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made, old = (folder.with_name(f".{folder.name}.{kind}-{os.getpid()}") for kind in ("new", "old"))
    try:
        shutil.rmtree(made, ignore_errors=True)
        (made / "figures").mkdir(parents=True)
        (made / "tables").mkdir()
        build(made)
        if folder.exists():
            folder.rename(old)
        made.rename(folder)
    finally:
        if not folder.exists() and old.exists():
            old.rename(folder)
        for leftover in (made, old):
            shutil.rmtree(leftover, ignore_errors=True)
    return folder / "index.html"


def _refuse_strangers(folder: Path) -> None:
    if not folder.exists():
        return
    strange = sorted({entry.name for entry in folder.iterdir()} - OURS) if folder.is_dir() else ["a file"]
    if strange:
        raise FileExistsError(
            f"{folder}: found {', '.join(strange[:3])}, expected a new or empty folder or a report (index.html, "
            "figures, tables), since a report is replaced as a whole"
        )


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """A table without its index, the same bytes on every system."""
    table.to_csv(path, index=False, lineterminator="\n")
