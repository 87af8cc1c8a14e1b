"""The commands of `grokscope paperclip` that make data: sky, sheet, fetch, summarize, build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from grokscope.cli.errors import complain_softly, friendly
from grokscope_paperclip.commands import options as group

console = Console(highlight=False)


@friendly
def sky(
    data: group.Data,
    proposals: Annotated[int, typer.Option("--proposals", min=3, max=100_000)] = 700,
    size: Annotated[int, typer.Option("--size", min=32, max=2048, help="Pixels of a side.")] = 128,
    seed: group.Seed = 0,
    real: Annotated[bool, typer.Option("--real", help="Add the Hubble deep field that scikit-image ships.")] = False,
) -> None:
    """Make a synthetic sky: catalogue, previews and truth in the real archive's layout.

    Example: [bold]grokscope paperclip sky data/sky --proposals 700[/bold]
    """
    from grokscope_paperclip.sky.make import add_real_picture, make_sky

    images = make_sky(data, proposals=proposals, size=size, seed=seed, workers=group.workers())
    if real:
        add_real_picture(data)
    console.print(f"{data}: {proposals:,} proposals, {images:,} images")


@friendly
def sheet(picture: Annotated[Path, typer.Argument(metavar="PNG")], seed: group.Seed = 0) -> None:
    """Draw every class of the synthetic sky on one contact sheet.

    Example: [bold]grokscope paperclip sheet sky.png[/bold]
    """
    from grokscope_paperclip.sky.sheet import class_sheet

    class_sheet(seed).save(picture)
    console.print(str(picture))


@friendly
def fetch(
    data: group.Data,
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="The catalogue of abstracts; copied into DATA. Default: DATA's.")
    ] = None,
    images: Annotated[int, typer.Option("--images", min=1, help="At most so many images a proposal.")] = 20,
    cycles: Annotated[str, typer.Option("--cycles", metavar="A-B")] = "0-99",
    only: Annotated[list[int] | None, typer.Option("--proposal", help="Only this one; may be repeated.")] = None,
    colour: Annotated[bool, typer.Option("--colour", help="Colour previews too.")] = False,
    mission: Annotated[str, typer.Option("--mission", help="Collection of the archive.")] = "HST",
    pause: Annotated[float, typer.Option("--pause", min=0, help="Seconds between two questions.")] = 0.5,
    timeout: group.Timeout = 120,
    seed: group.Seed = 42,
) -> None:
    """Fetch preview images of a catalogue's proposals from the archive. Run again, it goes on where it stopped.

    Example: [bold]grokscope paperclip fetch data/hst --catalogue abstracts.cat --cycles 7-30[/bold]
    """
    from grokscope_paperclip.data.archive import Mast
    from grokscope_paperclip.data.catalogue import read_catalogue
    from grokscope_paperclip.data.fetch import FetchSettings
    from grokscope_paperclip.data.fetch import fetch as fetched
    from grokscope_paperclip.data.layout import Folder, write_whole

    first, _, last = cycles.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        raise typer.BadParameter(f"found {cycles!r}, expected a range such as 7-30", param_hint="--cycles")
    folder = Folder(data)
    known = read_catalogue(catalogue or folder.catalogue, first_cycle=int(first), last_cycle=int(last or first))
    if catalogue is not None:
        write_whole(folder.catalogue, catalogue.read_bytes())
    asked = [each.proposal for each in known.proposals if not only or each.proposal in only]
    archive = Mast(mission=mission, pause=pause, timeout=timeout)
    came = fetched(archive, folder, asked, FetchSettings(images, seed, colour), complain_softly)
    console.print(
        f"{came.images:,} images of {came.proposals:,} proposals ({came.kept:,} were there); "
        f"{came.empty:,} proposals have none; {len(came.failures):,} failures"
    )
    if came.failures:
        raise typer.Exit(group.SOME_FAILED)


@friendly
def summarize(
    data: group.Data,
    endpoint: group.Url = None,
    llm: group.ModelName = "default",
    timeout: group.Timeout = 120,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Questions at a time.")] = 4,
) -> None:
    """Summarise every abstract: by an endpoint, or by rules without one. Answers are kept; run again, it goes on.

    Example: [bold]grokscope paperclip summarize data/sky --endpoint http://localhost:8000/v1 --llm mixtral[/bold]
    """
    from grokscope_paperclip.data.catalogue import read_catalogue
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.summaries.summarise import summarise

    folder = Folder(data)
    proposals = read_catalogue(folder.catalogue).proposals
    came = summarise(
        proposals, folder.summaries, group.endpoint_of(endpoint, llm, timeout), parallel=parallel, say=complain_softly
    )
    console.print(f"{len(came.found):,} summaries ({came.cached:,} were there), {len(came.failures):,} failures")
    if came.failures:
        raise typer.Exit(group.SOME_FAILED)


@friendly
def build(
    data: group.Data,
    size: Annotated[int, typer.Option("--size", min=16, max=4096, help="Pixels of a side.")] = 512,
    colour: Annotated[bool, typer.Option("--colour", help="Keep colours.")] = False,
    split: Annotated[str, typer.Option("--split", help="proposal, time or target.")] = "proposal",
    val: Annotated[float, typer.Option("--val", help="Share of proposals.")] = 0.1,
    test: Annotated[float, typer.Option("--test", help="Share of proposals.")] = 0.1,
    seed: group.Seed = 42,
) -> None:
    """Check, split and pack what was fetched: manifest and shards, both in Parquet.

    Example: [bold]grokscope paperclip build data/sky --size 80[/bold]
    """
    from grokscope_paperclip.data.build import build as built
    from grokscope_paperclip.data.catalogue import read_catalogue
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.data.splits import Split
    from grokscope_paperclip.summaries.summarise import summaries_in

    folder = Folder(data)
    catalogue = read_catalogue(folder.catalogue)
    for line in catalogue.left_out:
        complain_softly(line)
    came = built(
        folder,
        catalogue,
        summaries_in(folder.summaries),
        Split(split, val, test, seed),  # type: ignore[arg-type]
        size=size,
        colour=colour,
        say=complain_softly,
    )
    table = Table("split", "proposals", "images", title=f"{data}: {came.digest}")
    for name in came.images:
        table.add_row(name, f"{came.proposals[name]:,}", f"{came.images[name]:,}")
    console.print(table)
    console.print(
        f"{len(came.failures):,} pictures left out; {len(came.missing):,} proposals without pictures; "
        f"{came.shared_targets:,} targets are in more than one split"
    )
    if came.failures:
        raise typer.Exit(group.SOME_FAILED)


COMMANDS: tuple[Callable[..., Any], ...] = (sky, sheet, fetch, summarize, build)
