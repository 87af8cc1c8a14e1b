"""Summaries: the schema, an endpoint that misbehaves on purpose, the cache, and the rules."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from grokscope.spec import InputError
from grokscope_paperclip.data.catalogue import Proposal
from grokscope_paperclip.sky.abstracts import abstract, subject
from grokscope_paperclip.sky.classes import CLASSES
from grokscope_paperclip.summaries.endpoint import Endpoint, EndpointError
from grokscope_paperclip.summaries.rules import by_rules
from grokscope_paperclip.summaries.schema import FIELDS, LONGEST, SCHEMA, SummaryError, parse_answer
from grokscope_paperclip.summaries.summarise import summaries_in, summarise

from .conftest import answering, reply

GOOD = json.dumps({FIELDS[0]: ["comet"], FIELDS[1]: ["size of the nucleus", " size of the nucleus. "]})


def proposals(count: int) -> list[Proposal]:
    return [Proposal(n, 8, "GO", "AGN", f"Title {n}", "P", f"We study quasar number {n}.") for n in range(1, count + 1)]


def completion(content: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}}]}).encode()


def test_a_summary_is_stripped_and_said_once() -> None:
    found = parse_answer("Here it is:\n```json\n" + GOOD + "\n```")
    assert found.objects == ("comet",)
    assert found.uses == ("size of the nucleus",)
    assert found.caption == "comet; size of the nucleus"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("no JSON at all", "expected a JSON object"),
        ("{broken}", "cannot be read"),
        ("{}", "keys"),
        (json.dumps({FIELDS[0]: [], FIELDS[1]: ["a use"]}), "0 items"),
        (json.dumps({FIELDS[0]: [f"item {n}" for n in range(6)], FIELDS[1]: ["a use"]}), "6 items"),
        (json.dumps({FIELDS[0]: "a text", FIELDS[1]: ["a use"]}), "list of strings"),
        (json.dumps({FIELDS[0]: ["a; b"], FIELDS[1]: ["a use"]}), "without ';'"),
        (json.dumps({FIELDS[0]: ["x" * 81], FIELDS[1]: ["a use"]}), "80 characters"),
    ],
)
def test_what_is_no_summary_is_said_in_one_line(answer: str, why: str) -> None:
    with pytest.raises(SummaryError, match=why) as caught:
        parse_answer(answer)
    assert "\n" not in str(caught.value)


def test_a_bad_answer_is_asked_for_again_with_what_was_wrong(tmp_path: Path) -> None:
    bodies: list[dict[str, object]] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        bodies.append(json.loads(body))
        reply(handler, completion("{}" if len(bodies) == 1 else GOOD))

    with answering(answer) as address:
        came = summarise(proposals(1), tmp_path / "s.jsonl", Endpoint(address, "m"))
    assert came.failures == []
    first, second = bodies
    assert first["response_format"]["type"] == "json_schema"  # type: ignore[index]
    assert len(second["messages"]) == 4  # type: ignore[arg-type]
    assert "found the keys" in second["messages"][-1]["content"]  # type: ignore[index]


def test_an_endpoint_that_knows_no_schema_is_asked_more_simply() -> None:
    kinds: list[str] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = json.loads(body).get("response_format", {}).get("type", "text")
        kinds.append(asked)
        reply(handler, completion("yes") if asked == "text" else b"what is that", 200 if asked == "text" else 400)

    with answering(answer) as address:
        endpoint = Endpoint(address, "m")
        assert endpoint.ask([], SCHEMA) == endpoint.ask([], SCHEMA) == "yes"
    assert kinds == ["json_schema", "json_object", "text", "text"]


def _misbehave(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answers by the number in the abstract: hang, error, rubbish, then good ones."""
    text = json.loads(body)["messages"][1]["content"]
    if "number 1." in text:
        time.sleep(1.5)
    elif "number 2." in text:
        reply(handler, b"oops", 500)
    elif "number 3." in text:
        reply(handler, b"<html>")
    elif "number 4." in text:
        reply(handler, completion(None))
    elif "number 5." in text:
        reply(handler, completion("never JSON"))
    else:
        reply(handler, completion(GOOD))


def test_failures_are_listed_the_rest_goes_on_and_a_second_call_asks_only_for_them(tmp_path: Path) -> None:
    cache, said = tmp_path / "s.jsonl", []
    with answering(_misbehave) as address:
        came = summarise(proposals(8), cache, Endpoint(address, "m", timeout=0.2), parallel=8, say=said.append)
    assert sorted(came.found) == [6, 7, 8]
    assert sorted(said) == sorted(came.failures)
    assert [line.split(":")[0] for line in sorted(said)] == [f"proposal {n}" for n in range(1, 6)]
    assert "5 attempts" in " ".join(said)
    assert cache.read_text().count("\n") == 3
    with cache.open("a") as file:
        file.write('{"key": "cut')  # as a crash leaves it
    asked: list[str] = []

    def good(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked.append(json.loads(body)["messages"][1]["content"])
        reply(handler, completion(GOOD))

    with answering(good) as address:
        again = summarise(proposals(8), cache, Endpoint(address, "m"))
    assert len(asked) == 5
    assert (again.cached, len(again.found), again.failures) == (3, 8, [])


def test_no_endpoint_is_one_line() -> None:
    with pytest.raises(EndpointError, match="refused"):
        Endpoint("http://127.0.0.1:9", "m", timeout=2).ask([], SCHEMA)
    with pytest.raises(InputError, match="expected a URL"):
        Endpoint("file:///etc/passwd", "m")


def test_rules_find_the_class_and_the_goal_of_every_sky_abstract() -> None:
    hits, total = 0, 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        about = subject(rng)
        found = by_rules(abstract(about, rng), "", about.kind.category)
        assert 1 <= len(found.objects) <= 5
        assert 1 <= len(found.uses) <= 5
        assert parse_answer(json.dumps(dict(zip(FIELDS, (found.objects, found.uses), strict=True)))) == found
        total += 1
        named = [s.lower().rstrip("s") for s in about.kind.synonyms]
        hits += any(name in item.lower() for item in found.objects for name in named) and about.goal in found.uses
    assert hits / total > 0.95


def test_rules_always_say_something() -> None:
    for text in ("", "." * 3000, "x" * 5000, "to measure " + "y" * 500):
        found = by_rules(text)
        assert all(3 <= len(item) <= LONGEST for item in (*found.objects, *found.uses))
    assert by_rules("", category="AGN").objects == ("agn",)


def test_every_class_has_a_synonym_that_rules_know() -> None:
    for each in CLASSES:
        for name in each.synonyms:
            assert name.lower() in " ".join(by_rules(f"We observe the {name} X.").objects).lower(), name


def test_the_cache_gives_the_last_summaries(tmp_path: Path) -> None:
    summarise(proposals(3), tmp_path / "s.jsonl")
    assert sorted(summaries_in(tmp_path / "s.jsonl")) == [1, 2, 3]
    assert summaries_in(tmp_path / "none.jsonl") == {}
