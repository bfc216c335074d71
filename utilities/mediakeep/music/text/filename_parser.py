"""Parse file and folder names for track numbers, titles, albums and artists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mediakeep import path_text
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.model import Album, Track
from mediakeep.music.text import (
    album_titles,
    cleaning,
    compare_text,
    disc_folders,
    placeholders,
    track_numbers,
)

_MAX_TRACK_NUMBER = 99  # a larger number is likely a disc and a track number

# "03 - Title", "3. Title": no title starts so, in contrast to "99 Luftballons".
_CERTAIN_NUMBER = re.compile(r"\s*[(\[#]?(?:0[0-9]|[0-9]{1,2}\s?(?:[.)\]]\s|[-_]))")
_SEPARATOR = re.compile(r"^\s*(?:[-_.)\]:–—]+\s+|[-_)\]]\s*)?")
_DASH_SEPARATOR = " - "
_COPY_SUFFIX = re.compile(r"\([0-9]\)$|[\s_-](?:copy|kopie|copie|copia)$", re.IGNORECASE)

_YEAR = r"(?:19|20)[0-9]{2}"
_LEADING_YEAR = re.compile(rf"^[(\[]?{_YEAR}[)\]]?\s*[-–.]?\s+(?=[^\s(\[{{])")
_ANY_DASH = re.compile(r"\s+[-–—]\s+")
_RELEASE_SUFFIX = re.compile(
    rf"\s*[(\[{{](?:{_YEAR}|flac|mp3|m4a|aac|ogg|opus|alac|web|cd|vinyl|lossless|v[02]|[0-9]+ ?kbps"
    r"|320|256|192|128)\b[^)\]}]*[)\]}]\s*$",
    re.IGNORECASE,
)


def parse_track_numbers(disc: AlbumGroup) -> dict[str, int]:
    """Return the numbers in the file names of tracks without a number, by place.

    The result is empty unless most file names of the disc start with the number in their tags.
    """
    numbers_in_names = {
        track.place: track_numbers.numbers_in_name(track.name, disc.disc) for track in disc.tracks
    }
    taken = {number for number in disc.numbers if number is not None}
    tagged = zip(disc.tracks, disc.numbers, strict=True)
    agreements = [
        number in numbers_in_names[track.place] for track, number in tagged if number is not None
    ]
    is_pattern = 3 * sum(map(bool, numbers_in_names.values())) >= 2 * len(numbers_in_names)
    if not is_pattern or 3 * sum(agreements) < 2 * len(agreements):
        return {}
    unnumbered = [track for track in disc.tracks if not compare_text.has_text(track.tags.track)]
    assigned = dict[str, int]()
    for _ in range(2):  # "1-02 Title" is unambiguous once 1 is assigned
        remaining = [track for track in unnumbered if track.place not in assigned]
        assigned |= _unambiguous_numbers(
            remaining, numbers_in_names, taken | set(assigned.values())
        )
    certain = {track.place for track in unnumbered if agreements or starts_with_track_number(track)}
    return {
        place: number
        for place, number in assigned.items()
        if place in certain or number <= len(disc.tracks)
    }


def starts_with_track_number(track: Track) -> bool:
    """Return whether the digits at the start of a file's name can only be its track number."""
    return _CERTAIN_NUMBER.match(path_text.unescape_path(track.name)) is not None


def parse_title(track: Track, number: int | None, known: Collection[str]) -> str:
    """Return the title in a track's file name, or "" if it is uncertain.

    `number` is the track number. `known` are names of artists and albums that may precede the
    title.
    """
    stem = _underscores_to_spaces(path_text.unescape_path(track.name.rpartition(".")[0]))
    text = _strip_number(stem, number)
    text = (
        _strip_known_names(text, known)
        if text != stem
        else _strip_number(_strip_known_names(stem, known), number)
    )
    is_title_only = _DASH_SEPARATOR not in text or compare_text.first_text(track.tags.artist)
    is_usable = (
        is_title_only
        and not _COPY_SUFFIX.search(text)
        and not placeholders.is_placeholder_title(text)
    )
    return text if is_usable and _is_intact_text(text) and any(map(str.isalpha, text)) else ""


def parse_album(place: str, known: Iterable[str]) -> str:
    """Return the album title in a folder's name, or "" if there is none."""
    name = _underscores_to_spaces(path_text.unescape_path(place.rpartition("/")[2]))
    if disc_folders.is_disc_folder(name):
        return ""
    text = _LEADING_YEAR.sub("", _strip_known_names(name, known), count=1)
    while (shorter := _RELEASE_SUFFIX.sub("", text)) not in ("", text):
        text = shorter
    text = album_titles.split_disc(text)[0].strip()
    return text if _is_intact_text(text) and not placeholders.is_placeholder_folder(text) else ""


def split_artist_album(folder: str) -> tuple[str, str]:
    """Split the escaped name of a folder such as "Artist - Album (1974)" into both names.

    Return two empty texts if it has another form. A year at the start is dropped.
    """
    parts = _ANY_DASH.split(
        _LEADING_YEAR.sub("", _underscores_to_spaces(folder).strip()), maxsplit=1
    )
    if len(parts) < 2 or not all(map(compare_text.has_text, parts)):
        return "", ""
    return parts[0].strip(), parts[1].strip()


def artist_and_album_folders(artist: str, album: Album) -> tuple[str, str]:
    """Return the escaped names of the artist's and the album's folder.

    `artist` is the name of the artist's folder. The album's name is "" for loose tracks.
    """
    if not album.in_library_root:
        return artist, album.place
    name, title = split_artist_album(artist)
    return name or artist, title or artist


def parse_artist(folder: str) -> str:
    """Return the artist in a folder's name, or "" if its characters are uncertain or it has none.

    "New Folder" is not an artist.
    """
    text = path_text.unescape_path(folder).strip()
    return text if _is_intact_text(text) and not placeholders.is_placeholder_artist(text) else ""


def _unambiguous_numbers(
    tracks: Iterable[Track], numbers_in_names: dict[str, frozenset[int]], taken_numbers: set[int]
) -> dict[str, int]:
    """Return the number of each track whose name can only mean that one, by place.

    A number that fits several tracks is left out.
    """
    claims: dict[int, list[str]] = {}
    for track in tracks:
        free_numbers = numbers_in_names[track.place] - taken_numbers - {0}
        plausible = [number for number in free_numbers if number <= _MAX_TRACK_NUMBER] or [
            *free_numbers
        ]
        if len(plausible) == 1:
            claims.setdefault(plausible[0], []).append(track.place)
    return {places[0]: number for number, places in claims.items() if len(places) == 1}


def _strip_number(stem: str, number: int | None) -> str:
    """Strip the number from the start of a name, and the disc number before it."""
    if number is None or number not in track_numbers.numbers_in_name(stem, ""):
        return stem
    rest = track_numbers.title_in_name(stem)
    first = track_numbers.parse_digits(stem[: len(stem) - len(rest)].strip(" \t([#"))
    after = rest.lstrip(" -_.")
    if first != number and number in track_numbers.numbers_in_name(after, ""):
        rest = track_numbers.title_in_name(after)
    return _SEPARATOR.sub("", rest)


def _strip_known_names(text: str, known: Iterable[str]) -> str:
    """Strip known names from the start of a name: "Vera - Dawn - Low Tide"."""
    known_keys = {
        compare_text.comparison_key(name) for name in known if compare_text.has_text(name)
    }
    while _DASH_SEPARATOR in text:
        first, _, rest = text.partition(_DASH_SEPARATOR)
        if compare_text.comparison_key(
            _LEADING_YEAR.sub("", first)
        ) not in known_keys or not compare_text.has_text(rest):
            break
        text = rest
    return text.strip()


def _underscores_to_spaces(name: str) -> str:
    """Replace underscores by spaces in a name without spaces."""
    return name if " " in name else name.replace("_", " ")


def _is_intact_text(text: str) -> bool:
    """Return whether a name's characters are intact: "_" replaces one that was not allowed."""
    valid = text.encode(errors="ignore").decode() == text
    is_long_enough = len(text) > 1 or not text.isascii()
    return valid and is_long_enough and "_" not in text and cleaning.clean_text(text) == text
