"""Find the title, author and other details of a book, and its cover.

The names of folders are parsed as audiobookshelf does.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks.details import book_tags, detail_files
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.details.detail_files import Details
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import ItemFailed, UsageError
from mediakeep.media import (
    folder_listing,
    ignore_rules,
    open_file,
    picture_conversion,
    pictures,
    truncated_pictures,
)
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.mutagen_tags.tag_items import TagPicture
from mediakeep.media.transfer import read_tags

OPTION, TAGS, FOLDER_NAME = "option", "tags", "folder name"  # origins that are no files
_OF_SERIES = ("part", "more_series")  # fields

_COVER_NAMES = ("cover", "folder", "front")  # the preferred one first
_PICTURE_SUFFIXES = folder_listing.IMAGE_SUFFIXES | {".bmp", ".tif", ".tiff"}
_MAX_SIZE = 10 * 1024 * 1024  # bytes
_KEPT_TYPES = ("image/jpeg", "image/png")

# Names of tag fields that contain a detail, the most specific first, in lower case.
_TAG_FIELDS = {
    "title": ("album",),
    "author": ("albumartist", "artist"),
    "narrator": ("narrator", "narratedby", "\xa9nrt", "composer"),
    "series": ("series", "movement"),
    "part": ("series-part", "series_part", "movementnumber"),
    "year": ("date", "originaldate"),
    "description": ("longdescription", "podcastdesc", "description", "comment"),
    "genre": ("genres",),
    "subtitle": ("subtitle",),
    "publisher": ("label", "publisher"),
    "language": ("language",),
    "isbn": ("isbn",),
    "asin": ("asin", "audible_asin"),
    "advisory": ("itunesadvisory",),
}
_NARRATOR = re.compile(r"(.*\S)\s*\{(.+)\}")
_YEAR_FIRST = re.compile(r"\(?(\d{4})\)?\s+-\s+(.+)")
_YEAR_LAST = re.compile(r"(.*\S)\s*[(\[](\d{4})[)\]]")
# "Book 2", "Vol. 3 Title", "1.5", "6. Title"; a title such as "101 Dalmatians" is none of them.
_PART = re.compile(
    r"(?P<label>vol\.? |volume |book )?(?P<number>\d{1,3}(?:\.\d{1,2})?)(?P<dot>\.?)"
    r"(?: (?P<rest>.+))?",
    re.IGNORECASE,
)
_SERIES_PART = re.compile(r"(.*\D)\s+#?(?:book |vol\.? |volume )?(\d{1,3}(?:\.\d{1,2})?)", re.I)
_DISC = re.compile(
    r"[\s,_-]*[(\[]?\b(?:cd|disc|disk|part|teil|tape)\W{0,2}\d{1,3}(?:\s*(?:of|/)\s*\d+)?[)\]]?",
    re.IGNORECASE,
)
_SEPARATOR = " - "


class FoundDetails(msgspec.Struct, frozen=True):
    """The details of a book; the origin of each, by field; and what was not usable, as sentences.

    An origin is "option", the name of a file, "tags" or "folder name".
    """

    details: BookDetails
    origins: dict[str, str]
    warnings: tuple[str, ...] = ()


def read_details(
    folders: Sequence[Path],
    sources: Sequence[SourceFile],
    given: Details,
    root: Path | None = None,
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> FoundDetails:
    """Find the details of a book; the first source that has a value for a field wins.

    These are the user's options in `given`, metadata.json, OPF, desc.txt and reader.txt in the
    folders, the tags of the files, and the names of the folders. The `cover` that is given is the
    path of a picture. Folders between `root` and the book name its author and series. `ignored` are
    patterns of files to skip. Raises UsageError if the given cover or part is unusable, and
    Unreadable if a folder cannot be listed.
    """
    files, warnings = _read_files(folders, ignored)
    tags, embedded = _read_tags(sources)
    names = detail_files.clean_details(parse_folders(folders, root))
    layers = [
        (OPTION, {field: value for field, value in given.items() if value}),
        *files,
        (TAGS, tags),
        (FOLDER_NAME, names),
    ]
    values, origins = _merge(layers)
    if (part := given.get("part")) and "part" not in values:
        raise UsageError(f'Part "{part}" not used: the book has no series. Set it as well.')
    if path := values.pop("cover", ""):
        cover = _FoundCover(_read_given_cover(Path(path)), OPTION)
    else:
        front = sorted(embedded, key=lambda one: one.type != FRONT_COVER_TYPE)
        cover = _find_cover(folders, front, ignored)
    if cover.data:
        origins["cover"] = cover.origin
    details = BookDetails(**values, cover=cover.data)
    return FoundDetails(details, origins, (*warnings, *cover.warnings))


def build_book_name(details: BookDetails, folder_name: str) -> str:
    """Return the name of a book's file without suffix: "Author - Title", valid on all systems.

    Without an author, it is the folder's name.
    """
    name = f"{details.author} - {details.title}" if details.author else folder_name
    return path_text.safe_name(name)


def _merge(layers: Sequence[tuple[str, Details]]) -> tuple[Details, dict[str, str]]:
    """Return the first value of each field, and its origin.

    The part of a series, and the other series, are used only if their source has the same series,
    or none.
    """
    values: Details = {}
    origins: dict[str, str] = {}
    for field in BookDetails.__struct_fields__:
        name = values.get("series", "")
        for origin, details in layers:
            is_other = field in _OF_SERIES and (not name or details.get("series", name) != name)
            if field in details and not is_other:
                values[field], origins[field] = details[field], origin
                break
    return values, origins


def _read_files(
    folders: Sequence[Path], ignored: ignore_rules.IgnoreSettings
) -> tuple[list[tuple[str, Details]], list[str]]:
    """Return the details in the metadata files of the folders, and what was not usable."""
    found: list[tuple[str, Details]] = []
    warnings: list[str] = []
    for folder in folders:
        with open_file.translate_errors(folder):
            paths = detail_files.list_detail_files(folder, ignored)
        for path in paths:
            try:
                details = detail_files.read_detail_file(path)
            except ValueError as error:
                shown = path_text.display_path(path)
                warnings.append(f"{shown} not used: {error}. Correct or remove it.")
                continue
            if lost := details.pop(detail_files.NOT_CARRIED, ""):
                warnings.append(f"{path.name}: {lost} not carried: no tag of an M4B has them.")
            found.append((path.name, details))
    return found, warnings


def _read_tags(sources: Sequence[SourceFile]) -> tuple[Details, tuple[TagPicture, ...]]:
    """Return the most frequent values in the tags, and the pictures of the first file with any."""
    values: defaultdict[str, Counter[str]] = defaultdict(Counter)
    embedded: tuple[TagPicture, ...] = ()
    for source in sources:
        try:
            read = read_tags.read_all_tags(source.path)
        except ItemFailed:
            continue  # it is reported when it is counted
        embedded = embedded or tuple(read.pictures)
        texts: dict[str, str] = {}
        for item in read.items:
            if item.values and not item.description:
                separator = "; " if item.name == "genres" else ", "
                texts.setdefault(item.name.casefold(), separator.join(item.values))
        for field, value in _choose_tags(texts).items():
            values[field][value] += 1
    if len(values["title"]) > 1:
        values["title"] = _count_without_discs(values["title"])
    return {field: found.most_common(1)[0][0] for field, found in values.items() if found}, embedded


def _count_without_discs(titles: Counter[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for title, count in titles.items():
        counts[remove_disc(title) or title] += count
    return counts


def _choose_tags(texts: dict[str, str]) -> Details:
    """Return the details in the tags of one file, by field name in lower case."""
    found = {
        field: next(filter(None, map(texts.get, names)), "") for field, names in _TAG_FIELDS.items()
    }
    grouped = book_tags.parse_series_list(
        texts.get("grouping", "")
    )  # where audiobookshelf embeds all series
    if any(part for _, part in grouped):
        found |= book_tags.to_series_details(grouped)
    if texts.get("composer") == found["narrator"] == found["author"]:
        found["narrator"] = ""  # taggers of music write the author as the composer
    return detail_files.clean_details(found)


class _FoundCover(msgspec.Struct, frozen=True):
    """A cover as JPEG or PNG, b"" if there is none; where it is from; and pictures not used."""

    data: bytes = b""
    origin: str = ""
    warnings: tuple[str, ...] = ()


def _read_given_cover(path: Path) -> bytes:
    """Read the picture that the user chose; raise UsageError if it is not usable."""
    try:
        return _read_picture(path)
    except ValueError as error:
        raise UsageError(
            f"Cover {path_text.display_path(path)} not used: {error}. Choose another picture."
        ) from error


def _find_cover(
    folders: Sequence[Path],
    embedded: Sequence[TagPicture],
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
) -> _FoundCover:
    """Return the cover among the pictures of a book.

    Files in its folders are first: those named cover, folder or front, then the only other one.
    `ignored` are patterns of files to skip.
    """
    warnings: list[str] = []
    for path in _list_candidates(folders, ignored):
        try:
            return _FoundCover(_read_picture(path), path.name, tuple(warnings))
        except ValueError as error:
            warnings.append(f"{path_text.display_path(path)} not used: {error}.")
    for picture in embedded:
        try:
            return _FoundCover(_convert_cover(picture.data), "tags", tuple(warnings))
        except ValueError as error:
            warnings.append(f"Embedded cover not used: {error}.")
    return _FoundCover(warnings=tuple(warnings))


def _convert_cover(data: bytes) -> bytes:
    """Return a picture as JPEG or PNG; raise ValueError with the cause if it cannot be used."""
    mime, _, _ = pictures.identify_picture(lambda offset, size: data[offset : offset + size])
    if not mime:
        raise ValueError("it is not a picture")
    if mime not in _KEPT_TYPES:
        try:
            data = picture_conversion.convert_to_jpeg(data)
        except ItemFailed as error:
            raise ValueError(str(error.args[-1])) from error
    if len(data) > _MAX_SIZE:
        raise ValueError("it is larger than 10 MB")
    return data


def _list_candidates(
    folders: Sequence[Path], ignored: ignore_rules.IgnoreSettings
) -> Iterator[Path]:
    """Yield the pictures of the folders that may be the cover, the most likely first."""
    for folder in folders:
        files = folder_listing.list_folder(folder, ignored).files
        found = [
            folder / file.name
            for file in files
            if file.suffix in _PICTURE_SUFFIXES and file.size > 0
        ]
        by_rank = sorted(found, key=lambda path: (_rank(path), path.name))
        named = [path for path in by_rank if _rank(path) < len(_COVER_NAMES)]
        yield from named or (found if len(found) == 1 else ())


def _rank(path: Path) -> int:
    stem = path.stem.lower()
    return _COVER_NAMES.index(stem) if stem in _COVER_NAMES else len(_COVER_NAMES)


def _read_picture(path: Path) -> bytes:
    try:
        mime, _, _ = pictures.read_picture_info(path)
        if truncated_pictures.is_truncated(path, mime):
            raise ValueError("it is truncated")
        with open_file.open_regular_file(path) as file:
            return _convert_cover(file.read(4 * _MAX_SIZE))
    except ItemFailed as error:
        raise ValueError(str(error.args[1])) from error
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error


def parse_folders(folders: Sequence[Path], root: Path | None = None) -> Details:
    """Return the details in the names of a book's folders, which always contain a title.

    Below a root, the folders are Author/Title or Author/Series/Title. The last name may be
    "Author - Title" or "Author - Series 2 - Title", without the author below a root, and have a
    part, a year and a narrator: "2 - Title (1999) {Narrator}".
    """
    folder = folders[0]
    if len(folders) > 1:
        title = remove_disc(folder.name)
        folder = folder.with_name(title) if title else folder.parent
    above, name = _list_parents(folder, root), folder.name
    found: Details = {}
    name = path_text.display_path(name).replace("_", " ").strip()
    if match := _NARRATOR.fullmatch(name):
        name, found["narrator"] = match[1], match[2]
    if match := _YEAR_LAST.fullmatch(name):
        name, found["year"] = match[1], match[2]
    if match := _YEAR_FIRST.fullmatch(name):
        found["year"], name = match[1], match[2]
    parts = [part.strip() for part in name.split(_SEPARATOR) if part.strip()]
    if above:
        found["author"] = path_text.display_path(above[0])
        _take_part(parts, found)
        if len(above) > 1:
            found["series"] = path_text.display_path(above[-1])
    else:
        _take_part(parts, found)
        _take_author(parts, found)
    found["title"] = _SEPARATOR.join(parts) or name or "Audiobook"
    return found


def remove_disc(name: str) -> str:
    """Return a name without the number of a disc at its end: "Title (Disc 2)" is "Title"."""
    matches = [*_DISC.finditer(name)]
    return (
        name[: matches[-1].start()].strip() if matches and matches[-1].end() == len(name) else name
    )


def _list_parents(folder: Path, root: Path | None) -> list[str]:
    """Return the names of at most two folders above a book and below the root."""
    if root is None or not folder.is_relative_to(root):
        return []
    return list(folder.relative_to(root).parts[:-1][-2:])


def _take_part(parts: list[str], found: Details) -> None:
    """Move the number of a part from the pieces of a name to the details."""
    for index, piece in enumerate(parts):
        match = _PART.fullmatch(piece)
        if not match:
            continue
        is_labelled = match["label"] or match["dot"]
        is_followed = match["rest"] or index < len(parts) - 1
        if (is_labelled or not match["rest"]) and (is_followed or (is_labelled and index)):
            found["part"] = _shorten(match["number"])
            parts[index : index + 1] = [match["rest"]] if match["rest"] else []
            return


def _take_author(parts: list[str], found: Details) -> None:
    """Move the author, and the series between author and title, to the details."""
    if len(parts) > 1:
        found["author"] = parts.pop(0)
    if len(parts) > 1 and (match := _SERIES_PART.fullmatch(parts[0])):
        found["series"], found["part"] = match[1].strip(), _shorten(match[2])
        del parts[0]


def _shorten(number: str) -> str:
    """Return a number without zeros before it: "0.5" for "00.5"."""
    return re.sub(r"^0+(?=\d)", "", number)
