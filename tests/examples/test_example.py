"""The example package as a user meets it: installed, or one file of it included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "grokscope-example"
KINDS = EXAMPLE / "src" / "grokscope_example" / "kinds.py"
SUITE = (EXAMPLE / "suites" / "majority.yaml").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the package was installed."""
    folder = tmp_path_factory.mktemp("site")
    command = [*(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"), "--target"]
    subprocess.run([*command, str(folder), str(EXAMPLE)], check=True, capture_output=True)
    return folder


def grokscope(*arguments: str, cwd: Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, [ROOT / "src", *([site] if site else [])]))
    return subprocess.run(
        [sys.executable, "-m", "grokscope", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_its_suite_runs_and_has_a_page(site: Path, tmp_path: Path) -> None:
    (tmp_path / "majority.yaml").write_text(SUITE.replace("max_epochs: 200", "max_epochs: 60"))
    ran = grokscope("run", "majority.yaml", cwd=tmp_path, site=site)
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "out" / "reports" / "majority" / "index.html").read_text()
    assert "How does the width of a net change when it generalises?" in page
    assert (tmp_path / "out" / "reports" / "majority" / "figures" / "t_gen.png").stat().st_size > 1000
    listed = grokscope("runs", "--json", cwd=tmp_path, site=site)
    (origin,) = {run["spec"]["task"]["origin"] for run in json.loads(listed.stdout)}
    assert origin == "grokscope-example 0.1.0"
    exported = grokscope("export", "majority", "--to", "data", cwd=tmp_path, site=site)
    assert exported.returncode == 0, exported.stderr
    signals = pd.read_parquet(tmp_path / "data" / "signals.parquet")
    assert set(signals["signal"]) == {"margin"}
    assert (signals.groupby("id")["value"].last() > 0).all()
    # without the package its runs are still there to look at, and what is missing is one line
    assert grokscope("runs", "--json", cwd=tmp_path).stdout == listed.stdout
    refused = grokscope("report", "majority.yaml", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        "error: majority.yaml:4: plugins: found 'grokscope-example', expected an installed"
    )
    assert "Traceback" not in refused.stderr


def test_its_kinds_are_listed_with_their_origin(site: Path, tmp_path: Path) -> None:
    listed = json.loads(grokscope("kinds", "--json", cwd=tmp_path, site=site).stdout)
    mine = {info["kind"] for info in listed if info["origin"] == "grokscope-example 0.1.0"}
    assert mine == {"majority", "gated", "smoothed", "margin", "widths"}


def test_one_file_of_it_is_enough(tmp_path: Path) -> None:
    text = SUITE.replace("study: widths\n", "").replace("plugins: [grokscope-example]\n", "")
    (tmp_path / "majority.yaml").write_text(text.replace("max_epochs: 200", "max_epochs: 60"))
    ran = grokscope("run", "majority.yaml", "--include", str(KINDS), cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    sealed = grokscope("capsule", "majority.yaml", "--to", "it.zip", "--include", str(KINDS), cwd=tmp_path)
    assert sealed.returncode == 0, sealed.stderr
    with zipfile.ZipFile(tmp_path / "it.zip") as archive:
        assert archive.read("plugins/kinds.py") == KINDS.read_bytes()
    strange = grokscope("run", "it.zip", "--out", "again", cwd=tmp_path)
    assert strange.returncode == 2
    assert "found kinds of kinds.py" in strange.stderr
    assert "unzip plugins/kinds.py from the capsule, read it, and give it as --include" in strange.stderr
    again = grokscope("run", "it.zip", "--out", "again", "--include", str(KINDS), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "0 that differ, 0 not done in both" in again.stdout


def test_installed_and_included_at_once_is_refused_with_both_origins(site: Path, tmp_path: Path) -> None:
    (tmp_path / "majority.yaml").write_text(SUITE)
    refused = grokscope("plan", "majority.yaml", "--include", str(KINDS), cwd=tmp_path, site=site)
    assert "Traceback" not in refused.stderr
    assert "grokscope-example 0.1.0" in refused.stderr
    assert "kinds.py" in refused.stderr
