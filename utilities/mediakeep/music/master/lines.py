"""How one track stands in the master files: on a line of the JSON, and in a row of the CSV."""

from __future__ import annotations

import msgspec

from mediakeep.media.tags import Facts, Tags
from mediakeep.music import audit, sheet
from mediakeep.music.master.audits import Audit, Told
from mediakeep.music.model import Artist

COLUMNS = (*audit.COLUMNS, "artist_folder")


class Line(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A track as the master file tells it, on one line."""

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


def line(found: Audit, told: Told) -> Line:
    """Give the line of a track."""
    return Line(
        found.artist,
        told.album,
        told.path,
        told.tags,
        told.facts,
        _kinds(told),
        told.container,
        told.fault.value if told.fault else "",
        told.reason,
        told.essence,
        told.damage,
        told.change,
    )


def rows(found: Audit, artist: Artist) -> bytes:
    """Write the rows of an artist without the header that its own CSV has."""
    kinds = {told.path: "; ".join(_kinds(told)) for told in found.tracks}
    columns = {
        "issues": lambda track: kinds[track.place],
        "artist_folder": lambda _: found.artist,
    }
    return sheet.render(artist, columns).partition(b"\n")[2]


def _kinds(told: Told) -> tuple[str, ...]:
    """Give the kinds of a track's issues, which their ids begin with."""
    return tuple(one.rpartition(":")[0] for one in told.issues)
