"""Packs spread over several devices, and the matrix products they take."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from grokscope.run import MATMULS, Matmul, Run
from grokscope.training.advance import compile_advance
from grokscope.training.devices import supports_matmul
from grokscope.training.lane import start_lane
from grokscope.training.pack import Pack

from .lane_helpers import RUN, advance_alone, with_precision

FOUR = {"XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=4"}
RUN32 = dataclasses.replace(with_precision(RUN, "float32"), max_epochs=8)


def test_four_devices() -> None:
    command = [sys.executable, "-m", "tests.training.four_devices"]
    done = subprocess.run(
        command,
        env=os.environ | FOUR,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stdout.count(": right")) == (0, 3), done.stdout + done.stderr


def test_full_products_are_the_default_and_change_nothing() -> None:
    assert RUN32.matmul == "highest"
    assert RUN32.identity == dataclasses.replace(RUN32, matmul="highest").identity
    assert "matmul" not in RUN32.essence()
    assert supports_matmul("highest")


@pytest.mark.parametrize("matmul", MATMULS[1:])
def test_other_products_change_a_run_where_the_device_takes_them(matmul: Matmul) -> None:
    """On a CPU XLA may take float32 products instead; then it is said, and the result is that of float32."""
    run = dataclasses.replace(RUN32, matmul=matmul)
    assert run.identity != RUN32.identity
    assert run.shape != RUN32.shape
    same = np.array_equal(
        np.asarray(advance_alone(run, 4)[0].state.params), np.asarray(advance_alone(RUN32, 4)[0].state.params)
    )
    assert same is not supports_matmul(matmul)


@pytest.mark.parametrize("takes", [True, False])
def test_a_pack_says_where_the_device_takes_no_such_products(monkeypatch: pytest.MonkeyPatch, takes: bool) -> None:
    monkeypatch.setattr("grokscope.training.pack.supports_matmul", lambda matmul: takes)
    said: list[str] = []
    Pack(dataclasses.replace(RUN32, matmul="tf32").shape, "loop", say=said.append)
    assert said == (
        [] if takes else ["this device takes no tf32 products: tf32 runs are trained with float32 ones here"]
    )


def test_the_products_asked_for_are_in_the_program() -> None:
    """What XLA is handed, whatever this device makes of it."""
    assert products_of(RUN32) == {"HIGHEST"}
    assert products_of(dataclasses.replace(RUN32, matmul="tf32")) == {"HIGHEST", "HIGH"}
    assert "bf16" in lowered_text(dataclasses.replace(RUN32, matmul="bfloat16"))


def lowered_text(run: Run) -> str:
    lane = start_lane(run)
    return str(compile_advance(run.shape, "loop", 1).lower(lane.fixed, lane.state, jnp.int32(1)).as_text())


def products_of(run: Run) -> set[str]:
    """The precisions of the program's matrix products; sums that are written as products are always whole."""
    lines = [line for line in lowered_text(run).splitlines() if "dot_general" in line]
    assert lines
    return {line.partition("precision = [")[2].partition(",")[0] for line in lines}
