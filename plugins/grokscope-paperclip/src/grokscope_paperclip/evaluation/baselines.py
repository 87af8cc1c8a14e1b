"""Baselines that any model must beat: chance, and searching the abstracts' own words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grokscope_paperclip.evaluation.metrics import top


def chance(share: float, n: int) -> float:
    """Accuracy of guessing: the share itself, rounded to whole candidates."""
    return top(share, n) / n


def tf_idf(abstracts: Sequence[str], queries: Sequence[str]) -> np.ndarray:
    """(queries, abstracts) cosines of TF-IDF vectors fitted on the abstracts, scikit-learn's defaults."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer()
    table = vectoriser.fit_transform(abstracts)
    return np.asarray((vectoriser.transform(queries) @ table.T).todense())
