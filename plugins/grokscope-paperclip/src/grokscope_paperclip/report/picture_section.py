"""The section of pictures: queries, descriptions, a map."""

from __future__ import annotations

from functools import partial

import numpy as np

from grokscope.report.sheet import Drawing, Section
from grokscope_paperclip.data import dataset
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.evaluation.labels import sky_labels
from grokscope_paperclip.learning import bundle
from grokscope_paperclip.report import grids
from grokscope_paperclip.use.describe import describe
from grokscope_paperclip.use.embed import embed, fit_pictures
from grokscope_paperclip.use.search import Searcher

SHOWN_QUERIES, SHOWN_IMAGES = 8, 8


def picture_section(kept: bundle.Model, folder: Folder, split: str) -> Section:
    """Queries with what they find, images with what is said of them, and a map."""
    data = dataset.load(folder, split)
    store = embed(kept, [data], many=False)
    searcher, pictures, names = Searcher(store), data.get(np.arange(len(data))), sky_labels()
    asked = names[:: max(1, len(names) // SHOWN_QUERIES)][:SHOWN_QUERIES]
    found = [(q, searcher.search(v, 6)) for q, v in zip(asked, kept.embed_texts(asked), strict=True)]
    first = data.frame.drop_duplicates("proposal").index[:SHOWN_IMAGES]
    square = fit_pictures(kept, pictures[first])
    rows = [
        (pictures[i], ", ".join(data.frame["objects"][i]), [each.text for each in describe(kept, fit, names, 3)])
        for i, fit in zip(first, square, strict=True)
    ]
    return Section(
        "In pictures",
        drawings=(
            Drawing("queries", partial(grids.queries, found, pictures), "Text to image: one hit a proposal."),
            Drawing(
                "described", partial(grids.description_grid, rows), "Image to text: the nearest three class names."
            ),
            Drawing(
                "map", partial(grids.embedding_map, store.vectors, pictures), "Held-out images in the shared space."
            ),
        ),
    )
