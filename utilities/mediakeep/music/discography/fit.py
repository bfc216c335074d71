"""Which tracks of a release are here: by MBIDs in the tags, and by exactly the same title."""

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
_SEEN = ("DVD-Video", "Blu-ray", "VHS", "LaserDisc", "VCD", "SVCD")  # media that are watched


class Heard(msgspec.Struct, frozen=True):
    """What a track here can be recognised by."""

    ids: tuple[str, ...]  # MBIDs of its recording and of the release's track
    title: str  # as titles are compared, "" where it has none
    short: str  # the same, or the file's name, without what stands in brackets at the end
    disc: int  # 0 where it does not say
    position: int


class Fit(msgspec.Struct, frozen=True):
    """How well tracks fit a release: those of the release that are missing, and those found."""

    missing: tuple[Place, ...]
    found: int
    extra: int  # tracks here that the release does not have

    @property
    def distance(self) -> tuple[int, int]:
        """The less, the better it fits: what speaks against it, and then what speaks for it."""
        return len(self.missing) + self.extra, -self.found


def heard(track: Track) -> Heard:
    """Take from a track's tags what it can be recognised by."""
    tags = track.tags
    ids = (*tags.musicbrainz_recordingid, *tags.musicbrainz_trackid)
    title = letters.first(tags.title)
    named = title or _NUMBERED.sub("", track.name.rpartition(".")[0])
    return Heard(
        ids=tuple(one.strip().lower() for one in ids),
        title=title_keys.title_key(title),
        short=title_keys.base_key(named),
        disc=_number(tags.disc),
        position=_number(tags.track),
    )


def listed(release: Release) -> list[Place]:
    """Return the tracks of a release that are to be heard: no films, and no data."""
    return [
        (medium, track)
        for medium, track in release.tracks
        if not track.recording.video
        and track.title not in _SILENT
        and not (medium.format or "").startswith(_SEEN)
    ]


def is_by(place: Place, release: Release, artist: str) -> bool:
    """Tell whether an artist, given by MBID, is credited for a track, or for its whole release."""
    track = place[1]
    whose = track.artist_credit or track.recording.artist_credit
    return artist in {one.artist.id for one in (*whose, *release.artist_credit)}


def of(tracks: Sequence[Heard], release: Release) -> Fit:
    """Fit tracks to a release; each stands for one of its tracks at most."""
    rest, free = listed(release), list(tracks)
    count = len(rest)
    for here, there in _WAYS:
        rest, free = _paired(rest, free, here, there)
    return Fit(tuple(rest), count - len(rest), len(free))


Keys = Iterable[Hashable]

_WAYS: tuple[tuple[Callable[[Heard], Keys], Callable[[Place], Keys]], ...] = (
    (lambda one: one.ids, lambda place: (place[1].id, place[1].recording.id)),
    (  # two tracks of one title are told apart by where they stand
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
    (  # a track without a title may well be the one that is missing at its place
        lambda one: () if one.title or not one.position else ((one.disc or 1, one.position),),
        lambda place: ((place[0].position, place[1].position),),
    ),
)


def _paired(
    places: list[Place],
    tracks: list[Heard],
    here: Callable[[Heard], Keys],
    there: Callable[[Place], Keys],
) -> tuple[list[Place], list[Heard]]:
    """Pair what is the same in one way, and return what is left of both."""
    if not (places and tracks):
        return places, tracks
    waiting: dict[Hashable, list[int]] = {}
    for number, place in enumerate(places):
        for key in there(place):
            waiting.setdefault(key, []).append(number)
    taken: set[int] = set()
    free = []
    for track in tracks:
        same = (one for key in here(track) for one in waiting.get(key, ()) if one not in taken)
        number = next(same, -1)
        if number < 0:
            free.append(track)
        else:
            taken.add(number)
    return [place for number, place in enumerate(places) if number not in taken], free


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
