"""The commands of migrate_episodes.py that show, check and change episodes without a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from mediakeep.app import episode_admin
from mediakeep.app.console import CommandResult
from mediakeep.app.episode_admin import AdminRequest
from mediakeep.commands import app

_OPTIONS = (
    click.option(
        "--limit",
        type=click.IntRange(1),
        default=10,
        show_default=True,
        help="Episodes, files or problems to list or change.",
    ),
    click.option("--dry-run", is_flag=True, help="Change nothing, and say what would be changed."),
    click.option("--episode", metavar="ID", default="", help="Only this episode."),
    app.with_json_option,
)
_REASON = click.option("--reason", default="skipped by the user", help="Why, for its record.")
_SOURCE = click.option(
    "--from-yaml",
    is_flag=True,
    required=True,
    expose_value=False,
    help="From the YAML files of the state directory.",
)


def _build(
    run: Callable[[Path, AdminRequest], CommandResult], text: str, *more: Any
) -> app.MediakeepCommand:
    """Return a command; `more` are options of its own."""

    def main(home: Path, as_json: bool, **options: Any) -> int:
        result = run(home, AdminRequest(**options))
        app.print_result(result.lines, result.data, as_json=as_json)
        return result.code

    main.__doc__ = text
    function: Callable[..., Any] = main
    for option in reversed((*_OPTIONS, *more)):
        function = option(function)
    return app.create_command()(function)


def _build_action(name: str) -> app.MediakeepCommand:
    action = episode_admin.ACTIONS[name]
    return _build(
        lambda home, request: action(episode_admin.open_manager(home), request),
        action.__doc__ or "",
        *([_REASON] if name == "skip" else []),
    )


COMMANDS: Mapping[str, click.Command] = {
    **{name: _build_action(name) for name in episode_admin.ACTIONS},
    "rebuild": _build(episode_admin.rebuild, episode_admin.rebuild.__doc__ or "", _SOURCE),
}
