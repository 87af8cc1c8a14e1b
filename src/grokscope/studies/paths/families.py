"""Runs that differ in w0 and in seeds alone, and the two ways through training that they are compared by."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from grokscope.run import Run, Seeds
from grokscope.studies.paths.measure import Measured
from grokscope.studies.paths.prune import Pruned


@dataclass(frozen=True)
class Family:
    """Finished runs of one task, net and training.

    Attributes:
        name: the end of its figures' and tables' names.
        title: what it is, for a heading.
        pruned: curves of the runs that have snapshots; None where none has.
        memorised: T_mem on shuffled labels, of the runs of the race's measurement (see `arrivals`).
    """

    name: str
    title: str
    runs: tuple[Measured, ...]
    pruned: Pruned | None
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
    def followed(self) -> tuple[Measured, ...]:
        """The runs that have snapshots."""
        return tuple(m for m in self.runs if len(m.path))

    @cached_property
    def ways(self) -> dict[str, tuple[Measured, ...]]:
        """Steady learning by the smallest w0 that was followed, grokking by the largest; one of them, if one is."""
        scales = sorted({w0_of(m.run) for m in self.followed})
        chosen = dict.fromkeys((scales[0], scales[-1])) if scales else {}
        by_scale = {w0: tuple(m for m in self.followed if w0_of(m.run) == w0) for w0 in chosen}
        return {f"{_word(runs)}, w0 = {w0:g}": runs for w0, runs in by_scale.items()}

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
    def _named(m: Measured, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(id=m.run.identity, w0=w0_of(m.run), seed=m.run.seeds.init)


def w0_of(run: Run) -> float:
    """What multiplied the net's first parameters."""
    return float(getattr(run.net, "init_scale", 1.0))


def kin(run: Run) -> Run:
    """What a run has in common with its family: itself without seeds, w0, length and snapshots."""
    scale = {"init_scale": 1.0} if hasattr(run.net, "init_scale") else {}
    net = dataclasses.replace(run.net, **scale)  # type: ignore[type-var]
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


def _word(runs: Sequence[Measured]) -> str:
    groks = [m.times.groks for m in runs]
    return "grokking" if sum(groks) * 2 > len(groks) else "steady learning"
