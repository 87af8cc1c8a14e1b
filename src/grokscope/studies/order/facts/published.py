"""What was published and what was measured anew from the published code, to set beside our own.

`published.csv`: D with as many pins as inputs, mean and standard deviation over five tries (population form), and the
mean final loss. `remeasured.csv`: D with the outputs pinned, over hundreds of models each with masks of its own, change
from the beginning, excess over ten relocations with its standard error, median loss, share below a loss of 0.01.
`dynamics.csv`: mean loss of an epoch over five tries, read off the published figures (one digit), of the perceptrons at
the end of the shortest try.
"""

from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd

HERE = "grokscope.studies.order"
KEYS = ["task", "scheme", "value", "hidden", "iterations"]
USUAL = {"xor": 5, "sine": 8, "untrained": 5}
"""Hidden units of the published comparison; three iterations."""
EPOCHS = {"xor": 1000, "sine": 40, "untrained": 10}
"""How long it trains."""


def read_published() -> pd.DataFrame:
    """Columns: task, scheme, value, hidden, iterations, orderedness, sd, loss."""
    return _read_table("published.csv")


def read_remeasured() -> pd.DataFrame:
    """Columns: task, scheme, value, hidden, iterations, orderedness, sd, change, excess, error, loss, learned."""
    frame = _read_table("remeasured.csv")
    return frame.assign(hidden=frame["task"].map(USUAL), iterations=3)


def read_published_losses() -> pd.DataFrame:
    """Columns: task, net, epoch, loss."""
    return _read_table("dynamics.csv")


def _read_table(name: str) -> pd.DataFrame:
    with resources.files(HERE).joinpath(name).open(encoding="utf-8") as file:
        return pd.read_csv(file)


def beside_published(ends: pd.DataFrame) -> pd.DataFrame:
    """Our cells beside the published and the re-measured ones; `z`: the excesses' difference in standard errors.
    Cells that train longer or shorter are not among them.

    Args:
        ends: as `summaries.summarise_ends` makes it.
    """
    plain = ends[(ends["setting"] == "") & (ends["epochs"] == ends["task"].map(EPOCHS))] if len(ends) else ends
    if not len(plain):
        return pd.DataFrame()
    theirs = read_remeasured().rename(columns=lambda name: name if name in KEYS else f"their_{name}")
    both = _with_key(plain).merge(_with_key(theirs), on="key", how="left", suffixes=("", "_again"))
    old = _with_key(read_published()).rename(
        columns={"orderedness": "their_orderedness_inputs", "sd": "their_sd_inputs"}
    )
    # one cell is in two tables
    old = old[["key", "their_orderedness_inputs", "their_sd_inputs"]].drop_duplicates("key")
    both = both.merge(old, on="key", how="left")
    both = both[both["their_excess"].notna() | both["their_orderedness_inputs"].notna()]
    spread = np.hypot(both["error"].fillna(0), both["their_error"])
    both["z"] = (both["excess"] - both["their_excess"]) / spread.where(spread > 0)
    shown = [
        *("task", "scheme", "value", "hidden", "iterations", "seeds", "loss", "their_loss", "learned", "their_learned"),
        *(
            "orderedness",
            "their_orderedness",
            "change",
            "their_change",
            "excess",
            "error",
            "their_excess",
            "their_error",
        ),
        *("z", "orderedness_inputs", "their_orderedness_inputs", "their_sd_inputs"),
    ]
    return both[[name for name in shown if name in both]]


def _with_key(frame: pd.DataFrame) -> pd.DataFrame:
    """With one column to join by: rounded values, NaN equal to NaN."""
    columns = (frame[name] for name in KEYS)
    keys = [
        f"{task}|{scheme}|{'' if value != value else f'{value:.4g}'}|{int(hidden)}|{int(iterations)}"
        for task, scheme, value, hidden, iterations in zip(*columns, strict=True)
    ]
    return frame.assign(key=keys)
