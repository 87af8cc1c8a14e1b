"""Making a capsule."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path

from grokscope.capsules.unpacking import FORM, LEDGER, LIST, PLUGINS, REPORT, SUITE, digest
from grokscope.folders import atomic_write
from grokscope.ledger import Ledger, open_ledger
from grokscope.registry import included
from grokscope.run import parts_of
from grokscope.studies.study import study_of
from grokscope.suite import Suite, parse_suite
from grokscope.training.provenance import git_revision, version, versions


def seal(ledger: Ledger, suite: str, path: Path) -> Path:
    """Write the capsule of a suite as it stands in the ledger, in place of what is there. Its path.

    Raises:
        LedgerError: there is no such suite.
        OSError: the file cannot be written.
    """
    text = ledger.suite_text(suite)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".capsule-", dir=path.parent) as scratch:
        inside = Path(scratch) / "inside"
        inside.mkdir()
        (inside / SUITE).write_text(text, encoding="utf-8")
        with open_ledger(inside / LEDGER) as copy:
            ledger.copy_suite(suite, copy)
            read = parse_suite(text, source=suite, skip_impossible=True)
            study = study_of(read)
            study.write(study.conclude(read, copy), inside / REPORT)
            counts = copy.status_counts(suite)
        made_by = sorted({part.origin for part in parts_of(read.runs) if part.origin} | origin_of_study(read))
        for file in included():
            if file.origin in made_by:
                (inside / PLUGINS).mkdir(exist_ok=True)
                (inside / PLUGINS / Path(file.path).name).write_text(file.text, encoding="utf-8")
        members = sorted(file for file in inside.rglob("*") if file.is_file())
        listed = {file.relative_to(inside).as_posix(): _entry(file) for file in members}
        head = {
            "capsule": FORM,
            "suite": suite,
            "grokscope": version(),
            "git": git_revision(),
            "versions": versions(),
        } | ({PLUGINS: made_by} if made_by else {})
        with atomic_write(path) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            archive.writestr(LIST, json.dumps(head | {"runs": counts, "members": listed}, indent=2))
            for name in listed:
                archive.write(inside / name, name)
    return path


def origin_of_study(suite: Suite) -> set[str]:
    """Who made the study of a suite, where it is not built in."""
    origin = study_of(suite).origin
    return {origin} if origin else set()


def _entry(file: Path) -> dict[str, int | str]:
    return {"bytes": file.stat().st_size, "sha256": digest(file)}
