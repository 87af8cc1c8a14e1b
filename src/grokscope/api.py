"""What a user calls from Python: the same power as the command line."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokscope.ledger import Ledger, open_ledger
from grokscope.ledger.published import Imported
from grokscope.report.forecasts import StandingForecast
from grokscope.run import Run
from grokscope.spec import InputError
from grokscope.studies.capsule import Agreement, Opened, agreements, opened, seal
from grokscope.studies.export import export
from grokscope.studies.freeze import freeze
from grokscope.studies.grow import derive
from grokscope.studies.outcome import standing_forecasts
from grokscope.studies.plan import Plan, planned
from grokscope.studies.split import declared, split
from grokscope.studies.study import study_of
from grokscope.studies.tidy import tidy
from grokscope.suite import Suite, load_suite
from grokscope.training.outcomes import Event
from grokscope.training.pace import CHUNK_SECONDS
from grokscope.workers import where
from grokscope.workers.checkpoints import Checkpoints
from grokscope.workers.drive import Driver, Tally
from grokscope.workers.pool import Pool

DEFAULT_OUT = Path("out")
DEFAULT_STORE = "ledger.sqlite"


@dataclass(frozen=True)
class Outcome:
    """What `run_suite` came to.

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


@dataclass(frozen=True)
class Forecasts:
    """What `forecast` came to.

    Attributes:
        standing: one for every accuracy, with its scores at the primes whose held-out runs are done.
        made: ids of those that were made in this call.
        notes: what a person should know of the others, a line each.
    """

    standing: tuple[StandingForecast, ...]
    made: tuple[str, ...]
    notes: tuple[str, ...]


def default_store(out: str | Path = DEFAULT_OUT) -> str:
    """Where the ledger is unless `store` says otherwise: an SQLite file in the output folder."""
    return str(Path(out) / DEFAULT_STORE)


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
    on: str = where.LOCAL,
    chunk_seconds: float = CHUNK_SECONDS,
    expect: Callable[[Sequence[Run]], None] = lambda runs: None,
    watch: Callable[[Event], None] = lambda event: None,
    say: Callable[[str], None] = lambda text: None,
) -> Outcome:
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
        InputError: there is no such place as `on`; the output folder cannot be written; or, in the end, the report,
            which can be written again.
    """
    where.ray_address(on)
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    out = Path(out)
    with open_ledger(store or default_store(out)) as ledger:
        checkpoints = Checkpoints(out / "checkpoints")
        checkpoints.open()
        driver = Driver(ledger, checkpoints, retries=suite.retries, watch=watch, say=say)
        with driver.books.leases.alone():
            wanted = prepare(suite, ledger, only=only, calibration=calibration, force=force)
            expect(wanted)
            todo = wanted if force else derive(ledger, wanted, watch=watch)
            if derived := len(wanted) - len(todo):
                say(f"{derived:,} results were read from traces that the ledger had")
            checkpoints.clear({run.identity for run in todo} if force else ended(suite, ledger))
            if todo:
                with where.opened(on, workers, chunk_seconds=chunk_seconds, say=say) as site:
                    driver.drive(todo, Pool(site, say=say), max_seconds=max_seconds)
            tally = driver.tally
        if tally.at_once:
            return Outcome(tally, derived=derived)
        checkpoints.clear(ended(suite, ledger))  # what other drivers left that were killed meanwhile
        if tally.interrupted:
            say("writing the report of what is done; Ctrl-C leaves it out")
        try:
            return Outcome(tally, *concluded(suite, ledger, out), derived)
        except KeyboardInterrupt:  # every run is in the ledger, and a report that was there before stays
            tally.interrupted = tally.at_once = True
            return Outcome(tally, derived=derived)


def prepare(
    suite: Suite, ledger: Ledger, *, only: Collection[str] = (), calibration: bool = False, force: bool = False
) -> list[Run]:
    """Enter the suite into the ledger and list its runs that are to be done, those that failed among them."""
    asked = split(suite, declared(suite)).calibration if calibration else suite.runs
    ledger.register(suite.name, suite.text, suite.runs)
    runs = [run for run in asked if not only or run.measurement.kind in only]
    if force:
        ledger.reset([run.identity for run in runs])
    states = ledger.states(suite=suite.name)
    todo = [run for run in runs if states[run.identity] != "done"]
    ledger.reopen([run.identity for run in todo if states[run.identity] == "failed"])
    return todo


def ended(suite: Suite, ledger: Ledger) -> set[str]:
    """Identities of the suite's runs that need no checkpoint any more."""
    return {identity for identity, status in ledger.states(suite=suite.name).items() if status == "done"}


def plan(suite: Suite | str | Path, *, store: str | Path | None = None) -> Plan:
    """What running the suite would do; writes nothing, and needs no ledger to be there."""
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    return planned(suite, store or default_store())


def report(
    suite: Suite | str | Path, *, store: str | Path | None = None, out: str | Path = DEFAULT_OUT
) -> tuple[Any, Path]:
    """Write the suite's report from the ledger alone; of a half-done suite, what there is.

    Raises:
        LedgerError: there is no ledger, or the suite is not in it.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    with open_ledger(store or default_store(out), create=False) as ledger:
        return concluded(suite, ledger, Path(out))


def concluded(suite: Suite, ledger: Ledger, out: Path) -> tuple[Any, Path]:
    """What the suite's study concludes, and the page of the report that it writes.

    Raises:
        InputError: the report cannot be written; what was there before still is.
    """
    study = study_of(suite)
    contents, folder = study.conclude(suite, ledger), report_folder(suite, out)
    try:
        return contents, study.write(contents, folder)
    except OSError as error:
        if error.strerror is None:
            raise
        raise InputError(
            f"{folder}: {error.strerror}; the runs are safe in the ledger, and `grokscope report` writes their report"
        ) from error


def import_registry(path: str | Path, *, store: str | Path | None = None) -> Imported:
    """Enter a registry of the published code into the ledger, marked with its origin; no suite shows it unasked.

    Raises:
        LedgerError: it is no such registry, or the ledger cannot be used.
    """
    with open_ledger(store or default_store()) as ledger:
        return ledger.import_registry(path)


def export_suite(suite: str | Path, to: str | Path, *, store: str | Path | None = None) -> list[Path]:
    """Write a suite's runs and traces as Parquet files into a folder. Their paths.

    Args:
        suite: its name in the ledger, or a suite's file.

    Raises:
        LedgerError: there is no ledger, or the suite is not in it.
    """
    with open_ledger(store or default_store(), create=False) as ledger:
        return export(ledger, suite_name(suite, ledger), Path(to))


def seal_suite(suite: str | Path, to: str | Path, *, store: str | Path | None = None) -> Path:
    """Write a capsule: suite, ledger, report and versions in one file, which `repeat` does again. Its path."""
    with open_ledger(store or default_store(), create=False) as ledger:
        return seal(ledger, suite_name(suite, ledger), Path(to))


def open_capsule(capsule: str | Path, *, out: str | Path = DEFAULT_OUT) -> Opened:
    """Unpack a capsule's suite and ledger into a folder of their own under `out`.

    Raises:
        InputError: it is no whole capsule.
    """
    return opened(Path(capsule), Path(out) / "capsules")


def compared(capsule: Opened) -> list[Agreement]:
    """What the runs of a capsule came to when they were recorded and when they were done again in its folder."""
    again = default_store(capsule.folder)
    with open_ledger(capsule.recorded, create=False) as then, open_ledger(again, create=False) as now:
        return agreements(capsule.suite, then, now)


def repeat(capsule: str | Path, *, out: str | Path = DEFAULT_OUT, **options: Any) -> tuple[Outcome, list[Agreement]]:
    """Do a capsule's suite again, in a ledger of its own under `out`, and compare; goes on where it was stopped.

    Args:
        options: as of `run_suite`, but for `store`.

    Raises:
        InputError: it is no whole capsule.
    """
    inside = open_capsule(capsule, out=out)
    return run_suite(inside.suite, out=inside.folder, **options), compared(inside)


def suite_name(suite: str | Path, ledger: Ledger) -> str:
    """The name of a suite in the ledger, or that of the suite in a file."""
    return str(suite) if str(suite) in set(ledger.suites()["name"]) else load_suite(suite, skip_impossible=True).name


def forecast(
    suite: Suite | str | Path,
    *,
    store: str | Path | None = None,
    out: str | Path = DEFAULT_OUT,
    supersede: bool = False,
) -> Forecasts:
    """Freeze the suite's forecasts from its calibration runs, where none stand, and score those that can be.

    A forecast is kept in the ledger before any held-out result is read, and is never changed. With `supersede`, one
    that would now be another gives its place to that other, and stays readable.

    Raises:
        SuiteError: the suite has no `analysis.calibrate`, or one that cannot be.
        InputError: calibration runs are still to be done, or are too few.
        LedgerError: there is no ledger, or the suite is not in it.
    """
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    declared(suite)
    with open_ledger(store or default_store(out), create=False) as ledger:
        frozen = freeze(suite, ledger, supersede=supersede)
        frame = tidy(ledger.runs(suite=suite.name))
        standing = standing_forecasts(suite, ledger, frame)
    return Forecasts(standing, tuple(kept.id for kept in frozen.kept), frozen.notes)


def report_folder(suite: Suite, out: Path) -> Path:
    """Where the report of a suite lies."""
    return out / "reports" / suite.name
