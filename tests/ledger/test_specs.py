"""Specs come back as they were, and as columns say the same as one by one."""

import json
from typing import Any

import pytest

from grokscope.ledger import LedgerError
from grokscope.ledger.specs import dotted_columns, parse_spec, spec_text
from grokscope.measurements import Speed
from grokscope.nets import Transformer
from grokscope.run import Run, Seeds
from grokscope.suite import run_from_spec
from grokscope.tasks import Modular, Shuffled
from grokscope.training.optimisers import AdamW

from .untrained_runs import groks, speed

RUNS = [
    groks(0),
    speed(3),
    groks(1, dim=12),
    Run(Shuffled(Modular(11)), Transformer(8), AdamW(), Speed(), seeds=Seeds(1, 2, 3, 4)),
]


def one_by_one(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        flat |= one_by_one(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def test_a_spec_comes_back() -> None:
    for run in RUNS:
        assert parse_spec(spec_text(run.spec)) == run.spec
        assert run_from_spec(parse_spec(spec_text(run.spec))).identity == run.identity


@pytest.mark.parametrize("seeds_first", [True, False])
def test_columns_say_what_each_spec_says(seeds_first: bool) -> None:
    texts = [spec_text(run.spec) if seeds_first else json.dumps(run.spec) for run in RUNS]
    columns = dotted_columns(texts)
    flat = [one_by_one(run.spec) for run in RUNS]
    assert columns.keys() == {name for each in flat for name in each}
    for name, (values, which) in columns.items():
        assert [values[n] for n in which] == [each.get(name) for each in flat]


def test_what_runs_share_is_parsed_once() -> None:
    columns = dotted_columns([spec_text(groks(seed).spec) for seed in range(10)])
    assert columns["task.p"].values == [13]
    assert len(columns["seeds.data"].values) == 10


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"seeds":{},', "\0"])
def test_damage_is_one_line(text: str) -> None:
    with pytest.raises(LedgerError, match="spec: found"):
        parse_spec(text)
    with pytest.raises(LedgerError, match="spec: found"):
        dotted_columns([text])
