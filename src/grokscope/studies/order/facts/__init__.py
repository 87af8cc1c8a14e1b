"""What the study of order concludes: of cells, alone and against each other, and of single networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from grokscope.studies.order.facts.learners import LearnerComparison
from grokscope.studies.order.figures.networks import Network


@dataclass(frozen=True)
class Facts:
    """All that the sections need: cells at their end, their courses, cells against each other at equal seeds, when runs
    memorise and generalise, complete layers beside other nets, and networks to look at by task."""

    ends: pd.DataFrame
    courses: pd.DataFrame
    pairs: pd.DataFrame
    times: pd.DataFrame
    learning: LearnerComparison
    networks: Mapping[str, list[Network]]
