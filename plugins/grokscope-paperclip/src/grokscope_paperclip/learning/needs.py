"""PyTorch and what else training needs: whether it is there, said in one line where it is not."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from grokscope.spec import InputError

MODULES = ("torch", "transformers", "tokenizers", "accelerate")


def need_torch() -> None:
    """Keep the libraries of training quiet.

    Raises:
        InputError: some of them are not installed; it says how to install them.
    """
    if missing := [name for name in MODULES if find_spec(name) is None]:
        raise InputError(
            f"paperclip: found no {', '.join(missing)}, expected what grokscope-paperclip depends on: "
            "pip install grokscope-paperclip (or `make paperclip`)"
        )
    import_module("transformers").logging.set_verbosity_error()
    import_module("transformers").utils.logging.disable_progress_bar()
