"""Format the commands with which the user chooses the movie of a file."""

from __future__ import annotations

from pathlib import Path

from mediakeep import command_text, path_text
from mediakeep.issue import Issue
from mediakeep.movies.issue_kinds import KINDS_BY_NAME

_LOOKUP_SCRIPT = "tmdb_lookup.py"
_ID_ISSUES = ("id-conflict", "removed-id")
_MANAGER_SCRIPT = "movie_queue_manager.py"


def format_choose_command(home: Path, key: str, tmdb_id: int = 0) -> str:
    """Return the command that sets the movie of an item.

    If `tmdb_id` is 0, the command contains the placeholder TMDB_ID.
    """
    id_text = str(tmdb_id) if tmdb_id else "TMDB_ID"
    words = f"choose {path_text.quote_escaped(key)} {id_text}"
    return command_text.format_command(_LOOKUP_SCRIPT, home, words)


def format_reset_command(home: Path, key: str) -> str:
    """Return the command that makes an item pending again that was skipped permanently."""
    words = f"--reset-movie {path_text.quote_escaped(key)}"
    return command_text.format_command(_MANAGER_SCRIPT, home, words)


def format_fix_command(home: Path, key: str, issue: Issue, *, is_chosen: bool = False) -> str:
    """Return the command that settles an issue, or "" if there is none.

    If the user has already chosen the movie (`is_chosen`), no command settles a contradicting ID.
    """
    kind = KINDS_BY_NAME.get(issue.kind)
    if is_chosen and issue.kind in _ID_ISSUES:
        return ""
    return format_choose_command(home, key) if kind and kind.settled_by_choice else ""
