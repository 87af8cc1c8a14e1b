"""Commands that do or plan work: run, plan, report.

What they call is imported when they are called, so that `--help` does not wait for JAX and pandas.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from grokscope.cli.errors import complain, friendly
from grokscope.cli.options import Kind, Out, SkipImpossible, Store, SuiteArgument, seconds

if TYPE_CHECKING:
    from grokscope.suite import Suite

DEFAULT_OUT = Path("out")
console = Console(highlight=False)
SOME_FAILED, INTERRUPTED = 1, 130


@friendly
def run(
    suite: SuiteArgument,
    store: Store = None,
    out: Out = DEFAULT_OUT,
    only: Annotated[
        list[Kind] | None, typer.Option("--only", help="Do only this measurement; may be repeated.")
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
    skip_impossible: SkipImpossible = False,
) -> None:
    """Do every run of a suite that is not done yet, then write and summarise its report.

    Ctrl-C finishes the chunks that are running and exits with code 130; a second one exits at once. The next run goes
    on from there.

    Example: [bold]grokscope run quick --max-time 10m[/bold]
    """
    from grokscope import api
    from grokscope.cli.progress import Display
    from grokscope.studies.study import study_of

    limit = seconds(max_time)
    loaded = loaded_suite(suite, skip_impossible)
    with Display(loaded, only or (), console) as display:
        outcome = api.run_suite(
            loaded,
            store=store,
            out=out,
            only=only or (),
            calibration=calibration,
            max_seconds=limit,
            force=force,
            workers=workers,
            watch=display.watch,
            say=display.say,
        )
    if outcome.contents is not None:
        console.print(study_of(loaded).summary(outcome.contents))
        console.print(f"Report: {outcome.report}", soft_wrap=True)
    for failure in outcome.tally.failures:
        complain(f"run {failure.run.identity} failed: {failure.error.strip().splitlines()[-1]}")
    if outcome.tally.elsewhere:
        console.print(f"{len(outcome.tally.elsewhere):,} of the runs were ended by other drivers.")
    if outcome.tally.interrupted:
        console.print("Stopped early; nothing is lost. The same command goes on from here.")
        raise typer.Exit(INTERRUPTED)
    if outcome.tally.failures or "failed" in outcome.tally.elsewhere.values():
        raise typer.Exit(SOME_FAILED)


@friendly
def plan(
    suite: SuiteArgument,
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    skip_impossible: SkipImpossible = False,
) -> None:
    """Say what running a suite would do, and write nothing.

    Example: [bold]grokscope plan central[/bold]
    """
    from grokscope import api

    loaded = loaded_suite(suite, skip_impossible)
    found = api.plan(loaded, store=store)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2))
        return
    table = Table(
        "measurement", "runs", "done", "failed", "work at most", "core hours at most", title=f"Plan of {found.suite}"
    )
    for kind, share in found.measurements.items():
        table.add_row(
            kind,
            *(f"{n:,}" for n in (share.runs, share.done, share.failed)),
            f"{share.flops:.2e} flop",
            f"{share.core_seconds / 3600:,.2f}",
        )
    console.print(table)
    console.print(
        f"{found.total:,} runs, {found.shapes} programs to compile, at most {found.hours_at_most:,.2f} hours on "
        f"{found.workers} cores at {found.flops_per_second:.1e} flop/s a core ({found.rate_source})."
    )
    console.print("At most: most runs end long before their last epoch.")


@friendly
def report(suite: SuiteArgument, store: Store = None, out: Out = DEFAULT_OUT) -> None:
    """Write a suite's report from the ledger alone, however much of it is done.

    Example: [bold]grokscope report quick[/bold]
    """
    from grokscope import api
    from grokscope.studies.study import study_of

    loaded = loaded_suite(suite, True)
    contents, page = api.report(loaded, store=store, out=out)
    console.print(study_of(loaded).summary(contents))
    console.print(f"Report: {page}", soft_wrap=True)


def loaded_suite(name: str, skip_impossible: bool) -> Suite:
    """The suite, its warnings and omissions said."""
    from grokscope.suite import load_suite

    suite = load_suite(name, skip_impossible=skip_impossible)
    for warning in suite.warnings:
        complain_softly(f"warning: {warning}")
    if suite.skipped:
        complain_softly(f"{suite.n_skipped} impossible runs left out:")
        for skipped in suite.skipped:
            complain_softly(f"  {skipped.reason} ({skipped.n_runs} runs)")
    return suite


def complain_softly(text: str) -> None:
    """A line on standard error that ends nothing, so that JSON on standard output stays JSON."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False, style="yellow")
