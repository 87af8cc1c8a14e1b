"""A real suite in a process of its own, killed at random moments together with all that it may be in the middle of.

Run as a script, this file is that process. Imported, it is who kills it, and who looks at what is left.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from grokscope.training.advance import Strategy
    from grokscope.training.outcomes import Event

LOOP = """
name: doomed
retries: 5
defaults: {operation: "/", primes: [13], seeds: [0, 1, 2, 3], dims: [8], max_epochs: EPOCHS, batch_size: 512}
experiments: {groks: {type: groks, keep: final}}
"""
VMAP = """
name: doomed
retries: 5
defaults:
  net: {kind: complete, iterations: 3}
  optimiser: {kind: adam, lr: 0.01}
  measurement: watch
  loss: squared
  seeds: [0, 1, 2, 3]
  batch_size: 10
  precision: float64
  keep: final
experiments:
  two-ends: {task: sine, net: {hidden: 5}, max_epochs: [SHORT, EPOCHS]}
  watched: {task: sine, net: {hidden: 8}, max_epochs: EPOCHS, snapshot_every: 100}
"""
"""Steps so small that even a CPU takes lanes side by side. A kill may part lanes that were together, which changes the
last bits of their numbers: in 64 bits that stays small enough to tell it from a mistake."""
SUITES: dict[Strategy, str] = {"loop": LOOP, "vmap": VMAP}
N_RUNS: dict[Strategy, int] = {"loop": 4, "vmap": 12}
NEARLY = 1e-6
CHUNK_SECONDS = 0.1
SILENCE = 900.0
"""Seconds without any news after which a driver counts as hung. Nothing waits for so long but on a machine that has
far more to do than these tests: whatever a test waits for, it waits for the event."""
AT_RECORD, AT_DROP = "record", "drop"
"""Where a driver can be killed: with runs finished and not in the ledger, or in it and their checkpoints there."""


Numbers = dict[str, dict[str, np.ndarray]]
"""Of every run its trace, its last parameters and its snapshots."""


class Told(NamedTuple):
    """A line of the process's log: the run was saved at an epoch, or finished with so many."""

    identity: str
    epoch: int
    finished: bool


@dataclass
class Doomed:
    """A suite with its folder and its ledger, and where it runs.

    Attributes:
        lanes: the strategy of its packs.
        kills: how many processes were killed, drivers and workers.
    """

    folder: Path
    store: str
    epochs: int
    on: str = "local"
    lanes: Strategy = "loop"
    kills: dict[str, int] = field(default_factory=lambda: {"driver": 0, "worker": 0})

    def begin(self, *command: str, dies_at: str = "") -> subprocess.Popen[str]:
        """Start a driver: this file, which may be doomed to die somewhere, or another command in the suite's folder."""
        self.write()
        words = command or (sys.executable, __file__, str(self.folder), self.store, self.on, dies_at)
        return subprocess.Popen(
            words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def write(self) -> None:
        """The suite's file, in its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = SUITES[self.lanes].replace("EPOCHS", str(self.epochs)).replace("SHORT", str(self.epochs // 5))
        (self.folder / "doomed.yaml").write_text(text)

    def finish(self, process: subprocess.Popen[str] | None = None) -> str:
        """Let a driver go on to the end; what it said."""
        process = process or self.begin()
        self.wait_until(process, lambda: False)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return said

    def finish_here(self, watch: Callable[[Event], None] = lambda event: None) -> None:
        """Be the driver, to the end: spares a process."""
        self.write()
        assert drive(self.folder, self.store, self.on, watch) == 0

    def told(self) -> list[Told]:
        """All that the drivers have said so far, whole lines only."""
        path = self.folder / "events.log"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        words = [line.split() for line in lines]
        return [Told(identity, int(epoch), bool(finished)) for identity, epoch, *finished in words]

    def wait_for_news(self, process: subprocess.Popen[str], than: int) -> None:
        """Until the log is longer than so many lines, or the process ends."""
        self.wait_until(process, lambda: len(self.told()) > than)

    def wait_until(self, process: subprocess.Popen[str], happens: Callable[[], bool]) -> None:
        """Until something happens or the process ends, however long that takes as long as the log grows."""
        news, heard = len(self.told()), time.monotonic()
        while process.poll() is None and not happens():
            if len(self.told()) > news:
                news, heard = len(self.told()), time.monotonic()
            if time.monotonic() - heard > SILENCE:
                process.kill()
                raise AssertionError(f"the driver has said nothing for {SILENCE:.0f} s: {process.communicate()[0]}")
            time.sleep(0.02)

    def kill_at_random(self, chance: random.Random) -> bool:
        """Start a driver, perhaps kill workers of it, kill it. False if it was quicker and ended by itself."""
        before = len(self.told())
        process = self.begin()
        if chance.random() < 0.15:  # while it starts, or makes its ledger
            time.sleep(chance.uniform(0, 8))
        else:
            self.wait_for_news(process, before)
            time.sleep(chance.uniform(0, 1.0))
        while process.poll() is None and chance.random() < 0.35:
            if workers := workers_of(process.pid):
                kill(chance.choice(workers))
                self.kills["worker"] += 1
            time.sleep(chance.uniform(0, 2.0))
        ended = process.poll() is not None
        workers = workers_of(process.pid)
        process.kill()
        said, _ = process.communicate()
        if ended:
            assert process.returncode == 0, said
            return False
        self.kills["driver"] += 1
        assert_gone(workers)
        return True

    def assert_whole(self) -> None:
        """Nothing half-written is to be seen, and what was saved was never trained again."""
        from grokscope.ledger import NoLedgerError, open_ledger

        furthest: defaultdict[str, int] = defaultdict(int)
        for line in self.told():
            if not line.finished:
                assert line.epoch > furthest[line.identity], "a saved epoch was trained again"
                furthest[line.identity] = line.epoch
        try:
            ledger = open_ledger(self.store, create=False)
        except NoLedgerError:
            assert furthest == {}
            return
        with ledger:
            if ledger.suites().empty:  # killed before the suite was entered
                return
            runs = ledger.records(suite="doomed")
            assert len(runs) == len({run["id"] for run in runs}) == N_RUNS[self.lanes]
            assert {run["status"] for run in runs} <= {"pending", "running", "done"}
            done = {run["id"]: run["result"]["epochs"] for run in runs if run["status"] == "done"}
            assert {run["id"] for run in runs if run["result"] is not None} == set(done)
            kept = ledger.traces(run["id"] for run in runs)
            assert {identity: len(columns["steps"]) for identity, columns in kept.items()} == done

    def left(self) -> dict[str, bytes]:
        """Traces, parameters and snapshots of all runs as bytes (see `numbers`)."""
        return {identity: b"".join(map(np.ndarray.tobytes, some.values())) for identity, some in self.numbers().items()}

    def numbers(self) -> Numbers:
        """Traces, parameters and snapshots of all runs, which must be done; no checkpoint is left."""
        from grokscope.ledger import open_ledger

        with open_ledger(self.store, create=False) as ledger:
            runs = ledger.records(suite="doomed")
            assert [run["status"] for run in runs] == ["done"] * N_RUNS[self.lanes]
            found: Numbers = {run["id"]: {"trace": ledger.trace(run["id"]).to_numpy()} for run in runs}
            for run in runs:
                if run["spec"]["keep"] == "final":
                    found[run["id"]] |= named("last", ledger.params(run["id"]))
                for epoch, params in ledger.snapshots(run["id"]):
                    found[run["id"]] |= named(f"epoch {epoch}", params)
        assert [path.name for path in (self.folder / "out" / "checkpoints").iterdir()] == []
        return found

    def assert_ends_like(self, undisturbed: Numbers) -> int:
        """Nothing shows that it was disturbed. How many runs are the same to the bit: of those in turn, all."""
        found, same = self.numbers(), 0
        assert found.keys() == undisturbed.keys()
        for identity, numbers in found.items():
            other = undisturbed[identity]
            assert numbers.keys() == other.keys()
            same += all(numbers[name].tobytes() == other[name].tobytes() for name in numbers)
            for name in numbers:
                np.testing.assert_allclose(numbers[name], other[name], rtol=NEARLY, atol=NEARLY, err_msg=name)
        assert same == len(found) or self.lanes == "vmap"
        return same


def named(when: str, params: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{when}: {name}": params[name] for name in sorted(params)}


def workers_of(pid: int) -> list[int]:
    """Worker processes of a driver: its children, or on Ray its children's."""
    return [one for one in offspring(pid) if b"spawn_main" in cmdline(one) or cmdline(one).startswith(b"ray::Actor")]


def offspring(pid: int) -> list[int]:
    """A process's children, and theirs."""
    try:
        words = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return []
    children = [int(child) for some in words for child in some]
    return children + [one for child in children for one in offspring(child)]


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def assert_gone(pids: list[int]) -> None:
    """Workers do not outlive their driver."""
    ends = time.monotonic() + SILENCE
    while alive := [pid for pid in pids if cmdline(pid)]:
        assert time.monotonic() < ends, f"workers {alive} outlive their driver"
        time.sleep(0.05)


def cmdline(pid: int) -> bytes:
    """Empty for a process that is gone, or dead and not yet collected."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def drive(folder: Path, store: str, on: str, then: Callable[[Event], None] = lambda event: None) -> int:
    """Run the suite in this process, and log what is saved once it is saved. How many runs failed."""
    from grokscope import run_suite
    from grokscope.training.outcomes import Checkpoint, Finished

    with (folder / "events.log").open("a", buffering=1) as log:

        def watch(event: Event) -> None:
            if isinstance(event, Checkpoint):
                log.write(f"{event.run.identity} {event.epoch}\n")
            elif isinstance(event, Finished):
                log.write(f"{event.run.identity} {event.result.epochs} finished\n")
            then(event)

        outcome = run_suite(
            folder / "doomed.yaml",
            store=store,
            out=folder / "out",
            workers=2,
            on=on,
            chunk_seconds=CHUNK_SECONDS,
            watch=watch,
            say=partial(print, flush=True),
        )
    return len(outcome.tally.failures)


def doom(dies_at: str) -> None:
    """Have this process die where it would begin with this."""
    from grokscope.ledger import Ledger
    from grokscope.workers.checkpoints import BestEffortCheckpoints

    def die(*args: object) -> None:
        kill(os.getpid())

    if dies_at == AT_RECORD:
        Ledger.record_all = die  # type: ignore[method-assign]
    elif dies_at == AT_DROP:
        BestEffortCheckpoints.drop = die  # type: ignore[method-assign]


def main(folder: str, store: str, on: str, dies_at: str = "") -> int:
    doom(dies_at)
    return drive(Path(folder), store, on)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
