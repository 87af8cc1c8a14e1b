# mypy: no-warn-unused-ignores
"""Contrastive losses of unit embeddings x (images) and y (texts), (pairs, dim) each; every one a mean over pairs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, logsigmoid

LARGEST_SCALE = 100.0


def infonce(x: Tensor, y: Tensor, scale: Tensor) -> Tensor:
    """-1/(2B) sum_i [log softmax_j(s x_i y_j)_i + log softmax_j(s x_j y_i)_i]."""
    scores = scale * x @ y.T
    return -(log_softmax(scores, 1).diagonal().mean() + log_softmax(scores, 0).diagonal().mean()) / 2


def multi_positive(x: Tensor, y: Tensor, scale: Tensor, groups: Tensor) -> Tensor:
    """InfoNCE whose targets share one row among all pairs of the same group; the same if all groups differ."""
    scores = scale * x @ y.T
    same = (groups[:, None] == groups[None, :]).to(scores.dtype)
    targets = same / same.sum(1, keepdim=True)
    return -((targets * log_softmax(scores, 1)).sum(1).mean() + (targets * log_softmax(scores, 0).T).sum(1).mean()) / 2


def sigmoid(x: Tensor, y: Tensor, scale: Tensor, bias: Tensor, groups: Tensor) -> Tensor:
    """-1/B sum_ij log sigmoid(z_ij (s x_i y_j + b)), z = 1 for pairs of the same group, else -1."""
    scores = scale * x @ y.T + bias
    z = torch.where(groups[:, None] == groups[None, :], 1.0, -1.0).to(scores.dtype)
    return -logsigmoid(z * scores).sum() / len(x)


def contrast(kind: str, x: Tensor, y: Tensor, scale: Tensor, bias: Tensor, groups: Tensor) -> Tensor:
    """The loss of this name (see `spec.Contrast`), in float32 at least."""
    x, y = x.float(), y.float()
    if kind == "infonce":
        return infonce(x, y, scale)
    return multi_positive(x, y, scale, groups) if kind == "multi" else sigmoid(x, y, scale, bias, groups)


def gather(part: Tensor) -> Tensor:
    """The rows of all processes, gradients included; the same tensor where there is only one."""
    if not torch.distributed.is_available() or not torch.distributed.is_initialized():
        return part
    from torch.distributed.nn.functional import all_gather

    return torch.cat(list(all_gather(part)))  # type: ignore[no-untyped-call]
