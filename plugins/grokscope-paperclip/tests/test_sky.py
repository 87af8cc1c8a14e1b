"""The sky: the same from the same seed, whatever the workers, in the real archive's layout; and a build of it."""

from __future__ import annotations

import filecmp
import json
from pathlib import Path

import numpy as np
import pytest

from grokscope.spec import InputError
from grokscope_paperclip.data import dataset, splits
from grokscope_paperclip.data.build import build
from grokscope_paperclip.data.catalogue import read_catalogue
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.data.manifest import read_manifest
from grokscope_paperclip.sky.classes import BY_NAME, CLASSES
from grokscope_paperclip.sky.make import add_real_picture, make_sky
from grokscope_paperclip.sky.sheet import class_sheet

from . import extra  # noqa: F401


def test_the_same_seed_is_the_same_sky(tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        make_sky(tmp_path / name, proposals=6, size=32, seed=9, workers=workers)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(tmp_path / "two") for p in (tmp_path / "two").rglob("*") if p.is_file())
    _, unlike, failed = filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)
    assert (unlike, failed) == ([], [])
    with pytest.raises(InputError, match="expected a new or empty one"):
        make_sky(tmp_path / "one", proposals=6, size=32)


@pytest.mark.parametrize("each", BY_NAME.values(), ids=lambda each: each.name)
def test_every_class_draws_light_in_both_looks(each) -> None:  # type: ignore[no-untyped-def]
    for variant in (0, 1):
        light = each.draw(np.random.default_rng(variant), 64, variant)
        assert light.shape == (64, 64)
        assert np.isfinite(light).all()
        assert light.max() > 0.3


def test_there_are_eighteen_classes_on_a_sheet() -> None:
    assert len(CLASSES) == 18
    assert class_sheet(size=32, across=2).size[0] > 100


def copied(sky: Path, place: Path) -> Folder:
    import shutil

    shutil.copytree(sky, place)
    return Folder(place)


def test_pictures_that_cannot_be_used_are_left_out_and_said(sky: Path, tmp_path: Path) -> None:
    folder = copied(sky, tmp_path / "data")
    paths = sorted(folder.root.rglob("*.jpg"))[:3]
    paths[0].write_bytes(b"")
    paths[1].write_bytes(paths[2].read_bytes())
    paths[2].unlink()
    said: list[str] = []
    catalogue = read_catalogue(folder.catalogue)
    whole = len(read_manifest(folder))
    came = build(folder, catalogue, {}, splits.Split(), size=40, say=said.append)
    assert len(came.failures) == len(said) == 3
    assert sum("checksum" in line for line in said) == 2
    assert len(read_manifest(folder)) == sum(came.images.values()) == whole - 3
    with pytest.raises(InputError, match="without a summary"):
        dataset.load(folder, "train").captions("summary")


def test_shards_and_manifest_agree_and_no_proposal_leaks(sky: Path) -> None:
    folder = Folder(sky)
    manifest = read_manifest(folder)
    assert splits.leaks(manifest) == []
    parts = {name: dataset.load(folder, name) for name in splits.SPLITS}
    assert sum(map(len, parts.values())) == len(manifest)
    assert parts["train"].get(np.arange(3)).shape == (3, 40, 40, 1)
    truth = json.loads(folder.truth.read_text())
    assert set(map(str, manifest["proposal"])) <= set(truth)
    shard = folder.shards / json.loads((folder.shards / "index.json").read_text())["shards"][0]["file"]
    assert shard.exists()


def test_a_digest_is_of_the_contents(sky: Path, tmp_path: Path) -> None:
    folder = copied(sky, tmp_path / "data")
    catalogue, first = read_catalogue(folder.catalogue), dataset.index_of(Folder(sky))["digest"]
    same = build(folder, catalogue, _summaries(folder), splits.Split(), size=40).digest
    other = build(folder, catalogue, _summaries(folder), splits.Split(seed=1), size=40).digest
    assert same == first
    assert other != first


def _summaries(folder: Folder):  # type: ignore[no-untyped-def]
    from grokscope_paperclip.summaries.summarise import summaries_in

    return summaries_in(folder.summaries)


def test_a_real_picture_is_one_more_proposal(sky: Path, tmp_path: Path) -> None:
    folder = copied(sky, tmp_path / "data")
    added = add_real_picture(folder.root)
    catalogue = read_catalogue(folder.catalogue)
    assert added.proposal in {each.proposal for each in catalogue.proposals}
    assert len(list(folder.previews(added.proposal).glob("*.jpg"))) == 12


@pytest.mark.parametrize("what", ["manifest", "index"])
def test_damage_is_one_line(sky: Path, tmp_path: Path, what: str) -> None:
    folder = copied(sky, tmp_path / "data")
    path = folder.manifest if what == "manifest" else folder.shards / "index.json"
    path.write_bytes(b"rubbish")
    with pytest.raises(InputError) as caught:
        read_manifest(folder) if what == "manifest" else dataset.load(folder, "train")
    assert "\n" not in str(caught.value)
