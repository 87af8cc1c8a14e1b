"""Say what a picture shows: labels ranked by how near they are, and where in the picture each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokscope.spec import InputError
from grokscope_paperclip.learning.bundle import Model
from grokscope_paperclip.use.embed import pixel_vector

Array = np.ndarray
WINDOW, STRIDE, TEMPERATURE = 2, 8, 2.0


@dataclass(frozen=True)
class Label:
    """A phrase, its cosine with the picture, and how far it is above the mean of all, in their spread."""

    text: str
    score: float
    above: float


def describe(model: Model, square: Array, labels: list[str], k: int = 5) -> list[Label]:
    """The k labels nearest to a square picture.

    Raises:
        InputError: there are no labels.
    """
    names = list(dict.fromkeys(" ".join(label.split()) for label in labels if label.strip()))
    if not names:
        raise InputError("labels: found none, expected a phrase a line")
    scores = model.embed_texts(names) @ pixel_vector(model, square)
    spread = float(scores.std()) or 1.0
    order = np.argsort(-scores, kind="stable")[:k]
    return [Label(names[i], float(scores[i]), float((scores[i] - scores.mean()) / spread)) for i in order]


def heat(model: Model, square: Array, text: str) -> Array:
    """(size, size) in [0, 1]: where windows of a half of the crop look most like the text, overlaps averaged."""
    from PIL import Image

    size, side = square.shape[0], max(8, model.crop // WINDOW)
    starts = np.unique(np.linspace(0, size - side, STRIDE).round().astype(int))
    windows, places = [], [(r, c) for r in starts for c in starts]
    for row, column in places:
        part = square[row : row + side, column : column + side]
        flat = Image.fromarray(part[:, :, 0] if part.shape[2] == 1 else part).resize((model.crop, model.crop))
        windows.append(np.asarray(flat).reshape(model.crop, model.crop, -1))
    scores = model.embed_pictures(np.stack(windows)) @ model.embed_texts([text])[0]
    weights = np.exp(model.scale * (scores - scores.max()) / TEMPERATURE)
    total, seen = np.zeros((size, size)), np.zeros((size, size))
    for (row, column), weight in zip(places, weights, strict=True):
        total[row : row + side, column : column + side] += weight
        seen[row : row + side, column : column + side] += 1
    mean = total / np.maximum(seen, 1)
    return np.asarray((mean - mean.min()) / max(float(np.ptp(mean)), 1e-12))
