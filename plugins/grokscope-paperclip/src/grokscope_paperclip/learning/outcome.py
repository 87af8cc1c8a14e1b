"""What a fine-tuning run leaves: a trace of its evaluations and a result, in the ledger's own columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from grokscope.measurements import Result, Trace, first_epoch
from grokscope_paperclip.learning.run import FineTune

Row = Mapping[str, float]
"""One row of a trace, measured every `measurement.every` steps: a number for every column.

Losses in nats; accuracies: top-`share` retrieval, in [0, 1]. `running`: of the batches trained on since the last row,
the accuracy being the nearest caption's of a batch. `train`: of up to `probe` training pairs as they are shown, `val`:
of the held-out images with their true captions; both image to text among distinct captions. Beside these and
`param_norm`, which every trace has, stand `val_top1`, `val_top5`, `train_top1`, `cos_true`, `cos_other` and `auroc`
(held-out but for `train_top1`), `scale`, `grad_norm`, and `lr`, the learning rate of the row's last step.
"""


def trace_of(rows: Sequence[Row]) -> Trace:
    """The trace of these rows, in float64; what is no column of every trace stands among its signals."""
    return Trace.of({name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]})


def result_of(run: FineTune, trace: Trace, n_params: int, captions: int, probed: int) -> Result:
    """The result of a trace, in the columns of every run's; an epoch is `measurement.every` steps.

    `dataset_bits` is K = images * log2(captions), what it takes to say which caption is whose; `total_bits` what the
    model holds of that, estimated on the probe of training pairs. `t_mem_eval` and `t_gen` are the rows of the trace
    until training and held-out retrieval reach the threshold.

    Args:
        captions: distinct captions among the training pairs.
        probed: distinct captions among the probe's.
    """
    last = {name: float(column[-1]) for name, column in trace.columns.items()}
    held = run.task.images * max(0.0, math.log2(probed) - last["train_loss"] / math.log(2))
    return Result(
        n_params=n_params,
        dataset_bits=run.task.images * math.log2(captions),
        epochs=trace.epochs,
        steps=run.steps,
        stopped="max_epochs",
        final_running_loss=last["running_loss"],
        final_running_acc=last["running_acc"],
        final_train_loss=last["train_loss"],
        final_train_acc=last["train_acc"],
        final_val_loss=last["val_loss"],
        final_val_acc=last["val_acc"],
        total_bits=held,
        t_mem_eval=first_epoch(trace.train_acc >= run.measurement.threshold),
        t_gen=first_epoch(trace.val_acc >= run.measurement.threshold),
    )
