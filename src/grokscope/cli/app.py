"""The command `grokscope`."""

from __future__ import annotations

import sys

import typer

from grokscope.cli import browse, exchange, forecast, run
from grokscope.cli.errors import BAD_INPUT, USAGE_ERROR, complain, describe_usage_error, set_debug
from grokscope.cli.installed import Commands

app = typer.Typer(
    name="grokscope",
    cls=Commands,
    help="An instrument for watching networks learn: when they memorise, when they generalise, where the two cross.",
    invoke_without_command=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _options(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    version: bool = typer.Option(False, "--version", help="Say which version this is, and end."),
) -> None:
    set_debug(debug)
    if version:
        browse.version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("run")(run.run)
app.command("plan")(run.plan)
app.command("report")(run.report)
app.command("forecast")(forecast.forecast)
app.command("status")(browse.status)
app.command("runs")(browse.runs)
app.command("show")(browse.show)
app.command("import")(exchange.import_)
app.command("export")(exchange.export)
app.command("capsule")(exchange.capsule)
app.command("kinds")(browse.kinds)
app.command("version")(browse.version)


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 some runs failed, 2 bad input, 130 interrupted with nothing lost."""
    try:
        code = app(standalone_mode=False)
    except USAGE_ERROR as error:
        complain(describe_usage_error(error))
        code = BAD_INPUT
    sys.exit(code)
