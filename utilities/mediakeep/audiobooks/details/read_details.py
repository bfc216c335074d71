"""Find the title, author and other details of a book, and its cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks.details import detail_files, folder_names, read_cover
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.details.detail_files import Details
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import ItemFailed, UsageError
from mediakeep.media import open_file
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.mutagen_tags.tag_items import TagPicture
from mediakeep.media.transfer import read_tags

OPTION, TAGS, FOLDER_NAME = "option", "tags", "folder name"  # origins that are no files

# Names of tag fields that contain a detail, the most specific first, in lower case.
_TAG_FIELDS = {
    "title": ("album",),
    "author": ("albumartist", "artist"),
    "narrator": ("narrator", "narratedby", "\xa9nrt", "composer"),
    "series": ("series", "movement"),
    "part": ("series-part", "series_part", "movementnumber"),
    "year": ("date", "originaldate"),
    "description": ("longdescription", "podcastdesc", "description", "comment"),
    "language": ("language",),
}


class GivenDetails(msgspec.Struct, frozen=True):
    """The details of a book that the user gave, "" for the others; `cover` is a path."""

    title: str = ""
    author: str = ""
    narrator: str = ""
    series: str = ""
    part: str = ""
    year: str = ""
    description: str = ""
    cover: str = ""


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
    given: GivenDetails,
    root: Path | None = None,
) -> FoundDetails:
    """Find the details of a book; the first source that has a value for a field wins.

    These are the user's options, metadata.json, OPF, desc.txt and reader.txt in the folders, the
    tags of the files, and the names of the folders. Folders between `root` and the book name its
    author and series. Raises UsageError if the given cover or part is not usable, and Unreadable if
    a folder cannot be listed.
    """
    options = {
        field: value
        for field, value in msgspec.structs.asdict(given).items()
        if value and field != "cover"
    }
    files, warnings = _read_files(folders)
    tags, embedded = _read_tags(sources)
    names = detail_files.clean_details(folder_names.parse_folders(folders, root))
    layers = [
        (OPTION, options),
        *files,
        (TAGS, tags),
        (FOLDER_NAME, names),
    ]
    values, origins = _merge(layers)
    if given.part and "part" not in values:
        raise UsageError(f'Part "{given.part}" not used: the book has no series. Set it as well.')
    if given.cover:
        cover = read_cover.FoundCover(read_cover.read_given_cover(Path(given.cover)), OPTION)
    else:
        cover = read_cover.find_cover(folders, embedded)
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


def _merge(layers: Iterable[tuple[str, Details]]) -> tuple[Details, dict[str, str]]:
    """Return the first value of each field, and its origin.

    The number of a part is used only if its source has the same series, or none.
    """
    values: Details = {}
    origins: dict[str, str] = {}
    found = list(layers)
    for origin, details in found:
        for field in details.keys() - values.keys() - {"part"}:
            values[field], origins[field] = details[field], origin
    series = values.get("series", "")
    for origin, details in found:
        if "part" in details and series and details.get("series", series) == series:
            values["part"], origins["part"] = details["part"], origin
            break
    return values, origins


def _read_files(folders: Sequence[Path]) -> tuple[list[tuple[str, Details]], list[str]]:
    """Return the details in the metadata files of the folders, and what was not usable."""
    found: list[tuple[str, Details]] = []
    warnings: list[str] = []
    for folder in folders:
        try:
            paths = detail_files.list_detail_files(folder)
        except OSError as error:
            raise open_file.to_unreadable(folder, error) from error
        for path in paths:
            try:
                found.append((path.name, detail_files.read_detail_file(path)))
            except ValueError as error:
                shown = path_text.display_path(path)
                warnings.append(f"{shown} not used: {error}. Correct or remove it.")
    return found, warnings


def _read_tags(sources: Sequence[SourceFile]) -> tuple[Details, tuple[TagPicture, ...]]:
    """Return the most frequent values in the tags, and the pictures of the first file with any."""
    values: dict[str, Counter[str]] = {field: Counter() for field in _TAG_FIELDS}
    pictures: tuple[TagPicture, ...] = ()
    for source in sources:
        try:
            read = read_tags.read_all_tags(source.path)
        except ItemFailed:
            continue  # it is reported when it is counted
        pictures = pictures or tuple(sorted(read.pictures, key=_is_not_front))
        texts: dict[str, str] = {}
        for item in read.items:
            if item.values and not item.description:
                texts.setdefault(item.name.casefold(), ", ".join(item.values))
        for field, value in _choose_tags(texts).items():
            values[field][value] += 1
    if len(values["title"]) > 1:
        values["title"] = _count_without_discs(values["title"])
    return {field: found.most_common(1)[0][0] for field, found in values.items() if found}, pictures


def _count_without_discs(titles: Counter[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for title, count in titles.items():
        counts[folder_names.remove_disc(title) or title] += count
    return counts


def _choose_tags(texts: dict[str, str]) -> Details:
    """Return the details in the tags of one file, by field name in lower case."""
    found = {
        field: next(filter(None, map(texts.get, names)), "") for field, names in _TAG_FIELDS.items()
    }
    if texts.get("composer") == found["narrator"] == found["author"]:
        found["narrator"] = ""  # taggers of music write the author as the composer
    return detail_files.clean_details(found)


def _is_not_front(picture: TagPicture) -> bool:
    return picture.type != FRONT_COVER_TYPE
