"""A real suite in a process of its own, interrupted and killed: nothing is lost, and the end is the same to the bit."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grokscope.ledger import open_ledger

from .conftest import TINY

LONG = TINY.replace("max_epochs: 12", "max_epochs: 1500").replace("tiny", "long")
PATIENCE = 90.0


def begin(folder: Path) -> subprocess.Popen[str]:
    (folder / "long.yaml").write_text(LONG)
    command = [sys.executable, "-m", "grokscope", "run", "long.yaml", "--workers", "2"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for_a_checkpoint(folder: Path, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + PATIENCE
    while not list((folder / "out" / "checkpoints").glob("*.checkpoint")):
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        assert time.monotonic() < ends, "no checkpoint was written"
        time.sleep(0.05)


def traces(folder: Path) -> dict[str, bytes]:
    with open_ledger(folder / "out" / "ledger.sqlite", create=False) as ledger:
        runs = ledger.runs(suite="long")
        assert set(runs["status"]) == {"done"}
        return {identity: ledger.trace(identity).to_numpy().tobytes() for identity in runs["id"]}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    process = begin(folder)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return traces(folder)


def test_ctrl_c_once_ends_the_chunk_and_saves_everything(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    process = begin(tmp_path)
    wait_for_a_checkpoint(tmp_path, process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    assert "nothing is lost" in said
    assert "Traceback" not in said
    listed = subprocess.run(
        [sys.executable, "-m", "grokscope", "runs", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "running" not in {run["status"] for run in json.loads(listed.stdout)}
    again = begin(tmp_path)
    again.communicate(timeout=PATIENCE)
    assert again.returncode == 0
    assert traces(tmp_path) == undisturbed


def test_a_killed_driver_goes_on_from_its_checkpoints(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    process = begin(tmp_path)
    wait_for_a_checkpoint(tmp_path, process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    again = begin(tmp_path)
    said, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, said
    assert traces(tmp_path) == undisturbed
    assert not list((tmp_path / "out" / "checkpoints").iterdir())
