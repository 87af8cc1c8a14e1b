"""The plain grammar: every spec by its own name."""

import pytest

from grokscope.measurements import Groks, Watch
from grokscope.nets import Transformer
from grokscope.suite import SuiteError, parse_suite
from grokscope.tasks import Modular

PLAIN = """
name: plain
study: race
defaults:
  task: {kind: modular, p: 13, op: [+, "-"]}
  net: {kind: transformer, dim: 16}
  optimiser: {kind: adamw, lr: [1.0e-3, 3.0e-3]}
  seeds: [0, {data: 1, init: 2, order: 3, dropout: 4}]
  max_epochs: 7
experiments:
  first:
    measurement: watch
    net: {dim: [8, 12]}
  second:
    measurement: {kind: groks, stop_on: both}
    task: {kind: modular, p: 17}
    loss: stablemax
    shuffle: never
    batch_size: -1
    matmul: [highest, bfloat16]
"""


def test_lists_span_a_grid_and_specs_lie_over_defaults() -> None:
    suite = parse_suite(PLAIN)
    assert len(suite.runs) == 2 * 2 * 2 * 2 + 2 * 2 * 2 * 2
    groks = [run for run in suite.runs if isinstance(run.measurement, Groks)]
    watch = [run for run in suite.runs if isinstance(run.measurement, Watch)]
    assert {run.task for run in watch} == {Modular(13, "+"), Modular(13, "-")}
    assert {run.net for run in watch} == {Transformer(8), Transformer(12)}
    assert {(run.net, run.task.p, run.loss, run.shuffle, run.batch_size) for run in groks} == {
        (Transformer(16), 17, "stablemax", "never", -1)
    }
    assert {run.matmul for run in groks} == {"highest", "bfloat16"}
    assert {run.matmul for run in watch} == {"highest"}
    assert {run.optimiser.lr for run in groks} == {1e-3, 3e-3}
    assert {run.seeds.init for run in groks} == {0, 2}
    assert {run.max_epochs for run in suite.runs} == {7}
    assert suite.counts() == {"capacity": 0, "speed": 0, "groks": 16, "watch": 16}


FULL = """
name: full
experiments:
  g:
    task: {kind: modular, p: 13, fraction: 1.0}
    net: {kind: transformer, dim: 8}
    optimiser: adamw
    measurement: {kind: groks, train_threshold: 0.1}
    seeds: [0, 1]
    max_epochs: 40
"""


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("{kind: modular, p: 13, fraction: 1.0}", "task.fraction: found 1.0, expected less than 1: validation needs"),
        ("{kind: pairs, p: 13, fraction: [0.5, 1.0]}", "task.fraction: found 1.0, expected less than 1: validation"),
        ("{kind: modular, p: 2, split: alternating}", "task: found / p=2, which keeps none of its examples back"),
        ("{kind: parity, bits: 4, fraction: 1.0}", "task.fraction: found 1.0, expected less than 1: validation needs"),
        ("{kind: parity, bits: 4, labels: random}", "task: found parity with random labels, which keeps none"),
        ("xor", "task: found xor, which keeps none of its examples back, expected a task with others than the 4"),
    ],
)
def test_groks_without_a_validation_example_is_refused_for_every_task(task: str, words: str) -> None:
    text = FULL.replace("{kind: modular, p: 13, fraction: 1.0}", task)
    if "parity" in task or "xor" in task:
        text = text.replace("{kind: transformer, dim: 8}", "{kind: mlp, width: 8}")
    with pytest.raises(SuiteError) as refusal:
        parse_suite(text)
    assert words in str(refusal.value)
    assert len(refusal.value.faults) == 1
    assert len(parse_suite(text.replace("{kind: groks, train_threshold: 0.1}", "watch")).runs) >= 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: transformer", "kind: transformr", "suite:6: defaults.net.kind: found 'transformr', expected a kind"),
        ("dim: [8, 12]", "dim: [8, 13]", "experiments.first.net.dim: found 13, expected a multiple of 2"),
        ("dim: [8, 12]", "dims: [8, 12]", "experiments.first.net.dims: found an unknown key, expected dim"),
        ("p: 17", "p: 18", "experiments.second.task.p: found 18, expected a prime number"),
        (
            "loss: stablemax",
            "loss: hinge",
            "experiments.second.loss: found 'hinge', expected a kind: one of cross_entropy",
        ),
        ("measurement: watch", "measurment: watch", "found an unknown key, expected measurement"),
        ("measurement: watch", "max_epochs: 3", "experiments.first: found no measurement"),
        ("study: race", "study: chase", "study: found 'chase', expected one of order, paths, race"),
        ("batch_size: -1", "batch_size: [0]", "batch_size: found 0, expected at least 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, words: str) -> None:
    assert old in PLAIN
    with pytest.raises(SuiteError) as refusal:
        parse_suite(PLAIN.replace(old, new))
    assert words in str(refusal.value)


def test_many_seeds_are_a_range() -> None:
    text = PLAIN.replace("seeds: [0, {data", "seeds: [7, {first: 10, count: 3}, {data")
    assert {run.seeds.init for run in parse_suite(text).runs} == {7, 10, 11, 12, 2}
    with pytest.raises(SuiteError, match=r"seeds\.count: found 0, expected a whole number from 1"):
        parse_suite(text.replace("count: 3", "count: 0"))


def test_null_is_none_where_there_may_be_none() -> None:
    text = PLAIN.replace("    measurement: watch\n", "    measurement: watch\n    transform: [null, tril_prune]\n")
    transforms = [run.transform for run in parse_suite(text).runs if run.measurement.kind == "watch"]
    assert {None if transform is None else transform.kind for transform in transforms} == {None, "tril_prune"}
    with pytest.raises(SuiteError, match=r"experiments\.first\.net: found"):
        parse_suite(text.replace("net: {dim: [8, 12]}", "net: [null]"))


@pytest.mark.parametrize(
    ("new", "place"),
    [
        ("task: []", "experiments.first.task"),
        ("net: {dim: []}", "experiments.first.net.dim"),
        ("net: [[], {kind: mlp}]", "experiments.first.net"),
        ("loss: []", "experiments.first.loss"),
    ],
)
def test_an_axis_needs_a_value(new: str, place: str) -> None:
    with pytest.raises(SuiteError) as refusal:
        parse_suite(PLAIN.replace("net: {dim: [8, 12]}", new))
    (line,) = refusal.value.faults
    assert f"{place}: found an empty list, expected at least one value" in line


def test_more_specs_than_a_grid_may_have_are_refused_before_they_are_made() -> None:
    many = list(range(1000))
    with pytest.raises(SuiteError) as refusal:
        parse_suite(PLAIN.replace("net: {dim: [8, 12]}", f"net: {{dim: {many}, depth: {many}, heads: {many}}}"))
    (line,) = refusal.value.faults
    assert "experiments.first.net: found 1000000000 specs, expected at most 100000" in line
