"""The section where two accounts of grokking meet: T_mem and T_gen of the race, and what w0 turns into grokking."""

from __future__ import annotations

from functools import partial

import pandas as pd

from grokscope.laws.crossing.meeting import MEETS, Meeting, meeting
from grokscope.laws.results import CrossingCode, Estimate, OnsetCode
from grokscope.laws.statistics.trade_off import over_seeds
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.arrivals import arrivals
from grokscope.studies.paths.families import Family
from grokscope.studies.paths.figures import training
from grokscope.studies.paths.words import number

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
    """T_mem of shuffled labels beside T_gen; where they cross, and where grokking begins.

    By the threshold of the race, and by that of this study's times: what crosses may depend on it.
    """
    generalised = arrivals([(m.run, m.trace) for m in family.runs], "T_gen")
    times, groks = pd.concat([family.memorised, generalised], ignore_index=True), family.frame[["w0", "groks"]]
    found = {}
    for share in sorted(set(family.memorised["share"]) & set(generalised["share"]), reverse=True):
        mem, gen = (frame[frame["share"] == share] for frame in (family.memorised, generalised))
        found[share] = meeting(mem, gen, groks)
    findings = [
        "T_mem: epochs until shuffled labels of the same inputs are memorised, as in the race. T_gen: epochs until the "
        "test examples are right. What groks is by definition 2 (t_grok > t_train)."
    ]
    findings += [sentence(meets, share) for share, meets in found.items() if meets is not None]
    caveats = (f"{QUESTION} It takes T_mem, T_gen and runs at two w0 or more.",) if None in found.values() else ()
    return Section(
        title=f"{family.title}: where the race's crossing lies",
        findings=tuple(findings),
        caveats=caveats,
        drawings=(
            Drawing(
                f"race_{family.name}",
                partial(training.race_figure, times, family.frame, found),
                "T_mem, T_gen and what groks against w0; grey: the step of w0 at which grokking begins; green: "
                "where T_mem falls below T_gen.",
            ),
        ),
        tables={f"race_{family.name}": by_scale(times, groks), f"race_runs_{family.name}": times},
    )


def by_scale(times: pd.DataFrame, groks: pd.DataFrame) -> pd.DataFrame:
    """A row a threshold and w0: both times, over the runs that arrived, how many did not, how many seeds grok."""
    rows = []
    for (share, w0), runs in times.groupby(["share", "w0"]):
        row = {"accuracy": share, "w0": w0}
        for name in ("T_mem", "T_gen"):
            mine = runs[runs["quantity"] == name]
            time = over_seeds(mine.loc[~mine["censored"].astype(bool), "time"].to_numpy())
            row |= {name: time.value, f"{name}_low": time.low, f"{name}_high": time.high}
            row |= {f"{name} seeds": len(mine), f"{name} not reached": int(mine["censored"].sum())}
        seeds = groks[groks["w0"] == w0]
        rows.append(row | {"T_gen / T_mem": row["T_gen"] / row["T_mem"], "grok": int(seeds["groks"].sum())})
    return pd.DataFrame(rows)


def sentence(found: Meeting, share: float) -> str:
    """The question, its answer at one threshold, and what that rests on."""
    crossing = found.crossing
    crosses = (
        f"as w0 grows, T_mem falls below T_gen at w0 = {_place(crossing.n_params)}"
        if crossing.code in MEETS
        else NO_CROSSING[crossing.code]
    )
    if len(crossing.all) > 1:
        crosses += f" (as drawn the two change places at w0 = {', '.join(number(w0) for w0 in crossing.all)})"
    begins = (
        f"most seeds grok from w0 = {number(found.onset)} on and do not at w0 = {number(found.before)}"
        if found.code is OnsetCode.FOUND
        else NO_ONSET[found.code]
    )
    answer = {"yes": "yes, as far as these w0 can tell", "no": "no", "cannot tell": "that cannot be told"}
    return f"{QUESTION} By {100 * share:g} % accuracy: {answer[found.verdict]}. {_upper(crosses)}; {begins}."


def _place(at: Estimate) -> str:
    """A value with its interval, open on a side that the seeds do not bound."""
    low, high = (number(end) if end == end else "?" for end in (at.low, at.high))
    if low == high == "?":
        return f"{number(at.value)} (too few seeds for an interval)"
    return f"{number(at.value)} [{low}, {high}]"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
