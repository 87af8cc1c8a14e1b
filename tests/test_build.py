"""What is built from this checkout says which commit it is of, and holds what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grokscope.training import provenance

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_a_wheel_knows_its_commit(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    said = json.loads((tmp_path / "site" / "grokscope" / "build.json").read_text())["commit"]
    assert head.stdout.startswith(said.removesuffix("+"))
    # in a checkout of something else it is still the wheel that is believed
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    ask = "from grokscope.training.provenance import git_revision; print(git_revision())"
    alone = {"PYTHONPATH": str(tmp_path / "site")}
    asked = subprocess.run([sys.executable, "-c", ask], env=alone, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == said


def test_a_wheel_holds_suites_and_pages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"grokscope/suites/{path.name}" for path in (ROOT / "suites").glob("*.yaml")} <= names
    assert "grokscope/studies/race/page/index.html.j2" in names


def test_code_that_no_checkout_tracks_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    copy = tmp_path / "provenance.py"
    copy.write_text("")
    monkeypatch.setattr(provenance, "__file__", str(copy))
    provenance.git_revision.cache_clear()
    assert provenance.git_revision() == ""
    provenance.git_revision.cache_clear()
