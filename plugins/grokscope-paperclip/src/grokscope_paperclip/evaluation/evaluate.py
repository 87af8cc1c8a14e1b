"""Everything that is said of one model on one split, as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from grokscope_paperclip.evaluation import metrics
from grokscope_paperclip.evaluation.baselines import chance
from grokscope_paperclip.evaluation.judge import by_truth, judge_hits, score
from grokscope_paperclip.evaluation.truth import Truth

Array = np.ndarray
SHARES = np.concatenate([[0.0], np.linspace(0.01, 1, 100)])
BINS = np.linspace(-1, 1, 40)
FIRST = 10
FEWEST = 5
"""Images that a category or instrument needs for a row of its own."""


def evaluation(
    images: Array, texts: list[str], embedded: dict[str, Array], frame: pd.DataFrame, scale: float
) -> dict[str, Any]:
    """Every metric of one model.

    Args:
        images: (n, dim) embeddings of the split's images.
        texts: (n) caption of each.
        embedded: text -> embedding, of all of them.
        frame: manifest rows of the images.
    """
    proposals = frame["proposal"].to_numpy()
    distinct = list(dict.fromkeys(texts))
    which = np.array([distinct.index(text) for text in texts])
    words = np.stack([embedded[text] for text in distinct])
    mine = words[which]
    rank = metrics.ranks(images, words, which)
    n, top10 = len(distinct), (rank <= metrics.top(0.1, len(distinct))).astype(float)
    true, other = metrics.cosines(images, mine, proposals)
    return {
        "n_images": len(images),
        "n_proposals": len(np.unique(proposals)),
        "n_captions": n,
        "chance_top10": chance(0.1, n),
        "top10": asdict(metrics.bootstrap(top10, proposals)),
        "top1": asdict(metrics.bootstrap((rank == 1).astype(float), proposals)),
        "top5": asdict(metrics.bootstrap((rank <= metrics.top(0.05, n)).astype(float), proposals)),
        "median_rank": float(np.median(rank)),
        "by_image": {"top10": top10.astype(int).tolist(), "proposal": proposals.tolist()},
        "curve": {"share": SHARES[1:].tolist(), "accuracy": metrics.curve(rank, n, SHARES[1:]).tolist()},
        "published": published_metrics(images, mine, scale),
        "distinct_proposals": distinct_proposals(images, words, which, proposals),
        "cosines": {
            "true": [float(true.mean()), float(true.std())],
            "other": [float(other.mean()), float(other.std())],
            "auroc": metrics.auroc(true, other),
            "bins": BINS.tolist(),
            "true_counts": np.histogram(true, BINS)[0].tolist(),
            "other_counts": np.histogram(other, BINS)[0].tolist(),
        },
        "by_category": metrics_by_label(top10, frame["category"], proposals),
        "by_instrument": metrics_by_label(top10, frame["instrument"], proposals),
        "hard_negatives": hard_negatives(images, words, which, distinct),
    }


def published_metrics(images: Array, texts: Array, scale: float) -> dict[str, float]:
    """The metrics as published: text to image within batches of 100, image to text among all pairs, loss of a batch."""
    batch = min(100, len(images))
    found = {f"top{k}_of_{batch}": metrics.batch_top(images, texts, k, batch) for k in (1, 5, 10, 20)}
    rank = metrics.ranks(images, texts, np.arange(len(images)))
    rows = np.random.default_rng(0).permutation(len(images))[:batch]
    found["top10_percent_of_pairs"] = metrics.share_within(rank, 0.1, len(images))
    return found | {"loss": metrics.infonce(images[rows], texts[rows], scale)}


def distinct_proposals(images: Array, words: Array, which: Array, proposals: Array) -> dict[str, float]:
    """Ranks among distinct proposals in both directions, all images of a proposal being right for its caption."""
    to_text = metrics.ranks(images, words, which)
    to_image = metrics.best_ranks(words, images, np.arange(len(words)), which)
    return {
        **{f"image_to_text_r{k}": float(np.mean(to_text <= k)) for k in (1, 5, 10)},
        **{f"text_to_image_r{k}": float(np.mean(to_image <= k)) for k in (1, 5, 10)},
        "image_to_text_median": float(np.median(to_text)),
        "text_to_image_median": float(np.median(to_image)),
        "text_to_image_map": metrics.mean_average_precision(words, images, np.arange(len(words)), which),
    }


def metrics_by_label(values: Array, labels: pd.Series, proposals: Array) -> dict[str, dict[str, float]]:
    """Top-10 % of every value of a column that enough images have, with its interval."""
    found = {}
    for label in sorted(set(labels)):
        mine = (labels == label).to_numpy()
        if mine.sum() >= FEWEST:
            found[str(label) or "(none)"] = asdict(metrics.bootstrap(values[mine], proposals[mine])) | {
                "images": int(mine.sum())
            }
    return found


def hard_negatives(images: Array, words: Array, which: Array, texts: list[str], most: int = 10) -> list[dict[str, Any]]:
    """Pairs of captions most often taken for one another: the true one, the one preferred, how often."""
    nearest = (images @ words.T).argmax(axis=1)
    wrong = pd.Series(list(zip(which[nearest != which], nearest[nearest != which], strict=True)))
    return [
        {"true": texts[t], "found": texts[f], "images": int(n)} for (t, f), n in wrong.value_counts()[:most].items()
    ]


def truth_metrics(
    images: Array, labels: Array, names: list[str], queries: dict[str, Array], truth: Truth, proposals: Array
) -> dict[str, Any]:
    """Metrics that need a known truth: label accuracy and confusion, AUROC a label, precision of queries, the judge.

    Args:
        labels: (classes, dim) embeddings of the class names `names`.
        queries: query -> embedding.
    """
    classes = truth.classes(proposals.tolist())
    known = np.array([name in names for name in classes])
    right = np.array([names.index(name) for name in np.array(classes)[known]], dtype=int)
    scores = images[known] @ labels.T
    guess = scores.argmax(axis=1)
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, (right, guess), 1)
    hits = {
        q: proposals[np.argsort(-(images @ vector), kind="stable")[:FIRST]].tolist() for q, vector in queries.items()
    }
    verdicts = judge_hits(hits, by_truth(truth))
    relevance = score(verdicts)
    return {
        "label_accuracy": asdict(metrics.bootstrap((guess == right).astype(float), proposals[known])),
        "labels": names,
        "confusion": confusion.tolist(),
        "auroc": {
            name: metrics.auroc(scores[right == n, n], scores[right != n, n])
            for n, name in enumerate(names)
            if 0 < (right == n).sum() < len(right)
        },
        "reliability": reliability(scores, right, guess),
        "judge": {
            "relevant": asdict(relevance) if relevance else None,
            "distinct": sum(each.distinct for each in verdicts),
            "queries": [asdict(each) for each in verdicts],
        },
    }


def reliability(scores: Array, right: Array, guess: Array, bins: int = 8) -> list[dict[str, float]]:
    """Share of images whose best label is right, by quantiles of how far it is ahead of the second."""
    ahead = np.diff(np.sort(scores, axis=1)[:, -2:], axis=1)[:, 0]
    parts = np.array_split(np.argsort(ahead), min(bins, len(ahead)))
    return [
        {"margin": float(ahead[part].mean()), "right": float((right == guess)[part].mean()), "n": len(part)}
        for part in parts
    ]


def tf_idf_judge(tables: Array, queries: list[str], proposals: Array, truth: Truth) -> dict[str, Any]:
    """The judge's verdict on searching the abstracts' words; images of one proposal are copies of one abstract."""
    hits = {
        q: proposals[np.argsort(-row, kind="stable")[:FIRST]].tolist() for q, row in zip(queries, tables, strict=True)
    }
    verdicts = judge_hits(hits, by_truth(truth))
    relevance = score(verdicts)
    return {"relevant": asdict(relevance) if relevance else None, "distinct": sum(each.distinct for each in verdicts)}
