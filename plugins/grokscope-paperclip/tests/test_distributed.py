"""Two processes come to the gradient of one: negatives are gathered from all, gradients included."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from grokscope.ledger import open_ledger
from grokscope_paperclip.learning.losses import gather, infonce

from . import extra  # noqa: F401
from .test_suite import TINY

PAIRS, DIM = 8, 6


def inputs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(0)
    return tuple(torch.randn(*shape, generator=made) for shape in ((PAIRS, DIM), (PAIRS, DIM), (DIM, DIM)))  # type: ignore[return-value]


def loss_of(x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return infonce(gather(x @ weight), gather(y), torch.tensor(0.5))


def one_of_two(rank: int, port: int, place: str) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    x, y, weight = inputs()
    weight.requires_grad_(True)
    loss_of(x[rank::2], y[rank::2], weight).backward()
    assert weight.grad is not None
    torch.distributed.all_reduce(weight.grad)  # as distributed training does: the mean over processes
    if rank == 0:
        torch.save(weight.grad / 2, place)
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_come_to_the_gradient_of_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(one_of_two, (port, str(tmp_path / "grad")), nprocs=2)  # type: ignore[no-untyped-call]
    x, y, weight = inputs()
    weight.requires_grad_(True)
    loss_of(x, y, weight).backward()
    assert torch.allclose(torch.load(tmp_path / "grad", weights_only=True), weight.grad, atol=1e-5)


@pytest.mark.slow
def test_a_suite_is_walked_by_two_processes_as_by_one(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(
        TINY.replace("memorise: {task", "other: {task").replace(", memorise: memorise", "")
    )
    found = {}
    for n in (1, 2):
        place = tmp_path / str(n)
        launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n}", "-m"]
        words = ["grokscope", "paperclip", "run", tmp_path / "tiny.yaml", "--out", place, "--store", place / "l.sqlite"]
        done = subprocess.run(
            [*launch, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
        )
        assert done.returncode == 0, done.stderr[-3000:]
        with open_ledger(place / "l.sqlite", create=False) as ledger:
            frame = ledger.runs(status="done").set_index("id").sort_index()
        assert frame["layout"].unique().tolist() == [n]
        found[n] = frame["final_running_loss"]
    assert found[1].index.equals(found[2].index)
    assert np.allclose(found[1], found[2], atol=1e-4)
