"""Signals: what each records; that it is the same in every layout, at its own cadence, at no cost to training."""

import dataclasses
import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load, save

import oracle
from grokscope import AdamW, Seeds
from grokscope.measurements import Trace
from grokscope.nets import MLP, Transformer
from grokscope.probes.seen import Seen
from grokscope.probes.signals.norms import GradientNorm, WeightNorm
from grokscope.probes.signals.outputs import LogitScale, ZeroLossShare
from grokscope.run import Run, Signal
from grokscope.spec import InputError, SpecError
from grokscope.tasks import Modular
from grokscope.tasks.functions import Xor
from grokscope.training.cadence import only_when
from grokscope.training.checkpoint import DIGEST, CheckpointError, keyed_digest, unpack_lane
from grokscope.training.derive import Source, derive_finished
from grokscope.training.lane import start_lane
from grokscope.training.observe import columns
from grokscope.training.outcomes import Checkpoint, Finished, Job, Snapshot
from grokscope.training.pack import Pack, precision
from grokscope.training.padding import padded_shape
from grokscope.training.params import net_from_arrays
from grokscope.training.train import train

from .lane_helpers import RUN, UNREACHABLE, matrix, run_to_end

EVERY = (WeightNorm(every=2), GradientNorm(of="tensors", every=2), LogitScale(every=2), ZeroLossShare(every=2))
BASE = dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=8)
SOME = dataclasses.replace(BASE, signals=(WeightNorm(of="whole"), GradientNorm(every=3), LogitScale(every=5)))


def close(one: Trace, other: Trace, **tolerance: float) -> None:
    """The same columns, the same numbers and the same gaps."""
    assert one.columns.keys() == other.columns.keys()
    for name, column in one.columns.items():
        np.testing.assert_allclose(column, other[name], err_msg=name, **tolerance)


def test_each_is_what_the_oracle_computes() -> None:
    run = dataclasses.replace(BASE, net=Transformer(8, dropout=0.3, init_scale=3.0), signals=EVERY, snapshot_every=2)
    pack = Pack(run.shape, "loop")
    events = [*pack.add([Job(run)])]
    while pack.slots:
        events += pack.step()
    (done,) = (event for event in events if isinstance(event, Finished))
    snapshots = {event.epoch: load(event.params) for event in events if isinstance(event, Snapshot)}
    with precision(run.shape):
        fixed = start_lane(run).fixed
    inputs, targets = (np.asarray(array)[: run.task.n_train] for array in (fixed.inputs, fixed.targets))
    model = oracle.Model(1, "published")
    for epoch in (2, 4, 6, 8):
        params, at = snapshots[epoch], epoch - 1
        logits = oracle.logits(params, inputs, model)
        _, gradient = oracle.gradient(params, inputs, targets, model)
        for name, array in params.items():
            assert done.trace[f"weight_norm/{name}"][at] == pytest.approx(np.linalg.norm(array), rel=1e-12)
            assert done.trace[f"gradient_norm/{name}"][at] == pytest.approx(np.linalg.norm(gradient[name]), rel=1e-9)
        assert done.trace["logit_scale"][at] == pytest.approx(np.std(logits - logits.mean(1)[:, None]), rel=1e-9)
    gaps = np.array([column[::2] for column in done.trace.signals.values()])
    assert np.isnan(gaps).all()
    assert np.isfinite([column[1::2] for column in done.trace.signals.values()]).all()


@pytest.mark.parametrize("precise", ["float64", "float32"])
def test_the_share_of_zero_losses_is_that_of_float32(precise: str) -> None:
    """Logits of a few hundred, held there: some examples have lost all terms but one of their softmax."""
    net = Transformer(8, dropout=0.0, init_scale=40.0)
    run = dataclasses.replace(
        BASE, net=net, optimiser=AdamW(0.0, 0.0), max_epochs=1, keep="final", signals=(ZeroLossShare(),)
    )
    run = dataclasses.replace(run, precision=precise)
    done = train(run)
    with precision(run.shape):
        fixed = start_lane(run).fixed
        inputs, targets = (np.asarray(array)[: run.task.n_train] for array in (fixed.inputs, fixed.targets))
        made = net_from_arrays(run, load(done.params)).batched(jnp.asarray(inputs))
    logits = np.array(made, np.float32)
    logits -= logits.max(1, keepdims=True)
    own = np.take_along_axis(logits, targets[:, None], 1)[:, 0]
    others = np.where(np.arange(logits.shape[1]) == targets[:, None], 0, np.exp(logits)).sum(1)
    share = np.mean((own == 0) & (np.float32(1) + others.astype(np.float32) == 1))
    assert 0 < share < 1
    assert done.trace["zero_loss_share"][0] == pytest.approx(share, abs=1 / run.task.n_train)


def test_of_all_parameters_together_it_is_the_norm_that_every_trace_has() -> None:
    trace = train(SOME).trace
    np.testing.assert_allclose(trace["weight_norm"], trace.param_norm, rtol=1e-12)
    of_parts = train(dataclasses.replace(SOME, signals=(GradientNorm(of="tensors", every=3),))).trace
    whole = np.sqrt(sum(column**2 for column in of_parts.signals.values()))
    np.testing.assert_allclose(trace["gradient_norm"], whole, rtol=1e-9)


def test_training_never_feels_them() -> None:
    plain = dataclasses.replace(SOME, signals=())
    assert SOME.training == plain.training
    assert SOME.identity != plain.identity
    assert columns(plain.shape) == tuple(train(plain).trace.columns)
    for ours, theirs in zip(matrix(train(plain).trace), matrix(train(SOME).trace), strict=False):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_alone_and_among_lanes_of_other_ages() -> None:
    """Lanes that came late are due at other times of the pack."""
    others = [dataclasses.replace(SOME, seeds=Seeds.all(seed), max_epochs=5 + seed) for seed in range(3)]
    pack = Pack(SOME.shape, "vmap")
    pack.add([Job(run) for run in others[:2]])
    events = list(pack.step())
    pack.add([Job(run) for run in (others[2], SOME)])
    while pack.slots:
        events += pack.step()
    found = {event.run.identity: event for event in events if isinstance(event, Finished)}
    for run in (*others, SOME):
        close(found[run.identity].trace, train(run).trace, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("strategy", ["loop", "vmap"])
def test_room_for_other_vocabularies_does_not_leak_in(strategy: Any) -> None:
    signals = (WeightNorm(), GradientNorm(every=2), LogitScale(), ZeroLossShare())
    runs = [dataclasses.replace(BASE, task=Modular(p), signals=signals, max_epochs=4) for p in (11, 13)]
    (shape,) = {padded_shape(run.shape) for run in runs}
    assert shape.padded
    found = run_to_end(Pack(shape, strategy), [Job(run) for run in runs])
    for run in runs:
        close(found[run.identity].trace, run_to_end(Pack(run.shape, "loop"), [Job(run)])[run.identity].trace, atol=1e-9)


def test_what_does_not_mask_room_shares_with_nobody() -> None:
    assert padded_shape(dataclasses.replace(BASE, signals=(Spread(),)).shape).padded is False
    assert padded_shape(BASE.shape).padded is True


def test_a_checkpoint_between_two_values_goes_on_to_the_same_bits() -> None:
    pack = Pack(SOME.shape, "loop")
    pack.add([Job(SOME)])
    (said,) = (event for event in pack.step() if isinstance(event, Checkpoint))
    assert said.epoch == 4, "between 3 and 6, and before 5"
    resumed = run_to_end(Pack(SOME.shape, "loop", say=pytest.fail), [Job(SOME, said.state)])[SOME.identity]
    np.testing.assert_array_equal(matrix(resumed.trace), matrix(train(SOME).trace))


def as_before(run: Run, state: bytes) -> bytes:
    """A checkpoint as it was written when all runs recorded the same columns."""
    arrays = load(state[DIGEST:])
    del arrays["columns"]
    body = save(arrays)
    return keyed_digest(run, body) + body


def test_a_checkpoint_of_the_version_before_goes_on() -> None:
    for run, goes_on in ((BASE, True), (SOME, False)):
        pack = Pack(run.shape, "loop")
        pack.add([Job(run)])
        (said,) = (event for event in pack.step() if isinstance(event, Checkpoint))
        old = as_before(run, said.state)
        if not goes_on:
            with precision(run.shape), pytest.raises(CheckpointError, match="its columns are not those"):
                unpack_lane(run, old)
            continue
        resumed = run_to_end(Pack(run.shape, "loop", say=pytest.fail), [Job(run, old)])[run.identity]
        np.testing.assert_array_equal(matrix(resumed.trace), matrix(train(run).trace))


def source(done: Finished) -> Source:
    signals = [signal.to_dict() for signal in done.run.signals]
    return Source(done.run.identity, done.trace, done.provenance, done.params, signals)


def test_a_result_is_read_from_a_trace_only_with_the_signals_asked_for() -> None:
    done, plain = train(SOME), train(dataclasses.replace(SOME, signals=()))
    short = dataclasses.replace(SOME, max_epochs=6)
    one = dataclasses.replace(short, signals=(GradientNorm(every=3),))
    none = dataclasses.replace(short, signals=())
    denser = dataclasses.replace(short, signals=(GradientNorm(every=1),))
    for run in (short, one, none):
        read = derive_finished(run, source(done))
        assert read is not None
        close(read.trace, train(run).trace, rtol=1e-12)
    assert derive_finished(denser, source(done)) is None
    assert derive_finished(one, source(plain)) is None
    assert derive_finished(none, source(plain)) is not None


@dataclasses.dataclass(frozen=True)
class Spread(Signal):
    """Largest and smallest parameter: as somebody outside would write a signal."""

    kind = "spread"

    def values(self, seen: Seen) -> dict[str, jax.Array]:
        parameters = jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(seen.net) if leaf.ndim])
        return {"least": jnp.min(parameters), "most": jnp.max(parameters), "rows": jnp.sum(seen.is_train)}


@pytest.mark.parametrize("net", [Transformer(8), MLP(8)])
def test_one_from_outside_is_like_those_that_ship(net: Any) -> None:
    run = dataclasses.replace(BASE, net=net, signals=(Spread(every=2), WeightNorm()), keep="final", max_epochs=4)
    trace = train(run).trace
    assert np.isnan(trace["spread/most"][::2]).all()
    parameters = load(train(run).params)
    assert trace["spread/most"][-1] == max(array.max() for array in parameters.values())
    assert trace["spread/rows"][-1] == run.task.n_train
    assert {name.partition("/")[2] for name in trace.signals if name.startswith("weight_norm")} == set(parameters)


@dataclasses.dataclass(frozen=True)
class Wrong(Signal):
    """Whatever a signal may get wrong."""

    kind = "val_acc"

    way: str = "array"

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("everything",) if self.way == "reads" else ()

    def values(self, seen: Seen) -> Any:
        return seen.loss if self.way == "array" else seen.loss[0]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("array", r"signal val_acc: found an array of shape \(512,\), expected a number"),
        ("reads", "signal val_acc: reads 'everything', expected some of gradient, logits, float32_loss"),
        ("name", "signals: found two columns of the name val_acc, expected each name once"),
    ],
)
def test_what_is_wrong_with_a_signal_is_one_line(way: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        columns(dataclasses.replace(BASE, signals=(Wrong(way),)).shape)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"signals": (WeightNorm(), WeightNorm(every=3))}, "signals: found 'weight_norm twice', expected each once"),
        ({"signals": (WeightNorm(), WeightNorm())}, "signals: found 'weight_norm twice', expected each once"),
        ({"signals": WeightNorm()}, "signals: found WeightNorm.*, expected a list of specs"),
        ({"signals": (AdamW(),)}, "signals: found AdamW.*, expected a spec"),
        (
            {"signals": (LogitScale(),), "task": Xor(), "net": MLP(8), "loss": "squared"},
            "signals: found 'logit_scale of xor, whose targets are numbers', expected a task of classes",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        dataclasses.replace(BASE, **change)


def test_a_cadence_is_at_least_one() -> None:
    with pytest.raises(SpecError, match="every: found 0, expected at least 1 epoch"):
        WeightNorm(every=0)


def test_equal_requests_are_equal_bytes() -> None:
    one = dataclasses.replace(BASE, signals=[WeightNorm(), LogitScale()])  # type: ignore[arg-type]
    other = dataclasses.replace(BASE, signals=(LogitScale(), WeightNorm()))
    assert one == other
    assert one.identity == other.identity
    assert one.shape is other.shape
    assert hashlib.sha256(one.canonical.encode()).hexdigest()[:20] == one.identity


def test_lanes_that_are_not_due_cost_nothing() -> None:
    taken: list[int] = []

    def compute(x: jax.Array) -> dict[str, jax.Array]:
        def note(x: np.ndarray) -> np.ndarray:
            taken.append(1)
            return np.asarray(x)

        return {"x": jax.pure_callback(note, jax.ShapeDtypeStruct((), x.dtype), x, vmap_method="expand_dims")}

    together = jax.jit(jax.vmap(lambda due, x: only_when(due, compute, x)))
    nothing = together(jnp.array([False, False]), jnp.array([1.0, 2.0]))["x"]
    assert np.isnan(nothing).all()
    assert not taken
    one = np.asarray(together(jnp.array([False, True]), jnp.array([1.0, 2.0]))["x"])
    assert taken
    np.testing.assert_array_equal(one, [np.nan, 2.0])
