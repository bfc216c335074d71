"""Safe repairs of the types of tags in a file."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.media.edits.changes import Lift
from mediakeep.music.checks import containers
from mediakeep.music.model import Artist
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair

_KIND = "id3v1-only"
_LIFT = Lift(f"{_KIND}: the same texts in the format's own tags")


def id3v1_only(artist: Artist) -> Iterator[Repair]:
    """Copy the texts of ID3v1 to the native tags of the format."""
    for track in artist.tracks:
        if containers.id3v1_only(track) is not None and repair.is_writable(track):
            yield Repair(place=track.place, kinds=(_KIND,), change=_LIFT, old=(track.container,))
