"""A group of commands that are imported or built when they are used."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mediakeep import suggestions
from mediakeep.commands import app

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyCommand(NamedTuple):
    """A command of a group: its short help, and the function that imports or builds it."""

    help: str
    load: Callable[[], click.Command]
    section: str = "Commands"


class LazyGroup(app.MediakeepGroup):
    """A group whose help needs none of its commands, besides those added to it as usual."""

    def __init__(self, *args: Any, lazy: Mapping[str, LazyCommand], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of their table."""
        return [*self.lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, which is imported or built; None if there is none."""
        lazy = self.lazy.get(cmd_name)
        return lazy.load() if lazy else super().get_command(ctx, cmd_name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """Complete the names of commands, which are not imported for that, and options."""
        from click.shell_completion import CompletionItem

        names = (name for name in self.list_commands(ctx) if name.startswith(incomplete))
        found = [CompletionItem(name, help=self._get_short_help(name)) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def _get_short_help(self, name: str) -> str:
        lazy = self.lazy.get(name)
        text = lazy.help if lazy else self.commands[name].help or ""
        first = " ".join(text.partition("\n\n")[0].partition(";")[0].split())
        return f"{first.removesuffix('.')}." if first else ""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the arguments; suggest the nearest for an unknown one."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            near = suggestions.suggest_closest_name(name, self.list_commands(ctx))
            ctx.fail(f'There is no command "{name}".{near}')
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, each on one line, and how to learn more."""
        names = self.list_commands(ctx)
        width = max(map(len, names))
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in names:
            lazy, text = self.lazy.get(name), self._get_short_help(name)
            text = _shorten(text, formatter.width - width - 6)
            section = lazy.section if lazy else "Commands"
            sections.setdefault(section, []).append((name.ljust(width), text))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)
        formatter.write(f"\n{ctx.command_path} COMMAND --help explains a command.\n")


def _shorten(text: str, width: int) -> str:
    """Shorten a sentence to its first parts that fit, or else to its first words."""
    parts = text.split(", ")
    for count in range(len(parts), 0, -1):
        if len(shown := f"{', '.join(parts[:count]).removesuffix('.')}.") <= width:
            return shown
    return textwrap.shorten(text, width, placeholder="...")
