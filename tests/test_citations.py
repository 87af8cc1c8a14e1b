"""Citations of the method: every section that is cited exists, and no other document is cited by number."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADING = re.compile(r"^##+ (\d+(?:\.\d+)?) ", re.MULTILINE)
CITED = re.compile(r"\bmethod (\d+(?:\.\d+)?)", re.IGNORECASE)
ELSEWHERE = re.compile(r"\bspec \d+(?:\.\d+)?", re.IGNORECASE)


def texts() -> dict[Path, str]:
    """Every text of the project that may cite, this file left out."""
    places = ("src", "plugins", "examples", "tests", "benchmarks", "docs", "suites")
    found = [path for place in places for path in (ROOT / place).rglob("*") if path.suffix in (".py", ".md", ".yaml")]
    mine = Path(__file__).resolve()
    return {path: path.read_text() for path in [*found, ROOT / "README.md"] if path.is_file() and path != mine}


def test_every_cited_section_of_the_method_exists() -> None:
    sections = set(HEADING.findall((ROOT / "docs" / "method.md").read_text()))
    cited = {(number, path) for path, text in texts().items() for number in CITED.findall(text)}
    assert cited
    missing = sorted(f"{path.relative_to(ROOT)}: method {number}" for number, path in cited if number not in sections)
    assert missing == []


def test_the_sections_of_the_method_are_in_order() -> None:
    numbers = HEADING.findall((ROOT / "docs" / "method.md").read_text())
    places = [tuple(map(int, number.split("."))) for number in numbers]
    assert places == sorted(set(places))


def test_nothing_cites_a_document_that_the_project_does_not_have() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {cited}" for path, text in texts().items() for cited in ELSEWHERE.findall(text)
    ]
    assert found == []
