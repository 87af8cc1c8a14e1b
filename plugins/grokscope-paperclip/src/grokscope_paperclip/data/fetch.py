"""Fetch previews: proposal by proposal, what is there already left alone, what fails listed and tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from grokscope.spec import InputError
from grokscope_paperclip.data.archive import Archive, ArchiveError, choose_previews, previews_of
from grokscope_paperclip.data.layout import (
    Folder,
    Preview,
    checksum,
    read_record,
    write_record,
    write_whole,
)
from grokscope_paperclip.data.pictures import open_image

T = TypeVar("T")


@dataclass
class Fetched:
    """The outcome of a fetch. `failures`: a line each."""

    proposals: int = 0
    images: int = 0
    kept: int = 0
    empty: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class FetchSettings:
    """Settings of a fetch. `most`: images a proposal; `wait`: seconds before the first retry, doubled each time."""

    most: int = 20
    seed: int = 42
    colour: bool = False
    retries: int = 3
    wait: float = 2.0


def fetch(
    archive: Archive,
    folder: Folder,
    proposals: Iterable[int],
    asked: FetchSettings,
    say: Callable[[str], None] = lambda _: None,
) -> Fetched:
    """Fetch the previews of these proposals that are not there whole already. Nothing that fails ends it."""
    came = Fetched()
    for proposal in proposals:
        came.proposals += 1
        try:
            previews, failures, kept = _proposal(archive, folder, proposal, asked)
        except (ArchiveError, InputError) as error:
            failures, previews, kept = [f"proposal {proposal}: {error}"], [], 0
        came.images += len(previews)
        came.kept += kept
        came.empty += not previews and not failures
        came.failures += failures
        for failure in failures:
            say(failure)
    return came


def _proposal(
    archive: Archive, folder: Folder, proposal: int, asked: FetchSettings
) -> tuple[list[Preview], list[str], int]:
    """Previews that are there now, failures, and how many were there before."""
    wanted, available = _wanted(archive, folder, proposal, asked)
    there: list[Preview] = []
    failures: list[str] = []
    kept = 0
    for preview in wanted:
        path = folder.previews(proposal) / preview.filename
        if preview.sha256 and path.exists() and checksum(path.read_bytes()) == preview.sha256:
            there.append(preview)
            kept += 1
            continue
        try:
            data = _retry(lambda uri=preview.uri, name=preview.filename: _picture(archive, uri, name), asked)  # type: ignore[misc]
        except (ArchiveError, InputError) as error:
            failures.append(f"proposal {proposal}: {preview.filename}: {error}")
            continue
        write_whole(path, data)
        there.append(replace(preview, sha256=checksum(data)))
    by_name = {preview.filename: preview for preview in there}
    listed = [by_name.get(preview.filename, replace(preview, sha256="")) for preview in wanted]
    facts = {"asked": asked.most, "seed": asked.seed, "colour": asked.colour, "available": available}
    write_record(folder, proposal, listed, **facts, failures=failures)
    return there, failures, kept


def _wanted(archive: Archive, folder: Folder, proposal: int, asked: FetchSettings) -> tuple[list[Preview], int]:
    """The previews drawn for a proposal, from its record if it was drawn the same way; and how many it has."""
    if folder.record(proposal).exists():
        record = read_record(folder, proposal)
        if (record.get("asked"), record.get("seed"), record.get("colour")) == (asked.most, asked.seed, asked.colour):
            return record["previews"], record["available"]
    observations = _retry(lambda: archive.observations(proposal), asked)
    products = _retry(lambda: archive.products(observations), asked) if observations else []
    previews = previews_of(proposal, observations, products, colour=asked.colour)
    return choose_previews(previews, asked.most, asked.seed), len(previews)


def _picture(archive: Archive, uri: str, name: str) -> bytes:
    """The bytes of a preview that can be opened."""
    data = archive.download(uri)
    open_image(data, name)
    return data


def _retry(ask: Callable[[], T], asked: FetchSettings) -> T:
    """The answer, asked for again after a growing pause as often as allowed."""
    for attempt in range(asked.retries):
        try:
            return ask()
        except (ArchiveError, InputError):
            time.sleep(asked.wait * 2**attempt)
    return ask()
