"""The data of a local album for matching: its tracks in comparable form, and its identifiers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from mediakeep import files
from mediakeep.lookups import musicbrainz
from mediakeep.music import discs, placeholders
from mediakeep.music.checks import identifiers, letters, positions
from mediakeep.music.checks import titles as albums
from mediakeep.music.discography import title_keys
from mediakeep.music.matching import titles
from mediakeep.music.matching.titles import Title
from mediakeep.music.model import Album, Track
from mediakeep.music.repairs import names

_SIGNS = re.compile(r"[\W_]+")
_YEAR = re.compile(r"\d{4}")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\d+|[^\W\d_]+")
_AMID = re.compile(r"\s-\s([0-9]{1,3})(?:\s-|\.)\s")  # "Vera - Dawn - 03 - Low Tide"
_DISC_AND_NUMBER = re.compile(r"\s*([0-9])\s?[-.]\s?([0-9]{2})(?![0-9])")
CD = "cd"
_MEDIA = ("vinyl", "cassette", "digital", CD)
_CD_TYPES = re.compile(  # the MusicBrainz formats of CDs
    r"\bcd-?rw?\b|sacd|hybrid|enhanced|hdcd|\bdts\b|blu-?spec|\bshm\b|hqcd|cd\+g|8 ?cm"
    r"|copy control|data cd|mixed mode|minimax|vcd\b|\bcdv\b"
)
_MOST = 4  # digits of a plausible number


class Heard(msgspec.Struct, frozen=True):
    """A local track in comparable form; `seconds`, `disc` and `position` are 0 if unknown."""

    place: str
    title: Title | None
    seconds: float
    disc: int
    position: int
    artists: frozenset[str]
    recordings: frozenset[str]  # current MBIDs
    tracks: frozenset[str]
    isrcs: frozenset[str]


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """A local album in comparable form; texts are normalized."""

    place: str
    tracks: tuple[Heard, ...]
    unread: tuple[Heard, ...]  # unreadable files, known by name only
    titles: tuple[Title, ...]
    wordings: tuple[str, ...]  # the same, as written
    naming: str  # all titles in tags and folder name
    is_mixed: bool  # its tags name several albums
    is_tagged: bool  # whether titles are from tags; folder titles never contradict
    artists: frozenset[str]
    release: str = ""  # MBIDs
    group: str = ""
    disc_ids: frozenset[str] = frozenset()
    barcodes: frozenset[str] = frozenset()
    catalogue: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    years: frozenset[str] = frozenset()
    totals: Mapping[int, int] = {}  # number of tracks by disc; disc 0 is unknown
    discs: int = 0  # in the tags or folder names

    @property
    def seconds(self) -> list[float]:
        """The known lengths, shortest first."""
        return sorted(track.seconds for track in self.tracks if track.seconds)


def of(album: Album, folder: str, merged: Mapping[str, str]) -> Here:
    """Build the comparable form of an album; `merged` maps merged MBIDs to current ones.

    `folder` is the name of the artist's folder.
    """
    tracks = album.readable
    folder, place = names.of_folders(folder, album)
    wordings, is_tagged = _wordings(album, place, folder)
    known_names = [*wordings, folder, *_texts(tracks, "artist"), *_texts(tracks, "albumartist")]
    local_tracks = tuple(_heard(track, album, known_names, merged) for track in tracks)
    return Here(
        place=album.place,
        tracks=local_tracks,
        unread=tuple(
            _heard(unreadable, album, known_names, merged)
            for unreadable in album.tracks
            if unreadable.fault
        ),
        titles=tuple(map(titles.parsed, wordings)),
        wordings=wordings,
        naming=" ".join((*wordings, files.unescape(place.rpartition("/")[2]))),
        is_mixed=_is_mixed(tracks),
        is_tagged=is_tagged,
        artists=_artists(tracks) or _keys([folder]),
        release=_agreed(tracks, "musicbrainz_albumid", merged),
        group=_agreed(tracks, "musicbrainz_releasegroupid", merged),
        disc_ids=frozenset(_texts(tracks, "musicbrainz_discid")),
        barcodes=_written(tracks, "barcode", barcode),
        catalogue=_written(tracks, "catalognumber", number),
        labels=_written(tracks, "label", letters.loose),
        countries=_written(tracks, "releasecountry", str.upper),
        media=_written(tracks, "media", medium),
        years=frozenset(_YEAR.findall(" ".join(text[:4] for text in _texts(tracks, "date")))),
        totals=_totals(tracks, local_tracks),
        discs=_discs(tracks, local_tracks),
    )


def barcode(text: str) -> str:
    """Normalize a barcode: UPC and EAN of the same product differ in leading zeros."""
    return "".join(_NUMBER.findall(text)).lstrip("0")


def number(text: str) -> str:
    """Normalize a catalogue number: "CDP 7 46208 2" and "cdp-7462082" are equal."""
    return _SIGNS.sub("", text).casefold()


def medium(text: str) -> str:
    """Normalize a medium's format to its type, without size.

    For a CD, also its subtype: "CDr" and "CD-R" become "cd cdr", "2 x CD" becomes "cd".
    """
    plain = text.casefold()
    kind = next((kind for kind in _MEDIA if kind in plain), plain.strip())
    if kind != CD:
        return kind
    types = {_SIGNS.sub("", match) for match in _CD_TYPES.findall(plain)}
    return " ".join((CD, *sorted(types)))


def is_cd_type(medium: str) -> bool:
    """Return whether a normalized medium is a special type of CD, often just called CD."""
    return medium.startswith(f"{CD} ")


def _heard(
    track: Track, album: Album, known_names: Collection[str], merged: Mapping[str, str]
) -> Heard:
    tags = track.tags
    disc, position = _position(track, album)
    return Heard(
        place=track.place,
        title=_title(track, position, known_names),
        seconds=track.facts.duration if track.facts else 0.0,
        disc=disc,
        position=position,
        artists=_keys([*tags.artist, *tags.artists, *tags.composer, *tags.conductor]),
        recordings=frozenset(_mbids(tags.musicbrainz_recordingid, merged)),
        tracks=frozenset(_mbids(tags.musicbrainz_trackid, merged)),
        isrcs=frozenset(number(text) for text in tags.isrc),
    )


def _title(track: Track, position: int, known_names: Collection[str]) -> Title | None:
    """Return the title from the tags, else from the file name; None if neither has one."""
    text = letters.first(track.tags.title)
    if not text or placeholders.is_title(text):
        text = names.title(track, position or None, known_names)
    return titles.parsed(text) if text and titles.parsed(text).key else None


def _position(track: Track, album: Album) -> tuple[int, int]:
    """Return disc and number from the tags, else from folder and file name."""
    folder = discs.folder_within(track.place, album.place)
    disc_names = [
        word for name in filter(discs.is_disc, folder.split("/")) for word in _WORD.findall(name)
    ]
    if album.sibling_folders:
        disc_names.append(discs.number_of(folder or album.place))
    discs_named = (_figures(albums.disc_number(word)) for word in (track.tags.disc, *disc_names))
    disc = next(filter(None, discs_named), 0)
    if number := positions.number(track):
        return disc, number
    disc_in_name, number = _in_name(track)
    return disc or disc_in_name, number


def _in_name(track: Track) -> tuple[int, int]:
    """Return disc and number in a file name, 0 if it has none.

    They are at its beginning, or the number is between names.
    """
    if match := _DISC_AND_NUMBER.match(track.name):
        return int(match[1]), int(match[2])
    if numbers := positions.in_name(track.name, track.tags.disc):
        return 0, min(numbers)
    amid = _AMID.search(track.name)
    return 0, int(amid[1]) if amid else 0


def _figures(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST else 0


def _wordings(album: Album, place: str, folder: str) -> tuple[tuple[str, ...], bool]:
    """Return the most frequent titles in the tags, else the one in the folder name."""
    counts = Counter(
        albums.parted(title)[0]
        for track in album.readable
        if (title := letters.first(track.tags.album)) and not placeholders.is_album(title)
    )
    if counts:
        return tuple(title for title, _ in counts.most_common(2)), True
    folder_title = names.album(place, [folder]) if place else ""
    return ((folder_title,) if folder_title else ()), False


def _is_mixed(tracks: Iterable[Track]) -> bool:
    """Return whether no album title has half of the tracks with an album title."""
    counts = Counter(
        title_keys.base_key(title) for track in tracks if (title := letters.first(track.tags.album))
    )
    return bool(counts) and 2 * max(counts.values()) < counts.total()


def _texts(tracks: Iterable[Track], field: str) -> list[str]:
    texts = (text for track in tracks for text in getattr(track.tags, field))
    return [text for text in dict.fromkeys(texts) if letters.holds(text)]


def _written(
    tracks: Iterable[Track], field: str, normalize: Callable[[str], str]
) -> frozenset[str]:
    return frozenset(filter(None, map(normalize, _texts(tracks, field))))


def _artists(tracks: Sequence[Track]) -> frozenset[str]:
    return _keys(_texts(tracks, "albumartist")) or _keys(_texts(tracks, "artist"))


def _keys(texts: Iterable[str]) -> frozenset[str]:
    keys = (letters.loose(text) for text in texts if not placeholders.is_artist(text))
    return frozenset(filter(None, keys))


def _mbids(texts: Iterable[str], merged: Mapping[str, str]) -> list[str]:
    plain = map(identifiers.plain, texts)
    return [merged.get(mbid, mbid) for mbid in plain if musicbrainz.is_mbid(mbid)]


def _agreed(tracks: Sequence[Track], field: str, merged: Mapping[str, str]) -> str:
    """Return the MBID shared by all tracks with one, if those are at least half, or ""."""
    mbids_by_track = [
        mbids for track in tracks if (mbids := _mbids(getattr(track.tags, field), merged))
    ]
    ids = {mbid for mbids in mbids_by_track for mbid in mbids}
    return ids.pop() if len(ids) == 1 and 2 * len(mbids_by_track) >= len(tracks) else ""


def _totals(tracks: Sequence[Track], local_tracks: Sequence[Heard]) -> dict[int, int]:
    """Return the number of tracks of each disc in the tags, if they agree."""
    counts_by_disc: dict[int, set[int]] = {}
    for track, local_track in zip(tracks, local_tracks, strict=True):
        if count := _figures(track.tags.track_total):
            counts_by_disc.setdefault(local_track.disc, set()).add(count)
    return {disc: counts.pop() for disc, counts in counts_by_disc.items() if len(counts) == 1}


def _discs(tracks: Iterable[Track], local_tracks: Iterable[Heard]) -> int:
    totals = {count for track in tracks if (count := _figures(track.tags.disc_total))}
    discs = {entry.disc for entry in local_tracks if entry.disc}
    return max((*totals, *discs), default=0)
