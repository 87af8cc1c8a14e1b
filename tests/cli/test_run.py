"""run, plan and report, as a user meets them."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from grokscope.api.running import prepare
from grokscope.ledger import open_ledger

from .conftest import TINY, call


def test_run_does_everything_and_says_where_the_report_is(first_run: Result, tiny: Path) -> None:
    assert first_run.exit_code == 0, first_run.output
    page = tiny / "out" / "reports" / "tiny" / "index.html"
    assert str(page) in first_run.output
    assert page.is_file()
    assert not list((tiny / "out" / "checkpoints").glob("*")), "checkpoints of finished runs are forgotten"


def test_nothing_is_done_twice(look: Callable[..., Result], tiny: Path) -> None:
    before = look("runs", "--json").output
    again = call("run", tiny / "tiny.yaml", "--out", tiny / "out")
    assert again.exit_code == 0, again.output
    assert look("runs", "--json").output == before


def test_only_and_force(tiny: Path, store: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    out = call("run", tmp_path / "tiny.yaml", "--out", tmp_path / "out", "--only", "capacity", "--workers", "1")
    assert out.exit_code == 0, out.output
    plan = call("plan", tmp_path / "tiny.yaml", "--store", tmp_path / "out" / "ledger.sqlite", "--json")
    shares = json.loads(plan.stdout)["measurements"]
    assert [shares[kind]["done"] for kind in ("capacity", "speed", "groks")] == [1, 0, 0]
    first = json.loads(call("runs", "--store", tmp_path / "out" / "ledger.sqlite", "--status", "done", "--json").stdout)
    forced = call("run", tmp_path / "tiny.yaml", "--out", tmp_path / "out", "--only", "capacity", "--force")
    assert forced.exit_code == 0, forced.output
    again = json.loads(call("runs", "--store", tmp_path / "out" / "ledger.sqlite", "--status", "done", "--json").stdout)
    assert first[0]["result"] == again[0]["result"], "the same run gives the same bits"
    assert first[0]["ended"] <= again[0]["ended"]


def test_max_time_stops_early_and_the_next_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(TINY.replace("tiny", "long").replace("max_epochs: 12", "max_epochs: 600"))
    stopped = call("run", tmp_path / "long.yaml", "--out", tmp_path / "out", "--max-time", "0.01s", "--workers", "1")
    assert stopped.exit_code == 130, stopped.output
    assert "writing the report" in stopped.output
    states = json.loads(call("runs", "--store", tmp_path / "out" / "ledger.sqlite", "--json").stdout)
    assert len(states) == 5
    assert {run["status"] for run in states} <= {"pending", "done"}, "nothing is left as running"
    assert "pending" in {run["status"] for run in states}


def test_ctrl_c_while_the_report_is_made_leaves_the_one_that_is_there(
    tiny: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All runs are done, so that nothing but the report takes time; it can take minutes."""
    page = tiny / "out" / "reports" / "tiny" / "index.html"
    before = page.read_bytes()

    def interrupted(*args: object) -> None:
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)

    monkeypatch.setattr("grokscope.api.running.conclude_suite", interrupted)
    before_it = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        stopped = call("run", tiny / "tiny.yaml", "--out", tiny / "out")
    finally:
        signal.signal(signal.SIGINT, before_it)
    assert stopped.exit_code == 130, stopped.output
    assert "nothing is lost" in stopped.output
    assert "Report:" not in stopped.output
    assert page.read_bytes() == before


def test_ctrl_c_before_the_first_chunk_is_not_lost(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **how: object) -> object:
        signal.raise_signal(signal.SIGINT)
        return prepare(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("grokscope.api.running.prepare", interrupted)
    stopped = call("run", tiny / "tiny.yaml", "--out", tmp_path, "--workers", "1")
    assert stopped.exit_code == 130, stopped.output
    assert "nothing is lost" in stopped.output
    with open_ledger(tmp_path / "ledger.sqlite", create=False) as ledger:
        assert "running" not in ledger.states(suite="tiny").values()


def test_plan_writes_nothing_and_counts(tiny: Path, tmp_path: Path) -> None:
    plan = call("plan", tiny / "tiny.yaml", "--store", tmp_path / "none" / "ledger.sqlite", "--json")
    assert plan.exit_code == 0, plan.output
    found = json.loads(plan.stdout)
    assert found["suite"] == "tiny"
    assert found["total"] == 5
    assert {kind: share["runs"] for kind, share in found["measurements"].items()} == {
        "capacity": 1,
        "speed": 2,
        "groks": 2,
    }
    assert found["rate_source"] == "nominal"
    assert list(tmp_path.iterdir()) == []


def test_plan_of_a_done_suite_has_nothing_left(look: Callable[..., Result], tiny: Path) -> None:
    found = json.loads(look("plan", str(tiny / "tiny.yaml"), "--json").stdout)
    assert all(share["done"] == share["runs"] and share["flops"] == 0 for share in found["measurements"].values())
    assert found["hours_at_most"] == 0
    assert found["rate_source"] == "measured on finished runs"


def test_a_plan_explains_every_run(look: Callable[..., Result], tiny: Path, tmp_path: Path) -> None:
    grown = TINY.replace("seeds: [0, 1]", "seeds: [0, 1, 2]").replace("max_epochs: 12", "max_epochs: [12, 5, 20]")
    (tmp_path / "tiny.yaml").write_text(grown)
    lines = look("plan", str(tmp_path / "tiny.yaml"), "--explain").stdout.splitlines()
    verdicts = [line.split()[1] for line in lines if re.match("[0-9a-f]{20} ", line)]
    assert len(verdicts) == 3 * 1 + 3 * 3 + 3 * 3
    counts = {verdict: verdicts.count(verdict) for verdict in set(verdicts)}
    # 5 done; capacity and speed of 5 epochs from their traces; groks of 5 would need parameters that were not kept
    assert counts == {"done": 5, "derivable": 3, "new": 13}
    assert sum("has not kept the parameters that this run is to keep" in line for line in lines) == 2
    assert sum("ended sooner, after 12 epochs" in line for line in lines) == 5
    found = json.loads(look("plan", str(tmp_path / "tiny.yaml"), "--json", "--explain").stdout)
    assert sum(share["derivable"] for share in found["measurements"].values()) == 3
    assert [run["verdict"] for run in found["runs"]] == verdicts


def test_a_contained_run_is_read_and_not_trained(tiny: Path, store: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    shutil.copy(store, tmp_path / "out" / "ledger.sqlite")
    shorter = TINY.replace("tiny", "shorter").replace("max_epochs: 12", "max_epochs: 5").replace(", keep: final", "")
    (tmp_path / "shorter.yaml").write_text(shorter)
    done = call("run", tmp_path / "shorter.yaml", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "5 results were read from traces that the ledger had" in done.stdout
    runs = json.loads(
        call("runs", "--store", tmp_path / "out" / "ledger.sqlite", "--suite", "shorter", "--json").stdout
    )
    assert all(run["provenance"]["derived_from"] for run in runs)
    assert {run["result"]["epochs"] for run in runs} == {5}
    plan = json.loads(
        call("plan", tmp_path / "shorter.yaml", "--store", tmp_path / "out" / "ledger.sqlite", "--json").stdout
    )
    assert plan["rate_source"] == "nominal", "derived runs took no time"


def test_report_from_the_ledger_alone_is_byte_identical(look: Callable[..., Result], tiny: Path) -> None:
    page = tiny / "out" / "reports" / "tiny" / "index.html"
    before = page.read_bytes()
    again = look("report", str(tiny / "tiny.yaml"), "--out", str(tiny / "out"))
    assert again.exit_code == 0, again.output
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("primes: [13]", "primes: [12]"), "prime"),
        (("dims: [8]", "dims: [7]"), "multiple of 2"),
        (("dropout: 0.2", "dropuot: 0.2"), "dropuot"),
        (("max_epochs: 12", "max_epochs: many"), "many"),
    ],
)
def test_a_bad_suite_is_one_message_with_file_and_line(change: tuple[str, str], expected: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(TINY.replace(*change))
    refused = call("run", path, "--out", tmp_path / "out")
    assert refused.exit_code == 2
    assert "bad.yaml:" in refused.stderr
    assert expected in refused.stderr
    assert "Traceback" not in refused.output
    assert not (tmp_path / "out").exists(), "nothing is written before the suite is understood"


@pytest.mark.parametrize(
    "words",
    [
        ("run", "no-such-suite"),
        ("report", "smoke", "--store", "no/such/ledger.sqlite"),
        ("run", "smoke", "--max-time", "soon"),
        ("run", "smoke", "--on", "slurm"),
        ("status", "--store", "nodriver://host/x"),
    ],
)
def test_bad_words_exit_with_2_and_no_traceback(words: tuple[str, ...], tmp_path: Path) -> None:
    refused = call(*words)
    assert refused.exit_code == 2, refused.output
    assert "Traceback" not in refused.output
    assert refused.stderr.strip()
