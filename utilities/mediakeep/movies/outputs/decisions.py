"""The commands by which a person decides which movie a file is."""

from __future__ import annotations

from pathlib import Path

from mediakeep import config, files
from mediakeep.issue import Issue
from mediakeep.movies.kinds import BY_NAME

_DOOR = "tmdb_lookup.py"
_MANAGER = "movie_queue_manager.py"


def choose(home: Path, key: str, tmdb_id: int = 0) -> str:
    """Return the command that says which movie an item is; TMDB_ID stands where that is open."""
    told = str(tmdb_id) if tmdb_id else "TMDB_ID"
    return f"{config.spoken(_DOOR, home)} choose {files.quoted(key)} {told}"


def bring_back(home: Path, key: str) -> str:
    """Return the command that makes a movie pending again that was left out for good."""
    return f"{config.spoken(_MANAGER, home)} --reset-movie {files.quoted(key)}"


def settling(home: Path, key: str, found: Issue) -> str:
    """Return the command that settles an issue; "" where there is none."""
    kind = BY_NAME.get(found.kind)
    return choose(home, key) if kind and kind.decision else ""
