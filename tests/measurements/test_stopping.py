"""The engine's one stopping rule against the published rules in plain Python."""

from collections.abc import Sequence

import jax
from hypothesis import given, settings
from hypothesis import strategies as st

from grokscope.measurements import Capacity, Groks, Speed, Trace
from grokscope.measurements.replay import end_epoch
from grokscope.run import Run
from grokscope.tasks import Modular, RandomLabels

from . import reference_rules
from .trace_builders import end_by_rule, make_run, make_trace

N = 50
COUNTS = st.lists(st.sampled_from([0, 25, 44, 45, 46, 49, 50]), min_size=1, max_size=12)
TASK = Modular(13)
N_TRAIN, N_VAL = TASK.n_train, TASK.n_val


def replay_end(run: Run, trace: Trace) -> int | None:
    """Where the rule ends the run by what its trace says."""
    return end_epoch(run.measurement.rule(run), trace, run.task.n_train, run.task.n_val)


@settings(max_examples=60)
@given(right=COUNTS, patience=st.sampled_from([0, 1, 2, 3]), threshold=st.sampled_from([0.9, 0.98, 1.0]))
def test_speed_ends_when_the_published_counter_would(right: list[int], patience: int, threshold: float) -> None:
    run = make_run(Speed(threshold, patience), RandomLabels(13, N))
    began, end = reference_rules.speed_reached(right, N, threshold, patience)
    assert end_by_rule(run.measurement.rule(run), running=right) == end
    trace = make_trace(right[:end], N)
    assert run.measurement.result(run, trace).t_mem_running == began
    assert replay_end(run, make_trace(right, N)) == end


def test_a_dip_resets_the_streak() -> None:
    right = [50, 50, 49, 50, 50, 50, 50]
    run = make_run(Speed(1.0, 3), RandomLabels(13, N))
    assert end_by_rule(run.measurement.rule(run), running=right) == 6
    assert run.measurement.result(run, make_trace(right[:6], N)).t_mem_running == 4


# Eighths: differences that neither precision has to round.
LOSSES = st.lists(st.integers(0, 40).map(lambda n: n / 8), min_size=1, max_size=14)


@settings(max_examples=60)
@given(losses=LOSSES, patience=st.integers(1, 4), min_delta=st.sampled_from([0.0, 0.125, 0.25]))
def test_capacity_ends_when_the_loss_has_stopped_falling(losses: list[float], patience: int, min_delta: float) -> None:
    run = make_run(Capacity(patience, min_delta), RandomLabels(13, N))
    end = reference_rules.capacity_end(losses, patience, min_delta)
    assert end_by_rule(run.measurement.rule(run), running=[N] * len(losses), losses=losses) == end
    assert replay_end(run, make_trace([N] * len(losses), N, losses=losses)) == end


def test_capacity_asks_nothing_of_the_accuracy() -> None:
    run = make_run(Capacity(patience=5), RandomLabels(13, N))
    falling = [5 - 0.1 * i for i in range(20)]
    assert end_by_rule(run.measurement.rule(run), running=[N] * 20, losses=falling) is None


def test_capacity_wants_a_drop_of_more_than_min_delta_below_the_best() -> None:
    run = make_run(Capacity(patience=2, min_delta=0.125), RandomLabels(13, N))
    rule = run.measurement.rule(run)
    assert end_by_rule(rule, running=[0] * 3, losses=[1.0, 0.875, 0.875]) == 3
    assert end_by_rule(rule, running=[0] * 4, losses=[1.0, 0.9375, 0.8125, 0.8125]) is None


def test_capacity_patience_counts_from_the_best_epoch() -> None:
    with jax.enable_x64(True):
        run = make_run(Capacity(), RandomLabels(13, N))
        losses = [3.0, 2.0, 1.0] + [1.0] * 200
        rule = run.measurement.rule(run)
        assert (
            end_by_rule(rule, running=[0] * 203, losses=losses, dtype="float64")
            == 103
            == reference_rules.capacity_end(losses, 100, 1e-4)
        )


SHARES = st.lists(
    st.tuples(st.sampled_from([0, 60, 70, 77, 78]), st.sampled_from([0, 40, 70, 71, 77, 78])), min_size=1, max_size=12
)


@settings(max_examples=80)
@given(counts=SHARES, patience=st.sampled_from([-1, 0, 1, 2, 3]), threshold=st.sampled_from([0.9, 0.98, 0.99]))
def test_groks_ends_when_both_are_there_or_validation_rests(
    counts: Sequence[tuple[int, int]], patience: int, threshold: float
) -> None:
    train, val = [t for t, _ in counts], [v for _, v in counts]
    run = make_run(Groks(0.99, threshold, patience, min_delta=0.001), TASK)
    end = reference_rules.groks_end(train, val, (N_TRAIN, N_VAL), (0.99, threshold), patience, 0.001)
    assert end_by_rule(run.measurement.rule(run), running=train, val=val, n_val=N_VAL) == end
    assert replay_end(run, make_trace(train, N_TRAIN, val=val, n_val=N_VAL)) == end


def test_groks_wants_both_in_the_same_epoch() -> None:
    run = make_run(Groks(), TASK)
    rule = run.measurement.rule(run)
    train, val = [N_TRAIN, 70, N_TRAIN, 78], [70, N_VAL, 76, 78]
    assert end_by_rule(rule, running=train, val=val, n_val=N_VAL) == 4
    assert end_by_rule(rule, running=train[:3], val=val[:3], n_val=N_VAL) is None


def test_what_is_waited_for() -> None:
    for stop_on, expected in (("running", 3), ("eval", 2), ("both", 4)):
        running, train = [0, 0, N_TRAIN, N_TRAIN], [0, N_TRAIN, 0, N_TRAIN]
        speed = make_run(Speed(stop_on=stop_on), RandomLabels(13, N_TRAIN))  # type: ignore[arg-type]
        assert end_by_rule(speed.measurement.rule(speed), running=running, train=train) == expected
        groks = make_run(Groks(stop_on=stop_on), TASK)  # type: ignore[arg-type]
        rule = groks.measurement.rule(groks)
        assert end_by_rule(rule, running=running, train=train, val=[N_VAL] * 4, n_val=N_VAL) == expected
