"""The lines of the JSON and the rows of the CSV of the master report."""

from __future__ import annotations

import msgspec

from mediakeep.media.tags import Facts, Tags
from mediakeep.music import audit, sheet
from mediakeep.music.master.audits import Audit, Told
from mediakeep.music.model import Artist

COLUMNS = (*audit.COLUMNS, "artist_folder")


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A track on a line of the master file."""

    artist: str
    album: str
    path: str
    tags: Tags
    facts: Facts | None
    issues: tuple[str, ...]  # the kinds of its own issues
    container: str = ""
    fault: str = ""
    reason: str = ""
    essence: str = ""
    damage: str = ""
    change: str = ""


def line(artist_audit: Audit, track: Told) -> Line:
    """Return the line of a track."""
    return Line(
        artist_audit.artist,
        track.album,
        track.path,
        track.tags,
        track.facts,
        _kinds(track),
        track.container,
        track.fault.value if track.fault else "",
        track.reason,
        track.essence,
        track.damage,
        track.change,
    )


def rows(artist_audit: Audit, artist: Artist) -> bytes:
    """Return the CSV rows of an artist without header."""
    kinds = {entry.path: "; ".join(_kinds(entry)) for entry in artist_audit.tracks}
    columns = {
        "issues": lambda track: kinds[track.place],
        "artist_folder": lambda _: artist_audit.artist,
    }
    return sheet.render(artist, columns).partition(b"\n")[2]


def _kinds(track: Told) -> tuple[str, ...]:
    """Return the kinds of a track's issues, taken from their ids."""
    return tuple(issue_id.rpartition(":")[0] for issue_id in track.issues)
