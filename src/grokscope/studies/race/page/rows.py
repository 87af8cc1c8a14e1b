"""What the page shows as tables of its own: the capacity constant, the laws of T_mem, the other figure families."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grokscope.laws.capacity import MORRIS, PUBLISHED
from grokscope.laws.results import MemorisationLaw
from grokscope.report import words
from grokscope.studies.race.facts.contents import Contents, Part
from grokscope.studies.race.facts.slices import ACCURACIES, family_stem, other_slices

Row = tuple[str, ...]


def constant_rows(parts: Sequence[Part]) -> Iterator[Row]:
    """(setting, whose, C in bits per parameter, over which P, how): ours in every way, and the published two."""
    for part in parts:
        found, at = part.capacity, _setting(part)
        if found is None:
            continue
        over = f"{words.number(found.low_params)} to {words.number(found.high_params)}"
        slope, intercept = found.published_rule
        measured = found.source != "measured" or found.saturated_only is None
        yield at, "used here for f and P_mem", words.number(part.constant), "", part.constant_source
        yield at, "ours", words.estimate(found.constant), over, f"{found.constant.how}; {found.source}"
        if found.saturated_only is not None and measured:
            yield at, "ours, full widths alone", words.estimate(found.saturated_only), over, found.saturated_only.how
        every = f"{words.number(found.points[0].n_params)} to {words.number(found.points[-1].n_params)}"
        how = f"least squares through the largest total of every P, intercept {words.number(intercept)} bits"
        yield at, "ours, by the published rule", words.number(slope), every, how
    yield "", "Song & Ye (2026), these networks", f"{PUBLISHED}", "5 830 to 21 274", "published, without an interval"
    yield "", "Morris et al. (2025), language models", f"{MORRIS}", "5 × 10⁵ to 1.5 × 10⁹", "published"


def law_rows(parts: Sequence[Part]) -> list[tuple[bool, Row]]:
    """(whether pooled, (scope, accuracy, form, b, a, AIC above the best, share best, R², range of f, runs))."""
    return [
        (law.group is None, (_scope(part, law), law.accuracy, *form))
        for part in parts
        for law in part.memorisation
        for form in _forms(law)
    ]


def _forms(law: MemorisationLaw) -> Iterator[Row]:
    censored = f" ({law.n_censored} censored)" if law.n_censored else ""
    out = f", {law.n_left_out} at f ≥ 1 left out" if law.n_left_out else ""
    for form in law.forms:
        name = _FORMULAS[form.name]
        if not math.isnan(form.exponent):
            name += f", c = {words.number(form.exponent)}"
        share = words.ABSENT if math.isnan(form.share_best) else words.percent(round(form.share_best, 2))
        yield (
            *(name, words.estimate(form.b), words.estimate(form.a), f"{form.delta:.1f}", share),
            *(f"{form.r_squared:.3f}", f"{law.low_load:.3f} to {law.high_load:.3f}", f"{law.n}{censored}{out}"),
        )


_FORMULAS = {
    "exponential": "b exp(a f)",
    "power": "b f^a",
    "stretched exponential": "b exp(a f^c)",
    "logarithmic": "b (−ln(1 − √f))^a",
}


@dataclass(frozen=True)
class FamilyRows:
    """The slices of one figure family: title, crossings and onsets by either accuracy, and the figure's stem."""

    name: str
    axis: str
    fading: bool
    rows: tuple[tuple[str, tuple[str, ...], str], ...]


def family_rows(contents: Contents, figures: Mapping[str, Path]) -> list[FamilyRows]:
    """Every figure family but the main one."""
    found: dict[str, FamilyRows] = {}
    for shown in other_slices(contents):
        figure = shown.figure
        texts = [words.crossing(shown.crossings.get(a), fading=figure.fading) for a in ACCURACIES]
        texts += [words.onset(shown.onsets.get(a), fading=figure.fading) for a in ACCURACIES]
        stem = family_stem(shown)
        row = (shown.title, tuple(texts), stem if stem in figures else "")
        known = found.get(
            figure.name, FamilyRows(figure.name, words.axis(figure.x_field, composed=shown.composed), figure.fading, ())
        )
        found[figure.name] = FamilyRows(known.name, known.axis, known.fading, (*known.rows, row))
    return list(found.values())


def _scope(part: Part, law: MemorisationLaw) -> str:
    everything = f"all {words.group_word(part.group_axis, composed=part.composed)}s"
    primes = everything if law.group is None else words.group(law.group, part.group_axis, composed=part.composed)
    return ", ".join(filter(None, (primes, _setting(part))))


def _setting(part: Part) -> str:
    return ", ".join(f"{name} {value}" for name, value in part.setting.items())
