"""Every experiment of `suites/paths.yaml` from its text to the report, at a size that takes seconds."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from grokscope.ledger import open_ledger
from grokscope.studies.paths import Paths
from grokscope.suite import load_suite, parse_suite

from .test_paths import done

pytestmark = pytest.mark.slow

WHOLE = YAML(typ="safe").load(load_suite("paths").text)
SMALL: dict[str, dict[str, Any]] = {
    "pairs": {"p": 13},
    "ising": {"side": 8, "temperatures": 10, "per_temperature": 12, "sweeps": 20, "n_train": 40, "n_val": 60},
    "digits": {},
}


def smaller(experiment: dict[str, Any]) -> dict[str, Any]:
    """Fewer and smaller of everything, and nothing else changed."""
    task = experiment["task"] if isinstance(experiment["task"], dict) else {"kind": experiment["task"]}
    if "inputs_of" in task:
        task = task | {"inputs_of": task["inputs_of"] | SMALL["pairs"]}
    else:
        task = task | SMALL[task["kind"]]
    net, scales = experiment["net"], experiment["net"]["init_scale"]
    size = {"conv1": 1, "conv2": 2, "hidden": 6} if net["kind"] == "cnn" else {"width": 12}
    every = {"snapshot_every": min(3, experiment["snapshot_every"])} if "snapshot_every" in experiment else {}
    return (
        experiment
        | every
        | {
            "task": task,
            "net": net | size | {"init_scale": [scales[0], scales[-1]]},
            "seeds": experiment["seeds"][:2],
            "max_epochs": 10,
        }
    )


@pytest.mark.parametrize("name", [name for name in WHOLE["experiments"] if name != "memorising"])
def test_an_experiment_comes_to_its_report(name: str, tmp_path: Path) -> None:
    names = ("addition", "memorising") if name == "addition" else (name,)
    text = io.StringIO()
    YAML(typ="safe").dump(WHOLE | {"experiments": {n: smaller(WHOLE["experiments"][n]) for n in names}}, text)
    suite = parse_suite(text.getvalue())
    done(suite, tmp_path / "ledger.sqlite")
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        sheet = Paths().conclude(suite, ledger)
    assert sheet.complete
    tables = {stem.rsplit("_", 1)[0] for section in sheet.sections for stem in section.tables}
    assert tables >= {"times", "encodings", "peaks", "windows"}
    assert ("race" in tables) == (name == "addition")
    page = Paths().write(sheet, tmp_path / "report")
    assert page.read_text().count("<figure") == sum(len(section.drawings) for section in sheet.sections)
