"""For every test: shapes in annotations are checked, and compiled programs are kept from one test run to the next."""

import getpass
import os
import tempfile
from pathlib import Path

from hypothesis import settings
from jaxtyping import install_import_hook

os.environ["GROKSCOPE_CACHE"] = str(Path(tempfile.gettempdir()) / f"grokscope-tests-{getpass.getuser()}")

settings.register_profile("grokscope", deadline=None)  # the first example of a test may compile
settings.load_profile("grokscope")

install_import_hook(
    ["grokscope.nets", "grokscope.tasks", "grokscope.measurements", "grokscope.training"], "checking.shapes"
)

from grokscope.workers.cache import use_compilation_cache  # noqa: E402  only now may the checked rooms be imported

use_compilation_cache()
