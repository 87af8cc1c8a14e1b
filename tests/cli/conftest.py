"""One tiny suite, run once through the command line; every command looks at what it left."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import typer.testing
from click.testing import Result
from typer.testing import CliRunner

from fast_figures import blank, saved
from grokscope.cli.app import app

# The runner would make the whole command line anew for every call, which takes longer than most commands.
typer.testing._get_command = functools.cache(typer.testing._get_command)  # type: ignore[attr-defined]

TINY = """
name: tiny
defaults: {operation: "/", primes: [13], seeds: [0, 1], dims: [8], max_epochs: 12, dropout: 0.2, batch_size: 512}
experiments:
  capacity: {type: capacity, operation: random, dropout: 0.0, seeds: [0], n_samples: [60]}
  speed: {type: speed, n_samples: auto, weight_decay: 1.0}
  groks: {type: groks, keep: final}
"""


@pytest.fixture(scope="package", autouse=True)
def _undrawn() -> Generator[None]:
    """Figures take half of the time of a tiny suite; `tests/report` draws them."""
    with saved(blank):
        yield


def call(*words: str | Path) -> Result:
    """The command line in this process."""
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite's file."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.yaml").write_text(TINY)
    return folder


@pytest.fixture(scope="session")
def first_run(tiny: Path) -> Result:
    """The suite, run from nothing."""
    with saved(blank):  # it may be made before anything of the package
        return call("run", tiny / "tiny.yaml", "--out", tiny / "out")


@pytest.fixture(scope="session")
def store(tiny: Path, first_run: Result) -> Path:
    """The ledger that the first run left."""
    assert first_run.exit_code == 0, first_run.output
    return tiny / "out" / "ledger.sqlite"


@pytest.fixture
def look(store: Path) -> Callable[..., Result]:
    """A command that looks into that ledger."""
    return lambda *words: call(*words, "--store", store)
