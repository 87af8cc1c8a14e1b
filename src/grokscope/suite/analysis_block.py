"""A suite's `analysis` block, read.

Keys that are not known are warned of, not refused: published files load unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError

from grokscope.suite.analysis import Analysis, CalibrationOptions, FigureOptions, HypothesisTests, Settings
from grokscope.suite.errors import Findings
from grokscope.suite.value import Value, in_words


def read_analysis(value: Value | None, findings: Findings) -> Analysis:
    """The validated block; faults and warnings, each with its line, go to `findings`."""
    if value is None or value.data is None:
        return Analysis()
    if not isinstance(value.data, dict):
        findings.refuse(value, "a mapping")
        return Analysis()
    _warn_of_unknown(value, Analysis, findings)
    for key, model in (("hypothesis_tests", HypothesisTests), ("calibrate", CalibrationOptions)):
        if key in value.data:
            _warn_of_unknown(value.data[key], model, findings)
    for figure in _figures(value.data.get("figures")):
        _warn_of_unknown(figure, FigureOptions, findings)
    try:
        return Analysis.model_validate(value.plain())
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            at = _at(value, fault["loc"])
            findings.refuse(at, _expected(fault["msg"]), found=in_words(fault["input"]))
    return Analysis()


def _figures(value: Value | None) -> Iterator[Value]:
    if value is None:
        return
    yield from (value.data.values() if isinstance(value.data, dict) else value.elements())


def _warn_of_unknown(value: Value, model: type[Settings], findings: Findings) -> None:
    for key, entry in value.mapping().items():
        if key not in model.model_fields:
            findings.warn(entry, "is not a known option and is left aside; known are " + ", ".join(model.model_fields))


def _at(value: Value, steps: tuple[int | str, ...]) -> Value:
    """The deepest value on the way that a fault names."""
    for step in steps:
        children = list(value.data.values()) if isinstance(value.data, dict) else value.data
        if isinstance(step, str) and step in value.mapping():
            value = value.data[step]
        elif isinstance(step, int) and isinstance(children, list) and step < len(children):
            value = children[step]
    return value


def _expected(message: str) -> str:
    for start in ("Input should be ", "Value error, "):
        message = message.removeprefix(start)
    return re.sub(r"valid dictionary.*", "mapping", message)
