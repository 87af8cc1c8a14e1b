"""Summarise many abstracts: cached by content, in parallel, resumable; what fails is listed, and the rest goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grokscope_paperclip.data.catalogue import Proposal
from grokscope_paperclip.data.manifest import Summary
from grokscope_paperclip.summaries.endpoint import Endpoint, EndpointError
from grokscope_paperclip.summaries.prompt import PROMPT_VERSION, messages
from grokscope_paperclip.summaries.rules import RULES_VERSION, by_rules
from grokscope_paperclip.summaries.schema import SCHEMA, SCHEMA_VERSION, SummaryError, parse_answer

ATTEMPTS = 5
MOST_WORDS = 2000
"""Words of an abstract that a model is shown; the catalogue's longest have a fifth of it."""


@dataclass
class Summarised:
    """The outcome of summarising. `failures`: a line each."""

    found: dict[int, Summary] = field(default_factory=dict)
    cached: int = 0
    failures: list[str] = field(default_factory=list)


def key_of(proposal: Proposal, model: str) -> str:
    """A hash of all that an answer depends on."""
    versions = [RULES_VERSION] if model == "rules" else [PROMPT_VERSION, SCHEMA_VERSION]
    told = [model, versions, proposal.title, proposal.category, proposal.abstract]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:20]


def summarise(
    proposals: Sequence[Proposal],
    cache: Path,
    endpoint: Endpoint | None = None,
    *,
    parallel: int = 4,
    say: Callable[[str], None] = lambda _: None,
) -> Summarised:
    """Summaries of proposals, by the endpoint or, without one, by rules. Each new one is written down at once."""
    model = endpoint.model if endpoint is not None else "rules"
    known, came = read_cache(cache), Summarised()
    todo = []
    for proposal in proposals:
        if (line := known.get(key_of(proposal, model))) is not None:
            came.found[proposal.proposal] = _summary(line)
            came.cached += 1
        else:
            todo.append(proposal)
    cache.parent.mkdir(parents=True, exist_ok=True)
    with cache.open("a", encoding="utf-8") as file, ThreadPoolExecutor(parallel) as pool:
        asked = {pool.submit(_one, proposal, endpoint): proposal for proposal in todo}
        try:
            for done in as_completed(asked):
                proposal = asked[done]
                line = done.result() | {"key": key_of(proposal, model), "proposal": proposal.proposal, "model": model}
                if "error" in line:
                    failure = f"proposal {proposal.proposal}: {line['error']}"
                    came.failures.append(failure)
                    say(failure)
                    continue
                file.write(json.dumps(line) + "\n")
                file.flush()
                came.found[proposal.proposal] = _summary(line)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return came


def _one(proposal: Proposal, endpoint: Endpoint | None) -> dict[str, Any]:
    """A line for the cache, or an error."""
    if endpoint is None:
        summary = by_rules(proposal.abstract, proposal.title, proposal.category)
        return {"objects": summary.objects, "uses": summary.uses, "attempts": 1}
    abstract = " ".join(proposal.caption.split()[:MOST_WORDS])
    complaint, answer = None, ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = endpoint.ask(messages(abstract, complaint, answer), SCHEMA, "summary")
            summary = parse_answer(answer)
        except SummaryError as error:
            complaint = str(error)
        except EndpointError as error:
            if error.refused:
                return {"error": str(error)}
            complaint = complaint if answer else None
            last = str(error)
            if attempt == ATTEMPTS:
                return {"error": f"{last} ({ATTEMPTS} attempts)"}
        else:
            return {"objects": summary.objects, "uses": summary.uses, "attempts": attempt, "raw": answer}
    return {"error": f"{complaint} ({ATTEMPTS} attempts)"}


def _summary(line: dict[str, Any]) -> Summary:
    return Summary(tuple(line["objects"]), tuple(line["uses"]))


def read_cache(cache: Path) -> dict[str, dict[str, Any]]:
    """Key -> line. A line cut short by a crash is passed over: it is asked for again."""
    known: dict[str, dict[str, Any]] = {}
    if cache.exists():
        for text in cache.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
                known[line["key"]] = line
            except (ValueError, KeyError, TypeError):
                continue
    return known


def summaries_in(cache: Path) -> dict[int, Summary]:
    """Proposal -> its last summary."""
    return {line["proposal"]: _summary(line) for line in read_cache(cache).values()}
