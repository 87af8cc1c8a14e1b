"""The layout of a data folder, and the description of a proposal's previews."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from grokscope.folders import atomic_write
from grokscope.spec import InputError


@dataclass(frozen=True)
class Preview:
    """One preview picture of one visit, as the archive describes it. Position in degrees, exposure in seconds."""

    proposal: int
    filename: str
    obs_id: str = ""
    uri: str = ""
    instrument: str = ""
    detector: str = ""
    filters: str = ""
    exposure: float = 0.0
    target: str = ""
    ra: float = 0.0
    dec: float = 0.0
    sha256: str = ""


@dataclass(frozen=True)
class Folder:
    """A data folder."""

    root: Path

    @property
    def catalogue(self) -> Path:
        return self.root / "catalogue.txt"

    @property
    def truth(self) -> Path:
        return self.root / "truth.json"

    @property
    def summaries(self) -> Path:
        return self.root / "summaries.jsonl"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.parquet"

    @property
    def shards(self) -> Path:
        return self.root / "shards"

    def previews(self, proposal: int) -> Path:
        """Folder of a proposal's originals."""
        return self.root / "previews" / f"proposal_{proposal}"

    def record(self, proposal: int) -> Path:
        """File with what is known of a proposal's previews."""
        return self.root / "records" / f"{proposal}.json"

    def recorded(self) -> Iterator[int]:
        """Proposals that have a record, in order."""
        yield from sorted(int(path.stem) for path in (self.root / "records").glob("*.json") if path.stem.isdigit())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with atomic_write(path) as new:
        new.write_bytes(data)


def write_record(folder: Folder, proposal: int, previews: list[Preview], **facts: Any) -> None:
    """Keep what is known of a proposal's previews, whole."""
    content = {"proposal": proposal, **facts, "previews": [asdict(preview) for preview in previews]}
    write_whole(folder.record(proposal), json.dumps(content, indent=1).encode())


def read_record(folder: Folder, proposal: int) -> dict[str, Any]:
    """Read what is known of a proposal's previews.

    Raises:
        InputError: the file is damaged.
    """
    path = folder.record(proposal)
    try:
        content = json.loads(path.read_text())
        known = {field.name for field in fields(Preview)}
        content["previews"] = [Preview(**{k: v for k, v in p.items() if k in known}) for p in content["previews"]]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: found {error}, expected the record that fetch or sky wrote") from None
    return dict(content)


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
