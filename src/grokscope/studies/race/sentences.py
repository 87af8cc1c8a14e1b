"""What was found at a prime, and what cannot be said of it, in plain language."""

from __future__ import annotations

import math

from grokscope.laws.results import Accuracy, Crossing, CrossingCode, OnsetCode
from grokscope.report import words
from grokscope.studies.race.slices import ACCURACIES, Slice

_NO_CROSSING = {
    CrossingCode.ALWAYS_SLOWER: "memorising is slower than generalising at every width: the curves do not cross",
    CrossingCode.ALWAYS_FASTER: "memorising is faster than generalising at every width: the curves do not cross",
    CrossingCode.WRONG_WAY: "the curves cross only the other way: memorising becomes slower as P grows",
    CrossingCode.TOO_FEW: "fewer than two widths have both times, so nothing can be said of a crossing",
    CrossingCode.UNPROVEN: "the curves as drawn change sides, but within the noise between seeds: no crossing is shown",
    CrossingCode.CENSORED: "too many runs ended before they arrived to tell whether the curves cross",
}
_FEW_SEEDS = 4


def found(shown: Slice) -> str:
    """One or two sentences: the crossing by both accuracies, and the onset."""
    parts = [f"By {accuracy} accuracy, {_crossing(shown.crossings.get(accuracy))}." for accuracy in ACCURACIES]
    return f"At {shown.title}: " + " ".join([*parts, *(_onset(shown, accuracy) for accuracy in ACCURACIES)])


def _crossing(crossing: Crossing | None) -> str:
    if crossing is None:
        return "the crossing was not measured"
    place = words.estimate(crossing.n_params)
    if crossing.code in words.CROSSED:
        first = "" if crossing.code is CrossingCode.CROSSES else f" (the first of {len(crossing.all)} places)"
        return (
            f"memorising becomes faster than generalising at P = {place} parameters{first}, "
            f"where both take about {words.number(crossing.epochs)} epochs"
        )
    if not math.isnan(crossing.n_params.value):
        return f"{_NO_CROSSING[crossing.code]}; the closest approach, which is no crossing, is at P = {place}"
    return _NO_CROSSING[crossing.code]


def _onset(shown: Slice, accuracy: Accuracy) -> str:
    onset = shown.onsets.get(accuracy)
    if onset is None:
        return f"The onset by {accuracy} accuracy was not measured."
    if onset.code is OnsetCode.FOUND:
        return f"Grokking, by {accuracy} accuracy, begins at P = {words.estimate(onset.n_params)} parameters."
    if onset.code is OnsetCode.FROM_SMALLEST:
        smallest = words.number(onset.n_params.value)
        return (
            f"By {accuracy} accuracy the smallest width that memorised, P = {smallest}, groks already: the onset lies "
            "at or below it."
        )
    if onset.code is OnsetCode.NOT_YET:
        return f"By {accuracy} accuracy the largest width does not grok, so no onset is found."
    if onset.code is OnsetCode.NEVER:
        return f"By {accuracy} accuracy no width groks: validation is never later than training."
    if onset.code is OnsetCode.UNSEEN:
        return f"No run generalised before it ended, so the onset by {accuracy} accuracy is unknown."
    return f"No run has both accuracies at their thresholds, so the onset by {accuracy} accuracy is unknown."


def unsaid(shown: Slice) -> list[str]:
    """What the data do not allow to say, one sentence each; empty where nothing stands out."""
    sentences = []
    missing = [words.LABELS[name] for name, cells in shown.curves.items() if not cells]
    if missing:
        sentences.append(f"Not measured here: {'; '.join(missing)}.")
    cells = [cell for curve in shown.curves.values() for cell in curve]
    censored, n = sum(c.n_censored for c in cells), sum(c.lognormal.n for c in cells)
    if censored:
        sentences.append(
            f"{censored} of {n} times are censored, their runs ended before they arrived: where none of a cell's runs "
            "arrived, its time is only known to be longer."
        )
    fewest = min((c.lognormal.n for c in cells), default=0)
    if 0 < fewest < _FEW_SEEDS:
        seeds = "one seed" if fewest == 1 else f"{fewest} seeds"
        wide = "say nothing of the spread between seeds" if fewest == 1 else "give wide intervals"
        sentences.append(f"Some cells rest on {seeds}, which {wide}.")
    bounded = [o for o in shown.onsets.values() if o.code is OnsetCode.FOUND]
    if any(math.isnan(o.n_params.low) or math.isnan(o.n_params.high) for o in bounded):
        sentences.append(
            "The onset is known to the grid of widths at best; a side without a bound is not bounded here."
        )
    return sentences
