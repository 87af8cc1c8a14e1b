"""What a run leaves: its result, its trace, its parameters, or why it could not go on."""

import dataclasses
import time

import jax.numpy as jnp
import numpy as np
import pytest
import safetensors
import safetensors.numpy

import oracle
from grokscope import AdamW, TrainingError
from grokscope.measurements import Capacity, Groks, Speed
from grokscope.measurements.result import total_bits
from grokscope.nets import Transformer, from_published
from grokscope.run import Run, Seeds
from grokscope.tasks import RandomLabels
from grokscope.training.lane import stream_key
from grokscope.training.outcomes import Failed, Finished, Job, Progress
from grokscope.training.pack import Pack
from grokscope.training.train import train

from .lane_helpers import RUN, matrix, with_precision

SHORT = dataclasses.replace(RUN, max_epochs=6, keep="final")


@pytest.mark.parametrize("heads", [1, 2])
def test_final_parameters_are_kept_under_their_published_names(heads: int) -> None:
    run = dataclasses.replace(SHORT, net=Transformer(8, heads=heads), max_epochs=2)
    done = train(run)
    assert done.params is not None
    arrays = safetensors.numpy.load(done.params)
    extra = {"proj_weight", "proj_bias"} if heads > 1 else set()
    layer = {"attn_norm", "wq", "wk", "wv", "wo", "ffn_norm", "w1", "w2", "w3"} | extra
    assert set(arrays) == {"embedding", "norm", "out"} | {f"layer{i}.{name}" for i in range(2) for name in layer}
    assert arrays["layer0.w1"].shape == (32, 8)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float64)}
    from_published(arrays, heads=heads)
    data = run.task.arrays(stream_key(run.seeds.data, "data"))
    model = oracle.Model(heads)
    assert oracle.loss(arrays, data.train_inputs, data.train_targets, model) == pytest.approx(
        done.trace.train_loss[-1], abs=1e-9
    )
    assert oracle.loss(arrays, data.val_inputs, data.val_targets, model) == pytest.approx(
        done.trace.val_loss[-1], abs=1e-9
    )
    norm = np.sqrt(sum(np.sum(array**2) for array in arrays.values()))
    assert norm == pytest.approx(done.trace.param_norm[-1])


def test_parameters_name_their_run(tmp_path) -> None:  # type: ignore[no-untyped-def]
    done = train(SHORT)
    path = tmp_path / "params.safetensors"
    path.write_bytes(done.params or b"")
    with safetensors.safe_open(path, "numpy") as file:
        assert file.metadata() == {"run": SHORT.identity}


def test_parameters_are_not_kept_unasked() -> None:
    assert train(dataclasses.replace(SHORT, keep="nothing")).params is None


def test_the_result_is_read_from_the_trace() -> None:
    done = train(SHORT)
    assert done.trace.epochs == done.result.epochs == 6
    assert done.result.steps == 18
    assert done.result.stopped == "max_epochs"
    assert done.result.final_val_acc == done.trace.val_acc[-1]
    bits = total_bits(float(done.trace.train_loss[-1]), SHORT.task.n_train, 15)
    assert done.result.total_bits == pytest.approx(bits)
    assert done.result == SHORT.measurement.result(SHORT, done.trace)


def test_keeping_and_thresholds_do_not_change_the_training() -> None:
    one, other = train(SHORT), train(dataclasses.replace(SHORT, keep="nothing", measurement=Groks(0.5, 1.0)))
    np.testing.assert_array_equal(matrix(one.trace), matrix(other.trace))


@pytest.mark.parametrize("measurement", [Speed(threshold=0.3), Speed(threshold=0.3, stop_on="eval"), Capacity(3, 0.05)])
def test_a_run_ends_when_its_measurement_says(measurement: Speed | Capacity) -> None:
    fields = {"task": RandomLabels(13, 60), "measurement": measurement, "max_epochs": 250}
    run = dataclasses.replace(RUN, **fields, net=Transformer(8, dropout=0.0), optimiser=AdamW(3e-3, 0.0))
    done = train(run)
    assert done.result.stopped == "rule"
    assert done.result.epochs < 250
    if isinstance(measurement, Speed):
        reached = done.result.t_mem_running if measurement.stop_on == "running" else done.result.t_mem_eval
        assert reached == done.result.epochs
    assert np.isnan(done.trace.val_loss).all()
    assert done.result.final_val_loss is None


WILD = with_precision(dataclasses.replace(RUN, optimiser=AdamW(lr=5.0), max_epochs=50), "float32")


def test_nan_says_when_and_what_came_before() -> None:
    pack = Pack(WILD.shape, "loop")
    pack.add([Job(WILD)])
    failures: list[Failed] = []
    while pack.slots:
        failures += [event for event in pack.step() if isinstance(event, Failed)]
    (failed,) = failures
    assert 1 <= failed.epoch < 50
    assert f"at epoch {failed.epoch + 1}; last finite loss: " in failed.error
    assert f" at epoch {failed.epoch}" in failed.error
    last = float(failed.error.rpartition("loss: ")[2].partition(" ")[0])
    assert np.isfinite(last)


def test_nan_in_the_very_first_epoch_says_that_nothing_came_before() -> None:
    with pytest.raises(TrainingError, match="at epoch 1; last finite loss: none"):
        train(dataclasses.replace(WILD, optimiser=AdamW(lr=1e30)))


def test_a_watcher_is_told_of_progress() -> None:
    seen: list[Progress] = []
    done = train(SHORT, watch=seen.append)
    assert seen[0].identity == SHORT.identity
    assert seen[0].epoch == 4
    assert seen[0].val_acc == pytest.approx(float(done.trace.val_acc[3]))


def test_provenance_says_where_and_how() -> None:
    record = train(SHORT).provenance
    assert record.strategy == "loop/default"
    assert record.layout == 1
    assert record.device.startswith("cpu")
    assert record.started <= record.ended
    assert {"jax", "numpy", "python"} <= set(record.versions)


def random_labels(precision: str = "float32") -> Run:
    return dataclasses.replace(
        RUN,
        task=RandomLabels(13, 100),
        net=Transformer(8, dropout=0.0),
        optimiser=AdamW(1e-2, 0.0),
        measurement=Speed(stop_on="both"),
        max_epochs=400,
        precision=precision,
    )


def test_random_labels_are_memorised() -> None:
    done = train(random_labels())
    assert done.result.stopped == "rule"
    assert done.result.t_mem_eval is not None
    assert done.result.final_train_acc >= 0.99
    assert done.result.total_bits > 0.8 * done.result.dataset_bits
    assert jnp.isfinite(done.result.total_bits)


@pytest.mark.slow
def test_expected_learning() -> None:
    """Division mod 97 at width 128 generalises: the number that the README promises."""
    run = dataclasses.replace(
        with_precision(RUN, "float32"), task=type(RUN.task)(97), net=Transformer(128), batch_size=512, max_epochs=400
    )
    done = train(run)
    assert done.result.t_gen is not None
    assert done.result.t_gen < 400
    assert done.result.final_val_acc is not None
    assert done.result.final_val_acc >= 0.99


def test_lanes_that_go_together_share_the_time() -> None:
    """All of a pack's seconds are no more than the clock's, however many runs were in it."""
    runs = [dataclasses.replace(SHORT, seeds=Seeds.all(seed), max_epochs=40) for seed in range(8)]
    pack = Pack(SHORT.shape, "vmap")
    list(pack.add([Job(run) for run in runs]))
    began, events = time.perf_counter(), []
    while pack.slots:
        events += pack.step()
    seconds = [event.provenance.seconds for event in events if isinstance(event, Finished)]
    assert len(seconds) == 8
    assert 0 < sum(seconds) < time.perf_counter() - began
