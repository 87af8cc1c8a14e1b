"""The sections about training itself: features and encodings through it, and the geometry of its path."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from grokscope.laws.trade_off import over_seeds
from grokscope.probes.fisher import KINDS
from grokscope.probes.geometry import STIFF, moving_median, turning_points, window
from grokscope.report.figures.paths import dynamics as dynamic_figures
from grokscope.report.figures.paths import geometry as figures
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.families import Family
from grokscope.studies.paths.words import said

MEASURES = {
    "unembedding_live": "unembedding IPR, live units", "unembedding_all": "unembedding IPR, all units",
    "embedding_live": "embedding IPR, live units", "embedding_all": "embedding IPR, all units",
}  # fmt: skip
ISING_MEASURES = {
    "weighted |r| energy": "|r| energy", "weighted |r| absolute magnetisation": "|r| |M|",
    "weighted |r| magnetisation": "|r| M",
}  # fmt: skip
GOOD = 0.5
"""Below this accuracy c_norm, which divides by it, is not drawn: near chance it has no bounds."""
WIDER = 3.0
"""Figures through training reach this many times the last t_test, if runs do."""


def dynamics(family: Family) -> Section:
    """Features, compressibility and accuracy by epoch, and the peak of compressibility after generalising."""
    assert family.pruned is not None
    through, ways, findings, rows = family.with_scale(family.pruned.through), {}, [], []
    for title, runs in family.ways.items():
        ids = [m.run.identity for m in runs]
        chosen = through[through["id"].isin(ids)]
        known = chosen.assign(c_norm=chosen["c_norm"].where(chosen["unpruned"] >= GOOD))
        ways[title] = dynamic_figures.Way(
            family.of_way(title, "through"), known, family.traces[family.traces["id"].isin(ids)], family.marks(title)
        )
        peaks = pd.DataFrame([peak(rows) for _, rows in chosen.groupby("id")])
        rise, at, height, late = (over_seeds(peaks[name].to_numpy()) for name in ("rise", "epoch", "c", "late"))
        rows.append({"path": title} | {f"peak {name}": peaks[name].mean() for name in peaks})
        findings.append(
            f"{title}: c has its peak of {said(height)} at epoch {said(at)} and ends at {said(late)}, "
            f"{100 * rise.value:+.0f} % from the end to the peak."
        )
    columns = set(family.followed[0].through.columns)
    measures = {name: label for name, label in (MEASURES | ISING_MEASURES).items() if name in columns}
    last = reach(family)
    drawings = [
        Drawing(f"dynamics_{family.name}", partial(dynamic_figures.dynamics_figure, ways, measures, last),
                "Features, compressibility and accuracy by epoch; thin lines are seeds."),
    ]  # fmt: skip
    if "live" in columns:
        frames = {title: way.features for title, way in ways.items()}
        drawings.append(
            Drawing(f"live_{family.name}", partial(dynamic_figures.live_figure, frames),
                    "Units die as training goes on, and what a mean over all units then says.")
        )  # fmt: skip
    return Section(
        title=f"{family.title}: features and encodings through training",
        findings=tuple(findings),
        drawings=tuple(drawings),
        tables={
            f"peaks_{family.name}": pd.DataFrame(rows),
            f"features_by_epoch_{family.name}": pd.concat([w.features for w in ways.values()], ignore_index=True),
            f"compressibility_by_epoch_{family.name}": through,
        },
    )


def peak(rows: pd.DataFrame) -> dict[str, float]:
    """The largest c of a run, when, and by how much it exceeds the last."""
    top, late = rows.loc[rows["c"].idxmax()], rows.loc[rows["epoch"].idxmax()]
    return {"epoch": top["epoch"], "c": top["c"], "late": late["c"], "rise": top["c"] / late["c"] - 1}


def reach(family: Family) -> float:
    """The last epoch that figures through training show."""
    slowest = max(m.times.t_test for m in family.followed)
    return float(min(max(len(m.trace) for m in family.followed), WIDER * slowest))


def geometry(family: Family) -> Section:
    """Direction, speed, what is stiff, and the shape of the path."""
    path, last = family.paths(), reach(family)
    marks = family.marks(list(family.ways)[-1])
    whole = path[path["part"] == "all"]
    findings, speeds, windows, rows = [], [], {}, []
    for title in family.ways:
        mine = whole[(whole["path"] == title) & (whole["metric"] == "fisher")]
        mean = mine.groupby("epoch")["speed"].mean().dropna()
        epochs, speed = mean.index.to_numpy(float), moving_median(mean.to_numpy(), 5)
        windows[title] = window(epochs, mean.to_numpy())
        middle, gradient = (epochs[1:] + epochs[:-1]) / 2, np.diff(speed) / np.diff(epochs)
        speeds.append(
            pd.DataFrame({"epoch": epochs[:-1], "speed": speed[:-1], "middle": middle, "gradient": gradient})
            .assign(path=title)
        )  # fmt: skip
        turn = mine.groupby("epoch")["turn"].mean()
        ends = mine[mine["epoch"] == mine["epoch"].max()]
        straight, shares = (
            over_seeds(ends["straightness"].to_numpy()),
            [m.ends["stiff_share"] for m in family.ways[title]],
        )
        found = windows[title]
        bracket = f"from epoch {found[0]:.0f} to {found[1]:.0f}" if found else "nowhere"
        findings.append(
            f"{title}: the step length rises {bracket}; two steps are most alike (cosine {turn.max():.3f}) at epoch "
            f"{turn.idxmax()}; chord over arc is {said(straight)}; {100 * np.mean(shares):.1f} % of the parameters are "
            f"stiff (F >= {STIFF})."
        )
        zeros = turning_points(epochs, mean.to_numpy())
        rows.append(
            {"path": title, "window start": found[0] if found else np.nan, "window end": found[1] if found else np.nan,
             "first zero": zeros[0] if len(zeros) else np.nan, "second zero": zeros[1] if len(zeros) > 1 else np.nan,
             "largest turn": turn.max(), "at epoch": turn.idxmax(), "straightness": straight.value,
             "stiff share": np.mean(shares)}
        )  # fmt: skip
    spectra = {
        title: {kind: np.stack([m.spectra[kind] for m in runs]) for kind in KINDS}
        for title, runs in family.ways.items()
    }  # fmt: skip
    drawn = {
        "direction": (partial(figures.direction_figure, whole, marks, last),
                      "Cosine of two steps, and of a step with the way to the origin (1 is decay)."),
        "size": (partial(figures.size_figure, whole, marks, last), "Length of a step, and the parameters' norm."),
        "gradient": (partial(figures.gradient_figure, pd.concat(speeds, ignore_index=True), windows, last),
                     "Mean step length, a moving median of five, its gradient, and the window by which it rises."),
        "split": (partial(figures.split_figure, path, marks, last), "Stiff and sloppy parameters by the last F."),
        "spectrum": (partial(figures.spectrum_figure, spectra, STIFF),
                     "F at the end, of raw logits and categorical; dashed: stiff above."),
        "shape": (partial(figures.shape_figure, whole, marks, last),
                  "Ours: arc length and straightness in the last snapshot's metric, curvature."),
    }  # fmt: skip
    return Section(
        title=f"{family.title}: the geometry of its path",
        findings=tuple(findings),
        drawings=tuple(Drawing(f"{name}_{family.name}", draw, text) for name, (draw, text) in drawn.items()),
        tables={f"windows_{family.name}": pd.DataFrame(rows), f"geometry_{family.name}": path},
    )
