"""Print the completion script of a shell, which Click makes."""

from __future__ import annotations

import os
import shlex
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
    """Completion of bash, which inserts names as they are: those with spaces need quotes."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Quote a name, unless the user has begun to."""
        words, place = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
        has_quote = place < len(words) and words[place][:1] in ("'", '"')
        return f"{item.type},{item.value if has_quote else shlex.quote(item.value)}"


@add_completion_class
class _WholeFishComplete(FishComplete):
    """Completion of fish, which would end names at their first comma."""

    source_template = FishComplete.source_template.replace("string split", "string split -m 1")


_SHELLS: dict[str, type[ShellComplete]] = {
    "bash": _QuotingBashComplete,
    "zsh": ZshComplete,
    "fish": _WholeFishComplete,
}


@app.create_command(home=False)
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
