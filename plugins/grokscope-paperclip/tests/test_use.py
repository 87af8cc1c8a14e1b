"""Embed, search, describe, and the local page, against a model of a few steps."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from browser import needs_chromium, screenshot, visit
from grokscope.spec import InputError
from grokscope_paperclip.data import dataset
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.learning import bundle
from grokscope_paperclip.use.describe import describe, heat
from grokscope_paperclip.use.embed import embed, pixel_vector
from grokscope_paperclip.use.index import Exact, index_of
from grokscope_paperclip.use.search import Searcher, combine
from grokscope_paperclip.use.serve.server import MOST_BYTES, Service, running_server
from grokscope_paperclip.use.store import Store, read_store, write_store

from . import extra


@pytest.fixture(scope="session")
def model(trained: Path) -> bundle.Model:
    return bundle.load(trained)


@pytest.fixture(scope="session")
def store(model: bundle.Model, sky: Path) -> Store:
    return embed(model, [dataset.load(Folder(sky), name) for name in ("train", "val", "test")])


def test_exact_search_is_a_sort() -> None:
    vectors = np.random.default_rng(0).standard_normal((5000, 8)).astype(np.float32)
    vectors[10] = vectors[20]
    query = vectors[20]
    scores, places = Exact(vectors).nearest(query, 50)
    plain = np.argsort(-(vectors @ query), kind="stable")[:50]
    assert places.tolist() == plain.tolist()
    assert np.allclose(scores, (vectors @ query)[plain])
    assert len(Exact(vectors[:3]).nearest(query, 50)[0]) == 3
    assert len(Exact(vectors[:0]).nearest(query, 5)[0]) == 0


@pytest.mark.skipif(find_spec("faiss") is None and not extra.ALL, reason="no faiss-cpu: make test-paperclip has it")
def test_faiss_finds_the_same_at_small_n() -> None:
    vectors = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    exact, near = (index_of(vectors, how).nearest(vectors[3], 5)[1].tolist() for how in ("exact", "faiss"))
    assert exact == near


def test_hits_are_one_a_proposal_best_first_and_filtered(store: Store, model: bundle.Model) -> None:
    searcher, query = Searcher(store), model.embed_texts(["comet"])[0]
    hits = searcher.search(query, 12).hits
    proposals = [hit.facts["proposal"] for hit in hits]
    assert len(set(proposals)) == len(proposals) == 12
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    scores = store.vectors @ query
    assert hits[0].score == pytest.approx(scores.max())
    best: dict[int, float] = {}
    for score, owner in zip(scores, store.owner, strict=True):
        proposal = int(store.rows["proposal"][owner])
        best[proposal] = max(best.get(proposal, -1.0), float(score))
    assert proposals == sorted(best, key=lambda p: -best[p])[:12]
    every = searcher.search(query, 30, distinct=False).hits
    assert len({h.row for h in every}) == 30
    only = searcher.search(query, 5, filters={"instrument": "wfc3"}).hits
    assert only
    assert all("WFC3" in hit.facts["instrument"] for hit in only)
    assert searcher.search(query, 5, filters={"proposal": "1"}).hits == ()
    assert hits[0].link == f"https://archive.stsci.edu/proposal_search.php?id={proposals[0]}&mission=hst"


def test_an_image_finds_itself_and_a_poor_query_is_flagged(store: Store, model: bundle.Model, sky: Path) -> None:
    test = dataset.load(Folder(sky), "test")
    vector = pixel_vector(model, test.get(np.array([0]))[0])
    found = Searcher(store).search(vector, 3, distinct=False)
    assert not found.poor
    assert test.frame["filename"][0] in [hit.facts["filename"] for hit in found.hits]
    assert Searcher(store).search(-vector, 3).poor
    both = combine(model.embed_texts(["comet"])[0], vector)
    assert np.linalg.norm(both) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("filters", "k", "why"), [({"instrment": "x"}, 5, "instrument"), ({}, 0, "hits"), ({}, 999, "hits")]
)
def test_a_search_that_cannot_be_is_refused(store: Store, filters: dict[str, str], k: int, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Searcher(store).search(store.vectors[0], k, filters=filters)


def test_a_store_comes_back_and_a_damaged_one_is_one_line(store: Store, tmp_path: Path) -> None:
    write_store(store, tmp_path / "s")
    again = read_store(tmp_path / "s")
    assert np.array_equal(again.vectors, store.vectors)
    assert again.facts == store.facts
    with pytest.raises(InputError, match="no embeddings"):
        read_store(tmp_path)
    (tmp_path / "s" / "vectors.npy").write_bytes(b"rubbish")
    with pytest.raises(InputError, match="expected what embed wrote"):
        read_store(tmp_path / "s")


def test_labels_are_ranked_and_heat_is_where_the_windows_are(model: bundle.Model, sky: Path) -> None:
    square = dataset.load(Folder(sky), "test").get(np.array([0]))[0]
    found = describe(model, square, ["comet", " comet ", "quasar", "word " * 5000], 9)
    assert [each.text for each in found][:1] != []
    assert len(found) == 3
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
    seen = heat(model, square, "comet")
    assert seen.shape == square.shape[:2]
    assert (seen.min(), seen.max()) == (0, 1)
    with pytest.raises(InputError, match="found none"):
        describe(model, square, ["", " "])


@pytest.fixture(scope="module")
def address(model: bundle.Model, store: Store, sky: Path) -> Iterator[str]:
    rows = store.rows.assign(title="<img src=x onerror=document.title='hacked'> " + store.rows["title"])
    service = Service(model, Searcher(Store(store.vectors, store.owner, rows, store.facts)), Folder(sky))
    with running_server(service) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def asked(address: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
    kind = {"Content-Type": "application/json"} if body is not None else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, body, kind | headers), timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def search(address: str, **what: Any) -> tuple[int, Any]:
    status, body, _ = asked(address, "/search", json.dumps(what).encode())
    return status, json.loads(body)


def test_the_page_answers_words_and_pictures(address: str, sky: Path) -> None:
    status, page, headers = asked(address, "/")
    assert status == 200
    assert b"Search the sky" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    status, found = search(address, text="comet", hits=4)
    assert (status, len(found["hits"])) == (200, 4)
    status, picture, headers = asked(address, found["hits"][0]["image"])
    assert (status, headers["Content-Type"], picture[:2]) == (200, "image/jpeg", b"\xff\xd8")
    one = next((sky / "previews").rglob("*.jpg")).read_bytes()
    status, found = search(address, image=base64.b64encode(one).decode())
    assert status == 200
    assert len(found["labels"]) == 5


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({}, "neither text nor picture"),
        ({"text": 3}, "text"),
        ({"text": "x", "hits": "many"}, "hits"),
        ({"text": "x", "hits": 10**9}, "hits"),
        ({"text": "x", "filters": {"colour": "red"}}, "filter"),
        ({"image": "?"}, "base64"),
        ({"image": base64.b64encode(b"<html>").decode()}, "HTML page"),
    ],
)
def test_what_cannot_be_answered_is_said(address: str, what: dict[str, Any], why: str) -> None:
    status, found = search(address, **what)
    assert status == 400
    assert why in found["error"]


def test_uploads_paths_and_names_are_bounded(address: str) -> None:
    assert search(address, text="word " * 10_000)[0] == 200
    assert asked(address, "/search", b"[" * 100_000)[0] == 400
    assert asked(address, "/search", b"x", **{"Content-Length": str(MOST_BYTES + 1)})[0] == 413
    for path in ("/image/10001/..%2F..%2Fcatalogue.txt", "/image/1/x.jpg", "/image/10001/", "/etc/passwd", "/../x"):
        assert asked(address, path)[0] == 404, path
    assert asked(address, "/", Host="evil.example")[0] == 403
    assert asked(address, "/search", b"{}", **{"Content-Type": "text/plain"})[0] == 404


@needs_chromium
def test_a_browser_shows_what_is_found_as_text(address: str, tmp_path: Path) -> None:
    seen = visit(address + "/?q=planetary%20nebula")
    assert seen.dom.count("<li>") == 24
    assert "&lt;img src=x" in seen.dom
    assert "hacked" not in seen.dom.partition("</title>")[0]
    assert "proposal_search.php?id=" in seen.dom
    assert not seen.console
    assert not screenshot(address + "/?q=comet", tmp_path / "page.png", width=1000, height=900)
