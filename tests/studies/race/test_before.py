"""A ledger and a capsule of the version before 0.2 report what they reported then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from grokscope.capsules.unpacking import unpack
from grokscope.ledger import open_ledger
from grokscope.studies.race.study import conclude
from grokscope.studies.race.tables import tables
from grokscope.suite import load_suite

BEFORE = Path(__file__).parents[2] / "fixtures" / "before_0.2"
SAID = {path.stem: pd.read_csv(path) for path in sorted((BEFORE / "tables").glob("*.csv"))}
"""The tables of the report that was written then."""


@pytest.fixture(params=["ledger", "capsule"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "capsule":
        return unpack(BEFORE / "capsule.zip", tmp_path).recorded
    return Path(shutil.copy(BEFORE / "ledger.db", tmp_path / "ledger.db"))


def test_the_tables_are_those_of_then(ledger: Path, tmp_path: Path) -> None:
    with open_ledger(ledger) as before:
        now = tables(conclude(load_suite(BEFORE / "suite.yaml"), before))
    for name, then in SAID.items():
        written = tmp_path / f"{name}.csv"
        now[name].to_csv(written, index=False)
        found = pd.read_csv(written)
        assert set(then.columns) <= set(found.columns), name
        pd.testing.assert_frame_equal(found[list(then.columns)], then, check_dtype=False, rtol=1e-9, obj=name)


def test_the_runs_of_then_say_what_their_data_are(ledger: Path) -> None:
    with open_ledger(ledger) as before:
        runs = before.runs()
    by_role = runs.groupby("role")["n_train"].unique().map(set).to_dict()
    assert by_role == {"random": {60, 400, 118}, "shuffled": {118}, "task": {118}}
    assert set(runs["group"]) == {13}
