"""Doing a suite: every run that is not done, then its report."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokscope.api.reporting import DEFAULT_OUT, conclude_suite, default_store
from grokscope.forecasts.split import require_calibration, split_runs
from grokscope.ledger import Ledger, open_ledger
from grokscope.planning.reasons import record_derivable
from grokscope.registry import unreachable
from grokscope.run import Run, parts_of
from grokscope.spec import InputError
from grokscope.suite import Suite, load_suite
from grokscope.training.chunk_clock import CHUNK_SECONDS
from grokscope.training.outcomes import Event
from grokscope.workers import sites
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver, Tally
from grokscope.workers.pool import Pool
from grokscope.workers.signals import collect_interrupts


@dataclass(frozen=True)
class SuiteResult:
    """The result of `run_suite`.

    Attributes:
        tally: runs done and failed in this call, and whether it was interrupted.
        contents: what the report shows; of which kind, depends on the suite's study. None where the call was
            interrupted twice, and no report was written.
        report: path of the report's page, or None.
        derived: runs that were read from traces which the ledger had, and not trained.
    """

    tally: Tally
    contents: Any = None
    report: Path | None = None
    derived: int = 0


def run_suite(
    suite: Suite | str | Path,
    *,
    store: str | Path | None = None,
    out: str | Path = DEFAULT_OUT,
    only: Collection[str] = (),
    calibration: bool = False,
    max_seconds: float = math.inf,
    force: bool = False,
    workers: int | None = None,
    on: str = sites.LOCAL,
    chunk_seconds: float = CHUNK_SECONDS,
    expect: Callable[[Sequence[Run]], None] = lambda runs: None,
    watch: Callable[[Event], None] = lambda event: None,
    say: Callable[[str], None] = lambda text: None,
) -> SuiteResult:
    """Do every run of a suite that is not done, then write its report. Nothing is done twice.

    A run that the trace of another one contains (the same training, ended later) is read from it.

    Workers are processes, so a script that calls this needs the `if __name__ == "__main__":` guard.

    Args:
        suite: a suite, a path, or the name of one that ships.
        store: path or SQLAlchemy URL of the ledger; by default `ledger.sqlite` in `out`.
        out: folder of checkpoints and reports.
        only: measurements to do (`capacity`, `speed`, `groks`); all by default.
        calibration: do only the runs that a forecast is calibrated on.
        max_seconds: begin no further chunk after this long.
        force: forget what the ledger has of these runs, and do them again.
        workers: processes; by default one a core, or one for all accelerators.
        on: where they run: `local`, `ray` (one is started here) or `ray:ADDRESS` (see docs/clusters.md).
        chunk_seconds: about how much work an interruption can cost.
        expect, watch, say: told of the runs that are to be done, of every event, and of what a person should know.

    Raises:
        SuiteError, LedgerError: the suite or the ledger cannot be used. What has been run until then is kept.
        InputError: there is no such place as `on`; a run is of a kind that workers cannot import; the output folder
            cannot be written; or, in the end, the report, which can be written again.
    """
    sites.ray_address(on)
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    out = Path(out)
    with open_ledger(store or default_store(out)) as ledger:
        checkpoints = Checkpoints(out / "checkpoints")
        checkpoints.open()
        driver = Driver(ledger, checkpoints, retries=suite.retries, watch=watch, say=say)
        with collect_interrupts() as asked, driver.ledger.leases.exclusive():
            wanted = prepare(suite, ledger, only=only, calibration=calibration, force=force)
            _refuse_unreachable(wanted)
            expect(wanted)
            todo = wanted if force else record_derivable(ledger, wanted, watch=watch)
            if derived := len(wanted) - len(todo):
                say(f"{derived:,} results were read from traces that the ledger had")
            checkpoints.clear({run.identity for run in todo} if force else done_identities(suite, ledger))
            if todo:
                with sites.open_site(on, workers, chunk_seconds=chunk_seconds, say=say) as site:
                    driver.drive(todo, Pool(site, say=say), max_seconds=max_seconds)
            tally = driver.tally
            tally.interrupted = tally.interrupted or bool(asked)
        if tally.at_once:
            return SuiteResult(tally, derived=derived)
        checkpoints.clear(done_identities(suite, ledger))  # what other drivers left that were killed meanwhile
        if tally.interrupted:
            say("writing the report of what is done; Ctrl-C leaves it out")
        try:
            return SuiteResult(tally, *conclude_suite(suite, ledger, out), derived)
        except KeyboardInterrupt:  # every run is in the ledger, and a report that was there before stays
            tally.interrupted = tally.at_once = True
            return SuiteResult(tally, derived=derived)


def _refuse_unreachable(runs: Sequence[Run]) -> None:
    """Raise an InputError where a run has a part that no worker could import."""
    if faults := list(dict.fromkeys(unreachable(type(part) for part in parts_of(runs)))):
        raise InputError("\n".join(faults))


def prepare(
    suite: Suite, ledger: Ledger, *, only: Collection[str] = (), calibration: bool = False, force: bool = False
) -> list[Run]:
    """Enter the suite into the ledger and list its runs that are to be done, those that failed among them."""
    asked = split_runs(suite, require_calibration(suite)).calibration if calibration else suite.runs
    ledger.register(suite.name, suite.text, suite.runs)
    runs = [run for run in asked if not only or run.measurement.kind in only]
    if force:
        ledger.reset([run.identity for run in runs])
    states = ledger.states(suite=suite.name)
    todo = [run for run in runs if states[run.identity] != "done"]
    ledger.reopen([run.identity for run in todo if states[run.identity] == "failed"])
    return todo


def done_identities(suite: Suite, ledger: Ledger) -> set[str]:
    """Identities of the suite's runs that need no checkpoint any more."""
    return {identity for identity, status in ledger.states(suite=suite.name).items() if status == "done"}
