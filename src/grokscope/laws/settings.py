"""The settings of runs, read from their specs: what must be equal for runs to lie on one curve.

Every field of every part of a run is a setting, whoever wrote the part, but for seeds, what is only watched, and what
curves run along. Fields of the published kinds are columns of their own, as in the published tables; every other field
is told in the words of its part where it is not at its default (`muon momentum 0.9`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from grokscope.nets import Transformer
from grokscope.registry import FAMILIES, kind
from grokscope.run import WATCHING, Net, Run, Task
from grokscope.spec import Spec, fields_of, type_of
from grokscope.tasks import Modular
from grokscope.tasks.permutations import COMPOSE, Permutations
from grokscope.training.optimisers import AdamW

PUBLISHED: dict[str, type[Spec]] = {"task": Modular, "net": Transformer, "optimiser": AdamW}
"""Kinds whose fields are columns of their own."""
IN_WORDS = ("eps",)
"""Their fields that are told in words all the same."""
NEVER = ("seeds", "max_epochs", *WATCHING)
"""Fields of a run that part no runs: they do not change what is trained up to an epoch."""
RANDOM_DATA = "random_data"
"""The column that tells random data apart. Their `task` is empty: they go with whichever task they stand beside."""


def _family(part: str) -> str:
    """The family of a run's part; empty where the field is a plain value."""
    return str(getattr(type_of(Run, part).spec, "family", ""))


def _own_columns(part: str) -> tuple[str, ...]:
    cls = PUBLISHED[part]
    names = (field.name for field in fields_of(cls) if field.name not in IN_WORDS)
    return tuple(name for name in names if name not in _axes(cls))


def _axes(cls: type[Spec]) -> tuple[str, ...]:
    """Fields that curves of runs are grouped by or run along, and those that a kind says are no settings."""
    if issubclass(cls, Task):
        grouped: object = cls.group_axis  # of a shuffled task a property, as it is that of its inputs
        return (*((grouped,) if isinstance(grouped, str) else ()), *cls.not_settings)
    return (cls.width_axis,) if issubclass(cls, Net) else ()


_RUN_FIELDS = tuple(field.name for field in fields_of(Run) if field.name not in NEVER)
PARTS = tuple(sorted(filter(_family, _RUN_FIELDS), key=lambda part: list(FAMILIES).index(_family(part))))
"""Fields of a run that hold specs, in the registry's order."""
SCALARS = tuple(name for name in _RUN_FIELDS if name not in PARTS)
COLUMNS = {part: _own_columns(part) for part in PUBLISHED}
SETTINGS = (
    *("group_axis", *COLUMNS["task"], "task", RANDOM_DATA),
    *("net", *COLUMNS["net"]),
    *(part for part in PARTS if part not in ("task", "net")),
    *COLUMNS["optimiser"],
    *SCALARS,
)
"""Columns of what must be equal for runs to lie on one curve: the published architecture key (method 5.1), and all that
other kinds add to it."""
OF_DATA = ("group_axis", *COLUMNS["task"], "task", RANDOM_DATA)
"""Those of them that are about the data."""
SHUFFLED = "task.inputs_of."
"""Where a shuffled task keeps what its inputs are."""


def settings_of(runs: pd.DataFrame) -> pd.DataFrame:
    """The settings of runs, known before any is done.

    Args:
        runs: a row a run, its spec under dotted names and its `role` and `group_axis`, as `Ledger.runs` has them.

    Returns:
        A frame of the same index, a column for each of `SETTINGS`, empty where a run has no such setting.
    """
    found = pd.DataFrame(index=runs.index)
    found["group_axis"] = runs["group_axis"].astype(object)
    for part, columns in COLUMNS.items():
        for name in columns:
            found[name] = first_present(runs, f"{part}.{name}", *([SHUFFLED + name] if part == "task" else []))
    is_composed = first_present(runs, SHUFFLED + "kind", "task.kind") == Permutations.kind
    found["op"] = found["op"].astype(object).mask(is_composed, COMPOSE)
    own, shuffled = _words(runs, "task", "tasks"), _words(runs, SHUFFLED.removesuffix("."), "tasks")
    is_random = runs["role"] == "random"
    found["task"] = shuffled.where(shuffled.notna(), own).mask(is_random, None)
    found[RANDOM_DATA] = own.where(is_random, None)
    for part in PARTS[1:]:
        default = next(field.default for field in fields_of(Run) if field.name == part)
        words = _words(runs, part, _family(part))
        said = first_present(runs, part).astype(object) if part in runs else words
        absent = default if isinstance(default, str) else "none"
        found[part] = words.where(words.notna(), said.where(said.notna(), absent))
    for name in SCALARS:
        found[name] = first_present(runs, name)
    for part in ("net", "optimiser"):
        _fill_defaults(found, PUBLISHED[part], COLUMNS[part], runs[f"{part}.kind"] == PUBLISHED[part].kind)
    _fill_defaults(found, Run, SCALARS, pd.Series(True, index=runs.index))
    return found[list(SETTINGS)]


def first_present(runs: pd.DataFrame, *sources: str) -> pd.Series:
    """The first of these columns that has a value, row by row."""
    present = [runs[source] for source in sources if source in runs]
    if not present:
        return pd.Series(None, index=runs.index, dtype=object)
    filled = present[0]
    for column in present[1:]:
        filled = filled.where(filled.notna(), column)
    return filled


def _words(runs: pd.DataFrame, prefix: str, family: str) -> pd.Series:
    """The kind of a part, and what it says beyond the columns of its own and its defaults; empty without a kind."""
    said = first_present(runs, f"{prefix}.kind").astype(object)
    told = said.copy()
    for name in said.dropna().unique():
        cls = kind(family, name)
        if cls is None:  # a plug-in that is not installed: its runs are left out wherever that matters
            continue
        rows = runs[said == name]
        for label, values in _told(rows, prefix, cls):
            told[values.index] = [
                f"{so_far} {label} {value}" for so_far, value in zip(told[values.index], values, strict=True)
            ]
    return told


def _told(rows: pd.DataFrame, prefix: str, cls: type[Spec]) -> Iterator[tuple[str, pd.Series]]:
    """What a field is called and the texts of its values, where they are not its default."""
    columns = COLUMNS.get(prefix.partition(".")[0], ())
    for field in fields_of(cls):
        column = f"{prefix}.{field.name}"
        if field.name in columns or field.name in _axes(cls):
            continue
        held = type_of(cls, field.name)
        if held.name == "spec":
            values = _words(rows, column, str(getattr(held.spec, "family", "") or _part_family(prefix))).dropna()
        elif column in rows:
            values = rows[column].dropna()
            values = values[values != field.default].map(_short)
        else:
            continue
        if len(values):
            yield field.name.replace("_", " "), values


def _part_family(prefix: str) -> str:
    return _family(prefix.partition(".")[0])


def _short(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _fill_defaults(found: pd.DataFrame, cls: type[Spec], columns: Iterable[str], rows: pd.Series) -> None:
    """A field that runs of older ledgers, or imported ones, do not mention has its default if it came later."""
    for field in fields_of(cls):
        if field.name in columns and (cls is Run or field.metadata.get("later")):
            found[field.name] = found[field.name].astype(object).mask(rows & found[field.name].isna(), field.default)
