"""Parse the name of a movie file and its folder: title, year, IDs and edition.

1. Remove IDs, edition tags and part numbers (see `id_tags` and `parts`).
2. A year in brackets ends the title. Otherwise guessit parses the rest, or our own rules if
   guessit is not installed.
3. The better one of file and folder gives title and year, the other one what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mediakeep import files
from mediakeep.movies.model import Name
from mediakeep.movies.names import guess, marks, parts, simple, spelling, words
from mediakeep.movies.names.marks import Marks
from mediakeep.movies.names.simple import Reading

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_AKA = re.compile(r"\s+a\.?k\.?a\.?\s+", re.IGNORECASE)
_BRACKETS = re.compile(r"^(?P<outer>.*\S)\s*[(\[](?P<inner>[^()\[\]]+)[)\]]$")
_OTHERS = 6  # titles at most


class _Told(msgspec.Struct, frozen=True):
    """The parse of one name; `others` are alternative titles."""

    marks: Marks
    reading: Reading = Reading()
    edition: str = ""
    others: tuple[str, ...] = ()


def read(file: str, folder: str = "", guessing: bool | None = None) -> Name:
    """Parse the names of a video, with suffix, and of its folder, or "" if it has none.

    The title is "" if both names are generic, like "movie.mkv". The folder must belong to this
    movie alone. guessit is used if installed, unless `guessing` says otherwise.
    """
    guessing = guess.is_there() if guessing is None else guessing
    by_file = _told(_SUFFIX.sub("", file), guessing)
    by_folder = _told(folder, guessing)
    source = _source(by_file, by_folder)
    main, other = (by_folder, by_file) if source == "folder" else (by_file, by_folder)
    main, other = (
        _Told(parse.marks, edition=parse.edition) if _is_generic(parse) else parse
        for parse in (main, other)
    )
    title = main.reading.title
    return Name(
        title=title,
        year=main.reading.year or other.reading.year,
        tmdb_id=by_file.marks.tmdb_id or by_folder.marks.tmdb_id,
        imdb_id=by_file.marks.imdb_id or by_folder.marks.imdb_id,
        edition=by_file.edition or by_folder.edition,
        others=_unlike(title, (*main.others, other.reading.title, *other.others)),
        source=source if title else "",
        by="guessit" if guessing else "simple",
    )


def agree(file: str, folder: str) -> bool:
    """Return True if a video and a folder have the same title."""
    titles = {_key(_told(name, False).reading.title) for name in (_SUFFIX.sub("", file), folder)}
    return len(titles) == 1 and "" not in titles


def _told(name: str, guessing: bool) -> _Told:
    tags = marks.take(spelling.plain(name))
    part = parts.find(tags.rest)
    rest = part.base if part and not part.doubtful else tags.rest
    rest = simple.tidied(rest)
    parsed = simple.read(rest)
    title, closing = words.without_edition(parsed.title)
    parsed = msgspec.structs.replace(parsed, title=spelling.clean(title))
    if guessing and rest and not parsed.certain:
        parsed = _guessed(rest, parsed)
    if non_movie := words.apart(parsed.tail):
        parsed = msgspec.structs.replace(parsed, title=f"{parsed.title} {non_movie}")
    edition = tags.edition or " ".join(filter(None, (closing, words.edition(parsed.tail))))
    return _titled(tags, parsed, edition)


def _guessed(name: str, parsed: Reading) -> Reading:
    """Prefer the title and year of guessit, if any; ours become alternatives.

    Ours stay if guessit only leaves out words, as it does not take "Part II" and the like for a
    part of a title, or if it finds no year.
    """
    title, year = guess.read(f"{name}.mkv")
    title = words.without_edition(spelling.clean(title))[0]
    key = _key(
        f"{parsed.title} {parsed.year}"
    )  # guessit takes this for the title if there are two years
    if _key(title) in key or (parsed.year and not year):
        return parsed
    return msgspec.structs.replace(parsed, title=title, year=year, whole=parsed.title)


def _titled(tags: Marks, parsed: Reading, edition: str) -> _Told:
    """Separate a title from alternatives: an "aka", or a title in brackets."""
    title = spelling.clean(spelling.unnumbered(parsed.title))
    others = [parsed.title, parsed.whole]
    if len(pieces := _AKA.split(title)) > 1:
        title, others = pieces[0], [*pieces[1:], *others]
    if (two := _BRACKETS.match(title)) and not two["outer"].endswith((" or", " ou", " oder", " o")):
        inner = spelling.clean(two["inner"])
        others = [title, *others] if words.is_version(inner) else [inner, title, *others]
        title = spelling.clean(two["outer"])
    if " - " in title:
        before, _, after = title.partition(" - ")
        others = [f"{before}: {after}", before, after, *others]
    parsed = msgspec.structs.replace(parsed, title=title)
    return _Told(tags, parsed, edition, _unlike(title, others))


def _source(file: _Told, folder: _Told) -> str:
    """Choose between file and folder: the folder if it is named with more care."""
    one, other = file.reading, folder.reading
    if not other.title:
        return "file"
    if not one.title or _is_generic(file):
        return "folder"
    careful = other.certain and not one.certain
    if one.year and other.year and one.year != other.year:
        # The folder may be that of a series, unless the file's year is a number in its title.
        may_be = {_key(title) for title in (one.title, one.whole, *file.others)}
        return "folder" if careful and _key(other.title) in may_be else "file"
    return "folder" if careful or (other.year and not one.year) else "file"


def _is_generic(parse: _Told) -> bool:
    return not parse.reading.year and words.is_generic(parse.reading.title)


def _unlike(title: str, others: Iterable[str]) -> tuple[str, ...]:
    """Return the titles that differ from the chosen one and from each other."""

    def new() -> Iterator[str]:
        seen = {_key(title), ""}
        for other in map(spelling.clean, others):
            if (key := _key(other)) not in seen:
                seen.add(key)
                yield other

    return tuple(new())[:_OTHERS]


def _key(title: str) -> str:
    return "".join(char for char in files.fold(title) if char.isalnum())
