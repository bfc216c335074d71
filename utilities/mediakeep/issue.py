"""Issues: what is wrong with a track, an album, an artist or a movie."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

import msgspec

UNDONE_BEFORE = "it was made before and taken back"


class Severity(StrEnum):
    """Severity of an issue: errors break playback or sorting, warnings mislead, notes inform."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of issue on one track, album, artist or movie.

    `path` and `album` are relative to the folder of the artist or movie. `proposal` describes the
    repair, and `held` is the reason why a safe repair was not made automatically.
    """

    kind: str
    severity: Severity
    id: str
    album: str = ""
    path: str = ""
    detail: str = ""
    proposal: str = ""
    held: str = ""


def build_id(kind: str, key: str, place: str) -> str:
    """Return an issue's stable id: its kind, a colon, a hash of key and place (12 hex digits)."""
    text = f"{key}\0{place}".encode("utf-8", "surrogateescape")
    return f"{kind}:{blake2b(text, digest_size=6).hexdigest()}"
