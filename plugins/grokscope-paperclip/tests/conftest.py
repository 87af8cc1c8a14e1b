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
from click.testing import Result
from hypothesis import settings
from typer.testing import CliRunner

from grokscope.cli.app import app
from needed import pytest_runtest_makereport  # noqa: F401  a hook

settings.register_profile("grokscope", deadline=None)  # the first example of a test may load a library
settings.load_profile("grokscope")

NEED_TORCH = ("test_distributed", "test_learning", "test_use")
# These import PyTorch at their first line, before `extra` could skip them; `extra` names them in its reason.
collect_ignore = [] if find_spec("torch") and find_spec("transformers") else [f"{name}.py" for name in NEED_TORCH]

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def call(*words: str | Path) -> Result:
    """Grokscope's command line in this process."""
    return CliRunner().invoke(app, [str(word) for word in words])


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
    from grokscope_paperclip.data.build import build
    from grokscope_paperclip.data.catalogue import read_catalogue
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.data.splits import Split
    from grokscope_paperclip.sky.make import make_sky
    from grokscope_paperclip.summaries.summarise import summarise

    root = tmp_path_factory.mktemp("sky")
    make_sky(root, proposals=48, size=48, seed=3)
    folder = Folder(root)
    catalogue = read_catalogue(folder.catalogue)
    build(folder, catalogue, summarise(catalogue.proposals, folder.summaries).found, Split(), size=40)
    return root


@pytest.fixture(scope="session")
def trained(sky: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model after a few steps."""
    from grokscope_paperclip.data import dataset
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.learning.bundle import save
    from grokscope_paperclip.learning.train import train

    from .runs import tiny

    training, held_out = (dataset.load(Folder(sky), name) for name in ("train", "val"))
    place = tmp_path_factory.mktemp("models") / "tiny"
    save(train(tiny(training, held_out), training, held_out).model, place)
    return place
