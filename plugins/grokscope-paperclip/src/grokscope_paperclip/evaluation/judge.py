"""Is a retrieved image what was asked for? Decided by the sky's truth, or by a model that reads the abstract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from grokscope_paperclip.evaluation.metrics import Interval, bootstrap
from grokscope_paperclip.evaluation.truth import Truth
from grokscope_paperclip.summaries.endpoint import Endpoint, EndpointError

QUERIES = (
    "globular cluster",
    "dwarf galaxy",
    "SN1987A",
    "strong lensing",
    "galaxy clusters",
    "interstellar medium",
    "dark matter",
    "spiral galaxies",
    "lyman alpha",
    "comets",
)
"""Those of the paper."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"contains": {"type": "boolean"}},
    "required": ["contains"],
    "additionalProperties": False,
}
SYSTEM = (
    "You decide whether the pictures of an observing programme can show what somebody searches for. Read the abstract. "
    "Say true only if the planned pictures may well contain the thing itself; something merely related is false. "
    'Answer with JSON: {"contains": true} or {"contains": false}.'
)
Judge = Callable[[str, int], bool | None]
"""(query, proposal) -> whether it is what was asked for; None if that could not be decided."""


@dataclass(frozen=True)
class Verdict:
    """One query's first hits: how many are right, of how many that could be judged, from how many proposals."""

    query: str
    right: int
    judged: int
    distinct: int


def by_truth(truth: Truth) -> Judge:
    return lambda query, proposal: bool(truth.right(query, [proposal])[0])


def by_endpoint(endpoint: Endpoint, abstracts: Mapping[int, str], failures: list[str]) -> Judge:
    """A model's verdict, asked for once for each query and proposal; failures are listed, not counted."""
    known: dict[tuple[str, int], bool | None] = {}

    def judge(query: str, proposal: int) -> bool | None:
        asked = (query.strip(), proposal)
        if asked not in known:
            known[asked] = _ask(endpoint, *asked, abstracts[proposal], failures)
        return known[asked]

    return judge


def _ask(endpoint: Endpoint, query: str, proposal: int, abstract: str, failures: list[str]) -> bool | None:
    told = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"Searched for: {query}\n\nAbstract:\n{abstract}"},
    ]
    try:
        answer = endpoint.ask(told, SCHEMA, "verdict").replace(" ", "").lower()
    except EndpointError as error:
        failures.append(f"{query}, proposal {proposal}: {error}")
        return None
    verdicts = [word for word in ("true", "false") if f'"contains":{word}' in answer]
    if len(verdicts) != 1:
        failures.append(f"{query}, proposal {proposal}: found {answer[:60]!r}, expected a verdict")
        return None
    return verdicts[0] == "true"


def judge_hits(hits: Mapping[str, Sequence[int]], judge: Judge) -> list[Verdict]:
    """Judge every query's hits, given as the proposals of the images found, best first."""
    asked = [(query, int(proposal)) for query, proposals in hits.items() for proposal in dict.fromkeys(proposals)]
    with ThreadPoolExecutor(4) as pool:
        verdict = dict(zip(asked, pool.map(lambda pair: judge(*pair), asked), strict=True))
    found = []
    for query, proposals in hits.items():
        verdicts = [verdict[query, int(p)] for p in proposals]
        decided = [v for v in verdicts if v is not None]
        found.append(Verdict(query, sum(decided), len(decided), len(set(map(int, proposals)))))
    return found


def score(found: Sequence[Verdict]) -> Interval | None:
    """Share of right hits over all queries, by bootstrap over queries; None if nothing could be judged."""
    values = np.concatenate([np.repeat([1.0, 0.0], [each.right, each.judged - each.right]) for each in found])
    groups = np.concatenate([np.full(each.judged, n) for n, each in enumerate(found)])
    return bootstrap(values, groups) if len(values) else None
