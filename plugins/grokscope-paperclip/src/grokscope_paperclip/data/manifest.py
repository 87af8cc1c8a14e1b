"""The manifest: one row an image, with what the archive, the catalogue and the summaries say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from grokscope.spec import InputError
from grokscope_paperclip.data.catalogue import Proposal
from grokscope_paperclip.data.layout import Folder, read_record, write_whole

COLUMNS = (
    *("proposal", "filename", "obs_id", "uri", "instrument", "detector", "filters", "exposure", "target", "ra", "dec"),
    *("sha256", "cycle", "category", "title", "abstract", "objects", "uses", "split"),
)


@dataclass(frozen=True)
class Summary:
    """A summary of what a proposal's images show and may be used for: one to five short phrases each."""

    objects: tuple[str, ...]
    uses: tuple[str, ...]

    @property
    def caption(self) -> str:
        return ", ".join(self.objects) + "; " + ", ".join(self.uses)


def rows_of(
    folder: Folder, proposals: Iterable[Proposal], summaries: Mapping[int, Summary], splits: Mapping[int, str]
) -> tuple[pd.DataFrame, list[str]]:
    """A row for every image that was fetched, and a line for every proposal without any."""
    rows, missing = [], []
    for each in sorted(proposals, key=lambda one: one.proposal):
        if not folder.record(each.proposal).exists():
            missing.append(f"proposal {each.proposal}: no previews were fetched")
            continue
        summary = summaries.get(each.proposal)
        told = {
            "cycle": each.cycle,
            "category": each.category.upper(),
            "title": each.title,
            "abstract": each.caption,
            "objects": list(summary.objects) if summary else [],
            "uses": list(summary.uses) if summary else [],
            "split": splits[each.proposal],
        }
        there = [preview for preview in read_record(folder, each.proposal)["previews"] if preview.sha256]
        rows += [vars(preview) | told for preview in there]
        if not there:
            missing.append(f"proposal {each.proposal}: has no previews")
    return pd.DataFrame(rows, columns=list(COLUMNS)), missing


def write_manifest(manifest: pd.DataFrame, folder: Folder) -> None:
    write_whole(folder.manifest, manifest.to_parquet(index=False))


def read_manifest(folder: Folder) -> pd.DataFrame:
    """The manifest of a data folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    try:
        found = pd.read_parquet(folder.manifest)
    except FileNotFoundError:
        raise InputError(
            f"{folder.manifest}: found no file, expected a manifest (`grokscope paperclip build`)"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder.manifest}: found {str(error).splitlines()[0]}, expected a Parquet manifest"
        ) from None
    if missing := set(COLUMNS) - set(found.columns):
        raise InputError(f"{folder.manifest}: found no column {min(missing)!r}, expected a manifest of `build`")
    return found
