"""Embed a data folder's images: one crop each, or five and all of them searched."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from grokscope_paperclip.data.dataset import Dataset
from grokscope_paperclip.data.pictures import crops, make_square, read
from grokscope_paperclip.evaluation.labels import GENERAL, sky_labels
from grokscope_paperclip.learning.bundle import Model
from grokscope_paperclip.use.store import SHOWN, Store

Array = np.ndarray
SEEDED = 2000
"""Random images that the score of a query is compared with, at most."""


def fit_pictures(model: Model, pictures: Array) -> Array:
    """Square pictures of the size that the model was trained at."""
    if pictures.shape[1] == model.size:
        return pictures
    from PIL import Image

    flat = [Image.fromarray(p[:, :, 0] if p.shape[2] == 1 else p) for p in pictures]
    return np.stack([make_square(each, model.size, colour=model.colour) for each in flat])


def crop_vectors(model: Model, pictures: Array, many: bool) -> tuple[Array, Array]:
    """Unit vectors of one crop a picture, or five, and the picture of each."""
    fit = fit_pictures(model, pictures)
    if not many or model.crop >= model.size:
        return model.embed_pictures(fit), np.arange(len(fit))
    parts = np.concatenate([crops(picture, model.crop) for picture in fit])
    return model.embed_pictures(parts), np.repeat(np.arange(len(fit)), 5)


def embed(model: Model, parts: list[Dataset], *, many: bool = True, batch: int = 512) -> Store:
    """A store of all images of these splits."""
    vectors, owner, start = [], [], 0
    for part in parts:
        for first in range(0, len(part), batch):
            rows = np.arange(first, min(first + batch, len(part)))
            found, of = crop_vectors(model, part.get(rows), many)
            vectors.append(found)
            owner.append(start + of)
            start += len(rows)
    frames = [part.frame[list(SHOWN)] for part in parts]
    import pandas as pd

    facts = {"run": model.facts.get("run", ""), "data": parts[0].digest, "crops": 5 if many else 1, "dim": model.dim}
    floor = no_match(model, np.concatenate(vectors), np.concatenate(owner))
    return Store(np.concatenate(vectors), np.concatenate(owner), pd.concat(frames, ignore_index=True), facts | floor)


def no_match(model: Model, vectors: Array, owner: Array) -> dict[str, float]:
    """Lower decile (`floor`) and median (`typical`) of the best scores of many labels.

    Over the collection, each image once: a query whose best score is below the floor matches nothing better than an
    arbitrary phrase does.
    """
    labels = [*GENERAL, *sky_labels()]
    best = [float((vectors @ vector).max()) for vector in model.embed_texts(labels)]
    return {"floor": float(np.percentile(best, 10)), "typical": float(np.median(best))}


def picture_vector(model: Model, path: Path) -> Array:
    """The embedding of a picture file, the mean of its five crops (see `data.pictures.read` for what is refused)."""
    return pixel_vector(model, make_square(read(path), model.size, colour=model.colour))


def pixel_vector(model: Model, square: Array) -> Array:
    """The mean of the embeddings of a square picture's crops, of unit length."""
    found, _ = crop_vectors(model, square[None], True)
    mean = found.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12))
