"""The benchmark of accelerators: it works here, needs no more than it says, and counts the suite that it projects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from grokscope.suite import load_suite

FOLDER = Path(__file__).parents[2] / "benchmarks"
FOREIGN = (
    "pandas",
    "sqlalchemy",
    "pydantic",
    "ruamel",
    "safetensors",
    "typer",
    "rich",
    "matplotlib",
    "plotly",
    "statsmodels",
    "lifelines",
    "jinja2",
    "psycopg",
    "torch",
    "grokscope.ledger",
    "grokscope.suite",
    "grokscope.workers",
    "grokscope.laws",
    "grokscope.cli",
)
BARRED = f"""
import runpy, sys
class Barred:
    def find_spec(self, name, path=None, target=None):
        if any(name == foreign or name.startswith(foreign + ".") for foreign in {FOREIGN}):
            raise ImportError("barred: " + name)
sys.meta_path.insert(0, Barred())
sys.argv = sys.argv[1:]
sys.path.insert(0, {str(FOLDER)!r})
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_one_command_prints_and_keeps_everything_and_needs_no_other_library(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BARRED, str(FOLDER / "gpu.py"), "--tiny", "--out", str(tmp_path / "new" / "gpu")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "no PyTorch here" in done.stdout
    assert (tmp_path / "new" / "gpu.md").read_text() == done.stdout
    report = json.loads((tmp_path / "new" / "gpu.json").read_text())
    assert [(row["width"], row["lanes"]) for row in report["ours"]] == [(8, 1), (8, 4)]
    for row in report["ours"]:
        assert row["steps_per_second"] > 0
        assert row["of_peak"] == pytest.approx(row["flops"] / report["flops"])
        assert row["of_roofline"] >= 0.999 * row["of_peak"] > 0, "a roofline is never above the peak"
    (shared,) = report["shared"]
    assert (shared["primes"], shared["lanes"]) == ([11, 13], 10)
    assert min(shared["apart"], shared["together"]) > 0
    assert report["central_device_hours"] > 0


@pytest.mark.skipif(find_spec("torch") is None, reason="the baseline needs PyTorch")
def test_the_baseline_runs_as_several_processes() -> None:
    code = "import eager_processes; print(eager_processes.epochs_per_second(8, 13, 2, 0.1))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(FOLDER), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0


def test_the_projected_suite_is_central_to_width_256(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import central

    wanted = Counter(
        (run.measurement, run.task, run.net, run.optimiser.static_part(), run.batch_size, run.max_epochs)
        for run in load_suite("central").runs
        if run.net.dim <= central.MAX_DIM  # type: ignore[attr-defined]
    )
    found: Counter[object] = Counter()
    for run, n in central.central().items():
        key = (run.measurement, run.task, run.net, run.optimiser.static_part(), run.batch_size, run.max_epochs)
        found[key] += n
    assert found == wanted
    slow, fast = central.device_hours({32: 1e12, 256: 1e13}), central.device_hours({32: 1e13, 256: 1e13})
    assert 1 < slow / fast < 10
    assert central.device_hours({64: 1e12}) == pytest.approx(10 * central.device_hours({64: 1e13}))
