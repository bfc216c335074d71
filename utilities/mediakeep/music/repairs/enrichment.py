"""Fill in fields from a certain match, and correct them if the user has asked for that."""

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
    """Fill the empty fields of tracks whose release is certain."""
    for track, difference in _of(artist):
        for field, values in difference.lacking.items():
            kind = _FILLING.get(field, FILLED)
            if field == "genres" and track.tags.genres:
                kind = "placeholder-genre"
            yield from repair.edits(track, field, values, kind, _FOUND)


def is_filled(reason: str) -> bool:
    """Return whether a change, by its reason, filled an empty field from a match."""
    return _FOUND in reason.partition(": ")[2].split("; ")


def corrected(artist: Artist) -> Iterator[Repair]:
    """Correct the fields that certainly differ from the release."""
    for track, difference in _of(artist):
        kinds = deviations.of(track, difference.other) if difference.is_sure else {}
        for field, kind in kinds.items():
            yield from repair.edits(
                track, field, difference.other[field], kind, "the release has it so"
            )


def correction(kind: str) -> Mend:
    """Return the function that corrects the fields of one kind of issue."""
    return functools.partial(_corrected_as, kind)


def _corrected_as(kind: str, artist: Artist) -> Iterator[Repair]:
    return (planned for planned in corrected(artist) if kind in planned.kinds)


def _of(artist: Artist) -> Iterator[tuple[Track, Difference]]:
    differences_by_place = artist.once(differences.of)
    for track in artist.tracks if differences_by_place else ():
        if track.place in differences_by_place and repair.is_writable(track):
            yield track, differences_by_place[track.place]
