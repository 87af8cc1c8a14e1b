"""What a run costs, and which program it is taken through for that."""

import dataclasses
import math

import numpy as np
import pytest

from grokscope import AdamW
from grokscope.measurements import Watch
from grokscope.nets import MLP, Complete, Transformer
from grokscope.run import Run
from grokscope.tasks import Modular, Xor
from grokscope.training import cost
from grokscope.training.chunk import LoopChunk
from grokscope.training.cost import (
    choose_variant,
    flops_per_epoch,
    min_bytes_per_epoch,
    multiplied_flops_per_epoch,
    roofline_seconds_per_epoch,
)
from grokscope.training.lane import start_lane
from grokscope.training.outcomes import Job
from grokscope.training.pack import Pack, precision
from grokscope.training.slot import Slot
from grokscope.training.variant import Variant

from .lane_helpers import RUN, matrix, run_to_end


def test_cost_counts_steps_and_evaluation() -> None:
    run = dataclasses.replace(RUN, task=Modular(97), net=Transformer(64), batch_size=512)
    each = run.net.flops_per_example(run.task.signature)
    n = 97 * 96
    assert flops_per_epoch(run) == pytest.approx(each * (3 * 10 * 512 + math.ceil(n / 512) * 512))
    wider = dataclasses.replace(run, net=Transformer(128))
    assert 3.5 < flops_per_epoch(wider) / flops_per_epoch(run) < 4.5


def test_the_roofline_is_the_slower_of_products_and_memory() -> None:
    run = Run(Xor(), Complete(5), AdamW(), Watch(), batch_size=-1, loss="squared")
    moved = min_bytes_per_epoch(run)
    state = 2 * run.n_params + 1  # two moments, and a count of steps
    assert moved == 4 * (6 * run.n_params + 2 * state + run.n_params), "one step and one block of evaluation"
    taken = multiplied_flops_per_epoch(run)
    assert roofline_seconds_per_epoch(run, flops=1.0, bandwidth=1e30) == pytest.approx(taken)
    assert roofline_seconds_per_epoch(run, flops=1e30, bandwidth=2.0) == pytest.approx(moved / 2)
    wide = dataclasses.replace(RUN, task=Modular(97), net=Transformer(64), batch_size=512)
    assert 0.5 < multiplied_flops_per_epoch(wide) / flops_per_epoch(wide) < 1


def test_half_a_last_batch_is_spared_where_that_pays_for_compiling() -> None:
    long = dataclasses.replace(RUN, task=Modular(113), net=Transformer(64), batch_size=512)
    assert long.task.n_train % 512 == 184
    assert choose_variant(long) == Variant(drops=True, halves=True)
    fuller = dataclasses.replace(long, task=Modular(101))
    assert fuller.task.n_train % 512 > 256
    assert choose_variant(dataclasses.replace(long, max_epochs=1)) == choose_variant(long), (
        "runs of one training are of one program"
    )
    no_dropout = dataclasses.replace(long, net=Transformer(64, dropout=0.0))
    assert choose_variant(no_dropout) == Variant(drops=False, halves=True)
    for other in (
        fuller,
        dataclasses.replace(long, net=Transformer(32)),
        dataclasses.replace(long, net=MLP(64)),
        dataclasses.replace(long, batch_size=long.task.n_train),
    ):
        assert not choose_variant(other).halves
    each = long.net.flops_per_example(long.task.signature)
    assert flops_per_epoch(long) - flops_per_epoch(long, halves=True) == pytest.approx(3 * 256 * each)
    assert flops_per_epoch(fuller) == flops_per_epoch(fuller, halves=True)
    assert 0 < multiplied_flops_per_epoch(long) - multiplied_flops_per_epoch(long, halves=True) < 3 * 256 * each


def test_a_run_that_spares_half_of_its_last_batches_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job(dataclasses.replace(RUN, max_epochs=20))]
    whole = run_to_end(Pack(RUN.shape, "loop"), jobs)[jobs[0].run.identity]
    monkeypatch.setattr(cost, "WORTH_HALVING", 0)
    with precision(RUN.shape):
        chunk = LoopChunk(RUN.shape, [Slot(jobs[0].run, start_lane(jobs[0].run), [], RUN.shape)], 1)
    assert chunk.programs == {(1, Variant(drops=True, halves=True))}
    halved = run_to_end(Pack(RUN.shape, "loop"), jobs)[jobs[0].run.identity]
    np.testing.assert_allclose(matrix(halved.trace), matrix(whole.trace), rtol=1e-9)
