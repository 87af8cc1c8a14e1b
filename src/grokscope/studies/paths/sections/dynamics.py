"""The section about features and encodings through training."""

from __future__ import annotations

from functools import partial

import pandas as pd

from grokscope.laws.statistics.summaries import mean_over_seeds
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.facts.sweeps import Sweep
from grokscope.studies.paths.figures import dynamics as dynamic_figures
from grokscope.studies.paths.sentences import fmt

MEASURES = {
    "unembedding_live": "unembedding IPR, live units",
    "unembedding_all": "unembedding IPR, all units",
    "embedding_live": "embedding IPR, live units",
    "embedding_all": "embedding IPR, all units",
}
ISING_MEASURES = {
    "weighted |r| energy": "|r| energy",
    "weighted |r| absolute magnetisation": "|r| |M|",
    "weighted |r| magnetisation": "|r| M",
}
GOOD = 0.5
"""Below this accuracy c_norm, which divides by it, is not drawn: near chance it has no bounds."""
WIDER = 3.0
"""Figures through training reach this many times the last t_test, if runs do."""


def dynamics_section(sweep: Sweep) -> Section:
    """Features, compressibility and accuracy by epoch, and the peak of compressibility after generalising."""
    assert sweep.pruned is not None
    through, ways, findings, rows = sweep.with_scale(sweep.pruned.through), {}, [], []
    for title, runs in sweep.ways.items():
        ids = [m.run.identity for m in runs]
        chosen = through[through["id"].isin(ids)]
        known = chosen.assign(c_norm=chosen["c_norm"].where(chosen["unpruned"] >= GOOD))
        ways[title] = dynamic_figures.Way(
            sweep.of_way(title, "through"), known, sweep.traces[sweep.traces["id"].isin(ids)], sweep.marks(title)
        )
        for end, over in (("", "all weights"), ("_without_dead", "weights of live units alone")):
            peaks = pd.DataFrame([peak(rows, f"c{end}") for _, rows in chosen.groupby("id")])
            rise, at, height, late = (
                mean_over_seeds(peaks[name].to_numpy()) for name in ("rise", "epoch", "c", "late")
            )
            rows.append({"path": title, "over": over} | {f"peak {name}": peaks[name].mean() for name in peaks})
            findings.append(
                f"{title}: over {over} c has its peak of {fmt(height)} at epoch {fmt(at)} and ends at "
                f"{fmt(late)}; the peak is {100 * rise.value:.0f} % above the end."
            )
    columns = set(sweep.with_snapshots[0].through.columns)
    measures = {name: label for name, label in (MEASURES | ISING_MEASURES).items() if name in columns}
    last = last_epoch_shown(sweep)
    drawings = [
        Drawing(
            f"dynamics_{sweep.name}",
            partial(dynamic_figures.dynamics_figure, ways, measures, last),
            "Features, compressibility and accuracy by epoch; thin lines are seeds.",
        ),
    ]
    if "live" in columns:
        frames = {title: way.features for title, way in ways.items()}
        drawings.append(
            Drawing(
                f"live_{sweep.name}",
                partial(dynamic_figures.live_figure, frames),
                "Units die as training goes on, and what a mean over all units then says.",
            )
        )
    return Section(
        title=f"{sweep.title}: features and encodings through training",
        findings=tuple(findings),
        drawings=tuple(drawings),
        tables={
            f"peaks_{sweep.name}": pd.DataFrame(rows),
            f"features_by_epoch_{sweep.name}": pd.concat([w.features for w in ways.values()], ignore_index=True),
            f"compressibility_by_epoch_{sweep.name}": through,
        },
    )


def peak(rows: pd.DataFrame, c: str = "c") -> dict[str, float]:
    """The largest of a run's compressibilities, when, and by how much it exceeds the last."""
    top, late = rows.loc[rows[c].idxmax()], rows.loc[rows["epoch"].idxmax()]
    return {"epoch": top["epoch"], "c": top[c], "late": late[c], "rise": top[c] / late[c] - 1}


def last_epoch_shown(sweep: Sweep) -> float:
    """The last epoch that figures through training show."""
    slowest = max(m.times.t_test for m in sweep.with_snapshots)
    return float(min(max(len(m.trace) for m in sweep.with_snapshots), WIDER * slowest))
