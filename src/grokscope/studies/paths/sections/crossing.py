"""The section where two accounts of grokking meet: T_mem and T_gen of the race, and what w0 turns into grokking."""

from __future__ import annotations

from functools import partial

import pandas as pd

from grokscope.laws.crossing.match import CrossingOnsetMatch, match_crossing_to_onset
from grokscope.laws.statistics.summaries import mean_over_seeds
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.facts.sweeps import Sweep, arrival_times
from grokscope.studies.paths.figures import training
from grokscope.studies.paths.sentences import CROSSING_QUESTION, describe_match


def crossing_section(sweep: Sweep) -> Section:
    """T_mem of shuffled labels beside T_gen; where they cross, and where grokking begins.

    By the threshold of the race, and by that of this study's times: what crosses may depend on it.
    """
    generalised = arrival_times([(m.run, m.trace) for m in sweep.runs], "T_gen")
    times, groks = pd.concat([sweep.memorised, generalised], ignore_index=True), sweep.frame[["w0", "groks"]]
    found = {}
    for share in sorted(set(sweep.memorised["share"]) & set(generalised["share"]), reverse=True):
        mem, gen = (frame[frame["share"] == share] for frame in (sweep.memorised, generalised))
        found[share] = along_w0(mem, gen, groks)
    findings = [
        "T_mem: epochs until shuffled labels of the same inputs are memorised, as in the race. T_gen: epochs until the "
        "test examples are right. What groks is by definition 2 (t_grok > t_train)."
    ]
    findings += [describe_match(match, share) for share, match in found.items() if match is not None]
    caveats = (
        (f"{CROSSING_QUESTION} It takes T_mem, T_gen and runs at two w0 or more.",) if None in found.values() else ()
    )
    return Section(
        title=f"{sweep.title}: where the race's crossing lies",
        findings=tuple(findings),
        caveats=caveats,
        drawings=(
            Drawing(
                f"race_{sweep.name}",
                partial(training.crossing_figure, times, sweep.frame, found),
                "T_mem, T_gen and what groks against w0; grey: the step of w0 at which grokking begins; green: "
                "where T_mem falls below T_gen.",
            ),
        ),
        tables={f"race_{sweep.name}": by_scale(times, groks), f"race_runs_{sweep.name}": times},
    )


def along_w0(mem: pd.DataFrame, gen: pd.DataFrame, groks: pd.DataFrame) -> CrossingOnsetMatch | None:
    """The crossing along w0 against the w0 at which most seeds begin to grok; None where fewer than two w0 have runs.

    Args:
        mem, gen: columns w0, time (epochs) and censored; a row a run.
        groks: columns w0 and groks.
    """
    return match_crossing_to_onset(*(frame.rename(columns={"w0": "x"}) for frame in (mem, gen, groks)), x_axis="w0")


def by_scale(times: pd.DataFrame, groks: pd.DataFrame) -> pd.DataFrame:
    """A row a threshold and w0: both times, over the runs that arrived, how many did not, how many seeds grok."""
    rows = []
    for (share, w0), runs in times.groupby(["share", "w0"]):
        row = {"accuracy": share, "w0": w0}
        for name in ("T_mem", "T_gen"):
            mine = runs[runs["quantity"] == name]
            time = mean_over_seeds(mine.loc[~mine["censored"].astype(bool), "time"].to_numpy())
            row |= {name: time.value, f"{name}_low": time.low, f"{name}_high": time.high}
            row |= {f"{name} seeds": len(mine), f"{name} not reached": int(mine["censored"].sum())}
        seeds = groks[groks["w0"] == w0]
        rows.append(row | {"T_gen / T_mem": row["T_gen"] / row["T_mem"], "grok": int(seeds["groks"].sum())})
    return pd.DataFrame(rows)
