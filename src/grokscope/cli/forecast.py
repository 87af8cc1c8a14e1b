"""The command `forecast`. What it calls is imported when it is called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grokscope.cli.errors import complain_softly, friendly
from grokscope.cli.options import Include, Store, SuiteArgument
from grokscope.cli.run import load_and_warn

if TYPE_CHECKING:
    from grokscope.forecasts.evaluate import StandingForecast

console = Console(highlight=False)
CAPTION = (
    "P as foretold, with 95 % intervals in brackets, and below it as observed; then log10(observed / foretold) of the "
    "onset by each predictor"
)


@friendly
def forecast(
    suite: SuiteArgument,
    store: Store = None,
    supersede: Annotated[
        bool, typer.Option("--supersede", help="Put a new forecast in the place of one that would now be another.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    include: Include = None,
) -> None:
    """Freeze a forecast of crossing and onset from a suite's calibration runs, and score it on the held-out ones.

    The suite says which are which (analysis: calibrate). Once made, a forecast stands: it can be superseded, never
    changed. `grokscope run SUITE --calibration` does the runs that it needs; forecast before you do the rest.

    Example: [bold]grokscope forecast central[/bold]
    """
    from grokscope import api

    found = api.forecast(load_and_warn(suite, True), store=store, supersede=supersede)
    for note in found.notes:
        complain_softly(f"note: {note}")
    if as_json:
        from grokscope.forecasts.payload import to_plain

        typer.echo(json.dumps([to_plain(one) | {"new": one.id in found.made} for one in found.standing], indent=2))
        return
    for one in found.standing:
        console.print()
        show(one, new=one.id in found.made)


def show(standing: StandingForecast, *, new: bool) -> None:
    """One forecast: what it rests on, a table with a row a prime, and how far off everybody was."""
    from grokscope.forecasts.sentences import PREDICTOR_LABELS, describe_basis, describe_errors, forecast_lines

    console.print(f"{'Made' if new else 'Stands'}. {describe_basis(standing)}", markup=False)
    table = Table("prime", "crossing", "onset", *PREDICTOR_LABELS.values(), caption=CAPTION)
    for line in forecast_lines(standing):
        crossing, onset = f"{line.crossing}\n{line.crossing_observed}", f"{line.onset}\n{line.onset_observed}"
        table.add_row(*map(escape, (line.title, crossing, onset, *line.errors)))
    console.print(table)
    for text in describe_errors(standing):
        console.print(text, markup=False)
