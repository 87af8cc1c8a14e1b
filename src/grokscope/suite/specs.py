"""From a run's spec, as the ledger keeps it, back to the run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from grokscope.measurements import MEASUREMENTS
from grokscope.nets import NETS
from grokscope.run import PROTOCOL, Run, Seeds
from grokscope.spec import LARGEST_INT, Spec, SpecError
from grokscope.suite.axes import LARGEST_PRIME
from grokscope.suite.errors import SuiteError, in_words
from grokscope.tasks import TASKS, Modular, Pairs, Permutations
from grokscope.training.filters import FILTERS
from grokscope.training.optimisers import OPTIMISERS
from grokscope.training.transforms import SCHEMES, TRANSFORMS

REGISTRIES: dict[tuple[type, str], Mapping[str, type[Spec]]] = {
    (Run, "task"): TASKS,
    (Run, "net"): NETS,
    (Run, "optimiser"): OPTIMISERS,
    (Run, "measurement"): MEASUREMENTS,
    (Run, "seeds"): {"": Seeds},
    (Run, "transform"): TRANSFORMS,
    (Run, "filter"): FILTERS,
    **{(scheme, "before"): SCHEMES for scheme in SCHEMES.values()},
    (TASKS["shuffled"], "inputs_of"): {task.kind: task for task in (Modular, Pairs, Permutations)},
}
"""Fields that hold a spec, and the kinds it may be of."""
OPTIONAL = {(Run, "transform"), (Run, "filter"), *((scheme, "before") for scheme in SCHEMES.values())}
"""Of these the fields that may hold none."""


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
    kinds = REGISTRIES.get((cls, name))
    if kinds is None:
        return _scalar(name, value, path)
    if value is None and (cls, name) in OPTIONAL:
        return None
    if not isinstance(value, Mapping):
        raise SuiteError([f"{path}: found {in_words(value)}, expected a mapping"])
    kind = value.get("kind", "")
    if not isinstance(kind, str) or kind not in kinds:
        expected = "one of " + ", ".join(kinds) if "" not in kinds else "no kind"
        raise SuiteError([f"{path}.kind: found {in_words(value.get('kind'))}, expected {expected}"])
    return _made(kinds[kind], {key: entry for key, entry in value.items() if key != "kind"}, path)


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
