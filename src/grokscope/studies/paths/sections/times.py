"""The section about when runs learn, and whether they grok."""

from __future__ import annotations

from functools import partial

import pandas as pd

from grokscope.laws.results import Estimate
from grokscope.laws.statistics.summaries import mean_over_seeds
from grokscope.report.sheet import Drawing, Section
from grokscope.studies.paths.facts.sweeps import Sweep
from grokscope.studies.paths.figures import training
from grokscope.studies.paths.sentences import fmt, n_of

TIMES = ("t_train", "t_test", "t_grok", "plateau_end")


ENDS = ("train_loss", "test_loss", "train_acc", "test_acc")


def times_section(family: Sweep) -> Section:
    """A section on when training and test accuracy came within 5 % of their largest, per seed and over seeds."""
    frame = family.frame
    rows = []
    findings = []
    for w0, runs in frame.groupby("w0"):
        estimates = {name: mean_over_seeds(runs[name].to_numpy()) for name in (*TIMES, *ENDS)}
        rows.append(
            {"w0": w0, "seeds": len(runs), "grok": int(runs["groks"].sum())}
            | {f"{name}{end}": value for name, e in estimates.items() for end, value in _spread(name, e).items()}
        )
        findings.append(
            f"w0 = {w0:g}: training is learned at epoch {fmt(estimates['t_train'])}, generalised at "
            f"{fmt(estimates['t_test'])}; {n_of(int(runs['groks'].sum()), len(runs))} seeds grok "
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
