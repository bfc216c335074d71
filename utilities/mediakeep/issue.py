"""One thing that is wrong with a track, an album or an artist."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

import msgspec

TAKEN_BACK = "it was made before and taken back"


class Severity(StrEnum):
    """How much it matters: errors break playing or sorting, warnings mislead, notes inform."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of issue on one track, album, artist or movie.

    `path` and `album` lie below the artist, or the movie's folder. `proposal` says what would mend
    it, and `held` why a safe repair was not made by itself.
    """

    kind: str
    severity: Severity
    id: str
    album: str = ""
    path: str = ""
    detail: str = ""
    proposal: str = ""
    held: str = ""


def identity(kind: str, key: str, place: str) -> str:
    """Return an issue's stable id: its kind, a colon, 12 hexadecimal digits of key and place."""
    text = f"{key}\0{place}".encode("utf-8", "surrogateescape")
    return f"{kind}:{blake2b(text, digest_size=6).hexdigest()}"
