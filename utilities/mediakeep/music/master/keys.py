"""What albums, tracks and names are compared by across artists; pure, of one audit at a time.

A key is the first 64 bits of a hash: that any two of a million texts share theirs by chance
happens to one library in thirty million.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple

from mediakeep.media.tags import Facts
from mediakeep.music import placeholders
from mediakeep.music.checks import groups, letters, positions
from mediakeep.music.master.audits import Audit, Told
from mediakeep.music.model import Album

# Seconds. Of shorter tracks a title and a length prove nothing, nor does the same audio: many are
# silence, which is alike wherever it was made.
LEAST = 30.0

_VARIOUS = "\0various"  # the album artist of albums by various artists, however it is written
_FEWEST = 4  # artists that make a compilation of an album that nobody is the artist of
_SIGNATURE = attrgetter(
    "album", "tags.album", "tags.albumartist", "tags.compilation", "tags.musicbrainz_albumid"
)
_NAMES = attrgetter(
    *("tags.artist", "tags.artists", "tags.musicbrainz_artistid"),
    *("tags.albumartist", "tags.musicbrainz_albumartistid"),
)


class Edition(NamedTuple):
    """What tells an album from the others in an artist's folder; texts are loose, "" if unknown."""

    place: str
    title: str
    albumartist: str
    release: str


class Name(NamedTuple):
    """A name of an artist: its key, its MBID ("" where unclear), how many tracks bear it."""

    key: int
    name: str
    mbid: str
    tracks: int
    folder: bool  # whether it is the name of the artist's folder


def of(text: str) -> int:
    """Return a text's key."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def editions(audit: Audit) -> dict[Edition, list[Told]]:
    """Part the tracks that can be read by folder, title, album artist and release."""
    alike: dict[object, list[Told]] = {}
    for told in audit.tracks:
        if told.facts and not told.fault:
            alike.setdefault(_SIGNATURE(told), []).append(told)
    found: dict[Edition, list[Told]] = {}
    for some in alike.values():
        found.setdefault(_edition(some[0]), []).extend(some)
    return found


def titled(edition: Edition) -> int | None:
    """Return the key of an album's title by its album artist; None where one is not told.

    Two albums of one title are the same only where they have the same album artist.
    """
    known = edition.title and edition.albumartist
    return of(f"{edition.title}\0{edition.albumartist}") if known else None


def essence(told: Told, facts: Facts) -> int | None:
    """Return the key of a track's audio; None where it is not known, is cut off, or is short."""
    proves = told.essence and not facts.truncated and facts.duration >= LEAST
    return of(told.essence) if proves else None


def recording(told: Told) -> int | None:
    """Return the key of the recording that MusicBrainz knows; None where there is not just one."""
    ids = told.tags.musicbrainz_recordingid
    return of(_mbid(ids[0])) if len(ids) == 1 and _mbid(ids[0]) else None


def song(told: Told, facts: Facts, name: str) -> int | None:
    """Return the key of a title by an artist; None where too little is known to compare."""
    artist = _artist(told.tags.artist, told.tags.albumartist)
    if facts.duration < LEAST or not name or not artist or placeholders.is_title(name):
        return None
    return of(f"{artist}\0{letters.loose(name)}")


def position(told: Told) -> int | None:
    """Return a track's place on its album, as one number of disc and track."""
    number, disc = positions.figures(told.tags.track), told.tags.disc
    if number is None:
        return None
    return ((positions.figures(disc) if disc else None) or 1) << 32 | number


def names(audit: Audit) -> Iterator[Name]:
    """Give each name of an artist in the tags, and that of the folder.

    What stands for various or unknown artists is no name.
    """
    pairs = Counter(map(_NAMES, audit.tracks))
    found: Counter[tuple[str, str]] = Counter()
    for (artist, artists, ids, albumartist, album_ids), number in pairs.items():
        told = {*_matched(artist, ids), *_matched(artists, ids), *_matched(albumartist, album_ids)}
        known = {name for name, mbid in told if mbid}
        found.update({one: number for one in told if one[1] or one[0] not in known})
    for (name, mbid), number in found.items():
        yield Name(of(letters.loose(name)), name, mbid, number, folder=False)
    if _is_name(folder := letters.neat(audit.artist)):
        yield Name(of(letters.loose(folder)), folder, "", len(audit.tracks), folder=True)


def compilation(album: Album) -> tuple[int, str] | None:
    """Tell whether an album is by many: how many artists its tracks have, and what tells it."""
    tracks = album.readable
    if not tracks or not album.place:
        return None
    artists = {letters.loose(letters.first(track.tags.artist)) for track in tracks} - {""}
    if groups.is_compilation(tracks):
        return len(artists), "tags"
    several = len(artists) >= _FEWEST and 2 * len(artists) >= len(tracks)
    by_nobody = not any(letters.first(track.tags.albumartist) for track in tracks)
    return (len(artists), "artists") if several and by_nobody else None


def _edition(told: Told) -> Edition:
    tags = told.tags
    albumartist = letters.loose(letters.first(tags.albumartist))
    if tags.compilation or albumartist in groups.VARIOUS:
        albumartist = _VARIOUS
    name = letters.first(tags.album)
    title = "" if placeholders.is_album(name) else letters.loose(name)
    return Edition(told.album, title, albumartist, _mbid(letters.first(tags.musicbrainz_albumid)))


@lru_cache(maxsize=1024)
def _artist(artist: tuple[str, ...], albumartist: tuple[str, ...]) -> str:
    name = letters.first(artist) or letters.first(albumartist)
    return letters.loose(name) if _is_name(name) else ""


def _matched(texts: tuple[str, ...], ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Pair names with MBIDs where there are as many; else nobody can tell which is whose."""
    known = ids if len(ids) == len(texts) else ("",) * len(texts)
    for text, mbid in zip(texts, known, strict=True):
        if _is_name(name := letters.neat(text)):
            yield name, _mbid(mbid)


def _is_name(text: str) -> bool:
    various = letters.loose(text) in groups.VARIOUS
    return letters.holds(text) and not (various or placeholders.is_artist(text))


def _mbid(text: str) -> str:
    return text.strip().lower()
