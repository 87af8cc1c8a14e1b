"""The registry: what may become a kind, whose it is, and what is said of what cannot."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grokscope import registry
from grokscope.measurements import Groks
from grokscope.nets import MLP
from grokscope.registry import RegistryError, failures, include, kind, kinds, names, register, unreachable
from grokscope.registry.origin import FILES, INCLUDED
from grokscope.run import Loss, Run, Task, parts_of
from grokscope.spec import SpecError, traced
from grokscope.suite import SuiteError, load_suite, parse_suite, run_from_spec
from grokscope.tasks import Modular, Shuffled
from grokscope.training.optimisers import AdamW

known_kinds = importlib.import_module("grokscope.registry.kinds")
"""The module, whose name is also a function's."""

WITHOUT_FUTURE_ANNOTATIONS = '''
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grokscope import Dataset, Signature, Task, register, static, traced


@register
@dataclass(frozen=True)
class Echo(Task):
    """Say again what is said."""

    kind = "echo"
    group_axis = "p"

    p: int = traced(13, low=2)
    noise: float = traced(0.0)
    loud: bool = traced(False)
    way: Literal["there", "back"] = traced("there")
    plain: int = 3
    maybe: float | None = traced(None)
    n_train: int = traced(8)

    @property
    def signature(self):
        return Signature(self.p, 1, self.p)

    @property
    def n_val(self):
        return 0

    def arrays(self, key):
        tokens = np.arange(self.n_train, dtype=np.int32) % self.p
        return Dataset(tokens[:, None], tokens, tokens[:0, None], tokens[:0])
'''


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is forgotten after it."""
    for family in ("tasks", "nets", "losses", "studies"):
        kinds(family)
    kept = {family: dict(known) for family, known in known_kinds._kinds.items()}
    monkeypatch.setattr(known_kinds, "_kinds", kept)
    monkeypatch.setattr(known_kinds, "_failures", {})
    monkeypatch.setattr(known_kinds, "_searched", set(known_kinds._searched))
    yield
    FILES.clear()
    for name in [name for name in sys.modules if name.startswith((INCLUDED, "made_up_plugin"))]:
        del sys.modules[name]


@pytest.fixture
def echo(tmp_path: Path) -> type[Task]:
    path = tmp_path / "echo.py"
    path.write_text(WITHOUT_FUTURE_ANNOTATIONS)
    (cls,) = include(path)
    return cls


def test_a_spec_needs_no_future_annotations(echo: type[Task]) -> None:
    task = echo(p=17.0, noise=1, plain=4.0, maybe=2)
    assert (task.p, task.noise, task.plain, task.maybe) == (17, 1.0, 4, 2.0)  # type: ignore[attr-defined]
    assert isinstance(task.p, int)  # type: ignore[attr-defined]
    for fields, words in (
        ({"p": "x"}, "p: found 'x', expected a whole number"),
        ({"loud": 1}, "loud: found 1, expected true or false"),
        ({"way": "up"}, "way: found 'up', expected one of there, back"),
        ({"maybe": "x"}, "maybe: found 'x', expected a finite number"),
    ):
        with pytest.raises(SpecError, match=words):
            echo(**fields)


def test_a_field_may_have_the_name_of_a_property_of_its_base(echo: type[Task]) -> None:
    @register
    @dataclass(frozen=True)
    class Wide(MLP):
        kind = "wide"
        width: int = traced()
        draws: int = traced(1)

    assert echo().n_train == 8
    assert Wide(width=3).width == 3
    assert Wide(width=3).draws == 1


def test_an_outside_kind_is_known_by_its_text(echo: type[Task], tmp_path: Path) -> None:
    run = Run(echo(), MLP(4), AdamW(), Groks())
    assert run.spec["task"]["origin"] == echo.origin == registry.included()[0].origin
    assert run_from_spec(run.spec) == run
    shuffled = Run(Shuffled(echo()), MLP(4), AdamW(), Groks())
    assert run_from_spec(shuffled.spec) == shuffled
    assert {part.origin for part in parts_of([shuffled])} == {"", echo.origin}
    (tmp_path / "echo.py").write_text(WITHOUT_FUTURE_ANNOTATIONS + "# changed\n")
    (changed,) = include(tmp_path / "echo.py")
    assert kinds("tasks")["echo"] is changed
    assert Run(changed(), MLP(4), AdamW(), Groks()).identity != run.identity
    with pytest.raises(SuiteError, match=r"spec\.task\.origin: found 'echo.py .*', expected echo\.py"):
        run_from_spec(run.spec)


def test_a_built_in_kind_has_no_origin_in_its_identity() -> None:
    assert "origin" not in Modular().to_dict()
    assert all(not cls.origin for family in ("tasks", "nets", "losses") for cls in kinds(family).values())


def test_one_loss_has_one_name_in_an_identity() -> None:
    from grokscope.training.losses import Squared

    assert Run(Modular(13), MLP(4), AdamW(), Groks(), loss=Squared()).loss == "squared"
    with pytest.raises(SpecError, match="loss: found 'hinge', expected one of cross_entropy, squared, stablemax"):
        Run(Modular(13), MLP(4), AdamW(), Groks(), loss="hinge")


def _no_base() -> None:
    @register
    @dataclass(frozen=True)
    class Strange:
        kind = "strange"


def _no_kind() -> None:
    @register
    @dataclass(frozen=True)
    class Nameless(Loss):
        def per_example(self, outputs: object, targets: object, hyper: object) -> object: ...


def _not_frozen() -> None:
    @register
    class Thawed(Loss):
        kind = "thawed"

        def per_example(self, outputs: object, targets: object, hyper: object) -> object: ...


def _incomplete() -> None:
    @register
    @dataclass(frozen=True)
    class Half(Task):
        kind = "half"
        n_train = 3


def _taken() -> None:
    @register
    @dataclass(frozen=True)
    class Mine(Loss):
        kind = "squared"

        def per_example(self, outputs: object, targets: object, hyper: object) -> object: ...


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_no_base, "found no family, expected a subclass of Task"),
        (_no_kind, "found the kind '', expected a name of a-z"),
        (_not_frozen, r"found a plain class, expected @dataclass\(frozen=True\)"),
        (_incomplete, "found no arrays, n_val, signature, which a kind of tasks needs"),
        (_taken, "found the kind squared of losses taken by grokscope, expected another name"),
    ],
)
def test_what_cannot_be_a_kind_is_refused_in_a_line(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RegistryError, match=words) as refusal:
        make()
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\ny = = 2\n", "line 2: SyntaxError"),
        ("\n\nraise RuntimeError('no\\nway')\n", "line 3: RuntimeError: no way"),
        ("x = 1\n", "found no kinds, expected at least one class with @register"),
        ("import no_such_module\n", "line 1: ModuleNotFoundError"),
        (None, "found a file that cannot be read"),
    ],
)
def test_a_file_that_cannot_be_included_is_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RegistryError, match=words) as refusal:
        include(path)
    assert str(refusal.value).startswith(str(path))
    assert len(str(refusal.value).splitlines()) == 1
    assert registry.included() == ()


def _distribution(folder: Path, name: str, code: str, points: str) -> None:
    """A package and its metadata, as an installer leaves them."""
    package = name.replace("-", "_")
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text(code)
    info = folder / f"{package}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(points)


def test_a_plug_in_that_does_not_import_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = WITHOUT_FUTURE_ANNOTATIONS
    _distribution(tmp_path, "made-up-plugin-good", good, "[grokscope.tasks]\necho = made_up_plugin_good:Echo\n")
    _distribution(tmp_path, "made-up-plugin-bad", "1 / 0", "[grokscope.tasks]\nnever = made_up_plugin_bad:Never\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    known_kinds._searched.discard("tasks")
    found = kinds("tasks")
    assert found["echo"].origin == "made-up-plugin-good 1.2"
    assert list(found)[-1] == "echo"
    (line,) = failures()
    assert line.startswith("plug-in made-up-plugin-bad 1.2: grokscope.tasks = made_up_plugin_bad:Never does not load")
    assert "division by zero" in line


def test_studies_are_named_without_importing_them() -> None:
    assert {"race", "paths", "order"} <= set(names("studies"))
    assert kind("studies", "no_such_study") is None


def test_a_kind_of_a_notebook_is_refused_before_a_worker_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cell(Task):
        __module__ = "__main__"

        def arrays(self, key: object) -> object: ...

    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    (line,) = unreachable([Cell, Modular])
    assert "Cell: found a kind that is defined in a notebook" in line
    assert "grokscope.include(path)" in line


SUITE = """
name: with_plugins
plugins: [{plugin}]
experiments:
  only:
    task: {{kind: echo, p: 13}}
    net: {{kind: mlp, width: 4}}
    optimiser: adamw
    measurement: watch
    seeds: [0]
    max_epochs: 2
"""


def test_a_suite_brings_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(WITHOUT_FUTURE_ANNOTATIONS)
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE.format(plugin="echo.py"))
    (run,) = load_suite(path).runs
    assert run.task.kind == "echo"


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        ("no-such-package", "plugins: found 'no-such-package', expected an installed package of that name"),
        ("3", "plugins: found 3, expected the name of an installed package"),
        ("echo.py", r"plugins: found 'echo\.py', expected it included \(--include echo\.py\)"),
    ],
)
def test_plugins_that_are_not_there_are_said_with_their_line(plugin: str, words: str) -> None:
    with pytest.raises(SuiteError, match="suite:3: " + words):
        parse_suite(SUITE.format(plugin=plugin))


def test_a_suite_executes_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text("raise SystemExit")
    path = tmp_path / "below" / "suite.yaml"
    path.parent.mkdir()
    path.write_text(SUITE.format(plugin="../echo.py"))
    with pytest.raises(SuiteError, match="expected a file beside the suite"):
        load_suite(path)
