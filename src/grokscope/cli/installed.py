"""Commands of installed packages: an entry point of the group `grokscope.commands` is a `typer.Typer` by its name.

The list of commands is made from the packages' metadata. A package is imported when its command is used, so that one
that cannot be imported stops no other, and none slows down `grokscope --help`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from grokscope.cli.errors import complain_softly, friendly
from grokscope.spec import InputError

GROUP = "grokscope.commands"
PANEL = "Commands of installed packages"


def origin(entry: EntryPoint) -> str:
    """Name and version of the distribution that an entry point belongs to."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


@functools.cache
def installed_commands() -> dict[str, list[EntryPoint]]:
    """Name -> the entry points that offer a command of that name; more than one is a clash."""
    found: dict[str, dict[str, EntryPoint]] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, {})[origin(entry)] = entry  # a package may be found twice on the path
    return {name: list(entries.values()) for name, entries in sorted(found.items())}


def load(name: str, entries: Sequence[EntryPoint]) -> Any:
    """Import the command of an installed package.

    Raises:
        InputError: the package cannot be imported, offers something else, or is not the only one of that name.
    """
    if len(entries) > 1:
        who = " and ".join(map(origin, entries))
        raise InputError(f"{name}: found in {who}, expected one package with this command")
    (entry,) = entries
    try:
        found = entry.load()
    except Exception as error:
        why = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        raise InputError(f"{name}: found {origin(entry)}, which cannot be imported ({why}); see --debug") from error
    if not isinstance(found, typer.Typer):
        kind = type(found).__name__
        raise InputError(f"{name}: found {entry.value} of {origin(entry)}, a {kind}, expected a typer.Typer")
    root = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)
    root.add_typer(found, name=name)
    return get_group(root).commands[name]


class InstalledCommand(TyperCommand):
    """A command that is imported when it is used; until then it has a name and an origin."""

    def __init__(self, name: str, entries: Sequence[EntryPoint]):
        help_line = "from " + " and ".join(map(origin, entries))
        super().__init__(name, help=help_line, rich_help_panel=PANEL)
        self.entries = entries

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """The context of the imported command, which is the one that is invoked."""
        return friendly(load)(str(self.name), self.entries).make_context(info_name, args, parent, **extra)


class Commands(TyperGroup):
    """The commands of `grokscope`, its own before those of installed packages."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        for name in set(own) & set(installed_commands()):
            who = " and ".join(map(origin, installed_commands()[name]))
            complain_softly(f"warning: {name}: found in {who} too, but this name is a command of grokscope itself")
        return [*own, *(name for name in installed_commands() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        entries = installed_commands().get(cmd_name)
        return InstalledCommand(cmd_name, entries) if entries else None
