"""Keys for comparing albums, tracks and names between artists.

A key is the first 64 bits of a hash. The chance that any two of a million texts have the same key
is about one in thirty million libraries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple

from mediakeep.media.audio.tags import AudioProperties
from mediakeep.music import album_grouping
from mediakeep.music.checks.mbids import normalize_mbid
from mediakeep.music.master.audit_reader import ArtistAudit, AuditTrack
from mediakeep.music.model import Album
from mediakeep.music.text import compare_text, placeholders, track_numbers

# Seconds. For shorter tracks, equal title and length prove nothing, nor does equal audio: many are
# silence, which is the same everywhere.
MIN_SECONDS = 30.0

_VARIOUS_ARTISTS = "\0various"  # the normalized album artist of albums by various artists
_MIN_ARTISTS = 4  # artists that make an album without album artist a compilation
_SIGNATURE = attrgetter(
    "album", "tags.album", "tags.albumartist", "tags.compilation", "tags.musicbrainz_albumid"
)
_NAMES = attrgetter(
    *("tags.artist", "tags.artists", "tags.musicbrainz_artistid"),
    *("tags.albumartist", "tags.musicbrainz_albumartistid"),
)


class AlbumEdition(NamedTuple):
    """The facts that distinguish an album within an artist's folder, as normalized texts.

    Unknown texts are "".
    """

    place: str
    title: str
    albumartist: str
    release: str


class ArtistNameKey(NamedTuple):
    """An artist's name: its comparison key, MBID ("" if ambiguous), and number of tracks."""

    key: int
    name: str
    mbid: str
    tracks: int
    folder: bool  # whether it is the name of the artist's folder


def hash_key(text: str) -> int:
    """Return the 64-bit comparison key of a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def group_by_edition(audit: ArtistAudit) -> dict[AlbumEdition, list[AuditTrack]]:
    """Group an artist's readable tracks by folder, album title, album artist and release."""
    by_signature: dict[object, list[AuditTrack]] = {}
    for track in audit.tracks:
        if track.facts and not track.fault:
            by_signature.setdefault(_SIGNATURE(track), []).append(track)
    editions_found: dict[AlbumEdition, list[AuditTrack]] = {}
    for tracks in by_signature.values():
        editions_found.setdefault(_build_edition(tracks[0]), []).extend(tracks)
    return editions_found


def title_key(edition: AlbumEdition) -> int | None:
    """Return the comparison key of an album's title and album artist; None if one is unknown."""
    is_known = edition.title and edition.albumartist
    return hash_key(f"{edition.title}\0{edition.albumartist}") if is_known else None


def essence_key(track: AuditTrack, facts: AudioProperties) -> int | None:
    """Return the comparison key of a track's audio; None if it is unknown, truncated or short."""
    is_evidence = track.essence and not facts.truncated and facts.duration >= MIN_SECONDS
    return hash_key(track.essence) if is_evidence else None


def recording_key(track: AuditTrack) -> int | None:
    """Return the comparison key of a track's recording MBID; None if there is not exactly one."""
    mbids = track.tags.musicbrainz_recordingid
    return (
        hash_key(normalize_mbid(mbids[0])) if len(mbids) == 1 and normalize_mbid(mbids[0]) else None
    )


def song_key(track: AuditTrack, facts: AudioProperties, name: str) -> int | None:
    """Return the comparison key of a track's title and artist; None if too little is known."""
    artist = _artist_key(track.tags.artist, track.tags.albumartist)
    if (
        facts.duration < MIN_SECONDS
        or not name
        or not artist
        or placeholders.is_placeholder_title(name)
    ):
        return None
    return hash_key(f"{artist}\0{compare_text.comparison_key(name)}")


def position_key(track: AuditTrack) -> int | None:
    """Return one number that stands for a track's disc and track number; None if unknown."""
    number, disc = track_numbers.parse_digits(track.tags.track), track.tags.disc
    if number is None:
        return None
    return ((track_numbers.parse_digits(disc) if disc else None) or 1) << 32 | number


def artist_names(audit: ArtistAudit) -> Iterator[ArtistNameKey]:
    """Yield each name of an artist in the tags, and the name of the folder, with their keys.

    Names for various or unknown artists are left out.
    """
    pairs = Counter(map(_NAMES, audit.tracks))
    counts: Counter[tuple[str, str]] = Counter()
    for (artist, artists, mbids, albumartist, album_ids), number in pairs.items():
        pairs_found = {
            *_pair_with_mbids(artist, mbids),
            *_pair_with_mbids(artists, mbids),
            *_pair_with_mbids(albumartist, album_ids),
        }
        names_with_mbid = {name for name, mbid in pairs_found if mbid}
        counts.update(
            {pair: number for pair in pairs_found if pair[1] or pair[0] not in names_with_mbid}
        )
    for (name, mbid), number in counts.items():
        yield ArtistNameKey(
            hash_key(compare_text.comparison_key(name)), name, mbid, number, folder=False
        )
    if _is_name(folder := compare_text.normalize_spaces(audit.artist)):
        yield ArtistNameKey(
            hash_key(compare_text.comparison_key(folder)),
            folder,
            "",
            len(audit.tracks),
            folder=True,
        )


def detect_compilation(album: Album) -> tuple[int, str] | None:
    """Return the number of artists on a compilation and the evidence; None if it is not one."""
    tracks = album.readable_tracks
    if not tracks or not album.place:
        return None
    artists = {
        compare_text.comparison_key(compare_text.first_text(track.tags.artist)) for track in tracks
    } - {""}
    if album_grouping.is_compilation(tracks):
        return len(artists), "tags"
    has_many = len(artists) >= _MIN_ARTISTS and 2 * len(artists) >= len(tracks)
    has_no_albumartist = not any(
        compare_text.first_text(track.tags.albumartist) for track in tracks
    )
    return (len(artists), "artists") if has_many and has_no_albumartist else None


def _build_edition(track: AuditTrack) -> AlbumEdition:
    tags = track.tags
    albumartist = compare_text.comparison_key(compare_text.first_text(tags.albumartist))
    if tags.compilation or albumartist in album_grouping.VARIOUS_ARTISTS:
        albumartist = _VARIOUS_ARTISTS
    name = compare_text.first_text(tags.album)
    title = "" if placeholders.is_placeholder_album(name) else compare_text.comparison_key(name)
    return AlbumEdition(
        track.album,
        title,
        albumartist,
        normalize_mbid(compare_text.first_text(tags.musicbrainz_albumid)),
    )


@lru_cache(maxsize=1024)
def _artist_key(artist: tuple[str, ...], albumartist: tuple[str, ...]) -> str:
    name = compare_text.first_text(artist) or compare_text.first_text(albumartist)
    return compare_text.comparison_key(name) if _is_name(name) else ""


def _pair_with_mbids(texts: tuple[str, ...], ids: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each name with its MBID; MBIDs are "" if there are not as many as names."""
    mbids = ids if len(ids) == len(texts) else ("",) * len(texts)
    for text, mbid in zip(texts, mbids, strict=True):
        if _is_name(name := compare_text.normalize_spaces(text)):
            yield name, normalize_mbid(mbid)


def _is_name(text: str) -> bool:
    various = compare_text.comparison_key(text) in album_grouping.VARIOUS_ARTISTS
    return compare_text.has_text(text) and not (various or placeholders.is_placeholder_artist(text))
