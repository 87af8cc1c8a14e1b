"""The commands of `grokscope paperclip` that use a model: evaluate, judge, search, describe, serve."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from grokscope.cli.errors import friendly
from grokscope_paperclip.commands import options as group

console = Console(highlight=False)
TRUTH_NEEDED = "judge: found neither an endpoint nor a truth.json, expected one of them"


@friendly
def evaluate(
    data: group.Data,
    model: group.ModelFolder,
    split: Annotated[str, typer.Option("--split", help="train, val or test.")] = "test",
    captions: Annotated[str, typer.Option("--captions", help="summary, abstract or objects.")] = "summary",
    as_json: group.AsJson = False,
) -> None:
    """Every metric of a model on a split; a base model is given by its folder or hub name.

    Example: [bold]grokscope paperclip evaluate data/sky --model openai/clip-vit-base-patch16[/bold]
    """
    kept = group.model_of(model)
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.evaluating import evaluate as evaluated
    from grokscope_paperclip.report.sentences import findings

    if captions not in ("summary", "abstract", "objects"):
        raise typer.BadParameter(f"found {captions!r}, expected summary, abstract or objects", param_hint="--captions")
    found = evaluated(kept, Folder(data), split, captions)  # type: ignore[arg-type]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for text in findings(found, None):
        console.print(text, markup=False)
    table = Table("metric", "value")
    for name, value in (found["published"] | found["distinct_proposals"]).items():
        table.add_row(name, f"{value:.4g}")
    console.print(table)


@friendly
def judge(
    model: group.ModelFolder,
    index: group.Embeddings,
    data: group.Data,
    endpoint: group.Url = None,
    llm: group.ModelName = "default",
    timeout: group.Timeout = 120,
    queries: Annotated[Path | None, typer.Option("--queries", help="A text file, a query a line.")] = None,
    k: Annotated[int, typer.Option("--hits", min=1, max=100)] = 10,
    distinct: Annotated[bool, typer.Option("--distinct", help="One hit a proposal.")] = False,
) -> None:
    """Judge the first hits of queries: by an endpoint that reads the abstracts, or by the sky's truth.

    Example: [bold]grokscope paperclip judge data/sky --model M --index out/index[/bold]
    """
    kept = group.model_of(model)
    from grokscope.spec import InputError
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.evaluation import judge as judging
    from grokscope_paperclip.evaluation.truth import read_truth
    from grokscope_paperclip.use.search import Searcher
    from grokscope_paperclip.use.store import read_store

    store, truth = read_store(index), read_truth(Folder(data))
    failures: list[str] = []
    model_judge = group.endpoint_of(endpoint, llm, timeout)
    if model_judge is None and truth is None:
        raise InputError(TRUTH_NEEDED)
    abstracts = dict(zip(store.rows["proposal"], store.rows["abstract"], strict=True))
    decide = judging.by_endpoint(model_judge, abstracts, failures) if model_judge else judging.by_truth(truth)  # type: ignore[arg-type]
    fallback = truth.queries() if truth is not None and model_judge is None else list(judging.QUERIES)
    asked = [line.strip() for line in queries.read_text().splitlines() if line.strip()] if queries else fallback
    searcher = Searcher(store)
    vectors = zip(asked, kept.embed_texts(asked), strict=True)
    hits = {q: [h.facts["proposal"] for h in searcher.search(v, k, distinct=distinct).hits] for q, v in vectors}
    verdicts = judging.judge_hits(hits, decide)
    table = Table("query", "right", "judged", "distinct proposals")
    for each in verdicts:
        table.add_row(each.query, str(each.right), str(each.judged), str(each.distinct))
    console.print(table)
    total = judging.score(verdicts)
    if total is not None:
        console.print(f"{total.value:.3f} (95 % interval {total.low:.3f} to {total.high:.3f}) are right")
    for failure in failures:
        console.print(failure, markup=False, style="yellow")


@friendly
def search(
    query: Annotated[str, typer.Argument(metavar="TEXT", help="What to search for; empty to search by picture alone.")],
    model: group.ModelFolder,
    index: group.Embeddings,
    image: Annotated[Path | None, typer.Option("--image", help="Search by a picture too, or instead.")] = None,
    k: Annotated[int, typer.Option("--hits", min=1, max=200)] = 10,
    where: Annotated[list[str] | None, typer.Option("--where", metavar="KEY=VALUE", help="Such as cycle=7.")] = None,
    every: Annotated[bool, typer.Option("--every", help="All images of a proposal, not only its best.")] = False,
    how: Annotated[str, typer.Option("--how", help="exact, faiss or auto.")] = "auto",
    as_json: group.AsJson = False,
) -> None:
    """Search images by words, by a picture, or by both.

    Example: [bold]grokscope paperclip search "planetary nebula" --model M --index out/index --where cycle=7[/bold]
    """
    from grokscope.cli.browse import conditions

    kept = group.model_of(model)
    from grokscope_paperclip.use.embed import picture_vector
    from grokscope_paperclip.use.search import Searcher, combine
    from grokscope_paperclip.use.store import read_store

    words = kept.embed_texts([query])[0] if query.strip() else None
    picture = picture_vector(kept, image) if image is not None else None
    filters = {key: str(value) for key, value in conditions(where or []).items()}
    found = Searcher(read_store(index), how).search(combine(words, picture), k, filters=filters, distinct=not every)
    if as_json:
        hits = [{"score": h.score, "crop": h.crop, "link": h.link} | h.facts for h in found.hits]
        typer.echo(json.dumps({"no_good_match": found.poor, "hits": hits}, default=str))
        return
    if found.poor:
        console.print("No good match: the best hit is no better than what an arbitrary phrase finds.", style="yellow")
    table = Table("score", "proposal", "file", "instrument", "title")
    for hit in found.hits:
        facts = hit.facts
        table.add_row(
            f"{hit.score:.3f}", str(facts["proposal"]), facts["filename"], facts["instrument"], facts["title"]
        )
    console.print(table)


@friendly
def describe(
    image: Annotated[Path, typer.Argument(metavar="IMAGE")],
    model: group.ModelFolder,
    labels: Annotated[Path | None, typer.Option("--labels", help="A text file, a label a line. Default: ours.")] = None,
    sky_labels: Annotated[bool, typer.Option("--sky", help="The classes of the synthetic sky.")] = False,
    k: Annotated[int, typer.Option("--labels-shown", min=1, max=50)] = 5,
    heat: Annotated[Path | None, typer.Option("--heat", metavar="PNG", help="Where the best label is.")] = None,
) -> None:
    """Say what a picture shows, by the labels nearest to it.

    Example: [bold]grokscope paperclip describe picture.jpg --model M --sky[/bold]
    """
    kept = group.model_of(model)
    from grokscope_paperclip.data.pictures import make_square, read
    from grokscope_paperclip.evaluation import labels as ours
    from grokscope_paperclip.use import describe as describing

    if labels is not None:
        names = labels.read_text(encoding="utf-8", errors="replace").splitlines()
    else:
        names = ours.sky_labels() if sky_labels else list(ours.GENERAL)
    square = make_square(read(image), kept.size, colour=kept.colour)
    found = describing.describe(kept, square, names, k)
    table = Table("label", "cosine", "above the mean of all labels")
    for each in found:
        table.add_row(each.text, f"{each.score:.3f}", f"{each.above:+.1f} spreads")
    console.print(table)
    if heat is not None:
        from grokscope_paperclip.use.overlay import save_overlay

        save_overlay(square, describing.heat(kept, square, found[0].text), found[0].text, heat)
        console.print(str(heat))


@friendly
def serve(
    data: group.Data,
    model: group.ModelFolder,
    index: group.Embeddings,
    host: Annotated[str, typer.Option("--host", help="Others see any but loopback.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535)] = 8765,
) -> None:
    """Serve a small page with a search box and an image drop, on this machine only unless told otherwise.

    Example: [bold]grokscope paperclip serve data/sky --model M --index out/index[/bold]
    """
    kept = group.model_of(model)
    from grokscope_paperclip.data.layout import Folder
    from grokscope_paperclip.use.search import Searcher
    from grokscope_paperclip.use.serve.server import Service, running_server
    from grokscope_paperclip.use.store import read_store

    service = Service(kept, Searcher(read_store(index)), Folder(data))
    with running_server(service, host, port) as server:
        console.print(f"http://{host}:{server.server_address[1]}/  (Ctrl-C ends it)", soft_wrap=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("Ended.")


COMMANDS: tuple[Callable[..., Any], ...] = (evaluate, judge, search, describe, serve)
