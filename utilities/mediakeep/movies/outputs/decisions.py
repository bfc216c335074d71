"""The commands by which a person decides which movie a file is."""

from __future__ import annotations

from pathlib import Path

from mediakeep import config, files
from mediakeep.issue import Issue
from mediakeep.movies.kinds import BY_NAME

_DOOR = "tmdb_lookup.py"
_OF_IDS = ("id-conflict", "removed-id")
_MANAGER = "movie_queue_manager.py"


def choose(home: Path, key: str, tmdb_id: int = 0) -> str:
    """Return the command that says which movie an item is; TMDB_ID stands where that is open."""
    told = str(tmdb_id) if tmdb_id else "TMDB_ID"
    return f"{config.spoken(_DOOR, home)} choose {files.quoted(key)} {told}"


def bring_back(home: Path, key: str) -> str:
    """Return the command that makes a movie pending again that was left out for good."""
    return f"{config.spoken(_MANAGER, home)} --reset-movie {files.quoted(key)}"


def settling(home: Path, key: str, found: Issue, *, is_chosen: bool = False) -> str:
    """Return the command that settles an issue, "" if there is none.

    If the user has chosen the movie, an id that contradicts it is left, which no choice removes.
    """
    kind = BY_NAME.get(found.kind)
    if is_chosen and found.kind in _OF_IDS:
        return ""
    return choose(home, key) if kind and kind.decision else ""
