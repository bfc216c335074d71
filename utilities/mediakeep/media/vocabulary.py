"""One vocabulary for all tag dialects: a row a field, with its names in each of them.

The names follow MusicBrainz Picard's mapping. A field is the first of its names that holds
anything; a new field is one row here and one line in `tags.Tags`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

_SURROGATE = re.compile("[\ud800-\udfff]")

Native = Mapping[str, Sequence[str]]  # what a file says, under the dialect's own names


@dataclass(frozen=True, kw_only=True)
class Field:
    """The names of one field; Vorbis and APE names in lower case, since theirs ignore it."""

    name: str
    id3: tuple[str, ...] = ()
    vorbis: tuple[str, ...] = ()
    mp4: tuple[str, ...] = ()
    ape: tuple[str, ...] = ()
    asf: tuple[str, ...] = ()


def _freeform(name: str) -> str:
    return f"----:com.apple.iTunes:{name}"


FIELDS = (
    Field(
        name="title",
        id3=("TIT2",),
        vorbis=("title",),
        mp4=("\xa9nam",),
        ape=("title",),
        asf=("Title",),
    ),
    Field(
        name="artist",
        id3=("TPE1",),
        vorbis=("artist",),
        mp4=("\xa9ART",),
        ape=("artist",),
        asf=("Author",),
    ),
    Field(
        name="artists",
        id3=("TXXX:ARTISTS",),
        vorbis=("artists",),
        mp4=(_freeform("ARTISTS"),),
        ape=("artists",),
        asf=("WM/ARTISTS",),
    ),
    Field(
        name="album",
        id3=("TALB",),
        vorbis=("album",),
        mp4=("\xa9alb",),
        ape=("album",),
        asf=("WM/AlbumTitle",),
    ),
    Field(
        name="albumartist",
        id3=("TPE2",),
        vorbis=("albumartist", "album artist"),
        mp4=("aART",),
        ape=("album artist", "albumartist"),
        asf=("WM/AlbumArtist",),
    ),
    Field(
        name="track",
        id3=("TRCK",),
        vorbis=("tracknumber", "track"),
        mp4=("trkn",),
        ape=("track", "tracknumber"),
        asf=("WM/TrackNumber",),
    ),
    Field(
        name="track_total",
        vorbis=("tracktotal", "totaltracks"),
        ape=("tracktotal", "totaltracks"),
        asf=("TrackTotal",),
    ),
    Field(
        name="disc",
        id3=("TPOS",),
        vorbis=("discnumber", "disc"),
        mp4=("disk",),
        ape=("disc", "discnumber"),
        asf=("WM/PartOfSet",),
    ),
    Field(
        name="disc_total",
        vorbis=("disctotal", "totaldiscs"),
        ape=("disctotal", "totaldiscs"),
        asf=("DiscTotal",),
    ),
    Field(
        name="date",
        id3=("TDRC",),
        vorbis=("date", "year"),
        mp4=("\xa9day",),
        ape=("year", "date"),
        asf=("WM/Year",),
    ),
    Field(
        name="originaldate",
        id3=("TDOR",),
        vorbis=("originaldate", "originalyear"),
        mp4=(_freeform("ORIGINALDATE"), _freeform("originalyear")),
        ape=("originaldate", "originalyear"),
        asf=("WM/OriginalReleaseTime", "WM/OriginalReleaseYear"),
    ),
    Field(
        name="genres",
        id3=("TCON",),
        vorbis=("genre",),
        mp4=("\xa9gen",),
        ape=("genre",),
        asf=("WM/Genre",),
    ),
    Field(
        name="composer",
        id3=("TCOM",),
        vorbis=("composer",),
        mp4=("\xa9wrt",),
        ape=("composer",),
        asf=("WM/Composer",),
    ),
    Field(
        name="comment",
        id3=("COMM",),
        vorbis=("comment", "description"),
        mp4=("\xa9cmt",),
        ape=("comment",),
        asf=("Description",),
    ),
    Field(
        name="compilation",
        id3=("TCMP",),
        vorbis=("compilation",),
        mp4=("cpil",),
        ape=("compilation",),
        asf=("WM/IsCompilation",),
    ),
)

# "3/12" holds both; the total has a name of its own in some dialects.
NUMBERS = (("track", "track_total"), ("disc", "disc_total"))

DIALECTS = tuple(field.name for field in fields(Field) if field.name != "name")

_NAMES: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    dialect: tuple((field.name, getattr(field, dialect)) for field in FIELDS)
    for dialect in DIALECTS
}


def translate(native: Native, dialect: str) -> dict[str, tuple[str, ...]]:
    """Give the fields of the one vocabulary that a file's own tags hold; empty texts are none."""
    found = {}
    for field, names in _NAMES[dialect]:
        if texts := _first(native, names):
            found[field] = texts
    for number, total in NUMBERS:
        if number in found:
            _split(found, number, total)
    return found


def clean(text: str) -> str:
    """Replace what is no character: half a surrogate pair, which no file can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _first(native: Native, names: Iterable[str]) -> tuple[str, ...]:
    for name in names:
        if name in native and (texts := tuple(clean(text) for text in native[name] if text)):
            return texts
    return ()


def _split(found: dict[str, tuple[str, ...]], number: str, total: str) -> None:
    text, slash, rest = found[number][0].partition("/")
    if slash:
        found[number] = (text.strip(),)
        found.setdefault(total, (rest.strip(),))
