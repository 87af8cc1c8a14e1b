"""Snapshots of many runs, written and read together."""

import numpy as np
from safetensors.numpy import save

from grokscope.ledger import Ledger
from grokscope.training.outcomes import Snapshot

from .untrained_runs import failed, finished, groks


def taken(seed: int, epoch: int, value: float) -> Snapshot:
    return Snapshot(groks(seed), epoch, save({"w": np.full(2, value)}))


def test_many_are_kept_together_and_seen_of_runs_that_are_done(ledger: Ledger) -> None:
    runs = [groks(seed) for seed in range(3)]
    ledger.register("one", "name: one", runs)
    ledger.keep_snapshots([taken(seed, epoch, 10 * seed + epoch) for epoch in (5, 0) for seed in range(3)])
    ledger.record_all([finished(runs[0]), finished(runs[1]), failed(runs[2])])
    wanted = [run.identity for run in runs]
    found = {(identity, epoch): arrays["w"][0] for identity, epoch, arrays in ledger.all_snapshots(wanted)}
    assert found == {(wanted[seed], epoch): 10 * seed + epoch for seed in range(2) for epoch in (0, 5)}
    assert [epoch for identity, epoch, _ in ledger.all_snapshots(wanted[:1])] == [0, 5]


def test_what_is_there_stays(ledger: Ledger) -> None:
    ledger.register("one", "name: one", [groks(0)])
    ledger.keep_snapshot(taken(0, 5, 1.0))
    ledger.keep_snapshots([taken(0, 5, 2.0), taken(0, 6, 3.0), taken(0, 6, 3.0)])
    ledger.record(finished(groks(0)))
    assert {epoch: arrays["w"][0] for epoch, arrays in ledger.snapshots(groks(0))} == {5: 1.0, 6: 3.0}
    ledger.keep_snapshots([])
