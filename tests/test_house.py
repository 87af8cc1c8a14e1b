"""The lower rooms stand alone, and the names that the house offers are there."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import jax.numpy as jnp
import pytest
from jaxtyping import TypeCheckError

import grokscope
from grokscope.nets.layers import dense

ROOT = Path(__file__).parents[1]
ENGINE = (
    "grokscope.run",
    "grokscope.tasks",
    "grokscope.nets",
    "grokscope.measurements",
    "grokscope.training.train",
    "grokscope.training.pack",
    "grokscope.training.strategy",
    "grokscope.training.cost",
)
FOREIGN = (
    "pandas",
    "sqlalchemy",
    "pydantic",
    "ruamel",
    "platformdirs",
    "typer",
    "rich",
    "matplotlib",
    "plotly",
    "statsmodels",
    "lifelines",
    "jinja2",
    "psycopg",
    "torch",
    "grokscope.ledger",
    "grokscope.suite",
    "grokscope.workers",
    "grokscope.laws",
    "grokscope.cli",
)

PROBE = """
import importlib, sys
class Barred:
    def find_spec(self, name, path=None, target=None):
        if any(name == foreign or name.startswith(foreign + ".") for foreign in {foreign}):
            raise ImportError("barred: " + name)
sys.meta_path.insert(0, Barred())
importlib.import_module({room!r})
"""


@pytest.mark.parametrize("room", ["grokscope.run", "grokscope.training.train"])
def test_the_lower_rooms_need_no_library_of_the_upper_ones(room: str) -> None:
    rooms = ENGINE if room != "grokscope.run" else (room,)
    code = PROBE.format(foreign=FOREIGN, room=rooms[0]) + "".join(f"\nimport {name}" for name in rooms)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_specs_need_nothing_but_the_standard_library() -> None:
    code = "import sys, grokscope.run; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(next(iter(grokscope.__path__)) + "/..")},
    )
    assert done.returncode == 0, done.stderr
    strangers = set(done.stdout.split()) - set(sys.stdlib_module_names) - {"grokscope", "__main__"}
    assert not {name for name in strangers if not name.startswith("_")}


def test_a_command_does_not_wait_for_the_laws() -> None:
    """They take as long to import as all the rest, and only a report or a forecast needs them."""
    code = "import sys, grokscope.api; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    there = set(done.stdout.split())
    assert "grokscope.api.forecasting" in there
    assert not there & {"grokscope.laws", "grokscope.report", "matplotlib", "scipy.stats", "statsmodels"}


@pytest.mark.parametrize("name", grokscope.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(grokscope, name) is not None


def test_a_name_that_is_not_there_is_said_so() -> None:
    with pytest.raises(AttributeError, match="module 'grokscope' has no attribute 'nonsense'"):
        grokscope.nonsense  # noqa: B018


def test_shapes_in_annotations_are_checked_here() -> None:
    with pytest.raises(TypeCheckError, match="n_in"):
        dense(jnp.ones((2, 3)), jnp.ones((4, 5)))


def test_the_house_names_no_package_that_stands_outside_it() -> None:
    outside = [path.name.removeprefix("grokscope-") for path in (ROOT / "plugins").iterdir()]
    assert outside
    files = [*(path for path in (ROOT / "src").rglob("*") if path.suffix != ".pyc"), ROOT / "pyproject.toml"]
    texts = {path: path.read_text("utf-8").lower() for path in files if path.is_file()}
    assert not [(path, name) for path, text in texts.items() for name in outside if name in text or name in path.name]


def documented(page: str) -> dict[str, set[str]]:
    """Module -> the names that `docs/packages.md` offers of it."""
    offered: dict[str, set[str]] = {}
    for module, names in re.findall(r"^\| `(grokscope[a-z_.]*)` \| (.*) \|$", page, re.MULTILINE):
        every = import_module(module).__all__ if names.startswith("all of `__all__`") else ()
        offered[module] = {*every, *re.findall(r"`(\w+)`", names)} - {"__all__"}
    return offered


def imported_from_grokscope() -> Iterator[tuple[Path, str, str]]:
    """Every name that a package here, its tests or its benchmarks import of Grokscope: where, module, name."""
    for folder in ("plugins", "examples"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from ((path, alias.name, "") for alias in node.names if alias.name.startswith("grokscope."))
                elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "grokscope":
                    yield from ((path, str(node.module), alias.name) for alias in node.names)


def test_packages_build_on_documented_names_alone() -> None:
    offered = documented((ROOT / "docs" / "packages.md").read_text())
    assert {"grokscope", "grokscope.ledger", "grokscope.report.style"} < set(offered)
    missing = [
        (module, name) for module in offered for name in offered[module] if not hasattr(import_module(module), name)
    ]
    assert not missing
    found = list(imported_from_grokscope())
    assert found
    assert not [(str(path), module, name) for path, module, name in found if name not in offered.get(module, ())]
