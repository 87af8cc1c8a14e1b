"""Names of a suite's runs in its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokscope_paperclip.learning.run import FineTune

Runs = Mapping[str, tuple[FineTune, ...]]


def name_runs(runs: Runs) -> list[tuple[str, FineTune]]:
    """(name, run): the experiment's name, with what differs where it has several runs."""
    found = []
    for name, each in runs.items():
        for run in each:
            varied = [
                _short(key, value)
                for key, value in _flat(run.to_dict()).items()
                if len({_flat(other.to_dict())[key] for other in each}) > 1
            ]
            found.append((f"{name} ({', '.join(varied)})" if varied else name, run))
    return found


def experiment_of(name: str) -> str:
    return name.partition(" (")[0]


def _short(key: str, value: Any) -> str:
    return f"{key.rpartition('.')[2]} {value}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat
