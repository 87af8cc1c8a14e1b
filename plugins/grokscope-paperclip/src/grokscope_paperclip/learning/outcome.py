"""What a fine-tuning run leaves: a trace of its evaluations and a result, in the ledger's own columns."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from grokscope.measurements import Result, first_epoch
from grokscope_paperclip.learning.run import FineTune

Column = np.ndarray


class RetrievalTrace(NamedTuple):
    """One number for every `measurement.every` steps. Losses in nats; accuracies: top-`share` retrieval, in [0, 1].

    `running`: of the batches trained on since the last row, the accuracy being the nearest caption's of a batch.
    `train`: of up to `probe` training pairs as they are shown, `val`: of the held-out images with their true captions;
    both image to text among distinct captions. `lr` is the learning rate of the row's last step. The rest is of the
    held-out images.
    """

    running_loss: Column
    running_acc: Column
    train_loss: Column
    train_acc: Column
    val_loss: Column
    val_acc: Column
    val_top1: Column
    val_top5: Column
    train_top1: Column
    cos_true: Column
    cos_other: Column
    auroc: Column
    scale: Column
    lr: Column
    grad_norm: Column
    param_norm: Column

    @property
    def epochs(self) -> int:
        return len(self.running_loss)

    @property
    def columns(self) -> dict[str, Column]:
        """All columns by name, as the ledger keeps them."""
        return self._asdict()


def result_of(run: FineTune, trace: RetrievalTrace, n_params: int, captions: int, probed: int) -> Result:
    """The result of a trace, in the columns of every run's; an epoch is `measurement.every` steps.

    `dataset_bits` is K = images * log2(captions), what it takes to say which caption is whose; `total_bits` what the
    model holds of that, estimated on the probe of training pairs. `t_mem_eval` and `t_gen` are the rows of the trace
    until training and held-out retrieval reach the threshold.

    Args:
        captions: distinct captions among the training pairs.
        probed: distinct captions among the probe's.
    """
    last = {name: float(column[-1]) for name, column in trace._asdict().items()}
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
