"""What a certain match fills in, and what it corrects where a person has asked for that."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from mediakeep.music.matching import deviations, differences
from mediakeep.music.matching.differences import Difference
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Mend, Repair

FILLED = "incomplete-tags"
_FOUND = "the release has it"
CORRECTED = tuple(dict.fromkeys((*deviations.KINDS.values(), deviations.OTHERWISE)))
_FILLING = {
    "title": "missing-title",
    "artist": "missing-artist",
    "album": "missing-album",
    "albumartist": "missing-albumartist",
    "track": "missing-track-number",
    "date": "missing-date",
    "genres": "missing-genre",
}


def filled(artist: Artist) -> Iterator[Repair]:
    """The fields that hold nothing, of tracks whose release is certain."""
    for track, found in _of(artist):
        for field, values in found.lacking.items():
            kind = _FILLING.get(field, FILLED)
            if field == "genres" and track.tags.genres:
                kind = "placeholder-genre"
            yield from repair.edits(track, field, values, kind, _FOUND)


def is_filled(reason: str) -> bool:
    """Tell whether a change, by its reason, filled a field with what the release has."""
    return _FOUND in reason.partition(": ")[2].split("; ")


def corrected(artist: Artist) -> Iterator[Repair]:
    """The fields that say something else than the release does, where that is certain."""
    for track, found in _of(artist):
        kinds = deviations.of(track, found.other) if found.is_sure else {}
        for field, kind in kinds.items():
            yield from repair.edits(track, field, found.other[field], kind, "the release has it so")


def correction(kind: str) -> Mend:
    """Return what corrects the fields of one kind of issue."""
    return functools.partial(_corrected_as, kind)


def _corrected_as(kind: str, artist: Artist) -> Iterator[Repair]:
    return (one for one in corrected(artist) if kind in one.kinds)


def _of(artist: Artist) -> Iterator[tuple[Track, Difference]]:
    found = artist.once(differences.of)
    for track in artist.tracks if found else ():
        if track.place in found and repair.is_writable(track):
            yield track, found[track.place]
