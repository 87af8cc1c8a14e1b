"""A real suite in processes that are interrupted and killed: nothing is lost, and the end is the same to the bit."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from safetensors.numpy import load

from grokscope.ledger import open_ledger
from grokscope.training.advance import MAX_CHUNK_EPOCHS, STRATEGIES, Strategy
from grokscope.training.checkpoint import DIGEST
from grokscope.training.outcomes import Checkpoint, Event
from kill import AT_DROP, AT_RECORD, N_RUNS, NEARLY, Doomed, kill, workers_of
from postgres import postgresql

EPOCHS = 300
LONG_EPOCHS = 1500
KILLS = int(os.environ.get("GROKSCOPE_TEST_KILLS", "200"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return whole(tmp_path_factory.mktemp("undisturbed"), EPOCHS).left()


def whole(folder: Path, epochs: int, lanes: Strategy = "loop") -> Doomed:
    """An undisturbed suite, done."""
    suite = Doomed(folder, str(folder / "ledger.sqlite"), epochs, lanes=lanes)
    suite.finish_here()
    suite.assert_whole()
    return suite


def kept(suite: Doomed) -> set[str]:
    """Identities of the runs that have a checkpoint."""
    return {path.stem for path in (suite.folder / "out" / "checkpoints").glob("*.checkpoint")}


def saved(suite: Doomed) -> dict[str, int]:
    """At which epoch each run's checkpoint is."""
    folder, found = suite.folder / "out" / "checkpoints", {}
    for identity in kept(suite):
        with suppress(FileNotFoundError):  # it may be done by now
            found[identity] = len(load((folder / f"{identity}.checkpoint").read_bytes()[DIGEST:])["records"])
    return found


def interrupted(suite: Doomed, times: int, look: Callable[[], None] = lambda: None) -> str:
    """What the command line says when Ctrl-C is pressed so often, once something has been saved."""
    process = suite.begin(
        sys.executable, "-m", "grokscope", "run", "doomed.yaml", "--workers", "2", "--store", suite.store
    )
    suite.wait_until(process, lambda: bool(kept(suite)))
    assert process.poll() is None, process.communicate()[0]
    look()
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers, too
        time.sleep(0.1)
    look()
    suite.wait_until(process, lambda: False)
    said, _ = process.communicate()
    assert process.returncode == 130, said
    assert "nothing is lost" in said
    assert "Traceback" not in said
    with open_ledger(suite.store, create=False) as ledger:
        assert "running" not in ledger.states(suite="doomed").values()
    return said


def test_interrupted_killed_and_robbed_of_a_worker(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    suite = Doomed(tmp_path, str(tmp_path / "ledger.sqlite"), EPOCHS)
    assert "Report:" in interrupted(suite, 1)
    suite.assert_whole()
    suite.kill_at_random(random.Random(0))
    suite.assert_whole()
    robbed: list[int] = []

    def rob(event: Event) -> None:
        if isinstance(event, Checkpoint) and not robbed:
            robbed.append(workers_of(os.getpid())[0])
            kill(robbed[0])

    suite.finish_here(rob)
    assert robbed
    suite.assert_whole()
    assert suite.left() == undisturbed


def test_interrupted_twice_and_killed_on_postgresql(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with postgresql() as store:
        suite = Doomed(tmp_path, store, EPOCHS)
        assert "Report:" not in interrupted(suite, 2), "a second Ctrl-C does not wait for a report"
        suite.assert_whole()
        suite.kill_at_random(random.Random(1))
        suite.assert_whole()
        suite.finish_here()
        suite.assert_whole()
        assert suite.left() == undisturbed


def test_drivers_that_share_a_suite_die_where_it_is_worst(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    """One with runs finished and not written, the next with runs written whose checkpoints are there, while a third,
    which opened the folder before either, goes on. Each takes over from the one before."""
    suite = Doomed(tmp_path, str(tmp_path / "ledger.sqlite"), EPOCHS)
    left: list[set[str]] = []

    def others_die(event: Event) -> None:
        for dies_at in () if left else (AT_RECORD, AT_DROP):
            process = suite.begin(dies_at=dies_at)
            suite.wait_until(process, lambda: False)
            said, _ = process.communicate()
            assert process.returncode == -signal.SIGKILL, said
            with open_ledger(suite.store, create=False) as ledger:
                done = {name for name, state in ledger.states(suite="doomed").items() if state == "done"}
            left.append(kept(suite) & done)

    suite.finish_here(others_die)
    unwritten, written = left
    assert not unwritten
    assert written, "the driver that died had put nothing into the ledger"
    suite.assert_whole()
    assert suite.left() == undisturbed
    finished = Counter(line.identity for line in suite.told() if line.finished)
    assert 0 < sum(finished.values()) - N_RUNS["loop"] <= 2, "only what was not written is done again"


def test_ctrl_c_finishes_the_chunk_of_lanes_side_by_side_and_no_other(tmp_path: Path) -> None:
    """The one that is running is saved, and what was saved when it was pressed is a chunk behind it, at most."""
    suite = Doomed(tmp_path, str(tmp_path / "ledger.sqlite"), 20 * MAX_CHUNK_EPOCHS, lanes="vmap")
    seen: list[dict[str, int]] = []
    assert "Report:" in interrupted(suite, 1, lambda: seen.append(saved(suite)))
    before, pressed = seen
    suite.assert_whole()
    with open_ledger(suite.store, create=False) as ledger:
        waiting = {run["id"]: run["spec"] for run in ledger.records(suite="doomed", status="pending")}
    after = saved(suite)
    assert waiting
    assert before.keys() & waiting.keys() <= after.keys() <= waiting.keys()
    assert all(after[name] > epoch for name, epoch in before.items() if name in waiting)
    every_chunk = [name for name in after if not waiting[name]["snapshot_every"]]  # others are saved once in a while
    assert all(after[name] - pressed.get(name, 0) <= 2 * MAX_CHUNK_EPOCHS for name in every_chunk)


@pytest.mark.slow
def test_two_drivers_do_no_run_twice(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    with postgresql() as store:
        suite = Doomed(tmp_path, store, EPOCHS)
        for driver in [suite.begin(), suite.begin()]:
            suite.finish(driver)
        finished = Counter(line.identity for line in suite.told() if line.finished)
        assert finished == dict.fromkeys(undisturbed, 1)
        assert suite.left() == undisturbed
        with open_ledger(store, create=False) as ledger:
            assert set(ledger.runs()["attempts"]) == {1}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("lanes", STRATEGIES)
def test_killed_anywhere(lanes: Strategy, kind: str, tmp_path: Path) -> None:
    """`GROKSCOPE_TEST_KILLS` processes (200) are killed, a quarter of them by each strategy on each database."""
    chance, kills, rounds = random.Random(f"{kind} {os.urandom(4).hex()}"), Counter[str](), 0
    same = 0
    reference = whole(tmp_path / "undisturbed", LONG_EPOCHS, lanes).numbers()
    while kills.total() < KILLS / 4:
        rounds += 1
        with postgresql() as url:
            folder = tmp_path / str(rounds)
            store = url if kind == "postgresql" else str(folder / "ledger.sqlite")
            suite = Doomed(folder, store, LONG_EPOCHS, lanes=lanes)
            while kills.total() + sum(suite.kills.values()) < KILLS / 4 and suite.kill_at_random(chance):
                suite.assert_whole()
                print(f"{lanes} {kind}: {kills.total() + sum(suite.kills.values())} killed so far", flush=True)
            suite.finish()
            suite.assert_whole()
            same += suite.assert_ends_like(reference)
            kills.update(suite.kills)
    print(
        f"{lanes} {kind}: {kills['driver']} drivers and {kills['worker']} workers killed, {rounds} suites, nothing "
        f"lost; {same} of {rounds * N_RUNS[lanes]} runs the same to the bit, the others to {NEARLY:g}"
    )
