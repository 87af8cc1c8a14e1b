"""What a plan promises of work and time."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokscope.nets import Transformer
from grokscope.planning.plan import COMPILE_SECONDS, NOMINAL_FLOPS, START_SECONDS, STEP_SECONDS, plan_suite
from grokscope.run import Signature
from grokscope.suite import load_suite


def test_work_counts_every_run_to_its_last_epoch(tmp_path: Path) -> None:
    plan = plan_suite(load_suite("smoke"), tmp_path / "none.sqlite")
    speed = plan.measurements["speed"]
    signature = Signature(15, 4, 15)
    per_example = sum(Transformer(dim).flops_per_example(signature) for dim in (16, 24))
    # one batch of 512 trained (forward and twice that) and one block of 512 evaluated, 50 epochs
    assert speed.flops == pytest.approx(per_example * 512 * (3 + 1) * 50)
    between = 2 * (START_SECONDS + 50 * STEP_SECONDS + COMPILE_SECONDS)
    assert speed.core_seconds == pytest.approx(speed.flops / NOMINAL_FLOPS + between)


def test_the_central_suite_is_as_large_as_published(tmp_path: Path) -> None:
    plan = plan_suite(load_suite("central"), tmp_path / "none.sqlite")
    assert {kind: share.runs for kind, share in plan.measurements.items()} == {
        "capacity": 56,
        "speed": 4400,
        "groks": 14300,
    }
    assert plan.hours_at_most > 1000


def test_tiny_nets_take_more_than_their_arithmetic(tmp_path: Path) -> None:
    """The quick suite of order was measured to take about three core minutes, of which arithmetic is a second."""
    plan = plan_suite(load_suite("order-quick"), tmp_path / "none.sqlite")
    assert 120 < plan.measurements["watch"].core_seconds < 360
