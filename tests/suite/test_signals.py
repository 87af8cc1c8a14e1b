"""Signals in a suite, in either grammar."""

import json

import pytest

from grokscope.probes.signals.norms import GradientNorm, WeightNorm
from grokscope.probes.signals.outputs import LogitScale
from grokscope.suite import SuiteError, parse_suite, run_from_spec

PUBLISHED = """
name: published
defaults: {primes: [13], seeds: [0], dims: [8], signals: SIGNALS}
experiments:
  memorising: {type: speed, n_samples: auto}
  generalising: {type: groks}
"""
PLAIN = """
name: plain
defaults: {task: {kind: modular, p: 13}, net: {kind: mlp, width: [8, 16]}, optimiser: adamw, seeds: [0]}
experiments:
  one: {measurement: watch, signals: SIGNALS}
"""
GRAMMARS = pytest.mark.parametrize("text", [PUBLISHED, PLAIN], ids=["published", "plain"])


@GRAMMARS
def test_a_list_of_signals_is_one_value(text: str) -> None:
    asked = "[weight_norm, {kind: gradient_norm, every: 5}]"
    suite = parse_suite(text.replace("SIGNALS", asked))
    assert len(suite.runs) == 2
    assert {run.signals for run in suite.runs} == {(GradientNorm(every=5), WeightNorm())}
    other_way = parse_suite(text.replace("SIGNALS", "[{kind: gradient_norm, every: 5.0}, {kind: weight_norm}]"))
    assert [run.identity for run in other_way.runs] == [run.identity for run in suite.runs]
    for run in suite.runs:
        assert run_from_spec(json.loads(json.dumps(run.spec))) == run


@GRAMMARS
@pytest.mark.parametrize("nothing", ["[]", "null"])
def test_none_is_the_run_without(text: str, nothing: str) -> None:
    key = ", signals: SIGNALS"
    plain = parse_suite(text.replace(key, ""))
    assert [run.identity for run in parse_suite(text.replace("SIGNALS", nothing)).runs] == [
        run.identity for run in plain.runs
    ]


@GRAMMARS
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("[nonsense]", "found 'nonsense', expected a kind: one of gradient_norm, logit_scale"),
        ("[{kind: weight_norm, every: 0}]", "signals.every: found 0, expected at least 1 epoch"),
        ("[{kind: weight_norm, of: half}]", "signals.of: found 'half', expected one of tensors, whole"),
        ("[weight_norm, weight_norm]", "signals: found 'weight_norm twice', expected each once"),
        ("[weight_norm, {kind: weight_norm, every: 3}]", "signals: found 'weight_norm twice', expected each once"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, asked: str, words: str) -> None:
    with pytest.raises(SuiteError) as refusal:
        parse_suite(text.replace("SIGNALS", asked))
    (line,) = refusal.value.faults
    assert words in line


def test_what_means_nothing_of_a_task_is_refused_with_its_line() -> None:
    numbers = PLAIN.replace("{kind: modular, p: 13}", "xor").replace("watch", "watch, loss: squared")
    with pytest.raises(SuiteError, match="logit_scale of xor, whose targets are numbers"):
        parse_suite(numbers.replace("SIGNALS", "[logit_scale]"))
    assert parse_suite(PLAIN.replace("SIGNALS", "[logit_scale]")).runs[0].signals == (LogitScale(),)


def test_a_spec_without_signals_or_with_damaged_ones() -> None:
    run = parse_suite(PLAIN.replace("SIGNALS", "[logit_scale]")).runs[0]
    older = {name: value for name, value in run.spec.items() if name != "signals"}
    assert run_from_spec(older).signals == ()
    with pytest.raises(SuiteError, match=r"spec.signals: found 'x', expected a list"):
        run_from_spec(run.spec | {"signals": "x"})
    with pytest.raises(SuiteError, match=r"spec.signals\[0\].kind: found 'x', expected one of"):
        run_from_spec(run.spec | {"signals": [{"kind": "x"}]})
