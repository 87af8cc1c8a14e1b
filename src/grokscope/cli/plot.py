"""A trace as a small plot made of text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokscope.measurements.trace import CORE

HEIGHT = 12
MARKS = {"running_acc": ".", "train_acc": "+", "val_acc": "o"}
BARS = "▁▂▃▄▅▆▇█"
SPARKS = 24
"""Most bars of a signal's line."""
NAMES = {"running_acc": "running", "train_acc": "train", "val_acc": "validation"}


def draw_curves(trace: pd.DataFrame, *, width: int) -> str:
    """Accuracies over epochs; the later mark of `MARKS` wins where two fall together."""
    columns = max(20, width - 8)
    grid = np.full((HEIGHT, columns), " ")
    picked = np.linspace(0, len(trace) - 1, min(columns, len(trace))).round().astype(int)
    across = np.round(picked / max(len(trace) - 1, 1) * (columns - 1)).astype(int)
    shown = [name for name in MARKS if name in trace and trace[name].notna().any()]
    for name in shown:
        values = trace[name].to_numpy(float)[picked]
        rows = np.round((1 - np.clip(np.nan_to_num(values), 0, 1)) * (HEIGHT - 1)).astype(int)
        grid[rows, across] = MARKS[name]
    labels = ["100 % " if i == 0 else "  0 % " if i == HEIGHT - 1 else "      " for i in range(HEIGHT)]
    lines = [f"{label}|{''.join(row)}" for label, row in zip(labels, grid, strict=True)]
    axis = f"      +{'-' * columns}"
    foot = f"       epoch 1{f'epoch {len(trace)}':>{columns - 7}}"
    legend = "       accuracy: " + ", ".join(f"{MARKS[name]} {NAMES[name]}" for name in shown)
    return "\n".join([*lines, axis, foot, legend])


def draw_signals(trace: pd.DataFrame) -> str:
    """A line for every signal: its name, its first and last value and bars in between, from its least to its most."""
    names = [name for name in trace if name not in (*CORE, "steps")]
    widest = max(map(len, names), default=0)
    return "\n".join(f"{name:<{widest}}  {_spark(trace[name].to_numpy(float))}" for name in names)


def _spark(column: np.ndarray) -> str:
    values = column[np.isfinite(column)]
    if not len(values):
        return "no value"
    picked = values[np.linspace(0, len(values) - 1, min(SPARKS, len(values))).round().astype(int)]
    span = np.ptp(picked) or 1.0
    heights = np.round((picked - picked.min()) / span * (len(BARS) - 1)).astype(int)
    return f"{values[0]:>9.4g} {''.join(BARS[height] for height in heights)} {values[-1]:.4g}"
