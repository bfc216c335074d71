"""Print the completion script of a shell, which Click makes."""

from __future__ import annotations

import os
import re
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from mediakeep.commands import app

_PROGRAM = "mediakeep"
_VARIABLE = "_MEDIAKEEP_COMPLETE"


@add_completion_class
class _QuotingBashComplete(BashComplete):
    """Completion of bash, which inserts names as they are: spaces need a backslash.

    Names begin as they were typed, as bash replaces that by the beginning that all of them share.
    """

    source_template = BashComplete.source_template.replace("read type", "read -r type").replace(
        "COMPREPLY+=($value)", 'COMPREPLY+=("$value")'
    )

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Escape a name, unless the user has begun to quote it."""
        words, place = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
        has_quote = place < len(words) and words[place][:1] in ("'", '"')
        escaped = re.sub(r"([^\w@%+=:,./-])", r"\\\1", item.value)
        return f"{item.type},{item.value if has_quote else escaped}"


@add_completion_class
class _WholeFishComplete(FishComplete):
    """Completion of fish, which would end names at their first comma."""

    source_template = FishComplete.source_template.replace("string split", "string split -m 1")


_SHELLS: dict[str, type[ShellComplete]] = {
    "bash": _QuotingBashComplete,
    "zsh": ZshComplete,
    "fish": _WholeFishComplete,
}


@app.create_command(home=False, has_quiet=False)
@click.argument("shell", type=app.SuggestingChoice(list(_SHELLS)), metavar="SHELL")
def main(shell: str) -> None:
    """Print the script that completes options and names in SHELL: bash, zsh or fish.

    \b
    Add this line to ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish:
        eval "$(mediakeep completion bash)"
        eval "$(mediakeep completion zsh)"
        mediakeep completion fish | source
    """
    command = click.get_current_context().find_root().command
    click.echo(_SHELLS[shell](command, {}, _PROGRAM, _VARIABLE).source())
