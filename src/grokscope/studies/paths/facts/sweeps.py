"""Runs that differ in w0 and in seeds alone: a sweep of w0, the two ways through training in it, and its times."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from grokscope.ledger import Ledger
from grokscope.measurements import Watch
from grokscope.measurements.trace import at_least, first_epoch
from grokscope.probes.grokking import FRACTION
from grokscope.run import Run, Seeds
from grokscope.studies.paths.facts.pruning import PruningCurves, prune_runs
from grokscope.studies.paths.facts.run_facts import RunFacts, measure_run
from grokscope.tasks import Shuffled


@dataclass(frozen=True)
class Sweep:
    """Finished runs of one task, net and training.

    Attributes:
        name: the end of its figures' and tables' names.
        title: what it is, for a heading.
        pruned: curves of the runs that have snapshots; None where none has.
        memorised: T_mem on shuffled labels, of the runs of the race's measurement (see `arrivals`).
    """

    name: str
    title: str
    runs: tuple[RunFacts, ...]
    pruned: PruningCurves | None
    memorised: pd.DataFrame

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row a run: w0, seed, times, ends; where it was pruned, its compressibility with and without dead units."""
        rows = [
            {"id": m.run.identity, "w0": w0_of(m.run), "seed": m.run.seeds.init}
            | {"epochs": len(m.trace)}
            | m.times._asdict()
            | {f"{k}_90": v for k, v in m.times_90._asdict().items()}
            | m.ends
            | m.last.scalars
            for m in self.runs
        ]
        frame = pd.DataFrame(rows)
        if self.pruned is None:
            return frame
        for scheme, end in (
            ("layerwise", ""),
            ("live units", "_without_dead"),
            ("fisher", "_fisher"),
            ("categorical fisher", "_categorical"),
        ):
            found = self.pruned.last[self.pruned.last["scheme"] == scheme].drop(columns="scheme")
            names = {name: name + end for name in found if name != "id"}
            frame = frame.merge(found.rename(columns=names), on="id", how="left")
        return frame

    @property
    def traces(self) -> pd.DataFrame:
        """All traces, long: id, w0, epoch and what was recorded."""
        return pd.concat([self._named(m, m.trace.reset_index()) for m in self.runs], ignore_index=True)

    @property
    def with_snapshots(self) -> tuple[RunFacts, ...]:
        """The runs that have snapshots."""
        return tuple(m for m in self.runs if len(m.path))

    @cached_property
    def ways(self) -> dict[str, tuple[RunFacts, ...]]:
        """Steady learning by the smallest w0 that has snapshots, grokking by the largest; one of them, if one is."""
        scales = sorted({w0_of(m.run) for m in self.with_snapshots})
        chosen = dict.fromkeys((scales[0], scales[-1])) if scales else {}
        by_scale = {w0: tuple(m for m in self.with_snapshots if w0_of(m.run) == w0) for w0 in chosen}
        return {f"{_grokking_or_steady(runs)}, w0 = {w0:g}": runs for w0, runs in by_scale.items()}

    def of_way(self, title: str, part: str) -> pd.DataFrame:
        """`through`, `layers` or `path` of the runs of a way, long, with their ids and the way's title as `path`."""
        frames = [self._named(m, getattr(m, part)) for m in self.ways[title]]
        return pd.concat(frames, ignore_index=True).assign(path=title)

    def paths(self) -> pd.DataFrame:
        """The geometry of both ways, one below the other."""
        path = pd.concat([self.of_way(title, "path") for title in self.ways], ignore_index=True)
        arc, chord = path["arc"].to_numpy(), path["chord"].to_numpy()
        return path.assign(straightness=np.divide(chord, arc, out=np.full(len(arc), np.nan), where=arc > 0))

    def with_scale(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame with an `id`, and w0 beside it."""
        return frame.assign(w0=frame["id"].map({m.run.identity: w0_of(m.run) for m in self.runs}))

    def marks(self, title: str) -> dict[str, float]:
        """Medians over the seeds of a way: end of learning the training set, of the plateau, of generalising."""
        times = [m.times for m in self.ways[title]]
        values: dict[str, list[float]] = {
            "t_train": [t.t_train for t in times],
            "plateau ends": [t.plateau_end for t in times],
            "t_test": [t.t_test for t in times],
        }
        return {name: float(np.median(v)) for name, v in values.items()}

    @staticmethod
    def _named(m: RunFacts, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(id=m.run.identity, w0=w0_of(m.run), seed=m.run.seeds.init)


def w0_of(run: Run) -> float:
    """The factor on the net's initial parameters."""
    return float(getattr(run.net, "init_scale", 1.0))


def without_scale_and_seeds(run: Run) -> Run:
    """The run without what its sweep varies: seeds, w0, length and snapshots."""
    scale = {"init_scale": 1.0} if hasattr(run.net, "init_scale") else {}
    net = dataclasses.replace(run.net, **scale)
    return dataclasses.replace(run, net=net, seeds=Seeds(), max_epochs=1, snapshot_every=0, keep="nothing")


def title_of(run: Run, others: Sequence[Run]) -> str:
    """The task and the net, and what of the training parts it from other families."""
    told = {
        "weight decay": getattr(run.optimiser, "weight_decay", 0.0),
        "rate": getattr(run.optimiser, "lr", 0.0),
        "batch": run.shape.batch_size,
    }
    same = [dict(zip(told, _settings(other), strict=True)) for other in others]
    parting = [f"{name} {value:g}" for name, value in told.items() if any(o[name] != value for o in same)]
    return ", ".join([run.task.label, run.net.label, *parting])


def _settings(run: Run) -> tuple[float, float, int]:
    optimiser = run.optimiser
    return getattr(optimiser, "weight_decay", 0.0), getattr(optimiser, "lr", 0.0), run.shape.batch_size


def _grokking_or_steady(runs: Sequence[RunFacts]) -> str:
    groks = [m.times.groks for m in runs]
    return "grokking" if sum(groks) * 2 > len(groks) else "steady learning"


Quantity = Literal["T_mem", "T_gen"]
ARRIVAL_COLUMNS = ("quantity", "share", "w0", "seed", "time", "censored")


def arrival_times(runs: Iterable[tuple[Run, pd.DataFrame]], quantity: Quantity) -> pd.DataFrame:
    """A row a run and threshold, from its trace: running train accuracy of T_mem, test accuracy of T_gen.

    Columns: `COLUMNS`; share is the accuracy waited for, that of the run's measurement and `FRACTION`. A run that was
    not there when it ended is censored, and its time is how long it was followed.
    """
    return pd.DataFrame(
        [row for run, trace in runs for row in _arrival_rows(run, trace, quantity)], columns=list(ARRIVAL_COLUMNS)
    )


def _arrival_rows(run: Run, trace: pd.DataFrame, quantity: Quantity) -> list[dict[str, Any]]:
    own, column, n = {
        "T_mem": (getattr(run.measurement, "threshold", FRACTION), "running_acc", run.task.n_train),
        "T_gen": (getattr(run.measurement, "val_threshold", FRACTION), "val_acc", run.task.n_val),
    }[quantity]
    rows = []
    for share in dict.fromkeys((own, FRACTION)):
        epoch = first_epoch(at_least(trace[column].to_numpy(), share, n))
        rows.append(
            {
                "quantity": quantity,
                "share": share,
                "w0": w0_of(run),
                "seed": run.seeds.init,
                "time": float(epoch or len(trace)),
                "censored": epoch is None,
            }
        )
    return rows


def find_sweeps(runs: Sequence[Run], ledger: Ledger, *, schemes: Collection[str] | None = None) -> list[Sweep]:
    """Runs that are watched, by what they have in common, with their kin on shuffled labels.

    Args:
        schemes: the orders of pruning that are asked for; all by default.
    """
    groups: dict[Run, list[Run]] = {}
    for run in runs:
        if isinstance(run.measurement, Watch) and not isinstance(run.task, Shuffled):
            groups.setdefault(without_scale_and_seeds(run), []).append(run)
    made = []
    for i, (one, kindred) in enumerate(groups.items()):
        members = [measure_run(run, ledger) for run in kindred]
        followed = [m for m in members if m.kept]
        curves = prune_runs(followed, schemes) if followed else None
        made.append(
            Sweep(
                name=f"{i + 1}" if len(groups) > 1 else "runs",
                title=title_of(one, [other for other in groups if other is not one]),
                # what was pruned is let go: one sweep's snapshots are held at a time
                runs=tuple(dataclasses.replace(m, kept={}, fishers={}) for m in members),
                pruned=curves,
                memorised=memorisation_times(one, runs, ledger),
            )
        )
    return made


def memorisation_times(sweep: Run, runs: Sequence[Run], ledger: Ledger) -> pd.DataFrame:
    """T_mem by running accuracy of the runs that are of the sweep but for their task, which is its inputs shuffled."""
    kindred = [
        run
        for run in runs
        if isinstance(run.task, Shuffled)
        and run.measurement.kind == "speed"
        and run.task.inputs_of == sweep.task
        and dataclasses.replace(without_scale_and_seeds(run), task=sweep.task, measurement=sweep.measurement) == sweep
    ]
    return arrival_times([(run, ledger.trace(run)) for run in kindred], "T_mem")
