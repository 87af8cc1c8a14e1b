"""The sections of the report about one family of runs: what was found, in words, figures and tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from grokscope.laws.results import Estimate
from grokscope.laws.statistics.trade_off import over_seeds, trade_off
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.crossing import race
from grokscope.studies.paths.dynamics import dynamics
from grokscope.studies.paths.families import Family
from grokscope.studies.paths.figures import pruning, training
from grokscope.studies.paths.found import features
from grokscope.studies.paths.trajectory import geometry
from grokscope.studies.paths.words import said, share

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
TIMES = ("t_train", "t_test", "t_grok", "plateau_end")
ENDS = ("train_loss", "test_loss", "train_acc", "test_acc")


def sections(family: Family) -> Iterator[Section]:
    """Everything that this family's data allow."""
    yield times(family)
    if family.followed:
        yield from features(family)
    if family.pruned is not None:
        yield encodings(family)
    if family.followed:
        yield dynamics(family)
        yield geometry(family)
    if len(family.memorised):
        yield race(family)


def times(family: Family) -> Section:
    """When training and test accuracy came within 5 % of their largest, per seed and over seeds."""
    frame = family.frame
    rows = []
    findings = []
    for w0, runs in frame.groupby("w0"):
        estimates = {name: over_seeds(runs[name].to_numpy()) for name in (*TIMES, *ENDS)}
        rows.append(
            {"w0": w0, "seeds": len(runs), "grok": int(runs["groks"].sum())}
            | {f"{name}{end}": value for name, e in estimates.items() for end, value in _spread(name, e).items()}
        )
        findings.append(
            f"w0 = {w0:g}: training is learned at epoch {said(estimates['t_train'])}, generalised at "
            f"{said(estimates['t_test'])}; {share(int(runs['groks'].sum()), len(runs))} seeds grok "
            f"(t_test - t_train > t_train)."
        )
    shown = ["w0", "seed", "epochs", *TIMES, "groks", "t_train_90", "t_test_90", "groks_90", *ENDS]
    return Section(
        title=f"{family.title}: when it learns, and whether it groks",
        findings=tuple(findings),
        drawings=(
            Drawing(
                f"training_{family.name}",
                partial(training.training_figure, family.traces),
                "Accuracy and loss by w0; thin lines are seeds.",
            ),
            Drawing(
                f"seeds_{family.name}",
                partial(training.seeds_figure, frame),
                "First epoch within 5 % of the largest accuracy, and what runs ended with; a mark a seed.",
            ),
        ),
        tables={
            f"times_{family.name}": pd.DataFrame(rows),
            f"runs_{family.name}": frame[shown].sort_values(["w0", "seed"]),
        },
    )


def _spread(name: str, estimate: Estimate) -> dict[str, float]:
    """Value and ends of an interval as columns; ends of losses and accuracies stay in the table of runs."""
    if name in ENDS:
        return {"": estimate.value}
    return {"": estimate.value, "_low": estimate.low, "_high": estimate.high}


def encodings(family: Family) -> Section:
    """Compressibility by w0, with and without dead units; the trade-off with train loss; what else goes with it."""
    assert family.pruned is not None
    frame = family.frame.dropna(subset=["c"])
    rows, findings = [], []
    for w0, runs in frame.groupby("w0"):
        c, alive, fisher, categorical = (over_seeds(runs[f"c{end}"].to_numpy()) for end in ENCODED)
        free = over_seeds(runs["free_share"].to_numpy())
        findings.append(
            f"w0 = {w0:g}: c = {said(c)} over all weights and {said(alive)} over those of live units alone, as "
            f"{100 * free.value:.0f} % of the hidden units are dead and pruned for nothing; by Fisher "
            f"information {said(fisher)}, by that of its categorical form {said(categorical)}."
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
        fitted = trade_off(low["train_loss"].to_numpy(), low[column].to_numpy())
        if fitted.slope.value == fitted.slope.value:
            lines[over] = (fitted.slope.value, fitted.intercept)
            is_line = "goes with" if fitted.shows else "does not provably go with"
            findings.append(
                f"Up to w0 = {COMPRESSIVE:g}, c over {over} {is_line} the train loss at the end: slope "
                f"{said(fitted.slope)} per nat, R2 = {fitted.r2:.2f}, {fitted.slope.n} runs."
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
