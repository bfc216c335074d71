"""Parse the names of a movie file and its folder: title, year, IDs and edition.

1. Remove IDs, edition tags and part numbers (see `id_tags` and `parts`).
2. Find the title and the year with guessit (see `title_parser`).
3. The file or the folder, whichever is named better, gives title and year. The other one gives
   what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mediakeep import path_text
from mediakeep.movies.model import MovieName
from mediakeep.movies.names import id_tags, name_cleanup, name_patterns, parts, title_parser
from mediakeep.movies.names.id_tags import NameTags
from mediakeep.movies.names.title_parser import ParsedName

_FILE_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_AKA_SEPARATOR = re.compile(r"\s+a\.?k\.?a\.?\s+", re.IGNORECASE)
_BRACKETED_TITLE = re.compile(r"^(?P<outer>.*\S)\s*[(\[](?P<inner>[^()\[\]]+)[)\]]$")
_MAX_OTHER_TITLES = 6  # titles at most


class _NameParse(msgspec.Struct, frozen=True):
    """What was parsed from the name of a file or folder; `others` are alternative titles."""

    tags: NameTags
    reading: ParsedName = ParsedName()
    edition: str = ""
    others: tuple[str, ...] = ()


def parse_name(file: str, folder: str = "") -> MovieName:
    """Parse the names of a video and its folder; the title is "" if both are generic.

    `file` is the video's name with its suffix, `folder` that of its folder, or "" if other movies
    share that. A generic name is one like "movie.mkv".
    """
    by_file = _parse_one(_FILE_SUFFIX.sub("", file))
    by_folder = _parse_one(folder)
    source = _choose_source(by_file, by_folder)
    main, other = (by_folder, by_file) if source == "folder" else (by_file, by_folder)
    main, other = (
        _NameParse(parse.tags, edition=parse.edition) if _is_generic(parse) else parse
        for parse in (main, other)
    )
    title = main.reading.title
    return MovieName(
        title=title,
        year=main.reading.year or other.reading.year,
        tmdb_id=by_file.tags.tmdb_id or by_folder.tags.tmdb_id,
        imdb_id=by_file.tags.imdb_id or by_folder.tags.imdb_id,
        edition=by_file.edition or by_folder.edition,
        others=_distinct_titles(title, (*main.others, other.reading.title, *other.others)),
        source=source if title else "",
    )


def have_same_title(file: str, folder: str) -> bool:
    """Return True if the names of a video and a folder have the same title."""
    titles = {
        _title_key(_parse_one(name).reading.title) for name in (_FILE_SUFFIX.sub("", file), folder)
    }
    return len(titles) == 1 and "" not in titles


def _parse_one(name: str) -> _NameParse:
    tags = id_tags.extract_tags(name_cleanup.to_plain_text(name))
    part = parts.parse_part_number(tags.rest)
    remainder = part.base if part and not part.is_ambiguous else tags.rest
    parsed = title_parser.parse_title(remainder)
    if non_movie := name_patterns.find_extra_marker(parsed.tail):
        parsed = msgspec.structs.replace(parsed, title=f"{parsed.title} {non_movie}")
    return _split_alternatives(tags, parsed, tags.edition or parsed.edition)


def _split_alternatives(tags: NameTags, parsed: ParsedName, edition: str) -> _NameParse:
    """Separate a title from alternative titles: after "aka", or in brackets."""
    title = name_cleanup.clean_title(name_cleanup.strip_list_number(parsed.title))
    others = [parsed.title, *parsed.others]
    if len(pieces := _AKA_SEPARATOR.split(title)) > 1:
        title, others = pieces[0], [*pieces[1:], *others]
    if (two := _BRACKETED_TITLE.match(title)) and not two["outer"].endswith(
        (" or", " ou", " oder", " o")
    ):
        inner = name_cleanup.clean_title(two["inner"])
        others = [inner, title, *others]
        title = name_cleanup.clean_title(two["outer"])
    if " - " in title:
        before, _, after = title.partition(" - ")
        others = [f"{before}: {after}", before, after, *others]
    parsed = msgspec.structs.replace(parsed, title=title)
    return _NameParse(tags, parsed, edition, _distinct_titles(title, others))


def _choose_source(file: _NameParse, folder: _NameParse) -> str:
    """Return "file" or "folder": the folder if it is named with more care."""
    file_reading, folder_reading = file.reading, folder.reading
    if not folder_reading.title:
        return "file"
    if not file_reading.title or _is_generic(file):
        return "folder"
    careful = folder_reading.is_certain and not file_reading.is_certain
    if not file_reading.year and folder_reading.is_release:
        # Files of releases have shortened names, all in lower case: "dmd-aw.avi".
        careful = careful or not file_reading.is_release or file_reading.title.islower()
    if file_reading.year and folder_reading.year and file_reading.year != folder_reading.year:
        # The folder may be that of a series, unless the file's year is a number in its title.
        may_be = {_title_key(title) for title in (file_reading.title, *file.others)}
        return "folder" if careful and _title_key(folder_reading.title) in may_be else "file"
    return "folder" if careful or (folder_reading.year and not file_reading.year) else "file"


def _is_generic(parse: _NameParse) -> bool:
    return not parse.reading.year and name_patterns.is_generic_name(parse.reading.title)


def _distinct_titles(title: str, others: Iterable[str]) -> tuple[str, ...]:
    """Return the other titles that differ from the chosen title and from each other."""

    def new() -> Iterator[str]:
        seen = {_title_key(title), ""}
        for other in map(name_cleanup.clean_title, others):
            if (key := _title_key(other)) not in seen:
                seen.add(key)
                yield other

    return tuple(new())[:_MAX_OTHER_TITLES]


def _title_key(title: str) -> str:
    return "".join(char for char in path_text.normalize_name(title) if char.isalnum())
