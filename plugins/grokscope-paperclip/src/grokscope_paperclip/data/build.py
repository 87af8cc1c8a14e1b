"""From originals to shards: checksums verified, pictures made square, written with their manifest rows as Parquet."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import pandas as pd
from PIL import Image

from grokscope.spec import InputError
from grokscope_paperclip.data import splits
from grokscope_paperclip.data.catalogue import Catalogue
from grokscope_paperclip.data.layout import Folder, checksum, write_whole
from grokscope_paperclip.data.manifest import Summary, rows_of, write_manifest
from grokscope_paperclip.data.pictures import make_square, open_image

ROWS_A_SHARD, QUALITY = 2000, 95


@dataclass(frozen=True)
class Built:
    """The outcome of a build. `failures` and `missing`: a line each."""

    images: dict[str, int]
    proposals: dict[str, int]
    digest: str
    failures: tuple[str, ...]
    missing: tuple[str, ...]
    shared_targets: int


def build(
    folder: Folder,
    catalogue: Catalogue,
    summaries: Mapping[int, Summary],
    split_by: splits.Split,
    *,
    size: int = 512,
    colour: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Built:
    """Write manifest and shards of a data folder anew. A picture that cannot be used is left out and said so.

    Raises:
        InputError: nothing can be used, or the split leaks.
    """
    there = [each for each in catalogue.proposals if folder.record(each.proposal).exists()]
    unsplit, missing = rows_of(folder, catalogue.proposals, summaries, {p.proposal: "" for p in catalogue.proposals})
    if unsplit.empty:
        raise InputError(f"{folder.root}: found no previews, expected some (`grokscope paperclip fetch` or `sky`)")
    with_images = set(unsplit["proposal"])
    cycles = {each.proposal: each.cycle for each in there if each.proposal in with_images}
    groups = splits.target_groups(unsplit) if split_by.how == "target" else None
    manifest = unsplit.assign(split=unsplit["proposal"].map(splits.split(split_by, cycles, groups)))
    splits.check(manifest)
    with ThreadPoolExecutor() as pool:
        pictures = list(pool.map(lambda row: _square(folder, row, size, colour), manifest.to_dict("records")))
    failures = [found for found in pictures if isinstance(found, str)]
    for failure in failures:
        say(failure)
    good = [isinstance(found, bytes) for found in pictures]
    manifest = manifest[good].reset_index(drop=True)
    if manifest.empty:
        raise InputError(f"{folder.root}: found no picture that can be used ({failures[0]})")
    digest = _write_shards(folder, manifest, [p for p in pictures if isinstance(p, bytes)], size, colour, split_by)
    write_manifest(manifest, folder)
    return Built(
        images=splits.counts(manifest["split"]),
        proposals=splits.counts(manifest.groupby("proposal")["split"].first()),
        digest=digest,
        failures=tuple(failures),
        missing=tuple(missing),
        shared_targets=splits.shared_targets(manifest),
    )


def _square(folder: Folder, row: Mapping[str, object], size: int, colour: bool) -> bytes | str:
    """The picture as it is trained on, or a line about what is wrong with it."""
    path = folder.previews(int(str(row["proposal"]))) / str(row["filename"])
    try:
        data = path.read_bytes()
        if checksum(data) != row["sha256"]:
            raise InputError(f"{path}: found another checksum than the record's, expected the picture that was fetched")
        pixels = make_square(open_image(data, str(path)), size, colour=colour)
    except OSError as error:
        return f"{path}: found {error.strerror}, expected a picture"
    except InputError as error:
        return str(error)
    kept = io.BytesIO()
    Image.fromarray(pixels if colour else pixels[:, :, 0]).save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()


def _write_shards(
    folder: Folder, manifest: pd.DataFrame, pictures: list[bytes], size: int, colour: bool, split_by: splits.Split
) -> str:
    """Shards, then the index that says what they are. The digest is of everything that training can see."""
    shutil.rmtree(folder.shards, ignore_errors=True)
    whole = manifest.assign(image=pictures)
    digest = hashlib.sha256(json.dumps([size, colour]).encode())
    for row in whole[["split", "proposal", "filename", "abstract", "objects", "uses", "image"]].itertuples(index=False):
        told = [row.split, row.proposal, row.filename, row.abstract, list(row.objects), list(row.uses)]
        digest.update(json.dumps([str(told), checksum(row.image)]).encode())
    shards = []
    for name in splits.SPLITS:
        part = whole[whole["split"] == name]
        for number, start in enumerate(range(0, len(part), ROWS_A_SHARD)):
            shard = f"{name}-{number:05d}.parquet"
            write_whole(folder.shards / shard, part.iloc[start : start + ROWS_A_SHARD].to_parquet(index=False))
            shards.append({"file": shard, "split": name, "rows": len(part.iloc[start : start + ROWS_A_SHARD])})
    index = {
        "digest": digest.hexdigest()[:20],
        "size": size,
        "colour": colour,
        "split": asdict(split_by),
        "shards": shards,
    }
    write_whole(folder.shards / "index.json", json.dumps(index, indent=1).encode())
    return str(index["digest"])
