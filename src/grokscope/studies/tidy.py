"""From the ledger's frame to the tidy one that the laws of the race read."""

from __future__ import annotations

import numpy as np
import pandas as pd

RENAMED = {
    "task.fraction": "fraction",
    "task.split": "split",
    "net.depth": "depth",
    "net.heads": "heads",
    "net.rotary": "rotary",
    "net.dropout": "dropout",
    "net.init_scale": "init_scale",
    "optimiser.lr": "lr",
    "optimiser.weight_decay": "weight_decay",
    "optimiser.beta1": "beta1",
    "optimiser.beta2": "beta2",
    "seeds.data": "seed",
    "task.op": "op",
}
AS_THEY_ARE = (
    "id", "measurement", "p", "dim", "n_params", "batch_size", "max_epochs",
    "dataset_bits", "epochs", "stopped", "t_mem_running", "t_mem_eval", "t_gen", "total_bits",
)  # fmt: skip
SHUFFLED = "task.inputs_of."
"""Where a shuffled task keeps what its inputs are."""


def tidy(runs: pd.DataFrame) -> pd.DataFrame:
    """One row a finished run, the settings under their plain names, `probe` saying what was memorised.

    `probe` is `random` for random data, the kind of labels for shuffled tasks, `task` for the task itself.
    """
    done = runs[runs["status"] == "done"].reset_index(drop=True)
    frame = pd.DataFrame({name: done[name] for name in AS_THEY_ARE})
    for source, name in RENAMED.items():
        frame[name] = _filled(done, source, SHUFFLED + source.removeprefix("task."))
    frame["n_train"] = np.rint(frame["dataset_bits"] / np.log2(frame["p"].astype(float) + 2))
    rows = np.where(frame["op"] == "/", frame["p"] - 1, frame["p"]) * frame["p"]
    is_task = done["task.kind"] == "modular"
    frame["n_val"] = np.where(is_task, rows - frame["n_train"], 0)
    labels = done["task.labels"] if "task.labels" in done else pd.Series(None, index=done.index, dtype=object)
    frame["probe"] = labels.where(done["task.kind"] == "shuffled", np.where(is_task, "task", "random"))
    frame["train_threshold"] = _filled(done, "measurement.train_threshold", "measurement.threshold")
    frame["val_threshold"] = _filled(done, "measurement.val_threshold")
    return frame


def _filled(done: pd.DataFrame, *sources: str) -> pd.Series:
    """The first of these columns that has a value, row by row."""
    present = [done[source] for source in sources if source in done]
    if not present:
        return pd.Series(None, index=done.index, dtype=object)
    filled = present[0]
    for column in present[1:]:
        filled = filled.where(filled.notna(), column)
    return filled
