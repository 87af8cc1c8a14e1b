"""Measurements of a model between steps: retrieval on a probe of training pairs and on the held-out images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokscope_paperclip.data.dataset import Dataset
from grokscope_paperclip.evaluation import metrics
from grokscope_paperclip.learning.bundle import Model

Array = np.ndarray
LOSS_BATCH = 100


@dataclass(frozen=True)
class Probe:
    """Pictures (n, size, size, channels), the text of each, and the proposal that each text is of."""

    pictures: Array
    texts: list[str]
    groups: Array

    @classmethod
    def of(cls, data: Dataset, texts: list[str], images: Array, shown_with: Array) -> Probe:
        return cls(data.get(images), [texts[i] for i in shown_with], data.proposals[shown_with])

    def distinct(self) -> tuple[list[str], Array]:
        """Distinct texts, and which of them each image has."""
        place = {text: n for n, text in enumerate(dict.fromkeys(self.texts))}
        return list(place), np.array([place[text] for text in self.texts])


def measure(model: Model, probe: Probe, share: float) -> dict[str, float]:
    """Loss of batches of 100, and image-to-text retrieval among the distinct texts."""
    texts, which = probe.distinct()
    images, words = model.embed_pictures(probe.pictures), model.embed_texts(texts)
    rank = metrics.ranks(images, words, which)
    true, other = metrics.cosines(images, words[which], probe.groups)
    order = np.random.default_rng(0).permutation(len(images))
    batches = [order[i : i + LOSS_BATCH] for i in range(0, max(1, len(order) - LOSS_BATCH + 1), LOSS_BATCH)]
    return {
        "loss": float(np.mean([metrics.infonce(images[b], words[which[b]], model.scale) for b in batches])),
        "acc": metrics.share_within(rank, share, len(texts)),
        "top1": float(np.mean(rank == 1)),
        "top5": metrics.share_within(rank, 0.05, len(texts)),
        "cos_true": float(true.mean()),
        "cos_other": float(other.mean()) if len(other) else float("nan"),
        "auroc": metrics.auroc(true, other) if len(other) else float("nan"),
        "among": float(len(texts)),
        "choice_loss": choice_loss(images, words, which, model.scale),
    }


def choice_loss(images: Array, words: Array, which: Array, scale: float) -> float:
    """Nats that an image's own caption costs among all distinct ones."""
    scores = scale * images.astype(np.float64) @ words.astype(np.float64).T
    largest = scores.max(axis=1)
    log_sum = largest + np.log(np.exp(scores - largest[:, None]).sum(axis=1))
    return float(np.mean(log_sum - scores[np.arange(len(which)), which]))
