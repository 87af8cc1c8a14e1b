"""No proposal in two splits, whatever the order; and what a leak looks like."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokscope.spec import InputError
from grokscope_paperclip.data.splits import Split, check, leaks, shared_targets, split, target_groups

CYCLES = st.dictionaries(st.integers(1, 10**5), st.integers(0, 30), min_size=5, max_size=60)


@given(CYCLES, st.integers(0, 5), st.sampled_from(["proposal", "time"]))
def test_a_split_is_whole_stable_under_order_and_reproducible(cycles: dict[int, int], seed: int, how: str) -> None:
    asked = Split(how, 0.2, 0.2, seed)  # type: ignore[arg-type]
    found = split(asked, cycles)
    assert found.keys() == cycles.keys()
    assert split(asked, dict(reversed(cycles.items()))) == found
    names = list(found.values())
    assert names.count("val") == max(1, round(0.2 * len(cycles)))
    if how == "time":
        held = [cycles[p] for p, name in found.items() if name != "train"]
        assert max([cycles[p] for p, name in found.items() if name == "train"], default=0) <= min(held)


def test_another_seed_is_another_split() -> None:
    cycles = dict.fromkeys(range(200), 7)
    assert split(Split(seed=1), cycles) != split(Split(seed=2), cycles)


def images(**columns: list[object]) -> pd.DataFrame:
    n = len(columns["proposal"])
    place = {"ra": list(np.linspace(0, 300, n)), "dec": [0.0] * n}
    plain = {"target": [""] * n, "sha256": list(map(str, range(n)))} | place
    return pd.DataFrame(plain | columns)


def test_programmes_of_one_target_stay_together() -> None:
    table = images(proposal=[1, 2, 3, 4, 5], target=["M 31", "m 31", "", "ANY", "ANY"], ra=[0, 90, 90.01, 200, 220])
    groups = target_groups(table)
    assert groups == {1: 1, 2: 1, 3: 1, 4: 4, 5: 5}
    found = split(Split("target", 0.2, 0.2), dict.fromkeys(range(1, 6), 7), groups)
    assert found[1] == found[2] == found[3]
    assert shared_targets(table.assign(split=[found[p] for p in table["proposal"]])) == 0
    assert shared_targets(table.assign(split=["train", "val", "train", "train", "train"])) == 1


def test_a_leak_is_found_and_refused() -> None:
    clean = images(proposal=[1, 1, 2], split=["train", "train", "val"])
    check(clean)
    proposal = images(proposal=[1, 1, 2], split=["train", "val", "val"])
    picture = images(proposal=[1, 1, 2], split=["train", "train", "val"], sha256=["a", "b", "a"])
    assert leaks(proposal) == ["proposal 1: in train and val"]
    assert leaks(picture) == ["picture a: in train and val"]
    with pytest.raises(InputError, match="1 leaks"):
        check(picture)


@pytest.mark.parametrize("shares", [(0.0, 0.1), (0.6, 0.4), (0.1, -0.1)])
def test_shares_that_leave_nothing_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="split: found shares"):
        Split("proposal", *shares)
