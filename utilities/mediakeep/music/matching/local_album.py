"""Prepare a local album for matching: normalized titles, lengths and identifiers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from mediakeep import path_text
from mediakeep.lookups.musicbrainz import client
from mediakeep.music.checks import mbids
from mediakeep.music.matching import titles
from mediakeep.music.matching.titles import ParsedTitle
from mediakeep.music.model import Album, Track
from mediakeep.music.text import album_titles as albums
from mediakeep.music.text import (
    compare_text,
    disc_folders,
    filename_parser,
    placeholders,
    title_keys,
    track_numbers,
)

_NON_ALPHANUMERIC = re.compile(r"[\W_]+")
_YEAR = re.compile(r"\d{4}")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\d+|[^\W\d_]+")
# "Vera - Dawn - 03 - Low Tide"
_NUMBER_BETWEEN_NAMES = re.compile(r"\s-\s([0-9]{1,3})(?:\s-|\.)\s")
_DISC_AND_NUMBER = re.compile(r"\s*([0-9])\s?[-.]\s?([0-9]{2})(?![0-9])")
CD = "cd"
_MEDIUM_TYPES = ("vinyl", "cassette", "digital", CD)
_CD_TYPES = re.compile(  # the MusicBrainz formats of CDs
    r"\bcd-?rw?\b|sacd|hybrid|enhanced|hdcd|\bdts\b|blu-?spec|\bshm\b|hqcd|cd\+g|8 ?cm"
    r"|copy control|data cd|mixed mode|minimax|vcd\b|\bcdv\b"
)
_MAX_DIGITS = 4  # digits of a plausible number


class LocalTrack(msgspec.Struct, frozen=True):
    """A local track prepared for matching; `seconds`, `disc` and `position` are 0 if unknown."""

    place: str
    title: ParsedTitle | None
    seconds: float
    disc: int
    position: int
    artists: frozenset[str]
    recordings: frozenset[str]  # current MBIDs
    tracks: frozenset[str]
    isrcs: frozenset[str]


class LocalAlbum(msgspec.Struct, frozen=True, kw_only=True):
    """A local album prepared for matching; its texts are normalized."""

    place: str
    tracks: tuple[LocalTrack, ...]
    unreadable: tuple[LocalTrack, ...]  # unreadable files, known by name only
    titles: tuple[ParsedTitle, ...]
    raw_titles: tuple[str, ...]  # the same, as written
    all_names: str  # all titles in tags and folder name
    is_mixed: bool  # its tags name several albums
    is_tagged: bool  # whether titles are from tags; folder titles never contradict
    artists: frozenset[str]
    release: str = ""  # MBIDs
    group: str = ""
    disc_ids: frozenset[str] = frozenset()
    barcodes: frozenset[str] = frozenset()
    catalog_numbers: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()
    track_totals: Mapping[int, int] = {}  # number of tracks by disc; disc 0 is unknown
    disc_total: int = 0  # in the tags or folder names

    @property
    def known_lengths(self) -> list[float]:
        """The known lengths of its tracks in seconds, shortest first."""
        return sorted(track.seconds for track in self.tracks if track.seconds)


def build_local_album(album: Album, folder: str, merged: Mapping[str, str]) -> LocalAlbum:
    """Prepare an album for matching; `folder` is the name of the artist's folder.

    `merged` maps outdated MBIDs to current ones.
    """
    tracks = album.readable_tracks
    folder, place = filename_parser.artist_and_album_folders(folder, album)
    wordings, is_tagged = _album_titles(album, place, folder)
    known_names = [
        *wordings,
        folder,
        *_distinct_values(tracks, "artist"),
        *_distinct_values(tracks, "albumartist"),
    ]
    local_tracks = tuple(_build_track(track, album, known_names, merged) for track in tracks)
    return LocalAlbum(
        place=album.place,
        tracks=local_tracks,
        unreadable=tuple(
            _build_track(unreadable, album, known_names, merged)
            for unreadable in album.tracks
            if unreadable.fault
        ),
        titles=tuple(map(titles.parse_title, wordings)),
        raw_titles=wordings,
        all_names=" ".join((*wordings, path_text.unescape_path(place.rpartition("/")[2]))),
        is_mixed=_names_several_albums(tracks),
        is_tagged=is_tagged,
        artists=_album_artists(tracks) or _name_keys([folder]),
        release=_common_mbid(tracks, "musicbrainz_albumid", merged),
        group=_common_mbid(tracks, "musicbrainz_releasegroupid", merged),
        disc_ids=frozenset(_distinct_values(tracks, "musicbrainz_discid")),
        barcodes=_normalized_values(tracks, "barcode", normalize_barcode),
        catalog_numbers=_normalized_values(tracks, "catalognumber", normalize_identifier),
        labels=_normalized_values(tracks, "label", compare_text.comparison_key),
        countries=_normalized_values(tracks, "releasecountry", str.upper),
        media=_normalized_values(tracks, "media", normalize_medium),
        years=frozenset(
            _YEAR.findall(" ".join(text[:4] for text in _distinct_values(tracks, "date")))
        ),
        track_totals=_track_totals(tracks, local_tracks),
        disc_total=_disc_total(tracks, local_tracks),
    )


def normalize_barcode(text: str) -> str:
    """Normalize a barcode: UPC and EAN of the same product differ in leading zeros."""
    return "".join(_NUMBER.findall(text)).lstrip("0")


def normalize_identifier(text: str) -> str:
    """Normalize a catalogue number: "CDP 7 46208 2" and "cdp-7462082" are equal."""
    return _NON_ALPHANUMERIC.sub("", text).casefold()


def normalize_medium(text: str) -> str:
    """Return the type of a medium without its size or number: "2 x CD" becomes "cd".

    The subtype of a CD is kept: "CDr" and "CD-R" become "cd cdr".
    """
    plain = text.casefold()
    kind = next((kind for kind in _MEDIUM_TYPES if kind in plain), plain.strip())
    if kind != CD:
        return kind
    types = {_NON_ALPHANUMERIC.sub("", match) for match in _CD_TYPES.findall(plain)}
    return " ".join((CD, *sorted(types)))


def is_cd_type(medium: str) -> bool:
    """Return whether a normalized medium is a special type of CD, which tags often just call CD."""
    return medium.startswith(f"{CD} ")


def _build_track(
    track: Track, album: Album, known_names: Collection[str], merged: Mapping[str, str]
) -> LocalTrack:
    tags = track.tags
    disc, position = _disc_and_position(track, album)
    return LocalTrack(
        place=track.place,
        title=_parse_track_title(track, position, known_names),
        seconds=track.facts.duration if track.facts else 0.0,
        disc=disc,
        position=position,
        artists=_name_keys([*tags.artist, *tags.artists, *tags.composer, *tags.conductor]),
        recordings=frozenset(_current_mbids(tags.musicbrainz_recordingid, merged)),
        tracks=frozenset(_current_mbids(tags.musicbrainz_trackid, merged)),
        isrcs=frozenset(normalize_identifier(text) for text in tags.isrc),
    )


def _parse_track_title(
    track: Track, position: int, known_names: Collection[str]
) -> ParsedTitle | None:
    """Return a track's title from its tags, else from its file name; None if neither has one."""
    text = compare_text.first_text(track.tags.title)
    if not text or placeholders.is_placeholder_title(text):
        text = filename_parser.parse_title(track, position or None, known_names)
    return titles.parse_title(text) if text and titles.parse_title(text).key else None


def _disc_and_position(track: Track, album: Album) -> tuple[int, int]:
    """Return disc and track number from the tags, else from the folder and file name."""
    folder = disc_folders.subfolder_of_album(track.place, album.place)
    disc_names = [
        word
        for name in filter(disc_folders.is_disc_folder, folder.split("/"))
        for word in _WORD.findall(name)
    ]
    if album.sibling_folders:
        disc_names.append(disc_folders.trailing_disc_number(folder or album.place))
    discs_named = (
        _parse_number(albums.normalize_disc_number(word)) for word in (track.tags.disc, *disc_names)
    )
    disc = next(filter(None, discs_named), 0)
    if number := track_numbers.track_number(track):
        return disc, number
    disc_in_name, number = _position_in_name(track)
    return disc or disc_in_name, number


def _position_in_name(track: Track) -> tuple[int, int]:
    """Return disc and track number in a file name, each 0 if the name has none.

    They are at the start of the name, or the track number is between names.
    """
    if match := _DISC_AND_NUMBER.match(track.name):
        return int(match[1]), int(match[2])
    if numbers := track_numbers.numbers_in_name(track.name, track.tags.disc):
        return 0, min(numbers)
    amid = _NUMBER_BETWEEN_NAMES.search(track.name)
    return 0, int(amid[1]) if amid else 0


def _parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else 0


def _album_titles(album: Album, place: str, folder: str) -> tuple[tuple[str, ...], bool]:
    """Return the most frequent titles in the tags, and True; else the folder's title, and False."""
    counts = Counter(
        albums.split_disc(title)[0]
        for track in album.readable_tracks
        if (title := compare_text.first_text(track.tags.album))
        and not placeholders.is_placeholder_album(title)
    )
    if counts:
        return tuple(title for title, _ in counts.most_common(2)), True
    folder_title = filename_parser.parse_album(place, [folder]) if place else ""
    return ((folder_title,) if folder_title else ()), False


def _names_several_albums(tracks: Iterable[Track]) -> bool:
    """Return whether no album title is on at least half of the tracks that have one."""
    counts = Counter(
        title_keys.base_title_key(title)
        for track in tracks
        if (title := compare_text.first_text(track.tags.album))
    )
    return bool(counts) and 2 * max(counts.values()) < counts.total()


def _distinct_values(tracks: Iterable[Track], field: str) -> list[str]:
    texts = (text for track in tracks for text in getattr(track.tags, field))
    return [text for text in dict.fromkeys(texts) if compare_text.has_text(text)]


def _normalized_values(
    tracks: Iterable[Track], field: str, normalize: Callable[[str], str]
) -> frozenset[str]:
    return frozenset(filter(None, map(normalize, _distinct_values(tracks, field))))


def _album_artists(tracks: Sequence[Track]) -> frozenset[str]:
    return _name_keys(_distinct_values(tracks, "albumartist")) or _name_keys(
        _distinct_values(tracks, "artist")
    )


def _name_keys(texts: Iterable[str]) -> frozenset[str]:
    keys = (
        compare_text.comparison_key(text)
        for text in texts
        if not placeholders.is_placeholder_artist(text)
    )
    return frozenset(filter(None, keys))


def _current_mbids(texts: Iterable[str], merged: Mapping[str, str]) -> list[str]:
    plain = map(mbids.normalize_mbid, texts)
    return [merged.get(mbid, mbid) for mbid in plain if client.is_mbid(mbid)]


def _common_mbid(tracks: Sequence[Track], field: str, merged: Mapping[str, str]) -> str:
    """Return the MBID that all tracks with an MBID share, or "".

    At least half of the tracks must have it.
    """
    mbids_by_track = [
        mbids for track in tracks if (mbids := _current_mbids(getattr(track.tags, field), merged))
    ]
    ids = {mbid for mbids in mbids_by_track for mbid in mbids}
    return ids.pop() if len(ids) == 1 and 2 * len(mbids_by_track) >= len(tracks) else ""


def _track_totals(tracks: Sequence[Track], local_tracks: Sequence[LocalTrack]) -> dict[int, int]:
    """Return the number of tracks on each disc according to the tags, where they agree.

    A number that is lower than that of the local tracks is wrong: bonus tracks are not counted.
    """
    counts_by_disc: dict[int, set[int]] = {}
    for track, local_track in zip(tracks, local_tracks, strict=True):
        if count := _parse_number(track.tags.track_total):
            counts_by_disc.setdefault(local_track.disc, set()).add(count)
    present = Counter(local_track.disc for local_track in local_tracks)
    return {
        disc: max(counts)
        for disc, counts in counts_by_disc.items()
        if len(counts) == 1 and max(counts) >= present[disc]
    }


def _disc_total(tracks: Iterable[Track], local_tracks: Iterable[LocalTrack]) -> int:
    totals = {count for track in tracks if (count := _parse_number(track.tags.disc_total))}
    discs = {entry.disc for entry in local_tracks if entry.disc}
    return max((*totals, *discs), default=0)
