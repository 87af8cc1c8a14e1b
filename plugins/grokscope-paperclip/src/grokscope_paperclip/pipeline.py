"""A suite from end to end: data, runs that are not done yet, their evaluation, the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from grokscope.ledger import Leases, Ledger, new_owner
from grokscope.training.provenance import now
from grokscope_paperclip.data import dataset, splits
from grokscope_paperclip.data.build import build
from grokscope_paperclip.data.catalogue import read_catalogue
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.evaluating import evaluate
from grokscope_paperclip.learning import bundle, sizes
from grokscope_paperclip.learning.processes import ProcessGroup
from grokscope_paperclip.learning.run import FineTune
from grokscope_paperclip.learning.train import DivergedError, initial_model, train
from grokscope_paperclip.record import record, record_failure
from grokscope_paperclip.sky.make import add_real_picture, make_sky
from grokscope_paperclip.suite import DataFacts, DataPlan, PaperclipSuite
from grokscope_paperclip.summaries.summarise import summarise

Say = Callable[[str], None]
LEASE_SECONDS = 3600.0
"""A row of the trace renews a lease; on a slow device one may take long."""


@dataclass
class Tally:
    """The outcome of a suite: runs done, failures a line each, seconds of each part."""

    done: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SuiteFolder:
    """The folder of a suite: data, checkpoints, models and evaluations, which the ledger does not keep."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    def checkpoint(self, run: FineTune) -> Path:
        return self.root / "checkpoints" / run.identity

    def model(self, run: FineTune) -> Path:
        return self.root / "models" / run.identity

    def evaluation(self, run: FineTune, split: str) -> Path:
        return self.root / "evaluations" / f"{run.identity}-{split}.json"

    def base(self, run: FineTune, split: str) -> Path:
        """The evaluation of what a run begins from."""
        return self.root / "evaluations" / f"{run.identity}-begin-{split}.json"


def prepare_data(plan: DataPlan, place: SuiteFolder, workers: int, say: Say) -> Folder:
    """The data folder of a suite, made and built if that can be done here.

    Raises:
        InputError: it is real data that has not been built.
    """
    if plan.folder is not None:
        folder = Folder(Path(plan.folder))
        dataset.index_of(folder)
        return folder
    folder = Folder(place.data)
    if not folder.catalogue.exists():
        sky = dict(plan.sky or {})
        real = sky.pop("real", False)
        began = time.perf_counter()
        count = make_sky(folder.root, **sky, workers=workers)
        if real:
            add_real_picture(folder.root)
        say(f"sky: {count:,} images in {time.perf_counter() - began:.0f} s")
    if not (folder.shards / "index.json").exists():
        catalogue = read_catalogue(folder.catalogue)
        said = summarise(catalogue.proposals, folder.summaries, say=say)
        split = splits.Split(**plan.split)
        built = build(folder, catalogue, said.found, split, size=plan.size, colour=plan.colour, say=say)
        say(
            "built: "
            + ", ".join(f"{part} {n:,} of {built.proposals[part]:,}" for part, n in built.images.items())
            + " (images of proposals)"
        )
    return folder


def data_facts(suite: PaperclipSuite, folder: Folder) -> DataFacts:
    """Look up what runs take from the data set and the base models.

    Raises:
        InputError: a base model that is a path cannot be used.
    """
    rows = dict.fromkeys(splits.SPLITS, 0)
    index = dataset.index_of(folder)
    for shard in index["shards"]:
        rows[shard["split"]] += shard["rows"]
    sources = {sizes.digest(Path(base)) if Path(base).is_dir() else base: base for base in suite.bases}
    return DataFacts(index["digest"], rows["train"], rows["val"], sources)


def run_suite(
    suite: PaperclipSuite,
    ledger: Ledger,
    place: SuiteFolder,
    *,
    workers: int = 1,
    force: bool = False,
    watch: Callable[[FineTune, int, dict[str, float]], None] = lambda run, step, row: None,
    say: Say = lambda _: None,
) -> tuple[Tally, dict[str, tuple[FineTune, ...]], Folder]:
    """Do every run of a suite that is not done, and evaluate what has not been evaluated. Nothing is done twice."""
    tally, processes, began = Tally(), ProcessGroup(), time.perf_counter()
    if processes.is_main:
        prepare_data(suite.data, place, workers, say)
    processes.wait()
    folder = prepare_data(suite.data, place, workers, say)
    tally.seconds["data"] = time.perf_counter() - began
    facts = data_facts(suite, folder)
    runs = suite.runs(facts)
    every = list({run.identity: run for each in runs.values() for run in each}.values())
    if processes.is_main:
        ledger.register(suite.name, suite.text, every)
    if force and processes.is_main:
        ledger.reset([run.identity for run in every])
        for run in every:
            place.checkpoint(run).unlink(missing_ok=True)
    owner = new_owner()
    states = processes.broadcast(_states(suite, every, ledger, place) if processes.is_main else {})
    training, held_out = dataset.load(folder, "train"), dataset.load(folder, "val")
    began = time.perf_counter()
    for number, run in enumerate(every, 1):
        if states[run.identity] == "done":
            continue
        say(f"run {number} of {len(every)}: {run.label}")
        _train(run, training, held_out, facts, ledger, owner, processes, place, tally, watch, say)
    tally.seconds["training"] = time.perf_counter() - began
    began = time.perf_counter()
    split = suite.analysis.get("split", "test")
    for run in every if processes.is_main else ():
        if place.model(run).exists() and not place.evaluation(run, split).exists():
            evaluate(bundle.load(place.model(run)), folder, split, run.task.captions, place.evaluation(run, split))
    for run in runs.get(suite.analysis.get("reference", ""), ())[:1] if processes.is_main else ():
        if not place.base(run, split).exists():
            begun = initial_model(run, training, facts.sources.get(run.net.base))
            evaluate(begun, folder, split, run.task.captions, place.base(run, split))
    tally.seconds["evaluation"] = time.perf_counter() - began
    return tally, runs, folder


def _states(suite: PaperclipSuite, runs: list[FineTune], ledger: Ledger, place: SuiteFolder) -> dict[str, str]:
    """Identity -> state; a run whose model is gone is done again."""
    states = ledger.states(suite=suite.name)
    lost = [run.identity for run in runs if states[run.identity] == "done" and not place.model(run).exists()]
    ledger.reset(lost)
    return states | dict.fromkeys(lost, "pending")


def _train(
    run: FineTune,
    training: dataset.Dataset,
    held_out: dataset.Dataset,
    facts: DataFacts,
    ledger: Ledger,
    owner: str,
    processes: ProcessGroup,
    place: SuiteFolder,
    tally: Tally,
    watch: Callable[[FineTune, int, dict[str, float]], None],
    say: Say,
) -> None:
    """Train one run, keep its model, record it; its checkpoint goes when that is done."""
    started, leases = now(), ledger.leases(owner, seconds=LEASE_SECONDS)
    if not processes.broadcast(processes.is_main and _claimed(run, ledger, leases)):
        say(f"run {run.identity}: another driver trains it, so it is left to it")
        return

    def heard(step: int, row: dict[str, float]) -> None:
        if processes.is_main:
            leases.renew([run.identity])
            watch(run, step, row)

    try:
        trained = train(
            run,
            training,
            held_out,
            source=facts.sources.get(run.net.base),
            place=place.checkpoint(run),
            watch=heard,
            say=say,
        )
        if processes.is_main:
            bundle.save(trained.model, place.model(run))
            record(ledger, run, trained, started, owner)
            place.checkpoint(run).unlink(missing_ok=True)
    except DivergedError as error:
        if processes.is_main:
            record_failure(ledger, run, error, started, owner)
        tally.failures.append(f"run {run.identity} ({run.label}): {error}")
        return
    finally:
        if processes.is_main:
            leases.release([run.identity])
    processes.wait()
    tally.done += 1


def _claimed(run: FineTune, ledger: Ledger, leases: Leases) -> bool:
    ledger.reopen([run.identity])
    return run.identity in leases.claim([run.identity]).free
