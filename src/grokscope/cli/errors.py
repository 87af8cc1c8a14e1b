"""Errors of the user's making: one message, exit code 2, no traceback unless `--debug`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import typer
from rich.console import Console

from grokscope.spec import InputError

BAD_INPUT = 2
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""What a command line can be wrong in. Typer shows it in a box, and has no public name for it but those below it."""
Args = ParamSpec("Args")
Value = TypeVar("Value")
console = Console(stderr=True, highlight=False, soft_wrap=True)
_debug = False


def set_debug(on: bool) -> None:
    """Let errors through as they are."""
    global _debug
    _debug = on


def complain(message: str) -> None:
    """A message on standard error, a line a fault, as it is: what the user wrote is never read as markup."""
    for line in message.splitlines():
        console.print("error:", style="bold red", end=" ")
        console.print(line, markup=False)


def complain_softly(text: str) -> None:
    """A line on standard error that ends nothing, so that JSON on standard output stays JSON."""
    console.print(text, markup=False, style="yellow")


def describe_usage_error(error: Any) -> str:
    """A usage error in one line, with where to look."""
    command = error.ctx.command_path if error.ctx else "grokscope"
    return f"{error.format_message().rstrip('.')} (see {command} --help)"


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
