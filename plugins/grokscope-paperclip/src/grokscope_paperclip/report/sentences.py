"""Findings in sentences with their numbers and intervals, and whether the claims hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABOVE, EXCLUDED = 0.5, 0.3
"""Claimed of held-out proposals: top-10 % retrieval above the first, its interval above the second."""


def interval(told: Mapping[str, float]) -> str:
    return f"{told['value']:.3f} (95 % interval {told['low']:.3f} to {told['high']:.3f})"


def claims(reference: dict[str, Any] | None, control: dict[str, Any] | None) -> list[tuple[str, bool]]:
    """Each claim in a sentence, and whether it holds."""
    found = []
    if reference is not None:
        told = reference["top10"]
        found.append(
            (
                f"True pairs: {interval(told)} of {reference['n_images']} held-out images of {told['n']} proposals "
                f"have their own caption among the nearest 10 % of {reference['n_captions']}; claimed above {ABOVE:g}, "
                f"excluding {EXCLUDED:g}",
                told["value"] > ABOVE and told["low"] > EXCLUDED,
            )
        )
    if control is not None:
        told, chance = control["top10"], control["chance_top10"]
        found.append(
            (
                f"Shuffled control: {interval(told)}; chance is {chance:.3f}",
                told["low"] <= chance <= told["high"],
            )
        )
    return found


def findings(
    reference: dict[str, Any] | None, control: dict[str, Any] | None, base: dict[str, Any] | None = None
) -> tuple[str, ...]:
    """The claims with their verdicts, what the reference begins from, then what else it shows."""
    said = [f"{text}: {'holds' if holds else 'does not hold'}." for text, holds in claims(reference, control)]
    if base is not None:
        said.append(f"Before training, the same measure: {interval(base['top10'])}.")
    if reference is not None:
        cosines = reference["cosines"]
        said.append(
            f"Cosines of true pairs are {cosines['true'][0]:.2f} ± {cosines['true'][1]:.2f}, of others "
            f"{cosines['other'][0]:.2f} ± {cosines['other'][1]:.2f} (AUROC {cosines['auroc']:.3f})."
        )
        if "truth" in reference:
            truth = reference["truth"]
            said.append(
                f"The best of {len(truth['labels'])} class names is right: {interval(truth['label_accuracy'])}."
            )
            if truth["judge"]["relevant"]:
                words = reference["tf_idf"]
                said.append(
                    f"Judged by the truth, {interval(truth['judge']['relevant'])} of the first ten hits of "
                    f"{len(truth['judge']['queries'])} queries are right, from {truth['judge']['distinct']} proposals "
                    f"summed over queries; TF-IDF on the abstracts has {interval(words['relevant'])} from "
                    f"{words['distinct']}, and cannot search images that have no abstract."
                )
    return tuple(said)
