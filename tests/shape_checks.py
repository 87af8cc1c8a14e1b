"""How annotations are checked in tests."""

import inspect
from collections.abc import Callable
from typing import Any

from beartype import beartype
from jaxtyping import AbstractArray


def shapes(function: Callable[..., Any]) -> Callable[..., Any]:
    """beartype, but not on the constructors of specs: those check their fields themselves, in words of their own."""
    if function.__name__ == "__init__" and not any(map(_is_array, _annotations(function))):
        return function
    return beartype(function)


def _annotations(function: Callable[..., Any]) -> list[Any]:
    return [parameter.annotation for parameter in inspect.signature(function).parameters.values()]


def _is_array(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, AbstractArray)
