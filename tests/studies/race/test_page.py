"""The page: everything stated and escaped in one file; in a real browser the controls change the picture."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from browser import needs_chromium, screenshot, visit
from grokscope.laws.results import Claim
from grokscope.studies.race.facts.contents import Contents, Counts, Failure
from grokscope.studies.race.page import render_page

from . import example_contents

ARTEFACTS = Path(__file__).parents[3] / "out" / "test-artifacts"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"

PROBE = """
<script>
const paths = (id) => [...document.querySelectorAll(`#${id} path`)].map((path) => path.getAttribute("d")).join();
const choose = (id, value) => {
  const select = document.getElementById(id);
  select.value = value;
  select.dispatchEvent(new Event("change"));
};
const seen = () => ({ race: paths("race"), groks: paths("groks"), speed: paths("speed"), hash: location.hash,
  title: document.getElementById("learning-title").textContent, width: document.getElementById("width").value,
  seed: document.getElementById("seed").value, rows: document.querySelectorAll("#runs tbody tr").length });
const steps = { start: seen() };
choose("slice", "1"); steps.slice = seen();
choose("accuracy", "eval"); steps.accuracy = seen();
choose("width", "128"); steps.width = seen();
choose("seed", "2"); steps.seed = seen();
const race = document.getElementById("race");
race.emit("plotly_click", { points: [{ customdata: [64, 1] }] }); steps.click = seen();
const result = document.createElement("pre");
result.id = "result";
result.textContent = encodeURIComponent(JSON.stringify(steps));
document.body.append(result);
</script>
"""


class Tags(HTMLParser):
    """Every start tag, and the text of the elements that hold no script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def hostile(contents: Contents) -> Contents:
    part = replace(contents.parts[0], setting={HOSTILE: HOSTILE})
    claim = Claim(HOSTILE, HOSTILE, "cannot tell", {HOSTILE: 1.0}, HOSTILE)
    return replace(
        contents,
        suite=HOSTILE,
        description=HOSTILE,
        yaml=HOSTILE,
        counts={HOSTILE: Counts(1, 0, 1, 0)},
        failures=(Failure(HOSTILE, HOSTILE),),
        provenance=({HOSTILE: HOSTILE},),
        settings={HOSTILE: HOSTILE},
        warnings=(HOSTILE,),
        parts=(part,),
        predictions=(replace(contents.predictions[0], claims=(claim,)),),
    )


def tags(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    return parser


def test_every_string_is_escaped() -> None:
    plain = tags(render_page(example_contents.contents(), {}, [], []))
    spoilt = tags(render_page(hostile(example_contents.contents()), {}, [HOSTILE], [HOSTILE]))
    assert spoilt.tags.count("script") == plain.tags.count("script")
    assert spoilt.tags.count("img") == plain.tags.count("img") == 0
    assert "onerror" not in spoilt.attributes


def test_it_is_one_file() -> None:
    html = render_page(example_contents.contents(), {}, [], [])
    for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", html.split('id="curves"')[0]):
        assert "http" not in tag
        assert "src=" not in tag


def test_it_states_what_was_found_and_what_it_rests_on() -> None:
    html = render_page(example_contents.contents(), {}, ["runs.csv"], ["something is missing"])
    for text in (
        "memorising becomes faster than generalising at P =",
        "deadbeef",
        "FloatingPointError: loss is NaN at epoch 12",
        "one of the warnings",
        "something is missing",
        "source of C",
        "abc1234",
        "name: fake",
        'href="tables/runs.csv"',
        "plain mean",
        "Morris et al. (2025)",
        "Song &amp; Ye (2026)",
    ):
        assert text in html


def test_a_suite_without_runs_has_a_page() -> None:
    html = render_page(example_contents.EMPTY, {}, [], ["No run is finished"])
    assert "No run is finished" in html
    assert "<script" not in html


@needs_chromium
def test_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    # In a frame, since a window of Chromium is never as narrow as a phone.
    told = "<script>parent.postMessage(document.documentElement.scrollWidth, '*')</script></body>"
    html = render_page(example_contents.contents((97, 113)), {}, ["timescales.csv"], ["something " * 20])
    (tmp_path / "page.html").write_text(html.replace("</body>", told), encoding="utf-8")
    (tmp_path / "phone.html").write_text(
        "<body><script>onmessage = (event) => document.body.append(`wide: ${event.data};`)</script>"
        '<iframe src="page.html" style="width: 360px; height: 800px; border: 0"></iframe></body>',
        encoding="utf-8",
    )
    seen = visit((tmp_path / "phone.html").as_uri())
    assert seen.console == []
    assert "wide: 360;" in seen.dom


@needs_chromium
@pytest.mark.parametrize("width", [1280, 500])
def test_nothing_goes_wrong_in_a_browser(report: Path, width: int) -> None:
    # Kept, so that it can be looked at when the tests are done.
    shot = ARTEFACTS / f"page-{width}.png"
    shot.parent.mkdir(parents=True, exist_ok=True)
    assert screenshot((report / "index.html").as_uri(), shot, width=width, height=1800) == []


@needs_chromium
def test_the_controls_change_the_picture(tmp_path: Path) -> None:
    html = render_page(example_contents.contents((97, 113)), {}, [], [])
    (tmp_path / "page.html").write_text(html.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    seen = visit((tmp_path / "page.html").as_uri())
    assert seen.console == []
    found = re.search(r'<pre id="result">(.*?)</pre>', seen.dom)
    assert found is not None
    steps = json.loads(re.sub(r"%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), found[1]))
    assert all(step["race"] and step["groks"] for step in steps.values())
    assert steps["start"]["rows"] == 6
    assert steps["slice"]["race"] != steps["start"]["race"]
    assert "p = 113" in steps["slice"]["title"]
    assert steps["accuracy"]["race"] != steps["slice"]["race"]
    assert steps["width"]["groks"] != steps["accuracy"]["groks"]
    assert steps["width"]["speed"] != steps["accuracy"]["speed"]
    assert steps["seed"]["groks"] != steps["width"]["groks"]
    assert steps["seed"]["rows"] == 2
    assert (steps["click"]["width"], steps["click"]["seed"]) == ("64", "1")
    assert steps["click"]["groks"] != steps["seed"]["groks"]
    assert steps["click"]["hash"] == "#slice=113&accuracy=eval&width=64&seed=1"


@needs_chromium
def test_a_view_can_be_linked_to(report: Path) -> None:
    seen = visit((report / "index.html").as_uri() + "#slice=97&accuracy=eval&width=96&seed=2")
    assert seen.console == []
    assert "Learning curves: p = 97, width 96, seed 2<" in seen.dom


@needs_chromium
def test_hostile_strings_run_nothing(tmp_path: Path) -> None:
    html = render_page(hostile(example_contents.contents()), {}, [HOSTILE], [HOSTILE])
    html = html.replace("<head>", "<head><script>window.alert = () => console.error('it ran')</script>", 1)
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    seen = visit((tmp_path / "page.html").as_uri())
    assert seen.console == []
    assert 'data-ready="yes"' in seen.dom
