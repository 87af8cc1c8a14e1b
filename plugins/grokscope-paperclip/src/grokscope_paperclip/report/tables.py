"""Tables of the report: a row a run, and the times of the race."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from grokscope_paperclip.report.names import Runs, name_runs
from grokscope_paperclip.suite import PaperclipSuite

BEFORE = "before training"
"""Name of the model that the reference begins from, beside the runs."""


def table(runs: Runs, found: Mapping[str, Any], frame: pd.DataFrame, base: Mapping[str, Any] | None) -> pd.DataFrame:
    """A row a run, and one for what the reference begins from."""
    results = frame.set_index("id")
    rows = [] if base is None else [{"run": BEFORE, "P": base["P"], "steps": 0, "status": "done"} | _scores(base)]
    for name, run in name_runs(runs):
        own, told = results.loc[run.identity], found.get(name)
        row: dict[str, Any] = {"run": name, "P": int(own["n_params"]), "steps": run.steps, "status": own["status"]}
        row |= {
            "bits held of K": f"{own['total_bits']:,.0f} / {own['dataset_bits']:,.0f}"
            if own["status"] == "done"
            else None
        }
        rows.append(row | (_scores(told) if told is not None else {}))
    first = ["run", "P", "steps", "status", "bits held of K"]
    every = dict.fromkeys([*first, *(key for row in rows for key in row)])
    return pd.DataFrame(rows, columns=list(every))


def _scores(told: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an evaluation fills."""
    top10, distinct = told["top10"], told["distinct_proposals"]
    return {
        "top-10 %": _three(top10["value"]),
        "95 % interval": f"{top10['low']:.3f} to {top10['high']:.3f}",
        "top-5 %": _three(told["top5"]["value"]),
        "top-1": _three(told["top1"]["value"]),
        "text to image R@10": _three(distinct["text_to_image_r10"]),
        "mAP": _three(distinct["text_to_image_map"]),
        "AUROC": _three(told["cosines"]["auroc"]),
        "top-10 of 100": _three(told["published"].get("top10_of_100")),
        "class name right": _three(told["truth"]["label_accuracy"]["value"] if "truth" in told else None),
    }


def _three(value: float | None) -> str | None:
    """Three decimals: more would be noise."""
    return None if value is None else f"{value:.3f}"


def race_table(suite: PaperclipSuite, runs: Runs, frame: pd.DataFrame) -> pd.DataFrame:
    """T_mem and T_gen in steps of the runs that the suite names for it; NaN where a run ended first."""
    results = frame[frame["status"] == "done"].set_index("id")
    rows = []
    for key, kind, column in (("memorise", "T_mem", "t_mem_eval"), ("generalise", "T_gen", "t_gen")):
        for run in runs.get(str(suite.analysis.get(key, "")), ()):
            if run.identity in results.index:
                own = results.loc[run.identity]
                time = own[column] * run.measurement.every
                rows.append({"kind": kind, "n_params": int(own["n_params"]), "steps": run.steps, "time": float(time)})
    return pd.DataFrame(rows, columns=["kind", "n_params", "steps", "time"])
