"""For every test: shapes in annotations are checked, programs are compiled quickly rather than well and kept from one
test run to the next, and continuous integration lacks nothing that a test needs."""

import getpass
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import jax
import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

from needed import pytest_runtest_makereport  # noqa: F401  a hook

os.environ["GROKSCOPE_CACHE"] = str(Path(tempfile.gettempdir()) / f"grokscope-tests-{getpass.getuser()}")

QUICKLY = (
    "--xla_backend_optimization_level=0 --xla_backend_extra_options=xla_cpu_disable_new_fusion_emitters "
    "--xla_cpu_parallel_codegen_split_count=1"
)
"""Compiling the programs of tests as those of users takes ten times as long as running them. `XLA_FLAGS=` in the
environment compiles them all like that, which `make test-long` does; else `training/test_as_shipped.py` alone does."""
os.environ.setdefault("XLA_FLAGS", QUICKLY)

settings.register_profile("grokscope", deadline=None)  # the first example of a test may compile
settings.load_profile("grokscope")

install_import_hook(
    ["grokscope.nets", "grokscope.tasks", "grokscope.measurements", "grokscope.training"], "shape_checks.shapes"
)

from grokscope.workers.cache import use_compilation_cache  # noqa: E402  only now may the checked rooms be imported

use_compilation_cache()

FIRST = (
    *("cli/test_interrupt.py", "cli/test_exchange.py", "studies/paths/test_paths.py", "studies/race/test_study.py"),
    *("training/test_as_shipped.py", "cli/test_forecast.py", "nets/test_transformer.py", "cli/test_run.py"),
    *("cli/test_malformed.py", "forecasts/test_freeze.py", "training/test_advance.py", "benchmarks/test_gpu.py"),
)
"""The longest files, begun first so that no process is left alone with one in the end."""
MAPS = Path("/proc/self/maps")
MANY_MAPS = 15_000
"""Of the 65,530 mappings that Linux gives a process; every compiled program takes some, and XLA aborts without."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files before the others."""
    here = Path(__file__).parent
    last = len(FIRST)
    place = {here / name: at for at, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path, last))


@pytest.fixture(scope="module", autouse=True)
def _room_for_programs() -> Generator[None]:
    """After a module, lets go of compiled programs if there are many: a process of the tests runs half of them all."""
    yield
    if MAPS.exists() and MAPS.read_text().count("\n") > MANY_MAPS:
        jax.clear_caches()
