"""What a plan promises of work and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokscope.nets import Transformer
from grokscope.run import Signature
from grokscope.studies.plan import NOMINAL_FLOPS, planned
from grokscope.suite import load_suite


def test_work_counts_every_run_to_its_last_epoch(tmp_path: Path) -> None:
    plan = planned(load_suite("smoke"), tmp_path / "none.sqlite")
    speed = plan.measurements["speed"]
    signature = Signature(15, 4, 15)
    per_example = sum(Transformer(dim).flops_per_example(signature) for dim in (16, 24))
    # one batch of 512 trained (forward and twice that) and one block of 512 evaluated, 50 epochs
    assert speed.flops == pytest.approx(per_example * 512 * (3 + 1) * 50)
    assert speed.core_seconds == pytest.approx(speed.flops / NOMINAL_FLOPS)


def test_the_central_suite_is_as_large_as_published(tmp_path: Path) -> None:
    plan = planned(load_suite("central"), tmp_path / "none.sqlite")
    assert {kind: share.runs for kind, share in plan.measurements.items()} == {
        "capacity": 56,
        "speed": 4400,
        "groks": 14300,
    }
    assert plan.hours_at_most > 1000
