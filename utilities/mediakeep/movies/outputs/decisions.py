"""The commands with which the user chooses the movie of a file."""

from __future__ import annotations

from pathlib import Path

from mediakeep import config, files
from mediakeep.issue import Issue
from mediakeep.movies.kinds import BY_NAME

_DOOR = "tmdb_lookup.py"
_OF_IDS = ("id-conflict", "removed-id")
_MANAGER = "movie_queue_manager.py"


def choose(home: Path, key: str, tmdb_id: int = 0) -> str:
    """Return the command that sets the movie of an item; TMDB_ID is a placeholder."""
    id_text = str(tmdb_id) if tmdb_id else "TMDB_ID"
    return f"{config.spoken(_DOOR, home)} choose {files.quoted(key)} {id_text}"


def bring_back(home: Path, key: str) -> str:
    """Return the command that makes a permanently skipped movie pending again."""
    return f"{config.spoken(_MANAGER, home)} --reset-movie {files.quoted(key)}"


def settling(home: Path, key: str, issue: Issue, *, is_chosen: bool = False) -> str:
    """Return the command that settles an issue, or "" if there is none.

    If the user has already chosen the movie, no command settles a contradicting ID.
    """
    kind = BY_NAME.get(issue.kind)
    if is_chosen and issue.kind in _OF_IDS:
        return ""
    return choose(home, key) if kind and kind.decision else ""
