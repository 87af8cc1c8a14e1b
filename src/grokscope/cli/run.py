"""Commands that do or plan work: run, plan, report.

What they call is imported when they are called, so that `--help` does not wait for JAX and pandas.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from grokscope.cli.errors import complain, complain_softly, friendly
from grokscope.cli.options import (
    STORE_VARIABLE,
    Include,
    Out,
    SkipImpossible,
    Store,
    SuiteArgument,
    known_measurement,
    seconds,
)

if TYPE_CHECKING:
    from grokscope.capsules import Agreement
    from grokscope.suite import Suite

DEFAULT_OUT = Path("out")
console = Console(highlight=False)
SOME_FAILED, INTERRUPTED = 1, 130
STATES = ("runs", "done", "derivable", "running", "failed", "new")
ALWAYS = ("runs", "done", "new")
"""Columns of a plan, and those that are there even where they are all 0."""


@friendly
def run(
    suite: SuiteArgument,
    store: Store = None,
    out: Out = DEFAULT_OUT,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="KIND", parser=known_measurement, help="Do only this measurement; may be repeated."
        ),
    ] = None,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Do only the runs that a forecast is calibrated on.")
    ] = False,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="TIME", help="Stop after 90s, 15m, 2h ...; nothing is lost.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Do runs again that are done.")] = False,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes. Default: one a core, or one for accelerators.")
    ] = None,
    on: Annotated[
        str,
        typer.Option("--on", metavar="WHERE", help="local, ray (started here) or ray:ADDRESS; see docs/clusters.md."),
    ] = "local",
    skip_impossible: SkipImpossible = False,
    include: Include = None,
) -> None:
    """Do every run of a suite that is not done yet, then write and summarise its report.

    Ctrl-C finishes the chunks that are running, writes the report of what is done and exits with code 130; a second one
    exits at once. The next run goes on from there.

    A capsule (see `grokscope capsule`) is done again in a ledger of its own, under --out, and compared with what it
    recorded.

    Example: [bold]grokscope run quick --max-time 10m[/bold]

    Example: [bold]grokscope run quick.zip[/bold]
    """
    from grokscope import api
    from grokscope.capsules import is_capsule
    from grokscope.cli.progress import Display
    from grokscope.studies.study import study_of

    limit = seconds(max_time)
    sealed = is_capsule(suite)
    if sealed and store not in (None, os.environ.get(STORE_VARIABLE)):
        raise typer.BadParameter(
            f"found {store!r}, but a capsule is done again in a ledger of its own, under --out", param_hint="--store"
        )
    capsule = api.open_capsule(suite, out=out) if sealed else None
    loaded = load_and_warn(suite, skip_impossible) if capsule is None else capsule.suite
    with Display(console) as display:
        outcome = api.run_suite(
            loaded,
            store=store if capsule is None else None,
            out=out if capsule is None else capsule.folder,
            only=only or (),
            calibration=calibration,
            max_seconds=limit,
            force=force,
            workers=workers,
            expect=display.expect,
            on=on,
            watch=display.watch,
            say=display.say,
        )
    if outcome.contents is not None:
        console.print(study_of(loaded).summary(outcome.contents))
        console.print(f"Report: {outcome.report}", soft_wrap=True)
    differs = capsule is not None and print_agreements(api.compare_capsule(capsule))
    for failure in outcome.tally.failures:
        complain(f"run {failure.run.identity} failed: {failure.error.strip().splitlines()[-1]}")
    if outcome.tally.elsewhere:
        console.print(f"{len(outcome.tally.elsewhere):,} of the runs were ended by other drivers.")
    if outcome.tally.interrupted:
        console.print("Stopped early; nothing is lost. The same command goes on from here.")
        raise typer.Exit(INTERRUPTED)
    if outcome.tally.failures or "failed" in outcome.tally.elsewhere.values() or differs:
        raise typer.Exit(SOME_FAILED)


def print_agreements(found: list[Agreement]) -> bool:
    """Say how a capsule's runs compare, those that differ one by one; whether any does."""
    counts = Counter(one.verdict for one in found)
    console.print(
        f"Against the capsule: {counts['identical']:,} runs identical to the bit, {counts['agrees']:,} with the same "
        f"times, {counts['differs']:,} that differ, {counts['missing']:,} not done in both."
    )
    for one in found:
        if one.verdict == "differs":
            complain(f"run {one.id} ({one.label}) differs: {one.why}")
    return counts["differs"] > 0


@friendly
def plan(
    suite: SuiteArgument,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each run why it is or is not to be trained.")
    ] = False,
    skip_impossible: SkipImpossible = False,
    include: Include = None,
) -> None:
    """Say what running a suite would do, and change nothing.

    Example: [bold]grokscope plan central[/bold]

    Example: [bold]grokscope plan my-suite.yaml --explain | grep failed[/bold]
    """
    from grokscope import api

    loaded = load_and_warn(suite, skip_impossible)
    found = api.plan(loaded, store=store)
    if as_json:
        typer.echo(json.dumps(found.to_dict(reasons=explain), indent=2))
        return
    if explain:
        for reason in found.reasons:
            typer.echo(f"{reason.id}  {reason.verdict:<10}  {reason.label}: {reason.why}")
        for impossible, n_runs in found.skipped:
            typer.echo(f"{'':<20}  impossible  {n_runs} runs: {impossible}")
    shares = found.measurements.values()
    states = [name for name in STATES if name in ALWAYS or any(getattr(share, name) for share in shares)]
    table = Table("measurement", *states, "flop", "core hours", title=f"Plan of {found.suite}", box=box.SIMPLE_HEAD)
    for kind, share in found.measurements.items():
        numbers = (f"{getattr(share, name):,}" for name in states)
        table.add_row(kind, *numbers, f"{share.flops:.2e}", f"{share.core_seconds / 3600:,.2f}")
    console.print(table)
    console.print(
        f"{found.total:,} runs, {found.shapes} programs to compile, at most {found.hours_at_most:,.2f} hours on "
        f"{found.workers} cores at {found.flops_per_second:.1e} flop/s a core ({found.rate_source})."
    )
    console.print("Work and hours are at most: most runs end long before their last epoch.")
    if "derivable" in states:
        console.print("Derivable: a trace in the ledger contains them, so they are read from it and not trained.")


@friendly
def report(suite: SuiteArgument, store: Store = None, out: Out = DEFAULT_OUT, include: Include = None) -> None:
    """Write a suite's report from the ledger alone, however much of it is done.

    Example: [bold]grokscope report quick[/bold]
    """
    from grokscope import api
    from grokscope.studies.study import study_of

    loaded = load_and_warn(suite, True)
    contents, page = api.report(loaded, store=store, out=out)
    console.print(study_of(loaded).summary(contents))
    console.print(f"Report: {page}", soft_wrap=True)


def load_and_warn(name: str, skip_impossible: bool) -> Suite:
    """The suite, its warnings and omissions said."""
    from grokscope.registry import failures
    from grokscope.suite import load_suite

    suite = load_suite(name, skip_impossible=skip_impossible)
    for failure in failures():
        complain_softly(f"warning: {failure}")
    for warning in suite.warnings:
        complain_softly(f"warning: {warning}")
    if suite.skipped:
        complain_softly(f"{suite.n_skipped} impossible runs left out:")
        for skipped in suite.skipped:
            complain_softly(f"  {skipped.reason} ({skipped.n_runs} runs)")
    return suite
