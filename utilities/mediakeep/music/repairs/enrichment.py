"""Fill in empty tags from a certain match; correct other tags if the user has asked for that."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from mediakeep.music.matching import difference_kinds, differences
from mediakeep.music.matching.differences import TagDifference
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.repairs.repair import Repair, RepairFunction

FILLED_KIND = "incomplete-tags"
_FILLED_REASON = "the release has it"
CORRECTED_KINDS = tuple(
    dict.fromkeys((*difference_kinds.KINDS.values(), difference_kinds.MINOR_KIND))
)
_KIND_BY_FIELD = {
    "title": "missing-title",
    "artist": "missing-artist",
    "album": "missing-album",
    "albumartist": "missing-albumartist",
    "track": "missing-track-number",
    "date": "missing-date",
    "genres": "missing-genre",
}


def fill_empty_fields(artist: Artist) -> Iterator[Repair]:
    """Yield repairs that fill empty tags of tracks whose release is certain."""
    for track, difference in _track_differences(artist):
        for field, values in difference.missing.items():
            kind = _KIND_BY_FIELD.get(field, FILLED_KIND)
            if field == "genres" and track.tags.genres:
                kind = "placeholder-genre"
            yield from repair.set_field(track, field, values, kind, _FILLED_REASON)


def is_fill_reason(reason: str) -> bool:
    """Return whether the reason of a change says that it filled an empty tag from a match."""
    return _FILLED_REASON in reason.partition(": ")[2].split("; ")


def correct_fields(artist: Artist) -> Iterator[Repair]:
    """Yield repairs that correct tags which certainly differ from the release."""
    for track, difference in _track_differences(artist):
        kinds = (
            difference_kinds.classify_differences(track, difference.differing)
            if difference.is_certain
            else {}
        )
        for field, kind in kinds.items():
            yield from repair.set_field(
                track, field, difference.differing[field], kind, "the release has it so"
            )


def correction_for_kind(kind: str) -> RepairFunction:
    """Return a function that yields the corrections for one kind of issue."""
    return functools.partial(_correct_kind, kind)


def _correct_kind(kind: str, artist: Artist) -> Iterator[Repair]:
    return (planned for planned in correct_fields(artist) if kind in planned.kinds)


def _track_differences(artist: Artist) -> Iterator[tuple[Track, TagDifference]]:
    differences_by_place = artist.cached_call(differences.compare_tags)
    for track in artist.tracks if differences_by_place else ():
        if track.place in differences_by_place and repair.is_writable(track):
            yield track, differences_by_place[track.place]
