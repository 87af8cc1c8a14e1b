"""Times of learning and generalising by definition, and where a plateau ends."""

import numpy as np

from grokscope.probes.grokking import times

TRAIN = np.array([0.1, 0.5, 0.96, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
LATE = np.array([0.0, 0.0, 0.01, 0.02, 0.01, 0.01, 0.2, 0.6, 0.97, 1.0])


def test_late_generalising_is_grokking() -> None:
    found = times(TRAIN, LATE)
    assert found == (3, 9, 6, 7, True)


def test_as_late_as_learning_took_is_not_yet() -> None:
    assert not times(TRAIN, np.roll(LATE, -3)).groks
    found = times(TRAIN, TRAIN)
    assert (found.t_grok, found.groks) == (0, False)
    assert np.isnan(found.plateau_end)


def test_the_fraction_is_of_the_largest_value_not_of_one_or_of_the_last() -> None:
    train = np.array([0.5, 0.8, 0.4, 0.7])
    assert times(train, train).t_train == 2
    assert times(train, train, fraction=0.6).t_train == 1
