"""AdamW as a spec says it, and the learning rate of every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from grokscope_paperclip.learning.parts import Tuning


def optimiser_of(towers: torch.nn.Module, tuning: Tuning) -> torch.optim.Optimizer:
    """AdamW; what is no matrix does not decay, unless all does."""
    trained = [weight for weight in towers.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in trained if w.ndim >= 2], "weight_decay": tuning.weight_decay},
        {
            "params": [w for w in trained if w.ndim < 2],
            "weight_decay": tuning.weight_decay if tuning.decay_on == "all" else 0.0,
        },
    ]
    kept = [group for group in groups if group["params"]]
    return torch.optim.AdamW(kept, lr=tuning.lr, betas=(tuning.beta1, tuning.beta2))


def lr_at(tuning: Tuning, step: int, steps: int) -> float:
    """Linear warm-up from 0, then constant, or down a cosine to 0 at the last step."""
    if step < tuning.warmup:
        return tuning.lr * (step + 1) / tuning.warmup
    if tuning.schedule == "constant":
        return tuning.lr
    done = (step - tuning.warmup) / max(1, steps - tuning.warmup)
    return float(tuning.lr * 0.5 * (1 + np.cos(np.pi * done)))


def set_lr(optimiser: Any, lr: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = lr
