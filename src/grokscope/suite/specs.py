"""From a run's spec, as the ledger keeps it, back to the run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from grokscope.registry import failures, kinds
from grokscope.run import PROTOCOL, Run
from grokscope.spec import LARGEST_INT, Spec, SpecError, type_of
from grokscope.suite.axes import LARGEST_PRIME
from grokscope.suite.errors import SuiteError
from grokscope.suite.value import in_words


def kinds_of(cls: type[Spec], name: str) -> Mapping[str, type[Spec]] | None:
    """The kinds that a spec in this field may be of, by name; None where the field holds none.

    Where a field allows one class alone, that is the kind "".
    """
    held = type_of(cls, name)
    if held.name not in ("spec", "specs"):
        return None
    family = getattr(held.spec, "family", None)
    if held.spec is None or family is None:
        return {"": held.spec or Spec}
    return kinds(family, held.spec)


def holds_several(cls: type[Spec], name: str) -> bool:
    """Whether a field holds a list of specs, which is one value of it."""
    return type_of(cls, name).name == "specs"


def is_optional(cls: type[Spec], name: str) -> bool:
    """Whether a field of specs may hold none."""
    return type_of(cls, name).optional


def run_from_spec(spec: Mapping[str, Any]) -> Run:
    """The run whose `Run.spec` this is: `run_from_spec(run.spec) == run`.

    Raises:
        SuiteError: another protocol, an unknown kind, a missing or an extra key, a value that its field cannot hold.
    """
    if not isinstance(spec, Mapping):
        raise SuiteError([f"spec: found {in_words(spec)}, expected a mapping"])
    if spec.get("protocol") != PROTOCOL or isinstance(spec["protocol"], bool):
        raise SuiteError([f"spec.protocol: found {in_words(spec.get('protocol'))}, expected {PROTOCOL}"])
    fields = {key: value for key, value in spec.items() if key != "protocol"}
    run: Run = _made(Run, fields, "spec")
    return run


def part_from_spec(name: str, fields: Any) -> Any:
    """The part of a run (`task`, `net`, ...) that its spec keeps under this name; other parts may be of any protocol.

    Raises:
        SuiteError: as of `run_from_spec`.
    """
    return _value(Run, name, fields, f"spec.{name}")


def _made(cls: type[Any], fields: Mapping[Any, Any], path: str) -> Any:
    """A spec of class `cls` from the fields of its dict, those that hold specs made first.

    A field that came later than the dict was written has its default.
    """
    later = {field.name for field in dataclasses.fields(cls) if field.metadata.get("later")}
    names = [field.name for field in dataclasses.fields(cls)]
    missing = [name for name in names if name not in fields and name not in later]
    extra = [key for key in fields if key not in names]
    if missing or extra:
        found = ", ".join([f"no {name}" for name in missing] + [f"the key {in_words(key)}" for key in extra])
        raise SuiteError([f"{path}: found {found}, expected the keys {', '.join(names)}"])
    values = {name: _value(cls, name, fields[name], f"{path}.{name}") for name in names if name in fields}
    try:
        return cls(**values)
    except SpecError as error:
        raise SuiteError([f"{path}.{error.field}: found {in_words(error.found)}, expected {error.expected}"]) from None


def _value(cls: type[Any], name: str, value: Any, path: str) -> Any:
    known = kinds_of(cls, name)
    if known is None:
        return _scalar(name, value, path)
    if value is None and is_optional(cls, name):
        return None
    if isinstance(value, str) and type_of(cls, name).text:
        return value
    if holds_several(cls, name):
        if not isinstance(value, list):
            raise SuiteError([f"{path}: found {in_words(value)}, expected a list"])
        return tuple(_spec(known, each, f"{path}[{at}]") for at, each in enumerate(value))
    return _spec(known, value, path)


def _spec(known: Mapping[str, type[Spec]], value: Any, path: str) -> Any:
    """The spec, of one of these kinds, that this is the dict of."""
    if not isinstance(value, Mapping):
        raise SuiteError([f"{path}: found {in_words(value)}, expected a mapping"])
    kind = value.get("kind", "")
    if not isinstance(kind, str) or kind not in known:
        expected = "one of " + ", ".join(known) if "" not in known else "no kind"
        raise SuiteError([f"{path}.kind: found {in_words(value.get('kind'))}, expected {expected}", *failures()])
    made_by = value.get("origin", "")
    if made_by != known[kind].origin:
        here = known[kind].origin or "the one that is built in"
        raise SuiteError([f"{path}.origin: found {in_words(made_by) if made_by else 'none'}, expected {here}"])
    return _made(known[kind], {key: entry for key, entry in value.items() if key not in ("kind", "origin")}, path)


def _scalar(name: str, value: Any, path: str) -> Any:
    """The value, unless it is no scalar or a number that no field could ever hold."""
    if value is None or isinstance(value, str):
        return value
    is_number = isinstance(value, float) and math.isfinite(value)
    if not is_number and not (isinstance(value, int) and abs(value) < LARGEST_INT):
        raise SuiteError([f"{path}: found {in_words(value)}, expected text or a finite number"])
    # a large number takes long to be found not prime
    if name == "p" and value > LARGEST_PRIME:
        raise SuiteError([f"{path}: found {in_words(value)}, expected at most {LARGEST_PRIME}"])
    return value
