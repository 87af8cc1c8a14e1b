"""Skips a module's tests, with the reason, where what this package depends on is not installed.

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
        f"grokscope-paperclip needs {', '.join(missing)}: `make test-paperclip` installs what is missing and also runs "
        "test_distributed, test_learning and test_use, which are not collected without it"
    )
    if ALL:
        raise ImportError(reason)
    pytest.skip(reason, allow_module_level=True)

from grokscope_paperclip.learning.needs import need_torch  # noqa: E402

need_torch()
