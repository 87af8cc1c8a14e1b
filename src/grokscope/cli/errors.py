"""Errors of the user's making: one message, exit code 2, no traceback unless `--debug`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console

from grokscope.spec import InputError

BAD_INPUT = 2
Args = ParamSpec("Args")
Value = TypeVar("Value")
console = Console(stderr=True, highlight=False, soft_wrap=True)
_debug = False


def set_debug(on: bool) -> None:
    """Let errors through as they are."""
    global _debug
    _debug = on


def complain(message: str) -> None:
    """One message on standard error, as it is: what the user wrote is never read as markup."""
    console.print("error:", style="bold red", end=" ")
    console.print(message, markup=False)


def friendly(command: Callable[Args, Value]) -> Callable[Args, Value]:
    """A command whose expected errors end it with a message and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args: Args.args, **kwargs: Args.kwargs) -> Value:
        try:
            return command(*args, **kwargs)
        except (InputError, OSError) as error:
            if _debug:
                raise
            complain(str(error))
            raise typer.Exit(BAD_INPUT) from error

    return wrapped
