"""A real Ray on this machine, whose workers, nodes and drivers are killed: the end is the same to the bit."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from grokscope import Run, Seeds
from grokscope.ledger import open_ledger
from grokscope.spec import InputError
from grokscope.training.outcomes import Checkpoint, Event
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver, Tally
from grokscope.workers.pool import Pool
from grokscope.workers.site import Site
from grokscope.workers.sites import open_site
from grokscope.workers.watchdog import LIMITS, Limits
from kill import SILENCE, Doomed, cmdline, kill, offspring, workers_of
from training.lane_helpers import RUN, UNREACHABLE

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed (`make test-ray` does that)")

EPOCHS = 1500
RUNS = [dataclasses.replace(RUN, measurement=UNREACHABLE, max_epochs=400, seeds=Seeds.all(seed)) for seed in range(12)]


def suite(folder: Path, on: str) -> Doomed:
    return Doomed(folder, str(folder / "ledger.sqlite"), EPOCHS, on)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What this machine's processes come to, without Ray and left alone."""
    left_alone = suite(tmp_path_factory.mktemp("undisturbed"), "local")
    left_alone.finish()
    return left_alone.left()


def test_kinds_of_an_included_file_reach_ray_workers(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "grokscope-example"
    (tmp_path / "kinds.py").write_text((example / "src" / "grokscope_example" / "kinds.py").read_text())
    text = (example / "suites" / "majority.yaml").read_text().replace("study: widths\n", "")
    text = text.replace("plugins: [grokscope-example]", "plugins: [kinds.py]").replace(
        "max_epochs: 200", "max_epochs: 9"
    )
    (tmp_path / "majority.yaml").write_text(text)
    program = "import grokscope; print(grokscope.run_suite('majority.yaml', on='ray', workers=1).tally.done)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "9"


def test_a_worker_is_killed_and_then_the_driver(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    doomed = suite(tmp_path, "ray")
    process = doomed.begin()
    doomed.wait_for_news(process, 2)
    workers = workers_of(process.pid)
    assert len(workers) == 2
    kill(workers[0])
    wait_until(lambda: set(workers_of(process.pid)) - set(workers), "nobody takes its place")
    doomed.wait_for_news(process, len(doomed.told()) + 2)
    workers = workers_of(process.pid)
    process.kill()
    said, _ = process.communicate(timeout=SILENCE)
    (line,) = said.splitlines()
    assert line.startswith("a worker process on ")
    assert line.endswith(" died; another one takes its place"), "and Ray itself says nothing"
    doomed.assert_whole()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "workers outlive their driver")
    process = doomed.begin()
    doomed.wait_for_news(process, len(doomed.told()))
    kill(workers_of(process.pid)[0])
    doomed.finish(process)
    doomed.assert_whole()
    assert doomed.left() == undisturbed


def test_ctrl_c_finishes_the_chunk(tmp_path: Path, undisturbed: dict[str, bytes]) -> None:
    doomed = suite(tmp_path, "ray")
    options = ("--on", "ray", "--workers", "2", "--store", doomed.store)
    process = doomed.begin(sys.executable, "-m", "grokscope", "run", "doomed.yaml", *options)
    kept = doomed.folder / "out" / "checkpoints"
    wait_until(lambda: process.poll() is not None or list(kept.glob("*.checkpoint")), "no checkpoint was written")
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all of Ray's processes, too
    said, _ = process.communicate(timeout=SILENCE)
    assert process.returncode == 130, said
    assert "nothing is lost" in said
    assert "Report:" in said
    assert "ray" not in said.lower().replace(str(tmp_path).lower(), ""), "Ray itself says nothing"
    with open_ledger(doomed.store, create=False) as ledger:
        assert set(ledger.states(suite="doomed").values()) == {"pending"}
    doomed.finish()
    assert doomed.left() == undisturbed


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    doomed = suite(tmp_path, "ray")
    process = doomed.begin()
    doomed.wait_for_news(process, 0)
    workers = workers_of(process.pid)
    for _ in range(2):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.1)
    process.communicate(timeout=SILENCE)
    assert process.returncode == 0, "nothing has failed"
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "workers outlive their driver")
    doomed.assert_whole()


@pytest.fixture
def nodes() -> Iterator[Any]:
    """A cluster of nodes on this machine, the first of which has no room for workers."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield cluster
    cluster.shutdown()


def drive(
    folder: Path,
    runs: Sequence[Run],
    on: str,
    watch: Callable[[Event, Site, Pool], None] = lambda *told: None,
    limits: Limits = LIMITS,
) -> tuple[Tally, dict[str, bytes], list[str]]:
    """A drive, what it left in its ledger, and what it said."""
    words: list[str] = []
    with open_ledger(folder / "ledger.db") as ledger, open_site(on, chunk_seconds=0.02, say=words.append) as site:
        pool = Pool(site, say=words.append, limits=limits)
        identities = ledger.register("tiny", "text", runs)
        driver = Driver(ledger, Checkpoints(folder / "kept"), watch=lambda event: watch(event, site, pool))
        tally = driver.drive(runs, pool, max_seconds=SILENCE)
        done = [identity for identity in identities if ledger.states([identity])[identity] == "done"]
        return tally, {identity: ledger.trace(identity).to_numpy().tobytes() for identity in done}, words


def test_a_node_that_joins_late_is_used_and_one_that_dies_is_done_without(
    nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with monkeypatch.context() as patch, open_site(f"ray:{nodes.address}", chunk_seconds=0.02, say=said.append) as site:
        patch.setattr("grokscope.workers.cluster.WAIT_SECONDS", 0.0)
        assert site.places(None) == []
    assert said == ["no worker has begun yet: there is room for 0 on 1 nodes, but more nodes may join"]

    early = nodes.add_node(num_cpus=1)
    epochs: dict[str, list[int]] = {run.identity: [] for run in RUNS}
    machines: list[str] = []

    def watch(event: Event, site: Site, pool: Pool) -> None:
        if not isinstance(event, Checkpoint):
            return
        epochs[event.run.identity].append(event.epoch)
        (machine,) = {place.machine for place, worker in pool.workers.items() if event.run.identity in worker.runs}
        if machine not in machines:
            machines.append(machine)
            if len(machines) == 1:
                nodes.add_node(num_cpus=1)
            else:
                nodes.remove_node(early, allow_graceful=False)

    tally, left, words = drive(tmp_path / "ray", RUNS, f"ray:{nodes.address}", watch)
    assert (tally.done, tally.failures, tally.interrupted) == (len(RUNS), [], False)
    assert len(machines) == 2
    assert words
    assert all(text.startswith("a worker process ") for text in words), "its death may be heard of before its node's"
    assert all(told == sorted(set(told)) for told in epochs.values()), "no epoch that was saved has been done twice"
    assert drive(tmp_path / "local", RUNS, "local")[1] == left


def test_on_accelerators_is_one_worker_replaced_if_it_hangs_and_not_used_if_its_version_is_another(
    nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accelerated = nodes.add_node(num_cpus=3, num_gpus=2)
    saved: list[int] = []

    def stop_it_once(event: Event, site: Site, pool: Pool) -> None:
        if isinstance(event, Checkpoint):
            saved.append(event.epoch)
            if len(saved) == 3:
                os.kill(pid_of_the_worker(), signal.SIGSTOP)

    limits = Limits(times=1.0, least=3.0, unknown=SILENCE)
    tally, _, words = drive(tmp_path / "ray", RUNS[:1], f"ray:{nodes.address}", stop_it_once, limits)
    assert (tally.done, tally.failures) == (1, [])
    assert saved == sorted(set(saved)), "no epoch that was saved has been done twice"
    assert len(words) == 1
    assert words[0].startswith("a worker process gave no sign of life for ")
    assert words[0].endswith("another one takes its place")

    with open_site(f"ray:{nodes.address}", chunk_seconds=0.02) as site:
        assert [(place.machine, place.number) for place in site.places(None)] == [(accelerated.node_id, 0)]

    monkeypatch.setattr("grokscope.workers.cluster.version", lambda: "99")
    with pytest.raises(
        ChildProcessError, match=r"failed before it began; RuntimeError: found Grokscope .* expected 99"
    ):
        drive(tmp_path / "other", RUNS[1:2], f"ray:{nodes.address}")


def pid_of_the_worker() -> int:
    (pid,) = [one for one in offspring(os.getpid()) if cmdline(one).startswith(b"ray::Actor")]
    return pid


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:1", r"no cluster at 127\.0\.0\.1:1: .*refused"),
        ("127.0.0.1:99999", "no cluster at 127.0.0.1:99999: "),
        ("10.0.0.1", "expected ray:HOST:PORT"),
        ("auto", "no cluster at auto: "),
    ],
)
def test_no_cluster_answers(address: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as error, open_site(f"ray:{address}", chunk_seconds=1.0):
        pass
    assert "\n" not in str(error.value)


def wait_until(happens: Callable[[], object], otherwise: str) -> None:
    ends = time.monotonic() + SILENCE
    while not happens():
        assert time.monotonic() < ends, otherwise
        time.sleep(0.05)
