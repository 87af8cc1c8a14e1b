"""T_mem and T_gen read from traces by two thresholds, and what is said of where they cross."""

import numpy as np
import pandas as pd
import pytest

from grokscope.measurements import Speed, Watch
from grokscope.nets import MLP
from grokscope.run import Run
from grokscope.studies.paths.facts.sweeps import arrival_times
from grokscope.studies.paths.sections.crossing import along_w0, by_scale
from grokscope.studies.paths.sentences import describe_match
from grokscope.suite import parse_suite

TEXT = """
name: tiny
study: paths
experiments:
  watched:
    task: {kind: pairs, p: 13}
    net: {kind: mlp, width: 12, init: xavier_normal, init_scale: 3}
    optimiser: adam
    measurement: watch
    seeds: [0]
    max_epochs: 6
  memorising:
    task: {kind: shuffled, inputs_of: {kind: pairs, p: 13}, labels: digits}
    net: {kind: mlp, width: 12, init: xavier_normal, init_scale: 3}
    optimiser: adam
    measurement: speed
    seeds: [0]
    max_epochs: 6
"""
MEMORISING, WATCHED = parse_suite(TEXT).runs


def trace(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=range(1, 1 + len(next(iter(columns.values())))))


def rows(run: Run, quantity: str, frame: pd.DataFrame) -> dict[float, tuple[float, bool]]:
    found = arrival_times([(run, frame)], quantity)  # type: ignore[arg-type]
    assert set(found["w0"]) == {3.0}
    return {row.share: (row.time, row.censored) for row in found.itertuples()}


def test_generalising_is_read_by_both_thresholds() -> None:
    assert isinstance(WATCHED.measurement, Watch)
    assert isinstance(WATCHED.net, MLP)
    found = rows(WATCHED, "T_gen", trace(val_acc=[0.1, 0.94, 0.96, 0.97, 0.98, 1.0]))
    assert found == {0.99: (6, False), 0.95: (3, False)}


def test_what_was_not_reached_is_followed_to_its_end_and_censored() -> None:
    assert isinstance(MEMORISING.measurement, Speed)
    found = rows(MEMORISING, "T_mem", trace(running_acc=[0.1, 0.5, 0.96, 0.98]))
    assert found == {0.99: (4, True), 0.95: (3, False)}


def times(mem: dict[float, float], gen: dict[float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"quantity": name, "share": 0.99, "w0": w0, "seed": 0, "time": time, "censored": False}
            for name, every in (("T_mem", mem), ("T_gen", gen))
            for w0, time in every.items()
        ]
    )


@pytest.mark.parametrize(
    ("gen", "answer"),
    [
        ({0.1: 5.0, 1.0: 8.0, 10.0: 60.0}, "yes, as far as these w0 can tell. As w0 grows, T_mem falls below T_gen at"),
        ({0.1: 15.0, 1.0: 18.0, 10.0: 60.0}, "no. T_mem is below T_gen at every w0 here"),
    ],
)
def test_the_question_is_answered_in_words(gen: dict[float, float], answer: str) -> None:
    both = times(dict.fromkeys(gen, 12.0), gen)
    groks = pd.DataFrame({"w0": [0.1, 1.0, 10.0], "groks": [False, False, True]})
    parts = [both[both["quantity"] == name] for name in ("T_mem", "T_gen")]
    found = along_w0(*parts, groks)
    assert found is not None
    said = describe_match(found, 0.99)
    assert f"By 99 % accuracy: {answer}" in said
    assert said.endswith("most seeds grok from w0 = 10 on and do not at w0 = 1.")
    table = by_scale(both, groks)
    np.testing.assert_allclose(table["T_gen / T_mem"], np.array(list(gen.values())) / 12)
    assert table["grok"].tolist() == [0, 0, 1]
