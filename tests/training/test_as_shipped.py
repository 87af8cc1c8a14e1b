"""A program compiled as those of users are (`conftest.QUICKLY`): in a process that has none of the tests' options."""

import os
import subprocess
import sys
from pathlib import Path

TEST = "tests/training/test_epoch.py::test_two_epochs_are_those_of_the_oracle[published, halves]"


def test_an_epoch_is_the_oracles() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", TEST]
    done = subprocess.run(
        command,
        env=os.environ | {"XLA_FLAGS": ""},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr
