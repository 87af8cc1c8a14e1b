"""The section where two accounts of grokking meet: T_mem and T_gen of the race, and what w0 turns into grokking."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from grokscope.laws.meeting import MEETS, Meeting, meeting
from grokscope.laws.results import CrossingCode, OnsetCode
from grokscope.laws.trade_off import over_seeds
from grokscope.measurements import Watch
from grokscope.report.figures.paths import training
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.families import Family
from grokscope.studies.paths.words import number, said

QUESTION = "Does the race's crossing mark where w0 turns steady learning into grokking?"
NO_CROSSING = {
    CrossingCode.ALWAYS_SLOWER: "T_mem is above T_gen at every w0 here: they do not cross",
    CrossingCode.ALWAYS_FASTER: "T_mem is below T_gen at every w0 here: they do not cross",
    CrossingCode.WRONG_WAY: "T_mem rises above T_gen as w0 grows and never falls below it",
    CrossingCode.TOO_FEW: "fewer than two w0 have both times",
    CrossingCode.UNPROVEN: "T_mem and T_gen change places, but by no more than seeds differ",
    CrossingCode.CENSORED: "too many runs ended before they arrived to say which is faster",
}
NO_ONSET = {
    OnsetCode.FROM_SMALLEST: "most seeds grok at every w0 here",
    OnsetCode.NOT_YET: "most seeds do not grok at the largest w0",
    OnsetCode.NEVER: "at no w0 do most seeds grok",
    OnsetCode.NO_CELLS: "no w0 has runs of the task",
}


def race(family: Family) -> Section:
    """T_mem of shuffled labels beside T_gen, both as the race has them; where they cross, and where grokking begins."""
    mem, gen, groks = family.memorised, generalised(family), family.frame[["w0", "groks"]]
    found = meeting(mem, gen, groks)
    watched = [m.run.measurement for m in family.runs if isinstance(m.run.measurement, Watch)]
    thresholds = {f"{100 * watch.val_threshold:g} %" for watch in watched}
    findings = [
        f"T_mem: epochs until shuffled labels of the same inputs are memorised. T_gen: epochs until "
        f"{' or '.join(sorted(thresholds))} of the test examples are right. Both as the race has them; what groks is "
        f"by definition 2 (t_grok > t_train)."
    ]
    if found is not None:
        findings += [sentence(found)]
    unsaid = () if found is not None else (f"{QUESTION} It takes T_mem, T_gen and runs at two w0 or more.",)
    both = pd.concat(
        [mem.assign(quantity="T_mem, shuffled labels"), gen.assign(quantity="T_gen")], ignore_index=True
    )  # fmt: skip
    return Section(
        title=f"{family.title}: where the race's crossing lies",
        findings=tuple(findings),
        unsaid=unsaid,
        drawings=(
            Drawing(f"race_{family.name}", partial(training.race_figure, both, family.frame, found),
                    "T_mem, T_gen and what groks against w0; grey: the step of w0 at which grokking begins; green: "
                    "where T_mem falls below T_gen."),
        ),
        tables={f"race_{family.name}": by_scale(mem, gen, groks), f"race_runs_{family.name}": both},
    )  # fmt: skip


def generalised(family: Family) -> pd.DataFrame:
    """T_gen of every run of the family; censored where a run ended before."""
    frame = family.frame
    waits = frame["t_gen"].isna()
    return pd.DataFrame({"w0": frame["w0"], "time": frame["t_gen"].where(~waits, frame["epochs"]), "censored": waits})


def by_scale(mem: pd.DataFrame, gen: pd.DataFrame, groks: pd.DataFrame) -> pd.DataFrame:
    """A row a w0: both times, over the runs that arrived, how many did not, and how many seeds grok."""
    rows = []
    for w0, seeds in groks.groupby("w0"):
        row: dict[str, float] = {"w0": float(str(w0))}
        for name, frame in (("T_mem", mem), ("T_gen", gen)):
            runs = frame[frame["w0"] == w0]
            time = over_seeds(runs.loc[~runs["censored"].astype(bool), "time"].to_numpy())
            row |= {name: time.value, f"{name}_low": time.low, f"{name}_high": time.high}
            row |= {f"{name} seeds": len(runs), f"{name} not reached": int(runs["censored"].sum())}
        row |= {"T_gen / T_mem": row["T_gen"] / row["T_mem"] if row["T_mem"] else np.nan}
        rows.append(row | {"seeds": len(seeds), "grok": int(seeds["groks"].sum())})
    return pd.DataFrame(rows)


def sentence(found: Meeting) -> str:
    """The question, its answer, and what that rests on."""
    crossing = found.crossing
    crosses = (
        f"as w0 grows, T_mem falls below T_gen at w0 = {said(crossing.n_params)}"
        if crossing.code in MEETS
        else NO_CROSSING[crossing.code]
    )
    begins = (
        f"most seeds grok from w0 = {number(found.onset)} on and do not at w0 = {number(found.before)}"
        if found.code is OnsetCode.FOUND
        else NO_ONSET[found.code]
    )
    answer = {"yes": "Yes, as far as these w0 can tell", "no": "No", "cannot tell": "That cannot be told"}
    return f"{QUESTION} {answer[found.verdict]}: {crosses}; {begins}."
