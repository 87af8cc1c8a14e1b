"""Numbers, reason codes and sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grokscope.laws.results import CROSSED, Crossing, CrossingCode, Estimate, Onset, OnsetCode
from grokscope.report import words
from grokscope.studies.race.facts.slices import Slice, slices, suffix
from grokscope.studies.race.sentences import caveats, describe_slice
from studies.race import example_contents

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (560.4, "560"),
        (999.7, "1\u202f000"),
        (41234.0, "41\u202f234"),
        (3.2e6, "3.20e+06"),
        (-2.5, "−2.5"),
        (1e-5, "1.00e−05"),
        (NAN, "–"),
        (float("inf"), "∞"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert words.number(value) == text


def test_an_interval_says_which_side_is_open() -> None:
    assert words.interval(NAN, NAN) == ""
    assert words.interval(2, NAN) == "[≥\u00a02]"
    assert words.interval(NAN, 3) == "[≤\u00a03]"
    assert words.interval(2, 3) == "[2, 3]"


def crossing(code: CrossingCode, value: float, rule: str = "sign change") -> Crossing:
    place = Estimate(value, NAN, NAN, 8, "")
    every = (value, 2 * value)
    return Crossing("p", 97, "n_params", place, "running", "random", 100.0, code, every, NAN, rule)


def test_a_closest_approach_is_never_stated_as_a_crossing() -> None:
    stated = words.crossing(crossing(CrossingCode.ALWAYS_SLOWER, 5000.0, "published"))
    assert stated == "5\u202f000 (memorising slower at every width)"
    assert words.crossing(crossing(CrossingCode.ALWAYS_SLOWER, NAN)) == "memorising slower at every width"
    assert words.crossing(None) == "not measured"


def prime(**changed: object) -> Slice:
    return replace(next(slices(example_contents.contents())), **changed)


@pytest.mark.parametrize("code", list(CrossingCode))
def test_every_code_has_a_sentence(code: CrossingCode) -> None:
    crosses = code in CROSSED
    shown = prime(crossings={"running": crossing(code, 5000.0 if crosses else NAN)})
    text = describe_slice(shown)
    assert ("becomes faster than generalising at P = 5\u202f000" in text) is crosses
    assert "By eval accuracy, the crossing was not measured." in text


@pytest.mark.parametrize("code", list(OnsetCode))
def test_every_onset_code_has_a_sentence(code: OnsetCode) -> None:
    known = code in (OnsetCode.FOUND, OnsetCode.FROM_SMALLEST)
    place = Estimate(5000.0 if known else NAN, NAN, NAN, 8, "")
    text = describe_slice(
        prime(onsets={"running": Onset("p", 97, "n_params", place, "running", 0.99, 0.98, code, (), place, place)})
    )
    assert ("5\u202f000" in text) is known
    assert ("Grokking, by running accuracy, begins" in text) is (code is OnsetCode.FOUND)


def test_what_cannot_be_said_is_said() -> None:
    text = " ".join(caveats(next(slices(example_contents.contents(seeds=2)))))
    assert "are censored" in text
    assert "rest on 2 seeds" in text
    assert "Not measured here: T_gen" in " ".join(caveats(prime(curves={"T_gen": ()})))
    assert caveats(prime(curves={}, onsets={})) == []


def test_settings_give_file_names_that_differ_and_are_safe() -> None:
    names = {suffix({"op": op}) for op in ("/", "*", "+", "-", "../x", "a b", "a\0b", "ä")}
    assert len(names) == 8
    assert not any(set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789._-~") for name in names)
