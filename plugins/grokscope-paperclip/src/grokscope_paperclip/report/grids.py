"""Pictures in figures: what is found for a query, what is said of an image, and a map of all."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from grokscope.report.style import STYLE, WIDTH
from grokscope_paperclip.use.search import Found

Array = np.ndarray
WIDE = 2 * WIDTH
THUMBNAIL, APART = 24, np.array([0.125, 0.155])
"""Points that a picture on the map is wide, and how far apart pictures are at least, in the map's own units."""


def _figure(height: float, width: float = WIDE) -> Figure:
    with mpl.rc_context(STYLE):
        return Figure(figsize=(width, height), layout="constrained")


def queries(found: Sequence[tuple[str, Found]], pictures: Array, across: int = 6) -> Figure:
    """A row a query: the best images, each of another proposal, with its number below."""
    figure = _figure(1.32 * len(found))
    with mpl.rc_context(STYLE):
        every = figure.subplots(len(found), across, squeeze=False)
        for row, (query, hits) in zip(every, found, strict=True):
            for n, axes in enumerate(row):
                axes.axis("off")
                if n < len(hits.hits):
                    hit = hits.hits[n]
                    axes.imshow(_shown(pictures[hit.row]), cmap="gray", vmin=0, vmax=255)
                    axes.text(0.5, -0.04, str(hit.facts["proposal"]), ha="center", va="top", transform=axes.transAxes)
            row[0].set_title(query, loc="left", fontsize=8)
    return figure


def description_grid(rows: Sequence[tuple[Array, str, Sequence[str]]]) -> Figure:
    """A row an image: the picture, the labels found for it, and what its summary says."""
    figure = _figure(0.85 * len(rows), 1.5 * WIDTH)
    with mpl.rc_context(STYLE):
        every = figure.subplots(len(rows), 2, squeeze=False, width_ratios=(1, 4.6))
        for (left, right), (picture, objects, labels) in zip(every, rows, strict=True):
            left.axis("off")
            right.axis("off")
            left.imshow(_shown(picture), cmap="gray", vmin=0, vmax=255)
            right.text(0, 0.85, "found: " + "; ".join(labels), va="top", fontsize=8, wrap=True)
            right.text(0, 0.4, "summary: " + objects, va="top", fontsize=8, color="#5c5c5c", wrap=True)
    return figure


def embedding_map(vectors: Array, pictures: Array, most: int = 140) -> Figure:
    """Images in the plane of the two largest principal components, thinned so that they do not cover one another."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes_of = np.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes_of[:2].T
    plane = plane / np.abs(plane).max(axis=0)
    figure = _figure(WIDE * 0.8)
    with mpl.rc_context(STYLE):
        axes = figure.subplots()
        kept: list[Array] = []
        for n in np.random.default_rng(0).permutation(len(plane)):
            if len(kept) == most:
                break
            if kept and np.min((np.abs(np.array(kept) - plane[n]) / APART).max(axis=1)) < 1:
                continue
            kept.append(plane[n])
            box = OffsetImage(
                _shown(pictures[n]), zoom=THUMBNAIL / pictures.shape[1], cmap="gray", norm=Normalize(0, 255)
            )
            axes.add_artist(AnnotationBbox(box, plane[n], pad=0.05, bboxprops={"lw": 0.3}))
        axes.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), xticks=[], yticks=[])
        axes.set(xlabel="first principal component", ylabel="second principal component")
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _shown(picture: Array) -> Array:
    return picture[:, :, 0] if picture.shape[2] == 1 else picture
