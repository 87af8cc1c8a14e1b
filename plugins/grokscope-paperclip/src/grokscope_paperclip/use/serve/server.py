"""The server of the page. It listens on loopback unless told otherwise, takes bounded uploads, and writes nothing.

GET / is the page, GET /image/PROPOSAL/FILE a thumbnail, POST /search a JSON answer. The body of a search is JSON with
`text`, `image` (base64) or both, `hits`, `filters`. What an answer says is data; the page puts it in as text.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any
from urllib.parse import unquote, urlsplit

from grokscope.spec import InputError
from grokscope_paperclip.data.archive import safe_name
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.data.pictures import make_square, open_image, read
from grokscope_paperclip.evaluation.labels import GENERAL, sky_labels
from grokscope_paperclip.learning.bundle import Model
from grokscope_paperclip.use.describe import describe
from grokscope_paperclip.use.embed import pixel_vector
from grokscope_paperclip.use.search import FILTERS, Searcher, combine

MOST_BYTES, MOST_TEXT, THUMBNAIL = 16 * 2**20, 20_000, 256
SECONDS = 30
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = {
    "/": ("page.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Service:
    """Search, thumbnails and facts for the page, without HTTP."""

    def __init__(self, model: Model, searcher: Searcher, folder: Folder):
        self.model, self.searcher, self.folder = model, searcher, folder
        self._one_at_a_time = threading.Lock()
        rows = searcher.store.rows
        self._known = set(zip(rows["proposal"].astype(int), rows["filename"], strict=True))
        self._labels = sky_labels() if folder.truth.exists() else list(GENERAL)

    def search(self, asked: Any) -> dict[str, Any]:
        """The answer to a search.

        Raises:
            InputError: it is not one that can be answered.
        """
        if not isinstance(asked, dict):
            raise InputError("search: found no JSON object, expected one with text or image")
        text, k = _text(asked.get("text", "")), asked.get("hits", 12)
        if not isinstance(k, int) or isinstance(k, bool):
            raise InputError(f"hits: found {k!r:.40}, expected a whole number")
        filters = asked.get("filters", {})
        if not isinstance(filters, dict):
            raise InputError("filters: found no JSON object, expected names and values")
        kept = {str(name): _text(str(value)) for name, value in filters.items() if str(value).strip()}
        square = self._square(asked["image"]) if asked.get("image") else None
        with self._one_at_a_time:
            words = self.model.embed_texts([text])[0] if text.strip() else None
            picture = pixel_vector(self.model, square) if square is not None else None
            found = self.searcher.search(combine(words, picture), k, filters=kept)
            said = describe(self.model, square, self._labels, 5) if square is not None else []
        hits = [
            {
                "score": round(hit.score, 4),
                "link": hit.link,
                "image": f"/image/{hit.facts['proposal']}/{hit.facts['filename']}",
            }
            | {name: str(hit.facts[name]) for name in ("proposal", "title", "instrument", "cycle", "category")}
            for hit in found.hits
        ]
        labels = [{"text": each.text, "score": round(each.score, 3)} for each in said]
        return {"hits": hits, "poor": found.poor, "labels": labels}

    def _square(self, encoded: Any) -> Any:
        if not isinstance(encoded, str):
            raise InputError("image: found no text, expected a picture in base64")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise InputError("image: found no base64, expected a JPEG or PNG picture") from None
        return make_square(open_image(data, "image"), self.model.size, colour=self.model.colour)

    def thumbnail(self, proposal: str, filename: str) -> bytes | None:
        """A JPEG of an image of the collection; None for anything else."""
        if not proposal.isdecimal() or not safe_name(filename) or (int(proposal), filename) not in self._known:
            return None
        picture = read(self.folder.previews(int(proposal)) / filename)
        picture.thumbnail((THUMBNAIL, THUMBNAIL))
        kept = io.BytesIO()
        picture.convert("RGB").save(kept, "JPEG", quality=88)
        return kept.getvalue()

    @property
    def facts(self) -> dict[str, Any]:
        """Facts that the page shows before any search."""
        rows = self.searcher.store.rows
        return {
            "images": len(rows),
            "proposals": int(rows["proposal"].nunique()),
            "filters": list(FILTERS),
            "instruments": sorted(set(rows["instrument"]))[:50],
            "categories": sorted(set(rows["category"]))[:50],
        }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError("text: found something else, expected a text")
    return value[:MOST_TEXT]


class _Handler(BaseHTTPRequestHandler):
    """One request. Its answers say nothing of the machine."""

    server_version, sys_version, timeout = "grokscope", "", SECONDS
    service: Service
    hosts: tuple[str, ...]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if not self._allowed():
            return
        if path in PAGE:
            name, kind = PAGE[path]
            self._answer(
                HTTPStatus.OK, resources.files(__package__).joinpath(name).read_bytes(), f"{kind}; charset=utf-8"
            )
        elif path == "/facts":
            self._json(HTTPStatus.OK, self.service.facts)
        elif path.startswith("/image/"):
            self._thumbnail(path)
        else:
            self._json(HTTPStatus.NOT_FOUND, {"error": "there is no such page"})

    def do_POST(self) -> None:
        if not self._allowed():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self._json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"expected at most {MOST_BYTES // 2**20} MiB"})
        elif urlsplit(self.path).path != "/search" or self.headers.get_content_type() != "application/json":
            self.close_connection = True
            self._json(HTTPStatus.NOT_FOUND, {"error": "expected JSON at /search"})
        else:
            self._search(self.rfile.read(int(length)))

    def _search(self, body: bytes) -> None:
        try:
            self._json(HTTPStatus.OK, self.service.search(json.loads(body)))
        except InputError as error:
            self._json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except (ValueError, RecursionError):
            self._json(HTTPStatus.BAD_REQUEST, {"error": "found no JSON, expected a search"})

    def _thumbnail(self, path: str) -> None:
        parts = unquote(path).split("/")
        try:
            data = self.service.thumbnail(parts[2], parts[3]) if len(parts) == 4 else None
        except InputError:
            data = None  # gone or damaged since it was embedded: the page shows its frame
        if data is None:
            self._json(HTTPStatus.NOT_FOUND, {"error": "there is no such image"})
        else:
            self._answer(HTTPStatus.OK, data, "image/jpeg")

    def _allowed(self) -> bool:
        """Refuse a name that is not ours (a page elsewhere that resolves to this machine)."""
        host = self.headers.get("Host", "").rpartition(":")[0].strip("[]") or self.headers.get("Host", "")
        if self.hosts and host not in self.hosts:
            self._json(HTTPStatus.FORBIDDEN, {"error": "found another host name, expected this machine's"})
            return False
        return True

    def _json(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        self._answer(status, json.dumps(content).encode(), "application/json")

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is the user's."""


@contextmanager
def running_server(service: Service, host: str = "127.0.0.1", port: int = 0) -> Iterator[ThreadingHTTPServer]:
    """A server that listens; the caller lets it serve.

    Raises:
        InputError: the address cannot be listened on.
    """
    hosts = LOOPBACK if host in LOOPBACK else ()
    handler = type("Handler", (_Handler,), {"service": service, "hosts": hosts})
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise InputError(f"{host}:{port}: {error.strerror}, expected an address to listen on") from None
    server.daemon_threads = True
    try:
        yield server
    finally:
        server.server_close()
