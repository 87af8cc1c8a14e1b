"""`grokscope paperclip ...`: images of the sky and the words of astronomers. What a command calls is imported by it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from grokscope.cli.do import complain_softly
from grokscope.cli.errors import complain, friendly
from grokscope.cli.options import DEFAULT_STORE, Store

if TYPE_CHECKING:
    from grokscope.studies.paperclip.learning.bundle import Model
    from grokscope.studies.paperclip.summaries.endpoint import Endpoint

app = typer.Typer(
    help="Images of the sky and the words of astronomers in one space (extra: paperclip).", no_args_is_help=True,
    rich_markup_mode="rich",
)  # fmt: skip
console = Console(highlight=False)
SOME_FAILED, INTERRUPTED = 1, 130

Data = Annotated[Path, typer.Argument(metavar="DATA", help="A data folder.")]
ModelFolder = Annotated[str, typer.Option("--model", metavar="DIR", help="A kept model, or a CLIP model's folder or hub name.")]
Embeddings = Annotated[Path, typer.Option("--index", metavar="DIR", help="Embeddings that embed wrote.")]
Seed = Annotated[int, typer.Option("--seed", help="Of every draw.")]
Url = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible, such as http://localhost:8000/v1.")
]
ModelName = Annotated[str, typer.Option("--llm", metavar="NAME", help="The endpoint's model.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds that an answer may take.")]
SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A YAML file, or paperclip-quick or paperclip.")]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of data, models and reports.")]
Place = Path("out") / "paperclip"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def workers() -> int:
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


@app.command()
@friendly
def sky(
    data: Data,
    proposals: Annotated[int, typer.Option("--proposals", min=3, max=100_000)] = 700,
    size: Annotated[int, typer.Option("--size", min=32, max=2048, help="Pixels of a side.")] = 128,
    seed: Seed = 0,
    real: Annotated[bool, typer.Option("--real", help="Add the Hubble deep field that scikit-image ships.")] = False,
) -> None:
    """Make a synthetic sky: catalogue, previews and truth in the real archive's layout.

    Example: [bold]grokscope paperclip sky data/sky --proposals 700[/bold]
    """
    from grokscope.studies.paperclip.sky.make import add_real_picture, make_sky

    images = make_sky(data, proposals=proposals, size=size, seed=seed, workers=workers())
    if real:
        add_real_picture(data)
    console.print(f"{data}: {proposals:,} proposals, {images:,} images")


@app.command()
@friendly
def sheet(picture: Annotated[Path, typer.Argument(metavar="PNG")], seed: Seed = 0) -> None:
    """Draw every class of the synthetic sky on one contact sheet.

    Example: [bold]grokscope paperclip sheet sky.png[/bold]
    """
    from grokscope.studies.paperclip.sky.sheet import class_sheet

    class_sheet(seed).save(picture)
    console.print(str(picture))


@app.command()
@friendly
def fetch(
    data: Data,
    catalogue: Annotated[
        Path | None, typer.Option("--catalogue", help="The catalogue of abstracts; copied into DATA. Default: DATA's.")
    ] = None,
    images: Annotated[int, typer.Option("--images", min=1, help="At most so many images a proposal.")] = 20,
    cycles: Annotated[str, typer.Option("--cycles", metavar="A-B")] = "0-99",
    only: Annotated[list[int] | None, typer.Option("--proposal", help="Only this one; may be repeated.")] = None,
    colour: Annotated[bool, typer.Option("--colour", help="Colour previews too.")] = False,
    mission: Annotated[str, typer.Option("--mission", help="Collection of the archive.")] = "HST",
    pause: Annotated[float, typer.Option("--pause", min=0, help="Seconds between two questions.")] = 0.5,
    timeout: Timeout = 120,
    seed: Seed = 42,
) -> None:
    """Fetch preview images of a catalogue's proposals from the archive. Run again, it goes on where it stopped.

    Example: [bold]grokscope paperclip fetch data/hst --catalogue abstracts.cat --cycles 7-30[/bold]
    """
    from grokscope.studies.paperclip.data.archive import Mast
    from grokscope.studies.paperclip.data.catalogue import read_catalogue
    from grokscope.studies.paperclip.data.fetch import Asked
    from grokscope.studies.paperclip.data.fetch import fetch as fetched
    from grokscope.studies.paperclip.data.layout import Folder, write_whole

    first, _, last = cycles.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        raise typer.BadParameter(f"found {cycles!r}, expected a range such as 7-30", param_hint="--cycles")
    folder = Folder(data)
    known = read_catalogue(catalogue or folder.catalogue, first_cycle=int(first), last_cycle=int(last or first))
    if catalogue is not None:
        write_whole(folder.catalogue, catalogue.read_bytes())
    asked = [each.proposal for each in known.proposals if not only or each.proposal in only]
    archive = Mast(mission=mission, pause=pause, timeout=timeout)
    came = fetched(archive, folder, asked, Asked(images, seed, colour), complain_softly)
    console.print(
        f"{came.images:,} images of {came.proposals:,} proposals ({came.kept:,} were there); "
        f"{came.empty:,} proposals have none; {len(came.failures):,} failures"
    )
    if came.failures:
        raise typer.Exit(SOME_FAILED)


def endpoint_of(url: str | None, name: str, timeout: float) -> Endpoint | None:
    from grokscope.studies.paperclip.summaries.endpoint import Endpoint

    return Endpoint(url, name, timeout=timeout) if url else None


@app.command()
@friendly
def summarize(
    data: Data, endpoint: Url = None, llm: ModelName = "default", timeout: Timeout = 120,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Questions at a time.")] = 4,
) -> None:  # fmt: skip
    """Summarise every abstract: by an endpoint, or by rules without one. Answers are kept; run again, it goes on.

    Example: [bold]grokscope paperclip summarize data/sky --endpoint http://localhost:8000/v1 --llm mixtral[/bold]
    """
    from grokscope.studies.paperclip.data.catalogue import read_catalogue
    from grokscope.studies.paperclip.data.layout import Folder
    from grokscope.studies.paperclip.summaries.summarise import summarise

    folder = Folder(data)
    proposals = read_catalogue(folder.catalogue).proposals
    came = summarise(proposals, folder.summaries, endpoint_of(endpoint, llm, timeout), parallel=parallel, say=complain_softly)
    console.print(f"{len(came.found):,} summaries ({came.cached:,} were there), {len(came.failures):,} failures")
    if came.failures:
        raise typer.Exit(SOME_FAILED)


@app.command()
@friendly
def build(
    data: Data,
    size: Annotated[int, typer.Option("--size", min=16, max=4096, help="Pixels of a side.")] = 512,
    colour: Annotated[bool, typer.Option("--colour", help="Keep colours.")] = False,
    split: Annotated[str, typer.Option("--split", help="proposal, time or target.")] = "proposal",
    val: Annotated[float, typer.Option("--val", help="Share of proposals.")] = 0.1,
    test: Annotated[float, typer.Option("--test", help="Share of proposals.")] = 0.1,
    seed: Seed = 42,
) -> None:
    """Check, split and pack what was fetched: manifest and shards, both in Parquet.

    Example: [bold]grokscope paperclip build data/sky --size 80[/bold]
    """
    from grokscope.studies.paperclip.data.build import build as built
    from grokscope.studies.paperclip.data.catalogue import read_catalogue
    from grokscope.studies.paperclip.data.layout import Folder
    from grokscope.studies.paperclip.data.splits import Split
    from grokscope.studies.paperclip.summaries.summarise import summaries_in

    folder = Folder(data)
    catalogue = read_catalogue(folder.catalogue)
    for line in catalogue.left_out:
        complain_softly(line)
    came = built(folder, catalogue, summaries_in(folder.summaries), Split(split, val, test, seed),  # type: ignore[arg-type]
                 size=size, colour=colour, say=complain_softly)  # fmt: skip
    table = Table("split", "proposals", "images", title=f"{data}: {came.digest}")
    for name in came.images:
        table.add_row(name, f"{came.proposals[name]:,}", f"{came.images[name]:,}")
    console.print(table)
    console.print(
        f"{len(came.failures):,} pictures left out; {len(came.missing):,} proposals without pictures; "
        f"{came.shared_targets:,} targets are in more than one split"
    )
    if came.failures:
        raise typer.Exit(SOME_FAILED)


@app.command()
@friendly
def run(
    suite: SuiteName, store: Store = None, out: OutFolder = Place,
    force: Annotated[bool, typer.Option("--force", help="Do runs again that are done.")] = False,
) -> None:  # fmt: skip
    """Do every run of a suite that is not done: data, training, evaluation, report. Ctrl-C loses little; run again.

    Example: [bold]grokscope paperclip run paperclip-quick[/bold]
    """
    from grokscope.ledger import open_ledger
    from grokscope.studies.paperclip.learning.needs import need_extra

    need_extra()
    from grokscope.studies.paperclip.report.conclude import write
    from grokscope.studies.paperclip.suite import load
    from grokscope.studies.paperclip.walk import Place as Kept
    from grokscope.studies.paperclip.walk import walk

    loaded = load(suite)
    place = Kept(out / loaded.name)

    def watch(run: Any, step: int, row: dict[str, float]) -> None:
        console.print(
            f"  step {step}/{run.steps}: loss {row['running_loss']:.3f}, train {row['train_acc']:.1%}, "
            f"held out {row['val_acc']:.1%}"
        )

    with open_ledger(store or DEFAULT_STORE) as ledger:
        try:
            tally, runs, folder = walk(
                loaded, ledger, place, workers=workers(), force=force, watch=watch,
                say=lambda text: console.print(text, markup=False),
            )  # fmt: skip
        except KeyboardInterrupt:
            console.print("Stopped early; at most one interval of one run is lost. The same command goes on from here.")
            raise typer.Exit(INTERRUPTED) from None
        sheet, page = write(loaded, runs, ledger, place, folder, out / "reports" / loaded.name)
    _say(sheet, page)
    console.print("Seconds: " + ", ".join(f"{name} {value:.0f}" for name, value in tally.seconds.items()))
    for failure in tally.failures:
        complain(failure)
    if tally.failures:
        raise typer.Exit(SOME_FAILED)


def _say(sheet: Any, page: Path) -> None:
    for text in sheet.sections[0].findings:
        console.print(text, markup=False)
    console.print(f"Report: {page}", soft_wrap=True)


@app.command()
@friendly
def report(suite: SuiteName, store: Store = None, out: OutFolder = Place) -> None:
    """Write a suite's report again, however much of it is done.

    Example: [bold]grokscope paperclip report paperclip-quick[/bold]
    """
    from grokscope.ledger import open_ledger
    from grokscope.studies.paperclip.learning.needs import need_extra

    need_extra()
    from grokscope.studies.paperclip import walk
    from grokscope.studies.paperclip.report.conclude import write
    from grokscope.studies.paperclip.suite import load

    loaded = load(suite)
    place = walk.Place(out / loaded.name)
    with open_ledger(store or DEFAULT_STORE, create=False) as ledger:
        folder = walk.ready(loaded.data, place, workers(), lambda text: console.print(text))
        sheet, page = write(loaded, loaded.runs(walk.known(loaded, folder)), ledger, place, folder,
                            out / "reports" / loaded.name)  # fmt: skip
    _say(sheet, page)


@app.command()
@friendly
def plan(suite: SuiteName, out: OutFolder = Place, as_json: AsJson = False) -> None:
    """Say what a suite will need: runs, work, memory, time on this machine and on a GPU. Writes nothing.

    Example: [bold]grokscope paperclip plan paperclip[/bold]
    """
    from grokscope.studies.paperclip.learning.needs import need_extra

    need_extra()
    from grokscope.studies.paperclip import walk
    from grokscope.studies.paperclip.data.layout import Folder
    from grokscope.studies.paperclip.plan import planned
    from grokscope.studies.paperclip.suite import load

    loaded = load(suite)
    folder = Folder(Path(loaded.data.folder) if loaded.data.folder else walk.Place(out / loaded.name).data)
    known = walk.known(loaded, folder) if (folder.shards / "index.json").exists() else None
    found = planned(loaded, known)
    if as_json:
        typer.echo(json.dumps({"suite": found.suite, "flops": found.flops, "images": found.images, "runs": [
            vars(share) for share in found.shares], "cpu_hours": found.cpu_hours, "gpu_hours": found.gpu_hours}))  # fmt: skip
        return
    table = Table("experiment", "run", "P", "steps", "work", "memory of a device", title=f"Plan of {found.suite}")
    for share in found.shares:
        table.add_row(share.name, share.label, f"{share.n_params:,}", f"{share.steps:,}", f"{share.flops:.1e} flop",
                      f"{share.bytes / 2**30:.1f} GiB")  # fmt: skip
    console.print(table)
    console.print(
        f"{found.images:,} images, about {found.disk / 2**30:.2f} GiB of shards. {found.flops:.1e} flop: "
        f"{found.cpu_hours:,.1f} hours here, about {found.gpu_hours:,.1f} on one A100."
    )
    for line in found.missing:
        complain_softly(line)


@app.command()
@friendly
def embed(
    data: Data, model: ModelFolder, index: Embeddings,
    split: Annotated[list[str] | None, typer.Option("--split", help="train, val or test; may be repeated. Default: all.")] = None,
    one_crop: Annotated[bool, typer.Option("--one-crop", help="The middle of each image only, instead of five crops.")] = False,
) -> None:  # fmt: skip
    """Embed every image of a built data folder, to be searched.

    Example: [bold]grokscope paperclip embed data/sky --model out/paperclip/.../models/4f1c... --index out/index[/bold]
    """
    from grokscope.studies.paperclip.data import dataset
    from grokscope.studies.paperclip.data.layout import Folder
    from grokscope.studies.paperclip.use.store import write_store

    kept = model_of(model)
    from grokscope.studies.paperclip.use.embed import embed as embedded

    folder = Folder(data)
    there = [shard["split"] for shard in dataset.index_of(folder)["shards"]]
    store = embedded(kept, [dataset.load(folder, name) for name in split or dict.fromkeys(there)], many=not one_crop)
    write_store(store, index)
    console.print(f"{index}: {len(store.rows):,} images, {len(store.vectors):,} vectors of {store.vectors.shape[1]}")


def model_of(source: str) -> Model:
    from grokscope.studies.paperclip.learning.needs import need_extra

    need_extra()
    from grokscope.studies.paperclip.learning.bundle import load

    return load(source)


from grokscope.cli import paperclip_use  # noqa: E402  its commands are of this group

app.command("evaluate")(paperclip_use.evaluate)
app.command("judge")(paperclip_use.judge)
app.command("search")(paperclip_use.search)
app.command("describe")(paperclip_use.describe)
app.command("serve")(paperclip_use.serve)
