"""Spec: the base of everything that describes a run, and the errors of a spec that cannot be.

A spec is a frozen dataclass whose fields say whether they are *static* (they shape the compiled program) or *traced*
(they are numbers in it, or in the arrays it is fed). Everything that follows, from packing runs together to hashing
them, reads that one declaration.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import json
import types
import typing
from abc import ABC
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Literal, NamedTuple, Self

LARGEST = 1e300
"""Beyond this no setting is meant, and some arithmetic is not finite any more."""
LARGEST_INT = 2**63
"""A whole number below this fits every database."""
SCALARS = frozenset((bool, int, float, str, type(None)))
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
"""Of canonical JSON."""


def static(default: Any = dataclasses.MISSING, *, choices: tuple[Any, ...] = (), later: bool = False) -> Any:
    """A spec field that shapes the compiled program: runs that differ in it never share a pack.

    `later`: the spec gained it after a release. At its default it means what every older spec did, so it is not part
    of an identity there, and a spec that was written without it has its default.
    """
    return dataclasses.field(default=default, metadata={"static": True, "choices": choices, "later": later})


def traced(
    default: Any = dataclasses.MISSING,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    later: bool = False,
) -> Any:
    """A spec field that is a number in the compiled program, or in the arrays it is fed: it never recompiles.

    `low` and `high` bound it, both inclusive; `later` as in `static`.
    """
    meta = {"static": False, "choices": choices, "low": low, "high": high, "later": later}
    return dataclasses.field(default=default, metadata=meta)


class InputError(ValueError):
    """Something that a user gave cannot be used. One message: where, what was found, what was expected."""


class SpecError(InputError):
    """A field of a spec holds what it cannot: says which, what was found and what was expected."""

    def __init__(self, field: str, found: Any, expected: str):
        super().__init__(f"{field}: found {found!r}, expected {expected}")
        self.field, self.found, self.expected = field, found, expected


@dataclass(frozen=True)
class Spec(ABC):  # noqa: B024  its bases of parts have abstract methods
    """Base of every spec: checks and normalises its fields, so that equal meaning gives equal bytes.

    A field is a number, a text, a bool, one of some choices (`Literal`), another spec, several of one base
    (`tuple[Signal, ...]`: a set, kept in one order), or None where it defaults to it.

    Attributes:
        kind: what a suite calls specs of this class; empty where a field allows only one class.
        origin: who made the class, where it is not built in: a distribution with its version, or a file with its hash.
            It is part of every identity, so that code that was edited never reuses older results.

    Raises:
        SpecError: a field has the wrong type, is out of range, or is not one of its choices.
    """

    kind: ClassVar[str] = ""
    origin: ClassVar[str] = ""

    def __init_subclass__(cls, **how: Any) -> None:
        """A field may have the name of a property of its base, which then is not its default."""
        super().__init_subclass__(**how)
        for name in inspect.get_annotations(cls):
            if name not in cls.__dict__ and isinstance(getattr(cls, name, None), property):
                setattr(cls, name, dataclasses.field())

    def __post_init__(self) -> None:
        for field in fields_of(type(self)):
            value = getattr(self, field.name)
            normalised = _scalar(field, value) if type(value) in SCALARS else _normalised(field, value)
            if normalised is not value:
                object.__setattr__(self, field.name, normalised)

    def to_dict(self) -> dict[str, Any]:
        """Plain nested dict of the kind and every field."""
        return self._named() | {f.name: _with(Spec.to_dict, getattr(self, f.name)) for f in fields_of(type(self))}

    def essence(self) -> dict[str, Any]:
        """`to_dict` without the fields that came later and are at their defaults: what an identity is made of."""
        return {name: _with(Spec.essence, value) for name, value in self._essentials().items()}

    def essence_texts(self) -> dict[str, str]:
        """Key -> canonical JSON of the value, of `essence`."""
        return {name: _canonical(value) for name, value in self._essentials().items()}

    @cached_property
    def canonical(self) -> str:
        """`essence` as JSON, keys sorted, no white space. Made once: the runs of a suite share their parts."""
        return canonical_object(self.essence_texts())

    def _essentials(self) -> dict[str, Any]:
        values = ((f, getattr(self, f.name)) for f in fields_of(type(self)))
        own = {f.name: value for f, value in values if not (f.metadata.get("later") and value == f.default)}
        return self._named() | own

    def _named(self) -> dict[str, Any]:
        named = {"kind": self.kind, "origin": self.origin}
        return {name: text for name, text in named.items() if text}

    def static_part(self) -> Self:
        """This spec with every traced field at a neutral value: what runs of one pack have in common."""
        return self._static_part

    @cached_property
    def _static_part(self) -> Self:
        traced_fields = (f for f in fields_of(type(self)) if not f.metadata.get("static", True))
        return dataclasses.replace(self, **{f.name: f.default for f in traced_fields})

    def traced_part(self) -> dict[str, float]:
        """The traced numbers of this spec by name."""
        names = (f.name for f in fields_of(type(self)) if not f.metadata.get("static", True))
        return {name: getattr(self, name) for name in names}


_FIELDS: dict[type, tuple[dataclasses.Field[Any], ...]] = {}


def fields_of(cls: type[Spec]) -> tuple[dataclasses.Field[Any], ...]:
    """The fields of a class of specs, asked for once: a suite makes a million specs of few classes."""
    if cls not in _FIELDS:
        _FIELDS[cls] = dataclasses.fields(cls)
        _TYPES.update(_types_of(cls))
    return _FIELDS[cls]


def nested(spec: Spec) -> Iterator[Spec]:
    """A spec and every spec inside it."""
    yield spec
    for field in fields_of(type(spec)):
        value = getattr(spec, field.name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Spec):
                yield from nested(inner)


class FieldType(NamedTuple):
    """What a field holds, whether its annotation is a text or a type.

    Attributes:
        name: `float`, `int`, `str`, `bool`, `choice`, `spec`, or `specs` for several.
        choices: the values it may have; empty for any.
        spec: the class that a spec in it must be of, if that is known.
        text: whether a field of specs may also hold the name of a kind.
        optional: whether it may be None.
    """

    name: str
    choices: tuple[Any, ...] = ()
    spec: type[Spec] | None = None
    text: bool = False
    optional: bool = False


_TYPES: dict[dataclasses.Field[Any], FieldType] = {}


def type_of(cls: type[Spec], name: str) -> FieldType:
    """What a field of a class of specs holds."""
    return next(_TYPES[field] for field in fields_of(cls) if field.name == name)


def _types_of(cls: type[Spec]) -> Mapping[dataclasses.Field[Any], FieldType]:
    try:
        hints = typing.get_type_hints(cls)
    except NameError:  # an annotation names what only its own function or a type checker knows
        hints = {}
    return {f: _field_type(f, hints.get(f.name, f.type)) for f in _FIELDS[cls]}


def _field_type(field: dataclasses.Field[Any], hint: Any) -> FieldType:
    choices = field.metadata.get("choices", ())
    optional = field.default is None
    if isinstance(hint, str):
        name = hint.removesuffix(" | None")
        return FieldType(name if name in ("float", "int", "str", "bool") else "choice" if choices else "spec", choices)
    parts = [part for part in _parts(hint) if part is not types.NoneType]
    literals = [value for part in parts if typing.get_origin(part) is Literal for value in typing.get_args(part)]
    specs = [part for part in parts if isinstance(part, type) and issubclass(part, Spec)]
    members = typing.get_args(hint) if typing.get_origin(hint) is tuple else ()
    if len(members) == 2 and members[1] is ... and isinstance(members[0], type) and issubclass(members[0], Spec):
        return FieldType("specs", spec=members[0])
    scalars = [part.__name__ for part in parts if part in (float, int, str, bool)]
    if specs:
        return FieldType("spec", choices, specs[0], text=str in parts, optional=optional)
    if literals or choices:
        return FieldType(scalars[0] if scalars and not literals else "choice", choices or tuple(literals))
    if "float" in scalars:
        scalars = ["float"]
    return FieldType(scalars[0] if scalars else "spec", optional=optional)


def _parts(hint: Any) -> tuple[Any, ...]:
    """The members of a union; a type alone is one."""
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def canonical_object(texts: Mapping[str, str]) -> str:
    """A JSON object, keys sorted, no white space, of values that are JSON already."""
    return "{" + ",".join(f'"{key}":{texts[key]}' for key in sorted(texts)) + "}"


def _canonical(value: Any) -> str:
    if isinstance(value, Spec):
        return value.canonical
    if isinstance(value, tuple):
        return "[" + ",".join(map(_canonical, value)) + "]"
    return str(value) if type(value) is int else ENCODER.encode(value)


def _with(make: Callable[[Spec], Any], value: Any) -> Any:
    """A field's value with `make` of the spec in its place, or of each of several; another as it is."""
    if isinstance(value, tuple):
        return [_with(make, each) for each in value]
    return make(value) if isinstance(value, Spec) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _normalised(field: dataclasses.Field[Any], value: Any) -> Any:
    """The value as the field's own type, or a SpecError."""
    meta, wanted = field.metadata, _TYPES[field]
    if value is None and field.default is None:
        return None
    if wanted.name == "float":
        if not _is_number(value) or not abs(value) <= LARGEST:
            raise SpecError(field.name, value, "a finite number")
        value = float(value) + 0.0  # -0.0 is the same number, but not the same bytes
    elif wanted.name == "int":
        if not _is_number(value) or not abs(value) < LARGEST_INT or value != int(value):
            raise SpecError(field.name, value, "a whole number")
        value = int(value)
    elif wanted.name == "bool":
        if not isinstance(value, bool):
            raise SpecError(field.name, value, "true or false")
    elif wanted.name == "str" or (wanted.text and not isinstance(value, Spec)):
        if not wanted.choices and (not isinstance(value, str) or not value):
            raise SpecError(field.name, value, "a text that is not empty")
    elif wanted.name == "spec":
        _check_spec(field, wanted, value)
    elif wanted.name == "specs":
        value = _in_order(field, wanted, value)
    if wanted.choices and value not in wanted.choices:
        raise SpecError(field.name, value, "one of " + ", ".join(map(str, wanted.choices)))
    low, high = meta.get("low"), meta.get("high")
    if low is not None and value < low:
        raise SpecError(field.name, value, f"at least {low}")
    if high is not None and value > high:
        raise SpecError(field.name, value, f"at most {high}")
    return value


def _check_spec(field: dataclasses.Field[Any], wanted: FieldType, value: Any) -> None:
    base = wanted.spec or Spec
    if not isinstance(value, base):
        raise SpecError(field.name, value, f"a spec ({base.__name__})" if base is not Spec else "a spec")


def _in_order(field: dataclasses.Field[Any], wanted: FieldType, value: Any) -> tuple[Spec, ...]:
    """Several specs by their canonical texts, so that the same ones in another order are equal; each once."""
    if not isinstance(value, list | tuple):
        raise SpecError(field.name, value, "a list of specs")
    for each in value:
        _check_spec(field, wanted, each)
    ordered: list[Spec] = sorted(value, key=lambda each: (each.kind, each.canonical))
    for one, other in itertools.pairwise(ordered):
        if one == other:
            raise SpecError(field.name, f"{one.kind} twice", "each once")
    return tuple(ordered)


@lru_cache(maxsize=2**16, typed=True)
def _scalar(field: dataclasses.Field[Any], value: Any) -> Any:
    """`_normalised` of the few scalars that the runs of a suite differ in; a SpecError is not remembered."""
    return _normalised(field, value)
