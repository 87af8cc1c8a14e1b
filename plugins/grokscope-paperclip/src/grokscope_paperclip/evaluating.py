"""A kept model on a split of a data folder: every metric, and what the sky's truth allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from grokscope.spec import InputError
from grokscope_paperclip.data import dataset
from grokscope_paperclip.data.layout import Folder, write_whole
from grokscope_paperclip.evaluation.baselines import tf_idf
from grokscope_paperclip.evaluation.evaluate import evaluation, tf_idf_judge, truth_metrics
from grokscope_paperclip.evaluation.labels import sky_labels
from grokscope_paperclip.evaluation.truth import read_truth
from grokscope_paperclip.learning import bundle
from grokscope_paperclip.use.embed import fit_pictures


def evaluate(
    kept: bundle.Model, folder: Folder, split: str, captions: dataset.Captions, place: Path | None = None
) -> dict[str, Any]:
    """Every metric of a model on a split, with what the sky's truth allows; written to `place`."""
    data = dataset.load(folder, split)
    if not len(data):
        raise InputError(f"split: found {split!r} empty, expected images")
    texts, proposals = data.captions(captions), data.proposals
    images = kept.embed_pictures(fit_pictures(kept, data.get(np.arange(len(data)))))
    distinct = list(dict.fromkeys(texts))
    words = dict(zip(distinct, kept.embed_texts(distinct), strict=True))
    found = evaluation(images, texts, words, data.frame, kept.scale) | {"split": split, "captions": captions}
    truth = read_truth(folder)
    if truth is not None:
        names, queries = sky_labels(), truth.queries()
        labels, asked = kept.embed_texts(names), dict(zip(queries, kept.embed_texts(queries), strict=True))
        found["truth"] = truth_metrics(images, labels, names, asked, truth, proposals)
        table = tf_idf([str(text) for text in data.frame["abstract"]], queries)
        found["tf_idf"] = tf_idf_judge(table, queries, proposals, truth)
    if place is not None:
        write_whole(place, json.dumps(found, allow_nan=True).encode())
    return found
