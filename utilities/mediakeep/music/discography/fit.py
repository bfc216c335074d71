"""Which tracks of a release are owned: matched by MBIDs in the tags, or by equal titles."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence

import msgspec

from mediakeep.lookups.catalogue import Medium, Release
from mediakeep.lookups.catalogue import Track as Listed
from mediakeep.music.checks import letters
from mediakeep.music.discography import title_keys
from mediakeep.music.model import Track

Place = tuple[Medium, Listed]

_NUMBERED = re.compile(r"^(\d{1,3}[-.])?\d{1,3}[\s._-]+")  # the number in "1-07 - Title.mp3"
_SILENT = frozenset({"[data track]", "[silence]"})
_SEEN = ("DVD-Video", "Blu-ray", "VHS", "LaserDisc", "VCD", "SVCD")  # video media


class Heard(msgspec.Struct, frozen=True):
    """What identifies a local track."""

    ids: tuple[str, ...]  # MBIDs of the recording and of the release track
    title: str  # title key, or "" if it has no title
    short: str  # key of title or file name, without trailing brackets
    disc: int  # 0 if unknown
    position: int


class Fit(msgspec.Struct, frozen=True):
    """How well tracks match a release: missing tracks, and numbers of found and extra ones."""

    missing: tuple[Place, ...]
    found: int
    extra: int  # local tracks that are not on the release

    @property
    def distance(self) -> tuple[int, int]:
        """Sort key, best match first: missing and extra tracks, then most tracks found."""
        return len(self.missing) + self.extra, -self.found


def heard(track: Track) -> Heard:
    """Return the identifying data of a track's tags."""
    tags = track.tags
    ids = (*tags.musicbrainz_recordingid, *tags.musicbrainz_trackid)
    title = letters.first(tags.title)
    name = title or _NUMBERED.sub("", track.name.rpartition(".")[0])
    return Heard(
        ids=tuple(mbid.strip().lower() for mbid in ids),
        title=title_keys.title_key(title),
        short=title_keys.base_key(name),
        disc=_number(tags.disc),
        position=_number(tags.track),
    )


def listed(release: Release) -> list[Place]:
    """Return the audio tracks of a release, without videos and data tracks."""
    return [
        (medium, track)
        for medium, track in release.tracks
        if not track.recording.video
        and track.title not in _SILENT
        and not (medium.format or "").startswith(_SEEN)
    ]


def is_by(place: Place, release: Release, artist: str) -> bool:
    """Return whether an artist, given as MBID, is credited for a track or its whole release."""
    track = place[1]
    artist_credit = track.artist_credit or track.recording.artist_credit
    return artist in {credit.artist.id for credit in (*artist_credit, *release.artist_credit)}


def of(tracks: Sequence[Heard], release: Release) -> Fit:
    """Match tracks with a release; each track matches at most one of its tracks."""
    unmatched, unused = listed(release), list(tracks)
    count = len(unmatched)
    for local_keys, release_keys in _WAYS:
        unmatched, unused = _paired(unmatched, unused, local_keys, release_keys)
    return Fit(tuple(unmatched), count - len(unmatched), len(unused))


Keys = Iterable[Hashable]

_WAYS: tuple[tuple[Callable[[Heard], Keys], Callable[[Place], Keys]], ...] = (
    (lambda one: one.ids, lambda place: (place[1].id, place[1].recording.id)),
    (  # tracks with equal titles are distinguished by position
        lambda one: ((one.title, one.disc or 1, one.position),) if one.title else (),
        lambda place: (
            (title_keys.title_key(place[1].title), place[0].position, place[1].position),
        ),
    ),
    (lambda one: filter(None, (one.title,)), lambda place: (title_keys.title_key(place[1].title),)),
    (
        lambda one: filter(None, (one.short,)),
        lambda place: (title_keys.base_key(place[1].title),),
    ),
    (  # an untitled track may be the one missing at its position
        lambda one: () if one.title or not one.position else ((one.disc or 1, one.position),),
        lambda place: ((place[0].position, place[1].position),),
    ),
)


def _paired(
    places: list[Place],
    tracks: list[Heard],
    track_keys: Callable[[Heard], Keys],
    place_keys: Callable[[Place], Keys],
) -> tuple[list[Place], list[Heard]]:
    """Pair tracks and places with a common key; return what is left of both."""
    if not (places and tracks):
        return places, tracks
    waiting: dict[Hashable, list[int]] = {}
    for number, place in enumerate(places):
        for key in place_keys(place):
            waiting.setdefault(key, []).append(number)
    used: set[int] = set()
    unused = []
    for track in tracks:
        candidates = (
            index
            for key in track_keys(track)
            for index in waiting.get(key, ())
            if index not in used
        )
        number = next(candidates, -1)
        if number < 0:
            unused.append(track)
        else:
            used.add(number)
    return [place for number, place in enumerate(places) if number not in used], unused


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
