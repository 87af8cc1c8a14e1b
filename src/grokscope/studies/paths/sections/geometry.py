"""The section about the geometry of the path that parameters take through training."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from grokscope.laws.results import Estimate
from grokscope.laws.statistics.summaries import mean_over_seeds
from grokscope.probes.geometry import STIFF, moving_median, turning_points, window
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.facts.sweeps import Sweep
from grokscope.studies.paths.figures import geometry as figures
from grokscope.studies.paths.sections.dynamics import last_epoch_shown
from grokscope.studies.paths.sentences import fmt

SMOOTHED = 5
"""Points of the moving median of the mean step length."""


class Course(NamedTuple):
    """The path of one way through training in one metric, the mean over its seeds.

    Attributes:
        speed: rows epoch, speed, middle, gradient: of the smoothed mean step length.
        bracket: from where to where the step length rises; None where it does not.
        turn: the largest mean cosine of two steps, and its epoch; NaN where there are no two steps.
    """

    speed: pd.DataFrame
    bracket: tuple[float, float] | None
    zeros: tuple[float, float]
    turn: tuple[float, float]
    straightness: Estimate

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Course:
        """Make a course from rows of `geometry.Here` of all seeds, for all parameters in one metric."""
        mean = rows.groupby("epoch")["speed"].mean().dropna()
        epochs, speed = mean.index.to_numpy(float), moving_median(mean.to_numpy(), SMOOTHED)
        middle, gradient = (epochs[1:] + epochs[:-1]) / 2, np.diff(speed) / np.diff(epochs)
        zeros = [*turning_points(epochs, mean.to_numpy(), smooth=SMOOTHED), np.nan, np.nan]
        turn = rows.groupby("epoch")["turn"].mean().dropna()
        ends = rows[rows["epoch"] == rows["epoch"].max()]
        return cls(
            pd.DataFrame({"epoch": epochs[:-1], "speed": speed[:-1], "middle": middle, "gradient": gradient}),
            window(epochs, mean.to_numpy(), smooth=SMOOTHED),
            (float(zeros[0]), float(zeros[1])),
            (float(turn.max()), float(turn.idxmax())) if len(turn) else (np.nan, np.nan),
            mean_over_seeds(ends["straightness"].to_numpy()),
        )

    @property
    def sentence(self) -> str:
        """The course in words."""
        bracket = f"from epoch {self.bracket[0]:.0f} to {self.bracket[1]:.0f}" if self.bracket else "nowhere"
        alike = f"most alike at epoch {self.turn[1]:.0f} (cosine {self.turn[0]:.3f})"
        alike = alike if self.turn[0] == self.turn[0] else "too few to compare"
        return f"the step length rises {bracket}; two steps are {alike}; chord over arc is {fmt(self.straightness)}."

    @property
    def row(self) -> dict[str, float]:
        """The same for a table."""
        start, end = self.bracket or (np.nan, np.nan)
        return {
            "window start": start,
            "window end": end,
            "first zero": self.zeros[0],
            "second zero": self.zeros[1],
            "largest turn": self.turn[0],
            "at epoch": self.turn[1],
            "straightness": self.straightness.value,
        }


def geometry_section(sweep: Sweep) -> Section:
    """Direction, speed, what is stiff, and the shape of the path: by F of raw logits, categorical F and distance."""
    path, last = sweep.paths(), last_epoch_shown(sweep)
    times = {title: sweep.marks(title) for title in sweep.ways}
    whole = path[path["part"] == "all"]
    courses = {
        (str(title), str(metric)): Course.of(rows)
        for (title, metric), rows in whole.groupby(["path", "metric"], sort=False)
    }
    stiff = {title: float(np.mean([m.ends["stiff_share"] for m in runs])) for title, runs in sweep.ways.items()}
    findings = [
        f"{title}, by {figures.BY_FISHER[metric]}: {course.sentence}"
        for (title, metric), course in courses.items()
        if metric in figures.BY_FISHER
    ]
    findings += [
        f"{title}: {100 * share:.1f} % of the parameters are stiff (F of raw logits >= {STIFF})."
        for title, share in stiff.items()
    ]
    speeds = [course.speed.assign(path=title, metric=metric) for (title, metric), course in courses.items()]
    windows = {key: course.bracket for key, course in courses.items()}
    spectra = {
        title: {name: np.stack([m.spectra[name] for m in runs]) for name in runs[0].spectra}
        for title, runs in sweep.ways.items()
    }
    drawn = {
        "direction": (
            partial(figures.direction_figure, whole, times, last),
            "Cosine of two steps, and of a step with the way to the origin (1 is decay).",
        ),
        "size": (partial(figures.size_figure, whole, times, last), "Length of a step, and the parameters' norm."),
        "gradient": (
            partial(figures.gradient_figure, pd.concat(speeds, ignore_index=True), windows, times, last),
            "Mean step length, a moving median of five, its gradient, and the window by which it rises.",
        ),
        "split": (
            partial(figures.split_figure, path, times, last),
            "Stiff and sloppy parameters by the last F of raw logits, in either metric.",
        ),
        "spectrum": (partial(figures.spectrum_figure, spectra, STIFF), "F at the end, of raw logits and categorical."),
        "shape": (
            partial(figures.shape_figure, whole, times, last),
            "Ours: arc length and straightness in the last snapshot's metric, curvature.",
        ),
    }
    table = pd.DataFrame(
        [
            {"path": key[0], "metric": key[1]} | course.row | {"stiff share": stiff[key[0]]}
            for key, course in courses.items()
        ]
    )
    return Section(
        title=f"{sweep.title}: the geometry of its path",
        findings=tuple(findings),
        drawings=tuple(Drawing(f"{name}_{sweep.name}", draw, text) for name, (draw, text) in drawn.items()),
        tables={f"windows_{sweep.name}": table, f"geometry_{sweep.name}": path},
    )
