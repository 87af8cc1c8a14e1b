"""What a suite may ask for and is hardly meant is said as a warning."""

import pytest

from .documents import parsed

SUITE = """
name: small
experiments:
  memorising: {type: speed, primes: [13], seeds: [0], dims: [8], n_samples: auto MORE}
  generalising: {type: groks, primes: [13], seeds: [0, 1], dims: [8]}
"""


@pytest.mark.parametrize(
    ("more", "warned"), [("", True), (", weight_decay: [0.1, 1]", False), (", weight_decay: 1, dropout: 0.1", True)]
)
def test_times_that_are_never_under_the_same_settings(more: str, warned: bool) -> None:
    suite = parsed(SUITE.replace(" MORE", more))
    warnings = suite.warnings
    assert [remark.startswith("line 3: experiments: no speed run") for remark in suite.remarks] == [True] * warned
    assert [warning.endswith("0.01 for speed and 1 for groks)") for warning in warnings] == [True] * warned
    assert all(":3: experiments: no speed run shares" in warning for warning in warnings)


def test_one_of_the_two_alone_is_not_odd() -> None:
    assert parsed("\n".join(SUITE.splitlines()[:3]) + "\n" + SUITE.splitlines()[4]).warnings == ()
