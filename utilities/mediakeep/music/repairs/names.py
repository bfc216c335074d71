"""What the names of files and folders tell of a track: its number, its title, its album."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mediakeep import files
from mediakeep.music import discs, placeholders
from mediakeep.music.checks import letters, positions, titles
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Track
from mediakeep.music.repairs import texts

_MOST = 99  # a number beyond it is rather one of a disc and a track

# "03 - Title", "3. Title": no title begins so, as "99 Luftballons" does.
_SURE = re.compile(r"\s*[(\[#]?(?:0[0-9]|[0-9]{1,2}\s?(?:[.)\]]\s|[-_]))")
_BETWEEN = re.compile(r"^\s*(?:[-_.)\]:–—]+\s+|[-_)\]]\s*)?")
_PART = " - "
_COPY = re.compile(r"\([0-9]\)$|[\s_-](?:copy|kopie|copie|copia)$", re.IGNORECASE)

_YEAR = r"(?:19|20)[0-9]{2}"
_DATED = re.compile(rf"^[(\[]?{_YEAR}[)\]]?\s*[-–.]?\s+(?=[^\s(\[{{])")
_DASH = re.compile(r"\s+[-–—]\s+")
_RELEASE = re.compile(
    rf"\s*[(\[{{](?:{_YEAR}|flac|mp3|m4a|aac|ogg|opus|alac|web|cd|vinyl|lossless|v[02]|[0-9]+ ?kbps"
    r"|320|256|192|128)\b[^)\]}]*[)\]}]\s*$",
    re.IGNORECASE,
)


def numbers(disc: Group) -> dict[str, int]:
    """Return the numbers that names tell of the tracks that bear none, by their places.

    Only where most names of the disc begin with a number, and with that of the tag.
    """
    told = {track.place: positions.in_name(track.name, disc.disc) for track in disc.tracks}
    taken = {number for number in disc.numbers if number is not None}
    tagged = zip(disc.tracks, disc.numbers, strict=True)
    agree = [number in told[track.place] for track, number in tagged if number is not None]
    habit = 3 * sum(map(bool, told.values())) >= 2 * len(told)
    if not habit or 3 * sum(agree) < 2 * len(agree):
        return {}
    lacking = [track for track in disc.tracks if not letters.holds(track.tags.track)]
    found = dict[str, int]()
    for _ in range(2):  # "1-02 Title" is clear once 1 is taken
        others = [track for track in lacking if track.place not in found]
        found |= _claimed(others, told, taken | set(found.values()))
    sure = {track.place for track in lacking if agree or is_numbered(track)}
    return {place: one for place, one in found.items() if place in sure or one <= len(disc.tracks)}


def is_numbered(track: Track) -> bool:
    """Tell whether the figures at the beginning of a file's name can only be its number."""
    return _SURE.match(files.unescape(track.name)) is not None


def title(track: Track, number: int | None, known: Collection[str]) -> str:
    """Return the title in a file's name, "" where it tells none for certain.

    `number` is the track's; `known` are names of artists and albums that may stand in front.
    """
    stem = _spaced(files.unescape(track.name.rpartition(".")[0]))
    text = _unnumbered(stem, number)
    text = _named(text, known) if text != stem else _unnumbered(_named(stem, known), number)
    alone = _PART not in text or letters.first(track.tags.artist)
    fits = alone and not _COPY.search(text) and not placeholders.is_title(text)
    return text if fits and _is_text(text) and any(map(str.isalpha, text)) else ""


def album(place: str, known: Iterable[str]) -> str:
    """Return the title of an album that its folder's name tells, "" where that is none."""
    name = _spaced(files.unescape(place.rpartition("/")[2]))
    if discs.is_disc(name):
        return ""
    text = _DATED.sub("", _named(name, known), count=1)
    while (shorter := _RELEASE.sub("", text)) not in ("", text):
        text = shorter
    text = titles.parted(text)[0].strip()
    return text if _is_text(text) and not placeholders.is_folder(text) else ""


def split_folder(folder: str) -> tuple[str, str]:
    """Split the escaped name of a folder such as "Artist - Album (1974)" into both names.

    Return two empty texts if it is not of this form. A year at the beginning is left out.
    """
    parts = _DASH.split(_DATED.sub("", _spaced(folder).strip()), maxsplit=1)
    if len(parts) < 2 or not all(map(letters.holds, parts)):
        return "", ""
    return parts[0].strip(), parts[1].strip()


def of_folders(artist: str, album: Album) -> tuple[str, str]:
    """Return the escaped names that folders give to the artist and to an album.

    `artist` is the name of the artist's folder. Loose tracks have an empty name.
    """
    if not album.in_library_root:
        return artist, album.place
    name, title = split_folder(artist)
    return name or artist, title or artist


def artist(folder: str) -> str:
    """Return the artist that a folder's name tells, "" if its letters are uncertain or it has none.

    "New Folder" is no artist.
    """
    text = files.unescape(folder).strip()
    return text if _is_text(text) and not placeholders.is_artist(text) else ""


def _claimed(
    tracks: Iterable[Track], told: dict[str, frozenset[int]], taken: set[int]
) -> dict[str, int]:
    """Return the numbers that only one track can have, and that are the only ones for it."""
    claims: dict[int, list[str]] = {}
    for track in tracks:
        left = told[track.place] - taken - {0}
        small = [number for number in left if number <= _MOST] or [*left]
        if len(small) == 1:
            claims.setdefault(small[0], []).append(track.place)
    return {places[0]: number for number, places in claims.items() if len(places) == 1}


def _unnumbered(stem: str, number: int | None) -> str:
    """Take the number from the beginning of a name, and the disc's before it."""
    if number is None or number not in positions.in_name(stem, ""):
        return stem
    rest = positions.title_in_name(stem)
    first = positions.figures(stem[: len(stem) - len(rest)].strip(" \t([#"))
    behind = rest.lstrip(" -_.")
    if first != number and number in positions.in_name(behind, ""):
        rest = positions.title_in_name(behind)
    return _BETWEEN.sub("", rest)


def _named(text: str, known: Iterable[str]) -> str:
    """Take what is known from the beginning of a name: "Vera - Dawn - Low Tide"."""
    plain = {letters.loose(name) for name in known if letters.holds(name)}
    while _PART in text:
        first, _, rest = text.partition(_PART)
        if letters.loose(_DATED.sub("", first)) not in plain or not letters.holds(rest):
            break
        text = rest
    return text.strip()


def _spaced(name: str) -> str:
    """Write the spaces of a name in which underscores stand for them."""
    return name if " " in name else name.replace("_", " ")


def _is_text(text: str) -> bool:
    """Tell whether a name's letters are those that were meant: "_" stands for one that is lost."""
    valid = text.encode(errors="ignore").decode() == text
    long = len(text) > 1 or not text.isascii()
    return valid and long and "_" not in text and texts.mended(text) == text
