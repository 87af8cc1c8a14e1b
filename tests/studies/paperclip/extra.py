"""Skips a module's tests, with the reason, where the extra `paperclip` is not installed.

`make test-paperclip` has installed it and sets `GROKSCOPE_TEST_PAPERCLIP`: there nothing may be skipped.
"""

import importlib.util
import os

import pytest

MODULES = ("torch", "transformers", "accelerate", "peft", "pyarrow", "skimage", "sklearn", "astroquery")
ALL = bool(os.environ.get("GROKSCOPE_TEST_PAPERCLIP"))
missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
if missing:
    reason = (
        f"the extra `paperclip` is not installed (no {', '.join(missing)}): `make test-paperclip` installs it and also "
        "runs test_distributed, test_learning and test_use, which are not collected without it"
    )
    if ALL:
        raise ImportError(reason)
    pytest.skip(reason, allow_module_level=True)

from grokscope.studies.paperclip.learning.needs import need_extra  # noqa: E402

need_extra()
