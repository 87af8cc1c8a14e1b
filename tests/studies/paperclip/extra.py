"""Skips a module's tests, with the reason, where the extra `paperclip` is not installed."""

import importlib.util

import pytest

MODULES = ("torch", "transformers", "accelerate", "peft", "pyarrow", "skimage", "sklearn", "astroquery")
missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
if missing:
    reason = (
        f"the extra `paperclip` is not installed (no {', '.join(missing)}): `make test-paperclip` installs it and also "
        "runs test_distributed, test_learning and test_use, which are not collected without it"
    )
    pytest.skip(reason, allow_module_level=True)

from grokscope.studies.paperclip.learning.needs import need_extra  # noqa: E402

need_extra()
