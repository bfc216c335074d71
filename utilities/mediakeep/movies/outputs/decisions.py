"""The commands by which a person decides which movie a file is."""

from __future__ import annotations

from pathlib import Path

from mediakeep import config, files
from mediakeep.issue import Issue
from mediakeep.movies.kinds import BY_NAME

_DOOR = "tmdb_lookup.py"
_SETTLED = frozenset(
    ("no-match", "ambiguous-match", "id-conflict", "removed-id", "name-not-parsed", "wrong-year")
)


def choose(home: Path, key: str, tmdb_id: int = 0) -> str:
    """Return the command that says which movie an item is; TMDB_ID stands where that is open."""
    told = str(tmdb_id) if tmdb_id else "TMDB_ID"
    return f"{config.spoken(_DOOR, home)} choose {files.quoted(key)} {told}"


def settling(home: Path, key: str, found: Issue) -> str:
    """Return the command that settles an issue; "" where there is none."""
    return choose(home, key) if found.kind in _SETTLED else ""


def is_open(found: Issue) -> bool:
    """Tell whether an issue is of a kind of which only a person can say what is right."""
    kind = BY_NAME.get(found.kind)
    return kind is not None and kind.decision
