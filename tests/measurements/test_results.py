"""What is read from a trace afterwards."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope.measurements import Capacity, Groks, Speed
from grokscope.measurements.result import total_bits
from grokscope.measurements.trace import at_least, count_needed, first_epoch
from grokscope.registry import kinds
from grokscope.spec import SpecError
from grokscope.tasks import Modular, RandomLabels

from . import reference_rules
from .trace_builders import make_run, make_trace

THRESHOLDS = [0.5, 0.7, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0]


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_count_needed_is_exact(threshold: float) -> None:
    exact = Fraction(str(threshold))
    for n in [1, 2, 3, 7, 99, 100, 101, 4656, 6328, 99_999, 100_000, 100_001, 1_000_000]:
        assert count_needed(threshold, n) == math.ceil(exact * n)


def test_99_percent_of_a_round_number() -> None:
    assert count_needed(0.99, 100_000) == 99_000
    assert count_needed(0.99, 4656) == 4610
    assert count_needed(0.0, 10) == 0
    assert count_needed(1.0, 10) == 10


@given(n=st.integers(1, 200_000), threshold=st.sampled_from(THRESHOLDS), data=st.data())
def test_a_recorded_accuracy_is_read_as_whole_examples(n: int, threshold: float, data: st.DataObject) -> None:
    """float32 keeps accuracies to 1e-7: enough to find the count again, not enough to compare with a threshold."""
    needed = math.ceil(Fraction(str(threshold)) * n)
    right = data.draw(st.integers(max(0, needed - 2), min(n, needed + 2)))
    accuracy = np.array([right], np.float32) / np.float32(n)
    assert bool(at_least(accuracy, threshold, n)[0]) == (right >= needed)


def test_first_epoch_counts_from_one() -> None:
    assert first_epoch(np.array([False, True, True])) == 2
    assert first_epoch(np.array([True])) == 1
    assert first_epoch(np.array([False, False])) is None
    assert first_epoch(np.zeros(0, bool)) is None


@given(right=st.lists(st.integers(76, 78), min_size=1, max_size=12), val=st.lists(st.integers(70, 78), min_size=12))
def test_groks_result_has_each_time_by_itself(right: list[int], val: list[int]) -> None:
    run = make_run(Groks(0.99, 0.95), Modular(13))
    val = val[: len(right)]
    result = run.measurement.result(run, make_trace(right, 78, train=right[::-1], val=val, n_val=78))
    assert result.t_mem_running == reference_rules.first_enough(right, 78, 0.99)
    assert result.t_mem_eval == reference_rules.first_enough(right[::-1], 78, 0.99)
    assert result.t_gen == reference_rules.first_enough(val, 78, 0.95)


def test_t_gen_is_found_whatever_the_train_accuracy_was() -> None:
    run = make_run(Groks(), Modular(13), max_epochs=3)
    result = run.measurement.result(run, make_trace([0, 0, 0], 78, val=[0, 78, 0], n_val=78))
    assert (result.t_gen, result.t_mem_running, result.t_mem_eval) == (2, None, None)
    assert result.stopped == "max_epochs"


def test_never_reached_is_none() -> None:
    speed = make_run(Speed(), RandomLabels(13, 50), max_epochs=2)
    result = speed.measurement.result(speed, make_trace([49, 49], 50))
    assert (result.t_mem_running, result.t_mem_eval, result.t_gen) == (None, None, None)
    assert (result.epochs, result.stopped) == (2, "max_epochs")
    groks = make_run(Groks(), Modular(13), max_epochs=9)
    assert groks.measurement.result(groks, make_trace([0], 78, val=[0], n_val=78)).t_gen is None


def test_a_streak_longer_than_the_trace_was_not_reached() -> None:
    run = make_run(Speed(patience=3), RandomLabels(13, 50), max_epochs=2)
    assert run.measurement.result(run, make_trace([50, 50], 50)).t_mem_running is None


def test_running_and_eval_are_kept_apart() -> None:
    run = make_run(Speed(), RandomLabels(13, 50), max_epochs=9)
    result = run.measurement.result(run, make_trace([0, 0, 0, 50], 50, train=[0, 50, 50, 50]))
    assert (result.t_mem_running, result.t_mem_eval) == (4, 2)


def test_what_every_result_has() -> None:
    run = make_run(Capacity(), RandomLabels(13, 50), max_epochs=9, batch_size=20)
    result = run.measurement.result(run, make_trace([10, 20, 25], 50, losses=[3.0, 2.0, 1.5]))
    assert result.n_params == run.n_params
    assert result.dataset_bits == pytest.approx(50 * math.log2(15))
    assert (result.epochs, result.steps, result.stopped) == (3, 9, "rule")
    assert result.final_running_loss == 1.5
    assert result.final_running_acc == 0.5
    assert result.final_val_loss is None
    assert result.final_val_acc is None
    assert result.total_bits == pytest.approx(total_bits(result.final_train_loss, 50, 15))


def test_total_bits_of_a_perfect_and_of_an_ignorant_net() -> None:
    assert total_bits(0.0, 50, 15) == pytest.approx(50 * math.log2(15))
    assert total_bits(math.log(15), 50, 15) == pytest.approx(0, abs=1e-9)
    assert total_bits(math.log(30), 50, 15) == pytest.approx(-50)


def test_an_end_by_rule_in_the_very_last_epoch_is_by_rule() -> None:
    """A run that reaches its threshold in its last epoch is not censored, and `stopped` says why it ended."""
    run = make_run(Speed(), RandomLabels(13, 50), max_epochs=2)
    result = run.measurement.result(run, make_trace([0, 50], 50))
    assert result.t_mem_running == 2
    assert result.stopped == "rule"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Speed(1.2), "threshold: found 1.2, expected at most 1.0"),
        (lambda: Speed(patience=-1), "patience: found -1, expected at least 0"),
        (lambda: Speed(stop_on="never"), "stop_on: found 'never', expected one of running, eval, both"),
        (lambda: Groks(val_threshold=-0.1), "val_threshold: found -0.1"),
        (lambda: Groks(patience=-2), "patience: found -2"),
        (lambda: Capacity(0), "patience: found 0, expected at least 1"),
        (lambda: Capacity(min_delta=-1e-4), "min_delta"),
    ],
)
def test_impossible_measurements_are_refused(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError) as refusal:
        make()
    assert words in str(refusal.value)


def test_each_measurement_is_known_by_its_kind() -> None:
    assert {kind: made.kind for kind, made in kinds("measurements").items()} == {
        k: k for k in ("capacity", "speed", "groks", "watch")
    }
