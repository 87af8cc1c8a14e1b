"""Commands of installed packages: listed from their metadata, imported when used, each failing alone in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.conftest import call
from grokscope.cli import installed

APP = """
import typer
app = typer.Typer(help="Look at stars.")

@app.command()
def count(n: int) -> None:
    typer.echo(f"{n} stars")
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a distribution with a command and its module into a folder of the path, as pip does."""

    def put(command: str, module: str, text: str = APP, version: str = "1.2") -> None:
        (tmp_path / f"{module}.py").write_text(text)
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        name = module.replace("_", "-")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{installed.GROUP}]\n{command} = {module}:app\n")

    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    installed.installed_commands.cache_clear()
    yield put
    installed.installed_commands.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("grokscope_"):
            del sys.modules[name]


def test_a_command_is_listed_with_its_origin_and_imported_when_it_is_used(install: Install) -> None:
    install("stars", "grokscope_stars")
    listed = call("--help")
    assert "from grokscope-stars 1.2" in listed.stdout
    assert "grokscope_stars" not in sys.modules
    assert call("version").exit_code == 0
    assert "grokscope_stars" not in sys.modules
    assert call("stars", "count", 3).stdout == "3 stars\n"
    told = call("stars", "--help").stdout
    assert "Look at stars." in told
    assert "completion" not in told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nowhere_to_be_found\n", "cannot be imported (ModuleNotFoundError: No module named"),
        ("app = 1\n", "a int, expected a typer.Typer"),
        ("def app(:\n", "cannot be imported (SyntaxError: invalid syntax"),
        ("raise ValueError('first line\\nsecond line')\n", "cannot be imported (ValueError: first line)"),
    ],
)
def test_one_that_does_not_import_is_one_line_and_stops_no_other(install: Install, text: str, why: str) -> None:
    install("broken", "grokscope_broken", text)
    install("stars", "grokscope_stars")
    done = call("broken", "x")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: broken: found ")
    assert "grokscope-broken 1.2" in done.stderr
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert call("stars", "count", 3).exit_code == 0
    assert "from grokscope-broken 1.2" in call("--help").stdout


def test_two_packages_with_one_command_are_both_named(install: Install) -> None:
    install("stars", "grokscope_stars")
    install("stars", "grokscope_suns")
    done = call("stars", "count", 3)
    assert done.exit_code == 2
    assert "expected one package with this command" in done.stderr
    assert "grokscope-stars 1.2" in done.stderr
    assert "grokscope-suns 1.2" in done.stderr


def test_a_command_of_our_own_wins_and_the_listing_says_so(install: Install) -> None:
    install("version", "grokscope_other")
    assert "jax" in call("version").stdout
    listed = call("--help")
    assert "warning: version: found in grokscope-other 1.2 too" in listed.stderr
    assert "from grokscope-other" not in listed.stdout


def test_no_metadata_is_read_for_a_command_of_our_own() -> None:
    code = (
        "import sys; from importlib import metadata\n"
        "def barred(**_): raise AssertionError\n"
        "metadata.entry_points = barred\n"
        "sys.argv = ['grokscope', 'plan', '--help']\n"
        "from grokscope.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
