"""Fetching: recorded tables, an archive that misbehaves, and what a second fetch does again."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from grokscope.spec import InputError
from grokscope_paperclip.data.archive import ArchiveError, Mast, choose_previews, download, previews_of, safe_name
from grokscope_paperclip.data.fetch import FetchSettings, fetch
from grokscope_paperclip.data.layout import Folder, Preview, read_record

from . import extra  # noqa: F401
from .conftest import answering, reply

TABLES = json.loads((Path(__file__).parent / "fixtures" / "recorded.json").read_text())
QUICK = FetchSettings(most=3, retries=1, wait=0.0)


def jpeg(shade: int) -> bytes:
    kept = io.BytesIO()
    Image.new("L", (32, 20), shade).save(kept, "JPEG")
    return kept.getvalue()


class Recorded:
    """An archive of recorded tables; `broken` names answer with these bytes, or raise."""

    def __init__(self, broken: Mapping[str, Any] | None = None):
        self.broken, self.asked = dict(broken or {}), []

    def observations(self, proposal: int) -> list[Mapping[str, Any]]:
        self.asked.append(proposal)
        return list(TABLES["observations"].get(str(proposal), []))

    def products(self, observations: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        names = {each["obs_id"] for each in observations}
        return [product for product in TABLES["products"] if product["obs_id"] in names]

    def download(self, uri: str) -> bytes:
        name = uri.rpartition("/")[2]
        self.asked.append(name)
        found = self.broken.get(name, jpeg(len(name)))
        if isinstance(found, Exception):
            raise found
        return found


def test_only_total_previews_in_grey_are_taken_each_once() -> None:
    archive = Recorded()
    observations = archive.observations(10188)
    names = [p.filename for p in previews_of(10188, observations, archive.products(observations), colour=False)]
    assert len(names) == len(set(names)) == 5
    assert all("total" in name and "color" not in name for name in names)
    coloured = previews_of(10188, observations, archive.products(observations), colour=True)
    assert len(coloured) == 6
    assert coloured[0].instrument == "ACS/WFC"


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    archive, folder = Recorded(), Folder(tmp_path)
    first = fetch(archive, folder, [10188, 10189, 4], QUICK)
    assert (first.images, first.empty, first.failures) == (4, 1, [])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jpg")}
    again = fetch(archive, folder, [10188, 10189, 4], QUICK)
    assert (again.images, again.kept) == (4, 4)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jpg")}


def test_what_fails_is_listed_and_tried_again_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    wanted = [p.filename for p in choose_previews(_previews(), 3, 42)]
    archive = Recorded({wanted[0]: b"<html>maintenance</html>", wanted[1]: ArchiveError("HTTP 503"), wanted[2]: b""})
    said: list[str] = []
    came = fetch(archive, folder, [10188, 10189], QUICK, said.append)
    assert came.images == 1
    assert came.failures == said
    assert len(said) == 3
    assert all(any(word in line for line in said) for word in ("HTML page", "HTTP 503", "empty"))
    assert archive.asked.count(wanted[0]) == 2, "tried again once"
    assert not list(folder.previews(10188).glob("*"))
    healed = fetch(Recorded(), folder, [10188], QUICK)
    assert (healed.images, healed.failures) == (3, [])
    assert all(p.sha256 for p in read_record(folder, 10188)["previews"])


def test_an_original_that_was_changed_is_fetched_anew(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    fetch(Recorded(), folder, [10189], QUICK)
    (path,) = folder.previews(10189).glob("*.jpg")
    path.write_bytes(b"other")
    assert fetch(Recorded(), folder, [10189], QUICK).kept == 0
    assert path.read_bytes() != b"other"


def _previews() -> list[Preview]:
    archive = Recorded()
    observations = archive.observations(10188)
    return previews_of(10188, observations, archive.products(observations), colour=False)


def test_a_sample_is_distinct_bounded_and_each_proposals_own() -> None:
    many = [Preview(7, f"total_{n}.jpg") for n in range(50)]
    drawn = [p.filename for p in choose_previews(many, 20, 42)]
    assert len(set(drawn)) == 20
    assert drawn == [p.filename for p in choose_previews(many, 20, 42)]
    others = [Preview(8, p.filename) for p in many]
    assert drawn != [p.filename for p in choose_previews(others, 20, 42)]
    assert len(choose_previews(many[:5], 20, 42)) == 5
    assert choose_previews([], 20, 42) == []
    with pytest.raises(InputError):
        choose_previews(many, 0, 42)


@pytest.mark.parametrize("name", ["../x.jpg", "a/b.jpg", ".hidden.jpg", "x" * 300, "", "a\0.jpg"])
def test_names_from_outside_stay_in_their_folder(name: str) -> None:
    assert not safe_name(name)


def _misbehave(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    path = handler.path
    if "gone" in path:
        reply(handler, b"no", 404)
    elif "short" in path:
        reply(handler, b"half", length=400)
    elif "slow" in path:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(0.05)
    elif "silent" in path:
        time.sleep(2)
    else:
        reply(handler, b"fine")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("gone", "HTTP 404"),
        ("short", "4 bytes of 400"),
        ("slow", "no whole answer|timed out"),
        ("silent", "timed out"),
    ],
)
def test_downloads_that_fail_say_why(path: str, why: str) -> None:
    with answering(_misbehave) as address:
        assert download(f"{address}/good", 5) == b"fine"
        with pytest.raises(ArchiveError, match=why):
            download(f"{address}/{path}", 0.4)


def test_mast_asks_in_small_portions_and_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    from astropy.table import MaskedColumn, Table
    from astroquery.mast import Observations

    asked: list[Any] = []

    def products(identities: list[str]) -> Table:
        asked.append(identities)
        return Table({"obs_id": identities, "size": MaskedColumn([1] * len(identities), mask=[True] * len(identities))})

    monkeypatch.setattr(Observations, "query_criteria", lambda **k: Table({"obsid": [str(n) for n in range(45)]}))
    monkeypatch.setattr(Observations, "get_product_list", products)
    began, mast = time.monotonic(), Mast(pause=0.05)
    rows = mast.products(mast.observations(7))
    assert [len(each) for each in asked] == [20, 20, 5]
    assert len(rows) == 45
    assert rows[0]["size"] is None
    assert time.monotonic() - began >= 0.15

    def fail(**_: object) -> None:
        raise TimeoutError("the join took too long")

    monkeypatch.setattr(Observations, "query_criteria", fail)
    with pytest.raises(ArchiveError, match="TimeoutError: the join"):
        mast.observations(7)


def test_mast_downloads_over_plain_http() -> None:
    seen: list[str] = []

    def answer(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        seen.append(handler.path)
        reply(handler, jpeg(3))

    with answering(answer) as address:
        assert Mast(pause=0, address=address + "/file").download("mast:HST/product/a b.jpg") == jpeg(3)
    assert seen == ["/file?uri=mast%3AHST%2Fproduct%2Fa+b.jpg"]
