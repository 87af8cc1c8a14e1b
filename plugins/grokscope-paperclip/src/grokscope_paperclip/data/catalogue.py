"""The catalogue of proposal abstracts: one text file of records between lines of dashes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grokscope.spec import InputError

SEPARATOR = re.compile(r"-{5,}")
LABELS = {
    "Prop. Type": "kind",
    "Category": "category",
    "ID": "proposal",
    "Cycle": "cycle",
    "Title": "title",
    "PI": "pi",
}
LABEL = re.compile(r"\s*(" + "|".join(map(re.escape, LABELS)) + r")\s*:\s?(.*)")
LAST_LABEL = "PI"
NO_CATEGORY = ("", "none", "null", "n/a")
WIDTH = 78


@dataclass(frozen=True)
class Proposal:
    """An accepted programme. `category` is empty where the catalogue has none, or the word None."""

    proposal: int
    cycle: int
    kind: str
    category: str
    title: str
    pi: str
    abstract: str

    @property
    def caption(self) -> str:
        """The abstract behind its category, where there is one."""
        return f"Category: {self.category}. {self.abstract}" if self.category else self.abstract


@dataclass(frozen=True)
class Catalogue:
    """The proposals of a catalogue, and one line for every record left out."""

    proposals: tuple[Proposal, ...]
    left_out: tuple[str, ...]


def read_catalogue(path: Path, *, first_cycle: int = 0, last_cycle: int = 10**6) -> Catalogue:
    """Read a catalogue; records without an ID, a cycle or an abstract are left out and said so.

    Raises:
        InputError: it cannot be read, is no text, or holds no record that can be used.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: found {error.strerror}, expected the catalogue of abstracts") from None
    if text.lstrip()[:200].lower().startswith(("<!doctype html", "<html")):
        raise InputError(f"{path}: found an HTML page, expected the catalogue of abstracts as plain text")
    proposals: dict[int, Proposal] = {}
    left_out: list[str] = []
    for line, record in records(text):
        found = parse_record(record)
        if isinstance(found, str):
            left_out.append(f"{path}:{line}: {found}")
        elif not first_cycle <= found.cycle <= last_cycle:
            left_out.append(f"{path}:{line}: proposal {found.proposal} is of cycle {found.cycle}, not asked for")
        elif found.proposal in proposals:
            left_out.append(f"{path}:{line}: proposal {found.proposal} is there twice; the first is kept")
        else:
            proposals[found.proposal] = found
    if not proposals:
        why = f" ({left_out[0]})" if left_out else ""
        raise InputError(f"{path}: found no proposal that can be used{why}, expected records between lines of dashes")
    return Catalogue(tuple(proposals.values()), tuple(left_out))


def records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line of its beginning, field -> value) of every record; the abstract is what follows the line of the PI."""
    fields: dict[str, list[str]] = {}
    start, current = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        if SEPARATOR.fullmatch(line.strip()):
            if fields:
                yield start, _join(fields)
            fields, current = {}, ""
            continue
        if not line.strip() and not fields:
            continue
        if not fields:
            start = number
        # Once the abstract has begun, lines that look like labels belong to it.
        label = LABEL.fullmatch(line) if current != "abstract" else None
        if label is not None:
            current = LABELS[label[1]]
            fields[current] = [label[2]]
        elif current == LABELS[LAST_LABEL] or current == "abstract":
            current = "abstract"
            fields.setdefault(current, []).append(line)
        elif current:
            fields[current].append(line)
    if fields:
        yield start, _join(fields)


def _join(fields: dict[str, list[str]]) -> dict[str, str]:
    return {name: " ".join(" ".join(lines).split()) for name, lines in fields.items()}


def parse_record(record: dict[str, str]) -> Proposal | str:
    """The proposal of a record, or why there is none."""
    whole: dict[str, int] = {}
    for name in ("proposal", "cycle"):
        found = record.get(name, "")
        if not re.fullmatch(r"\d{1,6}(\.0)?", found):
            return f"{name}: found {found!r}, expected a whole number"
        whole[name] = int(float(found))
    if not record.get("abstract"):
        return f"proposal {whole['proposal']}: found no abstract"
    category = record.get("category", "")
    return Proposal(
        **whole,
        kind=record.get("kind", ""),
        category="" if category.lower() in NO_CATEGORY else category,
        title=record.get("title", ""),
        pi=record.get("pi", ""),
        abstract=record["abstract"],
    )


def write_catalogue(proposals: Iterable[Proposal], path: Path) -> None:
    """Write proposals in the same format, long lines wrapped."""
    blocks = []
    for each in proposals:
        lines = [f"{label}: {getattr(each, field)}" for label, field in LABELS.items()]
        wrapped = [part for line in lines for part in textwrap.wrap(line, WIDTH, break_on_hyphens=False) or [line]]
        blocks.append("\n".join([*wrapped, "", *textwrap.wrap(each.abstract, WIDTH, break_on_hyphens=False)]))
    rule = "\n" + "-" * 60 + "\n"
    path.write_text(rule.join(blocks) + rule, encoding="utf-8")
