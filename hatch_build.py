"""Write into wheels and source archives which commit they were built from: there is no checkout to ask any more."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = {"wheel": "grokscope/build.json", "sdist": "src/grokscope/build.json"}


class CommitHook(BuildHookInterface[Any]):
    """Adds `build.json` (see `grokscope.training.provenance`), unless it came with a source archive."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or (Path(self.root) / INSIDE["sdist"]).exists():
            return
        command = ["git", "-C", self.root, "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        try:
            commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return  # no checkout: the build has a version and no commit, and says so
        self.folder = tempfile.TemporaryDirectory()
        made = Path(self.folder.name) / "build.json"
        made.write_text(json.dumps({"commit": commit}))
        build_data["force_include"][str(made)] = INSIDE[self.target_name]
