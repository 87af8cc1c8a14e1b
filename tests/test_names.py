"""Names are the field's own: functions are verbs or nouns, never bare participles, and one word names one thing.

The script reads the source and imports nothing. A name that it refuses is mended, or argued for below.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "grokscope"

IRREGULAR = re.compile(
    "begun|bound|bred|broken|brought|built|cast|caught|chosen|come|cut|dealt|done|drawn|driven|fed|felt|"
    "forgotten|found|foretold|frozen|given|gone|grown|heard|held|hidden|hit|kept|known|laid|learnt|led|left|"
    "lent|lost|made|meant|met|paid|put|read|run|said|seen|sent|set|shown|shut|sold|spent|split|spoken|spread|"
    "stood|sunk|taken|taught|thought|thrown|told|understood|unseen|woken|written"
)
"""Past participles that no ending gives away."""

STILL = {"ledger: traces.packed", "ledger: traces.unpacked", "ledger: traces.framed"}
"""Participles that are still to be mended."""

VERBS = {
    "batched": "an adjective: the batched form of a net, beside the one for an example",
    "flatten": "an infinitive",
    "listen": "an infinitive",
    "markdown": "a noun",
    "open": "an infinitive",
    "put": "the imperative, as in `queue.Queue`",
    "read": "the imperative, as of files",
    "reopen": "an infinitive",
    "run": "the imperative: the command `grokscope run`",
    "split": "the imperative: split parameters in two",
}
"""Words that look like participles and are not."""

SHARED_CLASSES: dict[str, str] = {}
"""Class names that two rooms have, and why that is one word for one thing."""

SHARED_FUNCTIONS = {
    "caveats": "what a study's data do not allow to say: the same of each study",
    "colours": "the colours of a study's curves, in the figures of each study",
    "conclude": "the first of the three functions that make a study",
    "describe_gaps": "what a study's report lacks, of each study",
    "export": "the command and what it does",
    "forecast": "the command, the call and the computation",
    "now": "the moment, as a run's record and as the ledger writes it",
    "plan": "the command and the call behind it",
    "report": "the command and the call behind it",
    "sections": "the sections of a report, of each study that has some",
    "terminal_summary": "the last of the three functions that make a study",
    "version": "the command and what it prints",
}
"""Function names that two rooms have, and why that is one word for one thing."""

CLEAN = frozenset(
    {
        *("studies/race", "studies/paths", "studies/order", "studies", "forecasts", "report", "planning", "capsules"),
        *("api", "cli", "ledger", "workers", "training", "nets", "measurements", "tasks"),
    }
)
"""Rooms that are held to this; the others are on their way."""


class Definition(NamedTuple):
    """A public function, method or class: the room it is in, its module, and its name."""

    room: str
    module: str
    name: str
    kind: str

    def __str__(self) -> str:
        return f"{self.room}: {self.module}.{self.name}"


def room_of(path: Path) -> str:
    """`studies/race` of a study's module, and of any other the first folder below `grokscope`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return "/".join(parts[:2]) if parts[0] == "studies" and len(parts) > 2 else parts[0]


def public(path: Path) -> Iterator[Definition]:
    """What a module defines at its top and in its classes; properties are values and are left out."""

    def definition(name: str, kind: str) -> Definition:
        return Definition(room_of(path), path.stem, name, kind)

    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield definition(node.name, "function")
        elif isinstance(node, ast.ClassDef):
            yield definition(node.name, "class")
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and not any(map(_is_property, inner.decorator_list)):
                    yield definition(inner.name, "method")


def _is_property(decorator: ast.expr) -> bool:
    return "property" in ast.unparse(decorator)


@pytest.fixture(scope="module")
def definitions() -> list[Definition]:
    modules = (path for path in sorted(SOURCE.rglob("*.py")) if "migrations" not in path.parts)
    return [found for path in modules for found in public(path) if not found.name.startswith("_")]


def is_participle(name: str) -> bool:
    """Whether a name is one word that ends as participles do, or is an irregular one."""
    ends = re.search("(ed|en|own|ung)$", name) or IRREGULAR.fullmatch(name)
    return "_" not in name and name not in VERBS and ends is not None


def test_no_function_is_a_bare_participle(definitions: list[Definition]) -> None:
    functions = [found for found in definitions if found.kind != "class" and found.room in CLEAN]
    assert [str(found) for found in functions if is_participle(found.name) and str(found) not in STILL] == []


@pytest.mark.parametrize(("kind", "argued"), [("class", SHARED_CLASSES), ("function", SHARED_FUNCTIONS)])
def test_one_name_is_one_thing(definitions: list[Definition], kind: str, argued: dict[str, str]) -> None:
    rooms = defaultdict(set)
    for found in definitions:
        if found.kind == kind and found.room in CLEAN:
            rooms[found.name].add(found.room)
    shared = {name: sorted(homes) for name, homes in rooms.items() if len(homes) > 1}
    assert {name: homes for name, homes in shared.items() if name not in argued} == {}
    assert sorted(argued.keys() - shared.keys()) == [], "argued for and no longer needed"


def test_words_that_look_like_participles_are_needed(definitions: list[Definition]) -> None:
    there = {found.name for found in definitions}
    assert sorted(VERBS.keys() - there) == [], "argued for and no longer needed"
