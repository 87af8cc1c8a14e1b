"""Runs of several primes in one padded pack: each is the run that it is alone."""

import dataclasses
from collections import Counter
from typing import Any

import jax
import numpy as np
import pytest

from grokscope import AdamW, Run, Seeds, load_suite
from grokscope.measurements import Speed
from grokscope.nets import MLP, Transformer
from grokscope.run import Shape
from grokscope.tasks import Modular, RandomLabels, Shuffled
from grokscope.training.checkpoint import unpack_lane
from grokscope.training.lane import start_lane
from grokscope.training.optimisers import SGD, Adam, Muon
from grokscope.training.outcomes import Checkpoint, Event, Finished, Job, Snapshot
from grokscope.training.pack import Pack, precision
from grokscope.training.padding import next_size, padded_shape, param_positions, start_padded, unpad_state

from .lane_helpers import RUN, UNREACHABLE, relative_distance

EPOCHS = 12
BASE = dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=EPOCHS, keep="final")
PRIMES = (11, 13)
OF_TASKS = [dataclasses.replace(BASE, task=Modular(p)) for p in PRIMES]
OTHERS = [
    dataclasses.replace(BASE, task=Modular(11, "+", 0.3), optimiser=AdamW(1e-2, 0.3), seeds=Seeds.all(1)),
    dataclasses.replace(BASE, task=Shuffled(Modular(13), "vocab"), net=Transformer(8, dropout=0.6), max_epochs=5),
]


def run_through(pack: Pack, runs: list[Run]) -> list[Event]:
    events: list[Event] = [*pack.add([Job(run) for run in runs])]
    while pack.slots:
        events += pack.step()
    return events


def events_of(kind: type, run: Run, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind) and event.run == run]


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
def test_a_run_is_the_same_with_room_and_without(strategy: Any) -> None:
    runs = [dataclasses.replace(run, snapshot_every=4) for run in [*OF_TASKS, *OTHERS]]
    (shape,) = {padded_shape(run.shape) for run in runs}
    together = run_through(Pack(shape, strategy), runs)
    for run in runs:
        alone = run_through(Pack(run.shape, "loop"), [run])
        (here,), (there,) = events_of(Finished, run, together), events_of(Finished, run, alone)
        assert here.trace.epochs == there.trace.epochs == run.max_epochs
        for name, ours in here.trace.columns.items():
            np.testing.assert_allclose(ours, there.trace[name], rtol=0, atol=1e-9, err_msg=name)
        assert here.provenance.strategy.endswith("/padded")
        snapshots = [events_of(Snapshot, run, events) for events in (together, alone)]
        assert [one.epoch for one in snapshots[0]] == [one.epoch for one in snapshots[1]] != []
        assert len(here.params) == len(there.params)
        assert all(len(a.params) == len(b.params) for a, b in zip(*snapshots, strict=True))


def test_what_is_beyond_a_vocabulary_stays_zero() -> None:
    run = OF_TASKS[0]
    shape = padded_shape(run.shape)
    pack = Pack(shape, "vmap")
    pack.add([Job(each) for each in OF_TASKS])
    list(pack.step())
    state = pack.slots[0].lane.state
    beyond = np.setdiff1d(np.arange(len(state.params)), param_positions(run.shape, shape))
    assert len(beyond) == 2 * 8 * (16 - 13), "rows of the embedding and columns of the head"
    for leaf in [state.params, *jax.tree.leaves(state.optimiser)]:
        if leaf.shape == state.params.shape:
            assert not leaf[beyond].any()
            assert leaf[param_positions(run.shape, shape)].any()


def test_a_checkpoint_goes_on_in_its_own_shape() -> None:
    run = dataclasses.replace(OF_TASKS[0], snapshot_every=4)
    pack = Pack(padded_shape(run.shape), "vmap")
    pack.add([Job(run), Job(OF_TASKS[1])])
    events = [*pack.step(), *pack.final_events()]
    checkpoint = events_of(Checkpoint, run, events)[-1]
    with precision(run.shape):
        lane, records = unpack_lane(run, checkpoint.state)
    assert len(records) == checkpoint.epoch == 4
    rest = Pack(run.shape, "loop")
    rest.add([Job(run, checkpoint.state)])
    while rest.slots:
        events += rest.step()
    (alone,) = events_of(Finished, run, run_through(Pack(run.shape, "loop"), [run]))
    (ours,) = events_of(Finished, run, events)
    np.testing.assert_allclose(ours.trace.val_loss, alone.trace.val_loss, atol=1e-9, rtol=0)
    assert (
        relative_distance(lane.state.params, unpad_state(pack.slots[0].lane.state, run.shape, pack.shape).params) == 0
    )


@pytest.mark.parametrize(("p", "depth", "heads"), [(5, 1, 1), (11, 2, 2), (17, 3, 1), (97, 2, 1)])
def test_there_and_back(p: int, depth: int, heads: int) -> None:
    run = Run(Modular(p), Transformer(8, depth, heads), AdamW(), Speed(), batch_size=4)
    shape = padded_shape(run.shape)
    own, padded = start_lane(run).state, start_padded(run, shape).state
    for ours, theirs in zip(jax.tree.leaves(own), jax.tree.leaves(unpad_state(padded, run.shape, shape)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert padded.params.shape == (run.net.n_params(shape.signature),)
    assert float(np.sum(np.abs(padded.params))) == pytest.approx(float(np.sum(np.abs(own.params))), rel=1e-5)


def test_who_may_share() -> None:
    base = dataclasses.replace(RUN, task=Modular(97), batch_size=512)
    with_97, with_113, with_127 = (
        padded_shape(dataclasses.replace(base, task=Modular(p)).shape) for p in (97, 113, 127)
    )
    assert with_97 == with_113 != with_127
    assert (with_97.signature.vocab, with_97.padded) == (128, True)
    assert with_97.rows >= 128**2 >= 113**2
    random = dataclasses.replace(base, task=RandomLabels(97, 4656))
    assert padded_shape(random.shape) != with_97, "what follows the first token is no promise there"
    apart_from_others: list[dict[str, Any]] = [
        {"loss": "squared"},
        {"loss": "stablemax"},
        {"net": MLP(8)},
        {"optimiser": Muon()},
    ]
    for fields in apart_from_others:
        shape = dataclasses.replace(base, **fields).shape
        assert padded_shape(shape) is shape
    for optimiser in (SGD(), Adam()):
        assert padded_shape(dataclasses.replace(base, optimiser=optimiser).shape).padded


def test_the_central_suite_has_five_times_fewer_programs_for_a_little_more_work() -> None:
    runs = load_suite("central").runs
    own, shared = Counter(run.shape for run in runs), Counter(padded_shape(run.shape) for run in runs)
    assert 4.5 * len(shared) < len(own)
    assert sorted(shared.values())[len(shared) // 10] >= 40, "lanes of a pack"
    longest: dict[Shape, int] = {}
    for run in runs:
        longest[padded_shape(run.shape)] = max(longest.get(padded_shape(run.shape), 0), run.steps_per_epoch)
    waited = sum(longest[padded_shape(run.shape)] for run in runs)
    assert waited < 1.15 * sum(run.steps_per_epoch for run in runs)


def test_steps_are_a_factor_of_the_square_root_of_two_apart() -> None:
    steps = sorted({next_size(n) for n in range(2, 1000)})
    assert steps == [2, 3, 4, 6, 8, 12, 16, 23, 32, 46, 64, 91, 128, 182, 256, 363, 512, 725, 1024]
    assert all(next_size(n) >= n and next_size(next_size(n)) == next_size(n) for n in range(2, 1000))
