"""Numbers, gaps and the crossing of this study in words."""

from __future__ import annotations

from collections.abc import Sequence

from grokscope.laws.crossing.match import CrossingOnsetMatch
from grokscope.laws.results import CROSSED, CrossingCode, Estimate, OnsetCode
from grokscope.studies.paths.facts.sweeps import Sweep


def fmt(value: Estimate) -> str:
    """A value with its interval, or with the reason that it has none."""
    if value.value != value.value:
        return "not known"
    if value.low != value.low:
        return f"{three_digits(value.value)} (one seed, no interval)" if value.n == 1 else three_digits(value.value)
    return f"{three_digits(value.value)} [{three_digits(value.low)}, {three_digits(value.high)}]"


def three_digits(value: float) -> str:
    """Three digits, or whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def n_of(found: int, of: int) -> str:
    """A number out of a number, in words."""
    return f"{found} of {of}"


def describe_gaps(found: Sequence[Sweep], pending: int) -> list[str]:
    """Say what the data do not allow, a sentence each."""
    said = [f"{pending} runs of the suite are not done: what is said rests on the others."] if pending else []
    for sweep in found:
        if not sweep.with_snapshots:
            said.append(f"{sweep.title}: no run keeps snapshots, so there are no features, encodings and geometry.")
        elif len(sweep.ways) < 2:
            said.append(f"{sweep.title}: one w0 with snapshots, so nothing is side by side.")
        before = [m for m in sweep.with_snapshots if m.through["epoch"].max() < len(m.trace)]
        if before:
            last, of = int(before[0].through["epoch"].max()), len(before[0].trace)
            said.append(
                f"{sweep.title}: {len(before)} runs kept no parameters of their last epoch, so features, encodings "
                f"and geometry end earlier (epoch {last} of {of}); keep: final has them."
            )
    if not found:
        said.append("No watched run is done yet.")
    return said


CROSSING_QUESTION = "Does the race's crossing mark where w0 turns steady learning into grokking?"
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


def describe_match(found: CrossingOnsetMatch, share: float) -> str:
    """The question, its answer at one threshold, and what that rests on."""
    crossing = found.crossing
    crosses = (
        f"as w0 grows, T_mem falls below T_gen at w0 = {_interval(crossing.x)}"
        if crossing.code in CROSSED
        else NO_CROSSING[crossing.code]
    )
    if len(crossing.all) > 1:
        crosses += f" (as drawn the two change places at w0 = {', '.join(three_digits(w0) for w0 in crossing.all)})"
    begins = (
        f"most seeds grok from w0 = {three_digits(found.onset)} on and do not at w0 = {three_digits(found.before)}"
        if found.code is OnsetCode.FOUND
        else NO_ONSET[found.code]
    )
    answer = {"yes": "yes, as far as these w0 can tell", "no": "no", "cannot tell": "that cannot be told"}
    return f"{CROSSING_QUESTION} By {100 * share:g} % accuracy: {answer[found.verdict]}. {_upper(crosses)}; {begins}."


def _interval(at: Estimate) -> str:
    """A value with its interval, open on a side that the seeds do not bound."""
    low, high = (three_digits(end) if end == end else "?" for end in (at.low, at.high))
    if low == high == "?":
        return f"{three_digits(at.value)} (too few seeds for an interval)"
    return f"{three_digits(at.value)} [{low}, {high}]"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
