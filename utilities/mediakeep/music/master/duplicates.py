"""The same recording on several albums or under several artists, with what proves it.

1. "essence": the audio is the same, bit for bit.
2. "recording": the MusicBrainz identifier of the recording is the same.
3. "name": artist, title and length agree loosely; likely, and no more than that. Tracks that
   MusicBrainz knows as different recordings are never put together so.

What the first has told, the others do not tell again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from mediakeep.music.master.crossings import Crossings

NEARLY = 2.0  # seconds between lengths that are nearly equal
PLACES = 20  # that are named of one recording

_KEYS = {"essence": "essence", "recording": "recording", "name": "song"}
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


class Place(msgspec.Struct, frozen=True):
    """One track of several with the same recording; paths lie below the artist."""

    artist: str
    album: str
    path: str
    title: str
    format: str
    seconds: float
    bytes: int


class Duplicate(msgspec.Struct, frozen=True):
    """A recording that there is more than once."""

    evidence: str
    tracks: int
    albums: int
    places: tuple[Place, ...]  # the first of them


class Duplicates(msgspec.Struct, frozen=True):
    """How many recordings there are more than once, and those with the most tracks."""

    total: int
    tracks: int
    by_evidence: dict[str, int]
    listed: tuple[Duplicate, ...]


class _Member(NamedTuple):
    key: int
    id: int
    album: int
    seconds: float
    essence: int | None
    recording: int | None


def find(crossings: Crossings, limit: int) -> Duplicates:
    """Find all, the surest first, and list those with the most tracks."""
    by_evidence = dict.fromkeys(_KEYS, 0)
    tracks, listed = 0, list[Duplicate]()
    for evidence in _KEYS:
        most: list[tuple[int, int, Sequence[_Member]]] = []
        for group in _groups(crossings, evidence):
            by_evidence[evidence] += 1
            tracks += len(group)
            heapq.heappush(most, (len(group), -by_evidence[evidence], group))
            if len(most) > limit:
                heapq.heappop(most)
        ranked = sorted(most, key=itemgetter(0, 1), reverse=True)
        room = limit - len(listed)
        listed += [_told(crossings, evidence, group) for *_, group in ranked[:room]]
    return Duplicates(sum(by_evidence.values()), tracks, by_evidence, tuple(listed))


def _groups(crossings: Crossings, evidence: str) -> Iterator[Sequence[_Member]]:
    rows = crossings.base.execute(_MEMBERS.format(key=_KEYS[evidence]))
    for _, members in groupby(map(_Member._make, rows), itemgetter(0)):
        alike = list(members)
        for group in _near(alike) if evidence == "name" else [alike]:
            if len({one.album for one in group}) > 1 and not _is_told(group, evidence):
                yield group


def _near(members: Sequence[_Member]) -> Iterator[list[_Member]]:
    """Part tracks in the order of their lengths where these differ from the shortest by more."""
    group: list[_Member] = []
    for one in members:
        if group and one.seconds - group[0].seconds > NEARLY:
            yield group
            group = []
        group.append(one)
    yield group


def _is_told(group: Sequence[_Member], evidence: str) -> bool:
    """Tell whether surer evidence puts all of them together, or tells any two apart."""
    if evidence != "essence" and len({one.essence or -one.id for one in group}) == 1:
        return True
    recordings = {one.recording for one in group}
    return evidence == "name" and (len(recordings - {None}) > 1 or None not in recordings)


def _told(crossings: Crossings, evidence: str, group: Sequence[_Member]) -> Duplicate:
    ids = sorted(one.id for one in group)[:PLACES]
    rows = (crossings.base.execute(_PLACE, (one,)).fetchone() for one in ids)
    places = tuple(Place(*row) for row in rows)
    return Duplicate(evidence, len(group), len({one.album for one in group}), places)
