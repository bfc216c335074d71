"""Decide whether a local track is certainly the recording that it is paired with.

Even if the release is certain, its tracks may not be. Two songs with similar titles and lengths may
be swapped unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.music.matching.local_album import LocalTrack
from mediakeep.music.matching.tracklists import Tracklist, TracklistEntry

_MAX_SAME_TITLE, _MAX_MISSPELT_TITLE = (
    0.5,
    0.75,
)  # titles that differ by more are possibly, or certainly, two songs
_TITLE_MARGIN = 0.2  # two titles whose distances differ by less are not distinguished
_MAX_LENGTH_DIFFERENCE = 6.0  # seconds: beyond it, another take or a truncated one
_CLOSE_LENGTH, _CLOSE_LENGTH_IN_PLACE = (
    2.0,
    3.0,
)  # seconds: by length alone, and if the position agrees
_LENGTH_MARGIN = 8.0  # seconds by which all other lengths must differ more


def is_certain_match(
    track: LocalTrack, tracklist: Tracklist, slot: int, title_distances: Sequence[float]
) -> bool:
    """Return whether a local track is certainly the recording at index `slot` of a tracklist.

    It is if identifiers say so, or its title fits no other recording, or position and length agree,
    or no other length is near. `title_distances` has its title's distance to each.
    """
    entry, title_distance = tracklist.entries[slot], title_distances[slot]
    if has_same_recording(track, entry):
        return True
    length_difference = (
        abs(track.seconds - entry.seconds) if track.seconds and entry.seconds else -1.0
    )
    if length_difference > _MAX_LENGTH_DIFFERENCE or title_distance > _MAX_MISSPELT_TITLE:
        return False
    if title_distance > _MAX_SAME_TITLE:
        return is_at_position(track, entry) and 0 <= length_difference <= _CLOSE_LENGTH
    rivals = [
        other
        for number, other in enumerate(tracklist.entries)
        if number != slot
        and (title_distance < 0 or 0 <= title_distances[number] <= title_distance + _TITLE_MARGIN)
    ]
    if not rivals:
        return True
    if length_difference < 0:
        return title_distance >= 0 and is_at_position(track, entry)
    if is_at_position(track, entry):
        return length_difference <= _CLOSE_LENGTH_IN_PLACE
    return (
        not track.position
        and length_difference <= _CLOSE_LENGTH
        and _has_distinct_length(track, rivals, length_difference)
    )


def _has_distinct_length(
    track: LocalTrack, rivals: Sequence[TracklistEntry], length_difference: float
) -> bool:
    """Return whether the lengths of all other recordings differ much more than this one's."""
    return all(
        other.seconds and abs(track.seconds - other.seconds) >= length_difference + _LENGTH_MARGIN
        for other in rivals
    )


def is_at_position(track: LocalTrack, entry: TracklistEntry) -> bool:
    """Return whether a local track has the number of the release's track.

    The album may be numbered through all of its discs.
    """
    if not track.position:
        return False
    if track.disc in (0, entry.disc) and track.position == entry.position:
        return True
    return track.disc < 2 and track.position == entry.overall_position


def has_same_recording(track: LocalTrack, entry: TracklistEntry) -> bool:
    """Return whether a local track's tags have the MBID or an ISRC of a release's track."""
    return entry.recording in track.recordings or not track.isrcs.isdisjoint(entry.isrcs)
