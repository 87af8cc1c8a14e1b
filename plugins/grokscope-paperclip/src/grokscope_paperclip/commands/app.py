"""The commands `grokscope paperclip ...`. What a command calls is imported when it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from grokscope.cli.errors import complain, complain_softly, friendly
from grokscope.cli.options import DEFAULT_STORE, Store
from grokscope_paperclip.commands import data as data_commands
from grokscope_paperclip.commands import options as group
from grokscope_paperclip.commands import use as use_commands

app = typer.Typer(
    help="Images of the sky and the words of astronomers in one space.",
    rich_markup_mode="rich",
    invoke_without_command=True,
)
console = Console(highlight=False)


@app.callback()
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
@friendly
def run(
    suite: group.SuiteName,
    store: Store = None,
    out: group.OutFolder = group.DEFAULT_OUT,
    force: Annotated[bool, typer.Option("--force", help="Do runs again that are done.")] = False,
) -> None:
    """Do every run of a suite that is not done: data, training, evaluation, report. Ctrl-C loses little; run again.

    Example: [bold]grokscope paperclip run paperclip-quick[/bold]
    """
    from grokscope.ledger import open_ledger
    from grokscope_paperclip.learning.needs import need_torch

    need_torch()
    from grokscope_paperclip.learning.processes import ProcessGroup
    from grokscope_paperclip.pipeline import SuiteFolder, run_suite
    from grokscope_paperclip.report.conclude import write
    from grokscope_paperclip.suite import load

    loaded, processes = load(suite), ProcessGroup()
    place = SuiteFolder(out / loaded.name)

    def watch(run: Any, step: int, row: dict[str, float]) -> None:
        console.print(
            f"  step {step}/{run.steps}: loss {row['running_loss']:.3f}, train {row['train_acc']:.1%}, "
            f"held out {row['val_acc']:.1%}"
        )

    with open_ledger(store or DEFAULT_STORE) as ledger:
        try:
            tally, runs, folder = run_suite(
                loaded,
                ledger,
                place,
                workers=group.workers(),
                force=force,
                watch=watch,
                say=lambda text: console.print(text, markup=False) if processes.is_main else None,
            )
        except KeyboardInterrupt:
            console.print("Stopped early; at most one interval of one run is lost. The same command goes on from here.")
            raise typer.Exit(group.INTERRUPTED) from None
        if not processes.is_main:
            return
        sheet, page = write(loaded, runs, ledger, place, folder, out / "reports" / loaded.name)
    _say(sheet, page)
    console.print("Seconds: " + ", ".join(f"{name} {value:.0f}" for name, value in tally.seconds.items()))
    for failure in tally.failures:
        complain(failure)
    if tally.failures:
        raise typer.Exit(group.SOME_FAILED)


def _say(sheet: Any, page: Path) -> None:
    for text in sheet.sections[0].findings:
        console.print(text, markup=False)
    console.print(f"Report: {page}", soft_wrap=True)


@app.command()
@friendly
def report(suite: group.SuiteName, store: Store = None, out: group.OutFolder = group.DEFAULT_OUT) -> None:
    """Write a suite's report again, however much of it is done.

    Example: [bold]grokscope paperclip report paperclip-quick[/bold]
    """
    from grokscope.ledger import open_ledger
    from grokscope_paperclip.learning.needs import need_torch

    need_torch()
    from grokscope_paperclip import pipeline
    from grokscope_paperclip.report.conclude import write
    from grokscope_paperclip.suite import load

    loaded = load(suite)
    place = pipeline.SuiteFolder(out / loaded.name)
    with open_ledger(store or DEFAULT_STORE, create=False) as ledger:
        folder = pipeline.prepare_data(loaded.data, place, group.workers(), lambda text: console.print(text))
        sheet, page = write(
            loaded,
            loaded.runs(pipeline.data_facts(loaded, folder)),
            ledger,
            place,
            folder,
            out / "reports" / loaded.name,
        )
    _say(sheet, page)


@app.command()
@friendly
def plan(suite: group.SuiteName, out: group.OutFolder = group.DEFAULT_OUT, as_json: group.AsJson = False) -> None:
    """Say what a suite will need: runs, work, memory, time on this machine and on a GPU. Writes nothing.

    Example: [bold]grokscope paperclip plan paperclip[/bold]
    """
    from grokscope_paperclip.learning.needs import need_torch

    need_torch()
    from grokscope_paperclip import pipeline
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.plan import make_plan
    from grokscope_paperclip.suite import load

    loaded = load(suite)
    folder = Folder(Path(loaded.data.folder) if loaded.data.folder else pipeline.SuiteFolder(out / loaded.name).data)
    known = pipeline.data_facts(loaded, folder) if (folder.shards / "index.json").exists() else None
    found = make_plan(loaded, known)
    if as_json:
        told = {
            "suite": found.suite,
            "flops": found.flops,
            "images": found.images,
            "cpu_hours": found.cpu_hours,
            "gpu_hours": found.gpu_hours,
            "picture_hours": found.picture_hours,
        }
        typer.echo(json.dumps(told | {"runs": [vars(share) for share in found.shares], "missing": found.missing}))
        return
    table = Table("experiment", "run", "P", "steps", "work", "memory of a device", title=f"Plan of {found.suite}")
    for share in found.shares:
        table.add_row(
            share.name,
            share.label,
            f"{share.n_params:,}",
            f"{share.steps:,}",
            f"{share.flops:.1e} flop",
            group.size(share.bytes),
        )
    console.print(table)
    console.print(
        f"{found.images:,} images, about {group.size(found.disk)} of shards. {found.flops:.1e} flop: "
        f"{group.hours(found.cpu_hours)} here, at least {group.hours(found.gpu_hours)} on one A100 by arithmetic in "
        f"bfloat16 alone. {found.pictures:,} pictures made ready: {group.hours(found.picture_hours)} of one core here."
    )
    for line in found.missing:
        complain_softly(line)


@app.command()
@friendly
def embed(
    data: group.Data,
    model: group.ModelFolder,
    index: group.Embeddings,
    split: Annotated[list[str] | None, typer.Option("--split", help="Only this one; may be repeated.")] = None,
    one_crop: Annotated[bool, typer.Option("--one-crop", help="The middle of each image only.")] = False,
) -> None:
    """Embed every image of a built data folder, to be searched.

    Example: [bold]grokscope paperclip embed data/sky --model out/paperclip/.../models/4f1c... --index out/index[/bold]
    """
    from grokscope_paperclip.data import dataset
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.use.store import write_store

    kept = group.model_of(model)
    from grokscope_paperclip.use.embed import embed as embedded

    folder = Folder(data)
    there = [shard["split"] for shard in dataset.index_of(folder)["shards"]]
    store = embedded(kept, [dataset.load(folder, name) for name in split or dict.fromkeys(there)], many=not one_crop)
    write_store(store, index)
    console.print(f"{index}: {len(store.rows):,} images, {len(store.vectors):,} vectors of {store.vectors.shape[1]}")


for command in data_commands.COMMANDS:
    app.command(command.__name__)(command)
for command in use_commands.COMMANDS:
    app.command(command.__name__)(command)
