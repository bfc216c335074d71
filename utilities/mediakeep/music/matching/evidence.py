"""What an album here tells of itself: its tracks as they can be compared, and its identifiers."""

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
_CD_TYPES = re.compile(  # of those that MusicBrainz knows as formats
    r"\bcd-?rw?\b|sacd|hybrid|enhanced|hdcd|\bdts\b|blu-?spec|\bshm\b|hqcd|cd\+g|8 ?cm"
    r"|copy control|data cd|mixed mode|minimax|vcd\b|\bcdv\b"
)
_MOST = 4  # figures of a number that is believed


class Heard(msgspec.Struct, frozen=True):
    """What a track here tells of itself; `seconds`, `disc` and `position` are 0 where unknown."""

    place: str
    title: Title | None
    seconds: float
    disc: int
    position: int
    artists: frozenset[str]
    recordings: frozenset[str]  # MBIDs, as they are now
    tracks: frozenset[str]
    isrcs: frozenset[str]


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """What an album here tells of itself; texts are written as they are compared."""

    place: str
    tracks: tuple[Heard, ...]
    unread: tuple[Heard, ...]  # files of which the names alone can be read
    titles: tuple[Title, ...]
    wordings: tuple[str, ...]  # the same, as they stand there
    naming: str  # all that is said of the album by tags and folder
    is_mixed: bool  # its tracks are, by their tags, of several albums
    is_tagged: bool  # the titles; those of folders may agree with a release, and never contradict
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
    totals: Mapping[int, int] = {}  # tracks of each disc, 0 where the disc is unknown
    discs: int = 0  # that the tags count, or the folders

    @property
    def seconds(self) -> list[float]:
        """The lengths that are known, shortest first."""
        return sorted(one.seconds for one in self.tracks if one.seconds)


def of(album: Album, folder: str, merged: Mapping[str, str]) -> Here:
    """Take from an album what it tells of itself; `merged` are MBIDs that became others.

    `folder` is the name of the artist's folder.
    """
    tracks = album.readable
    folder, place = names.of_folders(folder, album)
    wordings, is_tagged = _wordings(album, place, folder)
    known = [*wordings, folder, *_texts(tracks, "artist"), *_texts(tracks, "albumartist")]
    heard = tuple(_heard(track, album, known, merged) for track in tracks)
    return Here(
        place=album.place,
        tracks=heard,
        unread=tuple(_heard(one, album, known, merged) for one in album.tracks if one.fault),
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
        totals=_totals(tracks, heard),
        discs=_discs(tracks, heard),
    )


def barcode(text: str) -> str:
    """Write a barcode as it is compared: UPC and EAN of one thing differ in zeros in front."""
    return "".join(_NUMBER.findall(text)).lstrip("0")


def number(text: str) -> str:
    """Write a catalogue number as it is compared: "CDP 7 46208 2" and "cdp-7462082" are one."""
    return _SIGNS.sub("", text).casefold()


def medium(text: str) -> str:
    """Normalize a medium's format: what it is played with, whatever its size.

    Of a CD also which one it is: "CDr" and "CD-R" become "cd cdr", "2 x CD" becomes "cd".
    """
    plain = text.casefold()
    kind = next((kind for kind in _MEDIA if kind in plain), plain.strip())
    if kind != CD:
        return kind
    types = {_SIGNS.sub("", found) for found in _CD_TYPES.findall(plain)}
    return " ".join((CD, *sorted(types)))


def is_cd_type(medium: str) -> bool:
    """Tell whether a normalized medium is a special type of CD, which many just call a CD."""
    return medium.startswith(f"{CD} ")


def _heard(track: Track, album: Album, known: Collection[str], merged: Mapping[str, str]) -> Heard:
    tags = track.tags
    disc, position = _position(track, album)
    return Heard(
        place=track.place,
        title=_title(track, position, known),
        seconds=track.facts.duration if track.facts else 0.0,
        disc=disc,
        position=position,
        artists=_keys([*tags.artist, *tags.artists, *tags.composer, *tags.conductor]),
        recordings=frozenset(_mbids(tags.musicbrainz_recordingid, merged)),
        tracks=frozenset(_mbids(tags.musicbrainz_trackid, merged)),
        isrcs=frozenset(number(text) for text in tags.isrc),
    )


def _title(track: Track, position: int, known: Collection[str]) -> Title | None:
    """Take the title from the tags, else from the file's name; None where neither tells one."""
    text = letters.first(track.tags.title)
    if not text or placeholders.is_title(text):
        text = names.title(track, position or None, known)
    return titles.parsed(text) if text and titles.parsed(text).key else None


def _position(track: Track, album: Album) -> tuple[int, int]:
    """Return disc and number: as the tags have them, else as folder and file name do."""
    folder = discs.folder_within(track.place, album.place)
    named = [
        word for name in filter(discs.is_disc, folder.split("/")) for word in _WORD.findall(name)
    ]
    if album.sibling_folders:
        named.append(discs.number_of(folder or album.place))
    told = (_figures(albums.disc_number(word)) for word in (track.tags.disc, *named))
    disc = next(filter(None, told), 0)
    if number := positions.number(track):
        return disc, number
    of_name, number = _in_name(track)
    return disc or of_name, number


def _in_name(track: Track) -> tuple[int, int]:
    """Return disc and number of a file's name, 0 for what it does not tell.

    It begins with them, or has the number amid names.
    """
    if found := _DISC_AND_NUMBER.match(track.name):
        return int(found[1]), int(found[2])
    if told := positions.in_name(track.name, track.tags.disc):
        return 0, min(told)
    amid = _AMID.search(track.name)
    return 0, int(amid[1]) if amid else 0


def _figures(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST else 0


def _wordings(album: Album, place: str, folder: str) -> tuple[tuple[str, ...], bool]:
    """Give the titles that the tags have, most frequent first, else the one of the folder."""
    told = Counter(
        albums.parted(title)[0]
        for track in album.readable
        if (title := letters.first(track.tags.album)) and not placeholders.is_album(title)
    )
    if told:
        return tuple(title for title, _ in told.most_common(2)), True
    named = names.album(place, [folder]) if place else ""
    return ((named,) if named else ()), False


def _is_mixed(tracks: Iterable[Track]) -> bool:
    """Tell whether no album is named by half of the tracks that name one."""
    told = Counter(
        title_keys.base_key(title) for track in tracks if (title := letters.first(track.tags.album))
    )
    return bool(told) and 2 * max(told.values()) < told.total()


def _texts(tracks: Iterable[Track], field: str) -> list[str]:
    found = (text for track in tracks for text in getattr(track.tags, field))
    return [text for text in dict.fromkeys(found) if letters.holds(text)]


def _written(tracks: Iterable[Track], field: str, write: Callable[[str], str]) -> frozenset[str]:
    return frozenset(filter(None, map(write, _texts(tracks, field))))


def _artists(tracks: Sequence[Track]) -> frozenset[str]:
    return _keys(_texts(tracks, "albumartist")) or _keys(_texts(tracks, "artist"))


def _keys(texts: Iterable[str]) -> frozenset[str]:
    found = (letters.loose(text) for text in texts if not placeholders.is_artist(text))
    return frozenset(filter(None, found))


def _mbids(texts: Iterable[str], merged: Mapping[str, str]) -> list[str]:
    plain = map(identifiers.plain, texts)
    return [merged.get(one, one) for one in plain if musicbrainz.is_mbid(one)]


def _agreed(tracks: Sequence[Track], field: str, merged: Mapping[str, str]) -> str:
    """Return the one MBID that all bear which bear any, if those are at least half."""
    bearing = [found for track in tracks if (found := _mbids(getattr(track.tags, field), merged))]
    ids = {one for found in bearing for one in found}
    return ids.pop() if len(ids) == 1 and 2 * len(bearing) >= len(tracks) else ""


def _totals(tracks: Sequence[Track], heard: Sequence[Heard]) -> dict[int, int]:
    """Return how many tracks each disc has by the tags, where they agree on it."""
    told: dict[int, set[int]] = {}
    for track, one in zip(tracks, heard, strict=True):
        if count := _figures(track.tags.track_total):
            told.setdefault(one.disc, set()).add(count)
    return {disc: counts.pop() for disc, counts in told.items() if len(counts) == 1}


def _discs(tracks: Iterable[Track], heard: Iterable[Heard]) -> int:
    told = {count for track in tracks if (count := _figures(track.tags.disc_total))}
    seen = {one.disc for one in heard if one.disc}
    return max((*told, *seen), default=0)
