"""One small sky and one small model, made once for all tests of the study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

NEED_TORCH = ("test_distributed", "test_learning", "test_use")
# These import PyTorch at their first line, before `extra` could skip them; `extra` names them in its reason.
collect_ignore = [] if find_spec("torch") and find_spec("transformers") else [f"{name}.py" for name in NEED_TORCH]

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """The address of a local server that answers every request by this function."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, b"")

        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture(scope="session")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 48 proposals, summarised by rules and built at 40 pixels."""
    from grokscope.studies.paperclip.data.build import build
    from grokscope.studies.paperclip.data.catalogue import read_catalogue
    from grokscope.studies.paperclip.data.layout import Folder
    from grokscope.studies.paperclip.data.splits import Split
    from grokscope.studies.paperclip.sky.make import make_sky
    from grokscope.studies.paperclip.summaries.summarise import summarise

    root = tmp_path_factory.mktemp("sky")
    make_sky(root, proposals=48, size=48, seed=3)
    folder = Folder(root)
    catalogue = read_catalogue(folder.catalogue)
    build(folder, catalogue, summarise(catalogue.proposals, folder.summaries).found, Split(), size=40)
    return root


@pytest.fixture(scope="session")
def trained(sky: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model after a few steps."""
    from grokscope.studies.paperclip.data import dataset
    from grokscope.studies.paperclip.data.layout import Folder
    from grokscope.studies.paperclip.learning.bundle import save
    from grokscope.studies.paperclip.learning.train import train

    from .runs import tiny

    training, held_out = (dataset.load(Folder(sky), name) for name in ("train", "val"))
    place = tmp_path_factory.mktemp("models") / "tiny"
    save(train(tiny(training, held_out), training, held_out).model, place)
    return place
