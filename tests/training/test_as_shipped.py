"""Programs compiled as those of users are (`conftest.QUICKLY`): in a process that has none of the tests' options."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = (
    "test_epoch.py::test_two_epochs_are_those_of_the_oracle[published]",
    "test_advance.py::test_alone_and_among_others[float32-vmap]",
)


def test_an_epoch_is_the_oracles_and_lanes_do_not_heed_each_other() -> None:
    tests = [f"tests/training/{name}" for name in TESTS]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    done = subprocess.run(command, env=os.environ | {"XLA_FLAGS": ""}, cwd=Path(__file__).parents[2],
                          capture_output=True, text=True, timeout=600, check=False)  # fmt: skip
    assert (done.returncode, f"{len(TESTS)} passed" in done.stdout) == (0, True), done.stdout + done.stderr
