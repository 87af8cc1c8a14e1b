"""status, runs, show and version, as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from grokscope.cli import main

from .conftest import call

COMMANDS = ("run", "plan", "report", "forecast", "status", "runs", "show", "import", "export", "capsule", "version")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str) -> None:
    shown = call(command, "--help")
    assert shown.exit_code == 0
    assert f"Example: grokscope {command}" in " ".join(shown.output.split())


def test_status_counts(look: Callable[..., Result]) -> None:
    shown = look("status")
    assert shown.exit_code == 0, shown.output
    assert "suite tiny: 5 runs" in shown.output


def test_runs_as_json(look: Callable[..., Result]) -> None:
    runs = json.loads(look("runs", "--json").stdout)
    assert len(runs) == 5
    for run in runs:
        assert {"id", "measurement", "status", "spec", "result"} <= set(run)
        assert run["status"] == "done"
        assert run["result"]["n_params"] == 32 * 64 + (2 * 13 + 9) * 8
        assert run["provenance"]["strategy"] == "loop/default"


def test_runs_filters_and_csv(look: Callable[..., Result]) -> None:
    text = look("runs", "--measurement", "groks", "--where", "seeds.init=1", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1
    assert rows[0]["measurement"] == "groks"
    assert rows[0]["task.p"] == "13"


@pytest.mark.parametrize("condition", ["p", "=3", "net.width=3"])
def test_a_bad_condition_is_refused(condition: str, look: Callable[..., Result]) -> None:
    refused = look("runs", "--where", condition)
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_show_spec_result_provenance_and_plot(look: Callable[..., Result]) -> None:
    identity = json.loads(look("runs", "--measurement", "groks", "--json").stdout)[0]["id"]
    shown = look("show", identity[:10])
    assert shown.exit_code == 0, shown.output
    for words in (identity, "net.dim", "t_gen", "device", "validation", "epoch 12"):
        assert words in shown.output


def test_show_of_an_unknown_run(look: Callable[..., Result]) -> None:
    refused = look("show", "ffffffffffff")
    assert refused.exit_code == 2
    assert "ffffffffffff" in refused.stderr


def test_version_names_the_libraries() -> None:
    shown = call("version")
    assert shown.exit_code == 0
    assert "jax" in shown.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rnu"], "No such command 'rnu'. Did you mean 'run'? (see grokscope --help)"),
        (["run"], "Missing argument 'SUITE' (see grokscope run --help)"),
        (
            ["runs", "--where", "x"],
            "Invalid value for --where: found 'x', expected KEY=VALUE (see grokscope runs --help)",
        ),
    ],
)
def test_a_wrong_command_line_is_one_line(
    words: list[str], said: str, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["grokscope", *words])
    monkeypatch.setenv("GROKSCOPE_STORE", str(store))
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (2, f"error: {said}\n")


def test_the_bare_command_is_its_help_and_says_its_version() -> None:
    assert "watching networks learn" in call().stdout
    assert call("--version").stdout == call("version").stdout
