"""Commands that look into the ledger: status, runs, show, version. What they call is imported when they are called."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grokscope.cli.errors import complain_softly, friendly
from grokscope.cli.options import DEFAULT_STORE, Include, Measurement, Status, Store

if TYPE_CHECKING:
    from grokscope.ledger import Ledger

console = Console(highlight=False)
COLUMNS = {
    "id": "id",
    "measurement": "measurement",
    "status": "status",
    "p": "p",
    "dim": "width",
    "seeds.init": "seed",
    "epochs": "epochs",
    "t_mem_running": "T_mem",
    "t_mem_eval": "by eval",
    "t_gen": "T_gen",
}
"""What a table of runs shows, and under which heading."""
SHORT = 8
"""Digits of an identity that a table shows; `show` takes as many as tell it from others."""


def open_existing(store: str | None) -> Ledger:
    """The ledger to look into; it must be there."""
    from grokscope.ledger import open_ledger

    return open_ledger(store or DEFAULT_STORE, create=False)


@friendly
def status(
    store: Store = None, suite: Annotated[str | None, typer.Option("--suite", help="Only this suite.")] = None
) -> None:
    """Count the runs of the ledger by measurement and status.

    Example: [bold]grokscope status --suite quick[/bold]
    """
    with open_existing(store) as ledger:
        counts, suites, origins = ledger.status_counts(suite), ledger.suites(), ledger.origins()
        table = Table("measurement", *("pending", "running", "done", "failed"), title=ledger.url)
    for measurement, by_status in counts.items():
        table.add_row(measurement, *(f"{by_status[name]:,}" for name in ("pending", "running", "done", "failed")))
    console.print(table)
    for row in suites.itertuples():
        console.print(f"suite {row.name}: {row.runs:,} runs", markup=False)
    for origin, n in origins.items():
        console.print(f"imported from {origin}, not verified, in no suite: {n:,} runs", markup=False)


@friendly
def runs(
    store: Store = None,
    suite: Annotated[str | None, typer.Option("--suite", help="Only this suite.")] = None,
    measurement: Measurement = None,
    status: Annotated[Status | None, typer.Option("--status", help="Only this status.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="KEY=VALUE", help="Such as p=97 or net.dim=64; may be repeated."),
    ] = None,
    imported: Annotated[bool, typer.Option("--imported", help="Imported runs too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list of objects.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row a run.")] = False,
) -> None:
    """Filter and list runs.

    Example: [bold]grokscope runs --suite quick --where net.dim=64 --csv > runs.csv[/bold]
    """
    filters: dict[str, Any] = {
        "suite": suite,
        "measurement": measurement,
        "status": status,
        "where": conditions(where or []),
        "imported": imported,
    }
    with open_existing(store) as ledger:
        if as_json:
            typer.echo(json.dumps(ledger.records(**filters), indent=2))
            return
        frame = ledger.runs(**filters)
    if as_csv:
        typer.echo(frame.to_csv(index=False), nl=False)
        return
    table = Table(*COLUMNS.values(), box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for identity, *row in frame.reindex(columns=list(COLUMNS)).itertuples(index=False):
        table.add_row(identity[:SHORT], *map(format_value, row))
    console.print(table)
    console.print(f"{len(frame):,} runs; whole identities and every field with --json or --csv")


@friendly
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's identity, or enough of its first digits.")],
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one run: spec, result, provenance, and its trace as a small plot.

    Example: [bold]grokscope show 4f1c[/bold]
    """
    with open_existing(store) as ledger:
        found = ledger.show(run)
        trace = ledger.trace(run) if found["trace_epochs"] else None
    if as_json:
        typer.echo(json.dumps(found, indent=2, default=str))
        return
    console.print(f"run {found['id']}: {found['measurement']}, {found['status']}")
    for title in ("spec", "result", "provenance"):
        table = Table("", "", title=title, show_header=False, title_justify="left")
        for key, value in flatten_mapping(found[title] or {}):
            table.add_row(key, format_value(value))
        if table.rows:
            console.print(table)
    if found["error"]:
        console.print(found["error"], markup=False, style="red")
    if trace is not None:
        from grokscope.cli.plot import draw_curves, draw_signals

        console.print(draw_curves(trace, width=min(console.width, 100)), markup=False)
        if signals := draw_signals(trace):
            console.print(signals, markup=False, soft_wrap=True)


def version() -> None:
    """Say which version this is, and with what it runs.

    Example: [bold]grokscope version[/bold]
    """
    from grokscope.training import provenance

    revision = provenance.git_revision()
    typer.echo(f"grokscope {provenance.version()}" + (f" ({revision})" if revision else ""))
    typer.echo(", ".join(f"{name} {number}" for name, number in provenance.versions().items()))


def conditions(pairs: list[str]) -> dict[str, Any]:
    """`KEY=VALUE` pairs as a mapping, numbers read as numbers."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise typer.BadParameter(f"found {pair!r}, expected KEY=VALUE", param_hint="--where")
        found[key] = parse_number(value)
    return found


def parse_number(text: str) -> Any:
    """The whole number or float that a text is, or the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def flatten_mapping(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as dotted names."""
    rows: list[tuple[str, Any]] = []
    for key, value in values.items():
        rows += flatten_mapping(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return rows


def format_value(value: Any) -> str:
    """A value as a person reads it; what is missing is a dash."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


@friendly
def kinds(
    family: Annotated[
        str | None, typer.Argument(metavar="[FAMILY]", help="Such as tasks, nets or losses. Default: all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list of objects.")] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown tables, as in docs/suites.md.")
    ] = False,
    include: Include = None,
) -> None:
    """List every kind that a suite can name, with its fields, their defaults, what it means and who made it.

    Example: [bold]grokscope kinds tasks[/bold]
    """
    from grokscope.registry import FAMILIES, failures
    from grokscope.suite.kinds import describe_kinds, markdown

    if family is not None and family not in FAMILIES:
        raise typer.BadParameter(f"found {family!r}, expected one of {', '.join(FAMILIES)}", param_hint="FAMILY")
    if as_json:
        found = [info._asdict() | {"fields": [f._asdict() for f in info.fields]} for info in describe_kinds(family)]
        typer.echo(json.dumps(found, indent=2))
    elif as_markdown:
        typer.echo(markdown([family] if family else FAMILIES))
    else:
        for name in [family] if family else FAMILIES:
            table = Table("kind", "meaning", "fields", "from", title=name, box=box.SIMPLE_HEAD, title_justify="left")
            for info in describe_kinds(name):
                fields = ", ".join(f"{field.name}={field.default}" for field in info.fields)
                table.add_row(escape(info.kind), escape(info.meaning), escape(fields), escape(info.origin))
            console.print(table)
    for failure in failures():
        complain_softly(f"warning: {failure}")
