"""Options that several commands of `grokscope paperclip` take, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokscope.cores import available_cores

if TYPE_CHECKING:
    from grokscope_paperclip.learning.bundle import Model
    from grokscope_paperclip.summaries.endpoint import Endpoint

SOME_FAILED, INTERRUPTED = 1, 130
Data = Annotated[Path, typer.Argument(metavar="DATA", help="A data folder.")]
ModelFolder = Annotated[
    str, typer.Option("--model", metavar="DIR", help="A kept model, or a CLIP model's folder or hub name.")
]
Embeddings = Annotated[Path, typer.Option("--index", metavar="DIR", help="Embeddings that embed wrote.")]
Seed = Annotated[int, typer.Option("--seed", help="Of every draw.")]
Url = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="OpenAI-compatible, such as http://localhost:8000/v1.")
]
ModelName = Annotated[str, typer.Option("--llm", metavar="NAME", help="The endpoint's model.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds that an answer may take.")]
SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A YAML file, or paperclip-quick or paperclip.")]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of data, models and reports.")]
DEFAULT_OUT = Path("out") / "paperclip"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def workers() -> int:
    return max(1, len(available_cores()))


def size(count: float) -> str:
    """Bytes for a person."""
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.0f} MiB"


def hours(count: float) -> str:
    """A time for a person."""
    return f"{count:,.1f} hours" if count >= 1 else f"{60 * count:.0f} minutes" if count >= 1 / 60 else "under a minute"


def endpoint_of(url: str | None, name: str, timeout: float) -> Endpoint | None:
    from grokscope_paperclip.summaries.endpoint import Endpoint

    return Endpoint(url, name, timeout=timeout) if url else None


def model_of(source: str) -> Model:
    from grokscope_paperclip.learning.needs import need_torch

    need_torch()
    from grokscope_paperclip.learning.bundle import load

    return load(source)
