"""The comparison keys of albums, tracks and names; pure functions of one audit at a time.

A key is the first 64 bits of a hash: the chance that any two of a million texts have the same key
is about one in thirty million libraries.
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

# Seconds. For shorter tracks, equal title and length prove nothing, nor does equal audio: many are
# silence, which is the same everywhere.
LEAST = 30.0

_VARIOUS = "\0various"  # the normalized album artist of albums by various artists
_FEWEST = 4  # artists that make an album without album artist a compilation
_SIGNATURE = attrgetter(
    "album", "tags.album", "tags.albumartist", "tags.compilation", "tags.musicbrainz_albumid"
)
_NAMES = attrgetter(
    *("tags.artist", "tags.artists", "tags.musicbrainz_artistid"),
    *("tags.albumartist", "tags.musicbrainz_albumartistid"),
)


class Edition(NamedTuple):
    """What distinguishes an album in an artist's folder; texts are normalized, "" if unknown."""

    place: str
    title: str
    albumartist: str
    release: str


class Name(NamedTuple):
    """A name of an artist: its key, its MBID ("" if ambiguous), and its number of tracks."""

    key: int
    name: str
    mbid: str
    tracks: int
    folder: bool  # whether it is the name of the artist's folder


def of(text: str) -> int:
    """Return the key of a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def editions(audit: Audit) -> dict[Edition, list[Told]]:
    """Group the readable tracks by folder, title, album artist and release."""
    by_signature: dict[object, list[Told]] = {}
    for track in audit.tracks:
        if track.facts and not track.fault:
            by_signature.setdefault(_SIGNATURE(track), []).append(track)
    editions_found: dict[Edition, list[Told]] = {}
    for tracks in by_signature.values():
        editions_found.setdefault(_edition(tracks[0]), []).extend(tracks)
    return editions_found


def titled(edition: Edition) -> int | None:
    """Return the key of an album title and its album artist; None if one is unknown.

    Albums of the same title are equal only if their album artists are.
    """
    is_known = edition.title and edition.albumartist
    return of(f"{edition.title}\0{edition.albumartist}") if is_known else None


def essence(track: Told, facts: Facts) -> int | None:
    """Return the key of a track's audio; None if it is unknown, truncated, or short."""
    is_evidence = track.essence and not facts.truncated and facts.duration >= LEAST
    return of(track.essence) if is_evidence else None


def recording(track: Told) -> int | None:
    """Return the key of a MusicBrainz recording; None if there is not exactly one."""
    ids = track.tags.musicbrainz_recordingid
    return of(_mbid(ids[0])) if len(ids) == 1 and _mbid(ids[0]) else None


def song(track: Told, facts: Facts, name: str) -> int | None:
    """Return the key of a title by an artist; None if too little is known."""
    artist = _artist(track.tags.artist, track.tags.albumartist)
    if facts.duration < LEAST or not name or not artist or placeholders.is_title(name):
        return None
    return of(f"{artist}\0{letters.loose(name)}")


def position(track: Told) -> int | None:
    """Return disc and track number as one number."""
    number, disc = positions.figures(track.tags.track), track.tags.disc
    if number is None:
        return None
    return ((positions.figures(disc) if disc else None) or 1) << 32 | number


def names(audit: Audit) -> Iterator[Name]:
    """Yield each name of an artist in the tags, and that of the folder.

    Names for various or unknown artists are left out.
    """
    pairs = Counter(map(_NAMES, audit.tracks))
    counts: Counter[tuple[str, str]] = Counter()
    for (artist, artists, ids, albumartist, album_ids), number in pairs.items():
        pairs_found = {
            *_matched(artist, ids),
            *_matched(artists, ids),
            *_matched(albumartist, album_ids),
        }
        names_with_mbid = {name for name, mbid in pairs_found if mbid}
        counts.update(
            {pair: number for pair in pairs_found if pair[1] or pair[0] not in names_with_mbid}
        )
    for (name, mbid), number in counts.items():
        yield Name(of(letters.loose(name)), name, mbid, number, folder=False)
    if _is_name(folder := letters.neat(audit.artist)):
        yield Name(of(letters.loose(folder)), folder, "", len(audit.tracks), folder=True)


def compilation(album: Album) -> tuple[int, str] | None:
    """Return the number of artists of a compilation and the evidence, else None."""
    tracks = album.readable
    if not tracks or not album.place:
        return None
    artists = {letters.loose(letters.first(track.tags.artist)) for track in tracks} - {""}
    if groups.is_compilation(tracks):
        return len(artists), "tags"
    has_many = len(artists) >= _FEWEST and 2 * len(artists) >= len(tracks)
    has_no_albumartist = not any(letters.first(track.tags.albumartist) for track in tracks)
    return (len(artists), "artists") if has_many and has_no_albumartist else None


def _edition(track: Told) -> Edition:
    tags = track.tags
    albumartist = letters.loose(letters.first(tags.albumartist))
    if tags.compilation or albumartist in groups.VARIOUS:
        albumartist = _VARIOUS
    name = letters.first(tags.album)
    title = "" if placeholders.is_album(name) else letters.loose(name)
    return Edition(track.album, title, albumartist, _mbid(letters.first(tags.musicbrainz_albumid)))


@lru_cache(maxsize=1024)
def _artist(artist: tuple[str, ...], albumartist: tuple[str, ...]) -> str:
    name = letters.first(artist) or letters.first(albumartist)
    return letters.loose(name) if _is_name(name) else ""


def _matched(texts: tuple[str, ...], ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Pair names with MBIDs if their numbers are equal; otherwise they cannot be paired."""
    mbids = ids if len(ids) == len(texts) else ("",) * len(texts)
    for text, mbid in zip(texts, mbids, strict=True):
        if _is_name(name := letters.neat(text)):
            yield name, _mbid(mbid)


def _is_name(text: str) -> bool:
    various = letters.loose(text) in groups.VARIOUS
    return letters.holds(text) and not (various or placeholders.is_artist(text))


def _mbid(text: str) -> str:
    return text.strip().lower()
