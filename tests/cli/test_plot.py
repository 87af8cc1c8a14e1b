"""The plot of text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokscope.cli.plot import HEIGHT, draw_curves, draw_signals


def test_marks_stand_where_the_accuracies_are() -> None:
    trace = pd.DataFrame({"running_acc": [0.0, 1.0], "train_acc": [0.0, 1.0], "val_acc": [0.0, 0.5]})
    lines = draw_curves(trace, width=60).splitlines()
    assert lines[0].endswith("+")
    assert "o" in lines[HEIGHT // 2]
    assert lines[HEIGHT - 1].startswith("  0 % |o")
    assert "epoch 2" in lines[HEIGHT + 1]


def test_without_validation_and_with_a_single_epoch() -> None:
    trace = pd.DataFrame({"running_acc": [0.4], "train_acc": [0.5], "val_acc": [np.nan]})
    text = draw_curves(trace, width=40)
    assert "validation" not in text
    assert max(map(len, text.splitlines())) <= 40 + 8


def test_every_signal_has_a_line_whatever_it_is() -> None:
    trace = pd.DataFrame({"val_acc": [0.0] * 3, "norm/a": [1.0, np.nan, 3.0], "b": [np.nan] * 3, "steps": [1, 2, 3]})
    first, second = draw_signals(trace).splitlines()
    assert first.split() == ["norm/a", "1", "▁█", "3"]
    assert second.split() == ["b", "no", "value"]
    assert draw_signals(trace[["val_acc", "steps"]]) == ""
