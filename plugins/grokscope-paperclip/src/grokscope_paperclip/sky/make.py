# mypy: no-disallow-untyped-calls
"""Make a sky: catalogue, previews and records in the real archive's layout, and the truth beside them."""

from __future__ import annotations

import io
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from grokscope.spec import InputError
from grokscope_paperclip.data.catalogue import Proposal, write_catalogue
from grokscope_paperclip.data.layout import Folder, Preview, checksum, write_record, write_whole
from grokscope_paperclip.sky.abstracts import Subject, abstract, category, person, subject, title
from grokscope_paperclip.sky.look import expose

FIRST_ID, MOST_IMAGES = 10_001, 8
CAMERAS = (("ACS", "WFC", "F606W"), ("ACS", "WFC", "F814W"), ("WFC3", "UVIS", "F555W"), ("WFC3", "IR", "F160W"))
EXPOSURES = {"shallow": 60.0, "moderate": 900.0, "deep": 7200.0}


def make_sky(root: Path, *, proposals: int = 700, size: int = 128, seed: int = 0, workers: int = 1) -> int:
    """Write a sky of so many proposals and return how many images it has. The same arguments give the same bytes.

    Raises:
        InputError: the folder holds something else already.
    """
    folder = Folder(root)
    if folder.catalogue.exists() or folder.manifest.exists():
        raise InputError(f"{root}: found a data folder, expected a new or empty one")
    root.mkdir(parents=True, exist_ok=True)
    draw = partial(_proposal, of=proposals, root=root, size=size, seed=seed)
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            made = list(pool.map(draw, range(proposals), chunksize=8))
    else:
        made = [draw(number) for number in range(proposals)]
    truth = {str(each.proposal): told for each, told, _ in made}
    write_whole(folder.truth, json.dumps(truth, indent=1).encode())
    write_catalogue((each for each, _, _ in made), folder.catalogue)  # Last: it says that all the rest is there.
    return sum(count for _, _, count in made)


def _proposal(number: int, *, of: int, root: Path, size: int, seed: int) -> tuple[Proposal, dict[str, object], int]:
    """One proposal with its pictures; its randomness is its own."""
    rng, folder, identity = np.random.default_rng([seed, number]), Folder(root), FIRST_ID + number
    about = subject(rng)
    written = Proposal(
        proposal=identity,
        cycle=8 + number * 24 // of,
        kind="GO",
        category=category(about, rng),
        title=title(about, rng),
        pi=person(rng),
        abstract=abstract(about, rng),
    )
    place = float(rng.uniform(0, 360)), float(np.degrees(np.arcsin(rng.uniform(-1, 1))))
    previews = [
        _preview(about, rng, folder, identity, visit, size, place) for visit in range(rng.integers(1, MOST_IMAGES + 1))
    ]
    write_record(folder, identity, previews, asked=len(previews), available=len(previews), failures=[])
    return written, about.truth, len(previews)


def _preview(
    about: Subject,
    rng: np.random.Generator,
    folder: Folder,
    identity: int,
    visit: int,
    size: int,
    place: tuple[float, float],
) -> Preview:
    camera, detector, colour = CAMERAS[rng.integers(len(CAMERAS))]
    picture = expose(about.kind.draw(rng, size, about.variant), rng, about.depth)
    kept = io.BytesIO()
    Image.fromarray(picture).save(kept, "JPEG", quality=92)
    name = (
        f"hst_{identity}_{visit + 1:02d}_{camera.lower()}_{detector.lower()}_total_j{identity}{visit + 1:02d}_drc.jpg"
    )
    write_whole(folder.previews(identity) / name, kept.getvalue())
    return Preview(
        proposal=identity,
        filename=name,
        obs_id=name.removesuffix(".jpg"),
        uri=f"mast:HST/product/{name}",
        instrument=f"{camera}/{detector}",
        detector=detector,
        filters=colour,
        exposure=round(EXPOSURES[about.depth] * float(rng.uniform(0.8, 1.2)), 1),
        target=about.target.upper(),
        ra=round(place[0], 5),
        dec=round(place[1], 5),
        sha256=checksum(kept.getvalue()),
    )


def add_real_picture(root: Path, *, crop: int = 224) -> Proposal:
    """Add scikit-image's Hubble eXtreme Deep Field, cut into tiles, as one more proposal of a sky.

    It has no truth: what it shows is real. Its number is below every synthetic one.
    """
    from skimage.data import hubble_deep_field

    folder, identity = Folder(root), FIRST_ID - 1
    whole = np.asarray(Image.fromarray(hubble_deep_field()).convert("L"))
    previews = []
    for visit, (row, column) in enumerate(np.ndindex(whole.shape[0] // crop, whole.shape[1] // crop)):
        tile, kept = whole[row * crop : (row + 1) * crop, column * crop : (column + 1) * crop], io.BytesIO()
        Image.fromarray(tile).save(kept, "JPEG", quality=92)
        name = f"hst_{identity}_{visit + 1:02d}_acs_wfc_total_xdf{visit + 1:02d}_drz.jpg"
        write_whole(folder.previews(identity) / name, kept.getvalue())
        facts = {"target": "HUDF", "ra": 53.158, "dec": -27.79, "instrument": "ACS/WFC", "detector": "WFC"}
        preview = Preview(identity, name, name.removesuffix(".jpg"), f"mast:HST/product/{name}", **facts)  # type: ignore[arg-type]
        previews.append(Preview(**vars(preview) | {"sha256": checksum(kept.getvalue())}))
    write_record(folder, identity, previews, asked=len(previews), available=len(previews), failures=[])
    text = (
        "We propose very deep imaging of a blank field survey of distant galaxies, the HUDF. "
        "Our aim is to count faint galaxies at high redshift. The data will be of lasting value to the archive."
    )
    written = Proposal(identity, 11, "GO", "COSMOLOGY", "The deepest picture of the sky", "The archive", text)
    with folder.catalogue.open("a", encoding="utf-8") as file:
        extra = root / ".extra"
        write_catalogue([written], extra)
        file.write(extra.read_text())
        extra.unlink()
    return written
