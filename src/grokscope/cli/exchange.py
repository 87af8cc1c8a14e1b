"""Commands that carry runs in and out: import, export, capsule. What they call is imported when they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grokscope.cli.errors import complain, friendly
from grokscope.cli.options import Include, KnownSuite, Store

console = Console(highlight=False, soft_wrap=True)
SOME_LEFT_OUT = 1
MOST_SAID = 20


@friendly
def import_(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A registry's SQLite database, or the folder it is in.")],
    store: Store = None,
) -> None:
    """Enter the completed runs of a registry of the published code into the ledger.

    They are marked with their origin and not verified. No suite shows them unless its file says
    `analysis: {include_imported: true}`; `grokscope runs --imported` lists them.

    Example: [bold]grokscope import ~/grokking-capacity/registry.db[/bold]
    """
    from grokscope import api

    came = api.import_registry(path, store=store)
    console.print(f"{came.new:,} runs imported from {came.origin}, {came.known:,} were there already.", markup=False)
    for status, n in sorted(came.unfinished.items()):
        console.print(f"{n:,} rows are {status} and stay out.", markup=False)
    for run_id, reason in came.left_out[:MOST_SAID]:
        complain(f"{run_id}: left out: {reason}")
    if len(came.left_out) > MOST_SAID:
        complain(f"... and {len(came.left_out) - MOST_SAID:,} more")
    if came.left_out:
        raise typer.Exit(SOME_LEFT_OUT)


@friendly
def export(
    suite: KnownSuite,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder for the files.")],
    store: Store = None,
    include: Include = None,
) -> None:
    """Write a suite's runs and traces as Parquet: runs.parquet, traces.parquet and suite.yaml.

    Example: [bold]grokscope export quick --to quick-data[/bold]
    """
    from grokscope import api

    for path in api.export_suite(suite, to, store=store):
        console.print(str(path), markup=False)


@friendly
def capsule(
    suite: KnownSuite,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.zip", help="The file to write.")],
    store: Store = None,
    include: Include = None,
) -> None:
    """Write one zip file with the suite, its part of the ledger, its report and the versions it was made with.

    `grokscope run FILE.zip` does the suite again and says whether it came to the same.

    Example: [bold]grokscope capsule quick --to quick.zip[/bold]
    """
    from grokscope import api

    console.print(str(api.seal_suite(suite, to, store=store)), markup=False)
