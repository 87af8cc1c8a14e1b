"""The baseline: the published network and epoch in plain eager PyTorch, as a careful user would write them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as fn


class Norm(nn.Module):
    """RMSNorm with a learned gain."""

    def __init__(self, dim: int):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.gain


class Attention(nn.Module):
    """One head over all positions, causal; the rotary step left out because, as published, it does nothing."""

    def __init__(self, dim: int):
        super().__init__()
        self.norm, self.scale = Norm(dim), dim**-0.5
        self.wq, self.wk, self.wv, self.wo = (nn.Linear(dim, dim, bias=False) for _ in range(4))
        self.register_buffer("mask", torch.full((4, 4), float("-inf")).triu(1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        scores = self.wq(x) @ self.wk(x).transpose(-1, -2) * self.scale + self.mask
        return self.wo(scores.softmax(-1) @ self.wv(x))


class FeedForward(nn.Module):
    """Gated, with dropout on the hidden units."""

    def __init__(self, dim: int, dropout: float):
        super().__init__()
        self.norm, self.dropout = Norm(dim), nn.Dropout(dropout)
        self.w1, self.w3 = (nn.Linear(dim, 4 * dim, bias=False) for _ in range(2))
        self.w2 = nn.Linear(4 * dim, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x)
        return self.w2(self.dropout(fn.silu(self.w1(x)) * self.w3(x)))


class Network(nn.Module):
    """Two pre-norm blocks over four tokens, a head on the last position."""

    def __init__(self, vocab: int, dim: int, dropout: float, depth: int = 2):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim)
        self.attentions = nn.ModuleList(Attention(dim) for _ in range(depth))
        self.feeds = nn.ModuleList(FeedForward(dim, dropout) for _ in range(depth))
        self.norm, self.out = Norm(dim), nn.Linear(dim, vocab, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens)
        for attention, feed in zip(self.attentions, self.feeds, strict=True):
            x = x + attention(x)
            x = x + feed(x)
        return self.out(self.norm(x)[:, -1])


class Trainer:
    """Epochs of training and validation on fixed data, loss and accuracy read after every step as published."""

    def __init__(self, data: tuple[Tensor, Tensor, Tensor, Tensor], vocab: int, dim: int, dropout: float, batch: int):
        self.x, self.y, self.val_x, self.val_y = data
        self.net, self.batch = Network(vocab, dim, dropout), batch
        self.optimiser = torch.optim.AdamW(self.net.parameters(), 1e-3, (0.9, 0.98), weight_decay=1.0)

    def epoch(self) -> float:
        """Train through every example, then validate; the validation accuracy."""
        self.net.train()
        for rows in torch.randperm(len(self.x)).split(self.batch):
            self._step(self.x[rows], self.y[rows])
        self.net.eval()
        with torch.no_grad():
            blocks = zip(self.val_x.split(self.batch), self.val_y.split(self.batch), strict=True)
            return sum(self._score(x, y)[1] for x, y in blocks) / len(self.val_y)

    def _step(self, x: Tensor, y: Tensor) -> tuple[float, int]:
        logits = self.net(x)
        loss = fn.cross_entropy(logits, y)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item(), int((logits.argmax(-1) == y).sum())

    def _score(self, x: Tensor, y: Tensor) -> tuple[float, int]:
        logits = self.net(x)
        return fn.cross_entropy(logits, y).item(), int((logits.argmax(-1) == y).sum())
