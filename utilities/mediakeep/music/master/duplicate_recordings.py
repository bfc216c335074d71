"""Find recordings that exist on several albums or with several artists.

1. Evidence "essence": the audio is bit-identical.
2. Evidence "recording": the MusicBrainz identifier of the recording is equal.
3. Evidence "name": artist, title and length are loosely equal, so it is probable but not certain.
   Tracks that MusicBrainz has as different recordings are never combined this way.

Duplicates found by one kind of evidence are not reported again by the next.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from mediakeep.music.master.cross_artist import SharedTracksIndex

MAX_LENGTH_DIFFERENCE = 2.0  # seconds between similar lengths
MAX_PLACES = 20  # tracks listed per recording

_COLUMNS = {"essence": "essence", "recording": "recording", "name": "song"}
_MEMBERS = """
    SELECT {key}, rowid, album, seconds, essence, recording FROM tracks WHERE {key} IN (
        SELECT {key} FROM tracks WHERE {key} IS NOT NULL
        GROUP BY {key} HAVING MIN(album) <> MAX(album)
    ) ORDER BY {key}, seconds, rowid
"""
_PLACE = """
    SELECT artists.name, albums.place, tracks.place, tracks.title, tracks.format, tracks.seconds,
        tracks.bytes
    FROM tracks JOIN albums ON albums.id = tracks.album JOIN artists ON artists.id = albums.artist
    WHERE tracks.rowid = ?
"""


class DuplicateTrack(msgspec.Struct, frozen=True):
    """One of several tracks with the same recording; its path is relative to the artist."""

    artist: str
    album: str
    path: str
    title: str
    format: str
    seconds: float
    bytes: int


class DuplicateRecording(msgspec.Struct, frozen=True):
    """A recording that exists more than once, with its tracks and the evidence."""

    evidence: str
    tracks: int
    albums: int
    places: tuple[DuplicateTrack, ...]  # the first of the tracks


class DuplicateRecordings(msgspec.Struct, frozen=True):
    """The number of recordings that exist more than once, and a list of those with most tracks."""

    total: int
    tracks: int
    by_evidence: dict[str, int]
    listed: tuple[DuplicateRecording, ...]


class _Member(NamedTuple):
    key: int
    id: int
    album: int
    seconds: float
    essence: int | None
    recording: int | None


def find_duplicates(cross_artist_index: SharedTracksIndex, limit: int) -> DuplicateRecordings:
    """Find recordings that exist more than once, and list at most `limit` with most tracks."""
    by_evidence = dict.fromkeys(_COLUMNS, 0)
    tracks, listed = 0, list[DuplicateRecording]()
    for evidence in _COLUMNS:
        largest: list[tuple[int, int, Sequence[_Member]]] = []
        for group in _iter_groups(cross_artist_index, evidence):
            by_evidence[evidence] += 1
            tracks += len(group)
            heapq.heappush(largest, (len(group), -by_evidence[evidence], group))
            if len(largest) > limit:
                heapq.heappop(largest)
        ranked = sorted(largest, key=itemgetter(0, 1), reverse=True)
        room = limit - len(listed)
        listed += [
            _build_duplicate(cross_artist_index, evidence, group) for *_, group in ranked[:room]
        ]
    return DuplicateRecordings(sum(by_evidence.values()), tracks, by_evidence, tuple(listed))


def _iter_groups(
    cross_artist_index: SharedTracksIndex, evidence: str
) -> Iterator[Sequence[_Member]]:
    rows = cross_artist_index.db.execute(_MEMBERS.format(key=_COLUMNS[evidence]))
    for _, members in groupby(map(_Member._make, rows), itemgetter(0)):
        members_alike = list(members)
        for group in _split_by_length(members_alike) if evidence == "name" else [members_alike]:
            if len({member.album for member in group}) > 1 and not _is_decided_otherwise(
                group, evidence
            ):
                yield group


def _split_by_length(members: Sequence[_Member]) -> Iterator[list[_Member]]:
    """Split tracks, sorted by length, into groups of similar length.

    A track starts a new group if it is much longer than the shortest in the group.
    """
    group: list[_Member] = []
    for member in members:
        if group and member.seconds - group[0].seconds > MAX_LENGTH_DIFFERENCE:
            yield group
            group = []
        group.append(member)
    yield group


def _is_decided_otherwise(group: Sequence[_Member], evidence: str) -> bool:
    """Return whether stronger evidence has combined all these tracks, or separates two of them."""
    if evidence != "essence" and len({member.essence or -member.id for member in group}) == 1:
        return True
    recordings = {member.recording for member in group}
    return evidence == "name" and (len(recordings - {None}) > 1 or None not in recordings)


def _build_duplicate(
    cross_artist_index: SharedTracksIndex, evidence: str, group: Sequence[_Member]
) -> DuplicateRecording:
    track_ids = sorted(member.id for member in group)[:MAX_PLACES]
    rows = (cross_artist_index.db.execute(_PLACE, (member,)).fetchone() for member in track_ids)
    places = tuple(DuplicateTrack(*row) for row in rows)
    return DuplicateRecording(evidence, len(group), len({member.album for member in group}), places)
