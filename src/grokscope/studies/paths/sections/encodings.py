"""The section about encodings: compressibility by w0, and what goes with it."""

from __future__ import annotations

from functools import partial

import pandas as pd

from grokscope.laws.statistics.summaries import fit_trade_off, mean_over_seeds
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.facts.sweeps import Sweep
from grokscope.studies.paths.figures import pruning
from grokscope.studies.paths.sentences import fmt

COMPRESSIVE = 0.4
"""Up to this w0 the published compressive regime reaches."""


CORRELATES = {
    "w0": "w0",
    "train_loss": "train loss",
    "test_loss": "test loss",
    "t_test": "t_test",
    "t_grok": "t_grok",
    "gini_fisher": "Gini of F",
    "gini_categorical": "Gini of categorical F",
    "gini_weights": "Gini of weights",
    "live_units": "live units",
    "unembedding_live": "unembedding IPR, live units",
    "unembedding_all": "unembedding IPR, all units",
    "embedding_live": "embedding IPR, live units",
    "embedding_all": "embedding IPR, all units",
}


ENCODED = ("", "_without_dead", "_fisher", "_categorical")
"""Ends of the columns about pruning: by magnitude, of live units alone, by Fisher information of either kind."""


OVER = {"all weights": "c", "weights of live units": "c_without_dead"}


def encodings_section(family: Sweep) -> Section:
    """Compressibility by w0, with and without dead units; the trade-off with train loss; what else goes with it."""
    assert family.pruned is not None
    frame = family.frame.dropna(subset=["c"])
    rows, findings = [], []
    for w0, runs in frame.groupby("w0"):
        c, alive, fisher, categorical = (mean_over_seeds(runs[f"c{end}"].to_numpy()) for end in ENCODED)
        free = mean_over_seeds(runs["free_share"].to_numpy())
        findings.append(
            f"w0 = {w0:g}: c = {fmt(c)} over all weights and {fmt(alive)} over those of live units alone, as "
            f"{100 * free.value:.0f} % of the hidden units are dead and pruned for nothing; by Fisher "
            f"information {fmt(fisher)}, by that of its categorical form {fmt(categorical)}."
        )
        rows.append(
            {"w0": w0, "seeds": len(runs), "live_units": runs["live_units"].mean(), "free_share": free.value}
            | {
                f"{name}{end}": runs[f"{name}{end}"].mean()
                for end in ENCODED
                for name in ("c", "c_norm", "p95", "factor")
            }
        )
    low, lines, caveats = frame[frame["w0"] <= COMPRESSIVE], {}, []
    for over, column in OVER.items():
        fitted = fit_trade_off(low["train_loss"].to_numpy(), low[column].to_numpy())
        if fitted.slope.value == fitted.slope.value:
            lines[over] = (fitted.slope.value, fitted.intercept)
            is_line = "goes with" if fitted.excludes_zero else "does not provably go with"
            findings.append(
                f"Up to w0 = {COMPRESSIVE:g}, c over {over} {is_line} the train loss at the end: slope "
                f"{fmt(fitted.slope)} per nat, R2 = {fitted.r2:.2f}, {fitted.slope.n} runs."
            )
        else:
            caveats.append(
                f"The trade-off of c over {over} with train loss needs three runs with w0 up to {COMPRESSIVE:g}; "
                f"there are {fitted.slope.n}."
            )
    curves = family.with_scale(family.pruned.curves)
    ids = {title: [m.run.identity for m in runs] for title, runs in family.ways.items()}
    by_way = {title: curves[curves["id"].isin(which)] for title, which in ids.items()}
    measures = {name: label for name, label in CORRELATES.items() if name in frame}
    shown = ["w0", "seed", "c_norm", "p95", "unpruned", *(f"c{end}" for end in ENCODED), *list(measures)[1:]]
    return Section(
        title=f"{family.title}: how it is encoded",
        findings=tuple(findings),
        caveats=tuple(caveats),
        drawings=(
            Drawing(
                f"pruning_{family.name}",
                partial(pruning.pruning_figure, curves),
                "Without the smallest weights of each layer, not trained again.",
            ),
            Drawing(
                f"trade_{family.name}",
                partial(pruning.trade_figure, frame, OVER, lines),
                f"Compressibility against train loss; lines are fitted up to w0 = {COMPRESSIVE:g}.",
            ),
            Drawing(
                f"schemes_{family.name}",
                partial(pruning.schemes_figure, by_way),
                "Which weights go first: layerwise, over all, over all by layer norm, by Fisher of either kind.",
            ),
            Drawing(
                f"tensors_{family.name}",
                partial(pruning.tensors_figure, by_way),
                "One weight tensor alone, in the order of the net, by magnitude and by Fisher information.",
            ),
            Drawing(
                f"correlates_{family.name}",
                partial(pruning.correlates_figure, frame, measures, OVER),
                "c against what might go with it, over all weights and over those of live units; a mark a run.",
            ),
        ),
        tables={
            f"compressibility_{family.name}": pd.DataFrame(rows),
            f"encodings_{family.name}": frame[shown].sort_values(["w0", "seed"]),
            f"schemes_{family.name}": family.with_scale(family.pruned.last),
            f"curves_{family.name}": curves,
        },
    )
