"""A small valid suite, and what is needed to change it."""

from __future__ import annotations

import textwrap

import pytest

from grokscope.suite import Suite, SuiteError, parse_suite

VALID = """\
name: small
defaults:
  lr: 0.001
experiments:
  one:
    type: speed
    primes: [97]
    seeds: [1]
    dims: [24, 32]
"""


def suite_of(experiments: str, defaults: str = "{}", rest: str = "") -> str:
    """A suite with these experiments, given as indented YAML."""
    body = textwrap.indent(textwrap.dedent(experiments).strip("\n"), "  ")
    return f"name: small\ndefaults: {defaults}\nexperiments:\n{body}\n{rest}"


def changed(old: str, new: str) -> str:
    """The valid suite with a change that must apply."""
    assert old in VALID
    return VALID.replace(old, new)


def parsed(text: str, **options: bool) -> Suite:
    return parse_suite(text, source="s.yaml", **options)


def faults_of(text: str) -> list[str]:
    """The lines of the error that a text must raise."""
    with pytest.raises(SuiteError) as caught:
        parsed(text)
    return str(caught.value).splitlines()
