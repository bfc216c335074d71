"""What a file of a movie is named: which movie it is, by its name and that of its folder.

1. Ids, labels of editions and numbers of parts are taken out, see `marks` and `parts`.
2. A year in brackets ends the title. Else guessit reads it, and without guessit our own rules.
3. The better of file and folder gives title and year, the other what is lacking.
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
    """What one name tells; `others` are titles that it may mean besides."""

    marks: Marks
    reading: Reading = Reading()
    edition: str = ""
    others: tuple[str, ...] = ()


def read(file: str, folder: str = "", guessing: bool | None = None) -> Name:
    """Read the name of a video, with its suffix, and that of its folder; "" where there is none.

    The title is "" where neither says anything, as "movie.mkv" does not. The folder is to be one of
    the movie alone. guessit is asked where it is installed, unless
    `guessing` says otherwise.
    """
    guessing = guess.is_there() if guessing is None else guessing
    by_file = _told(_SUFFIX.sub("", file), guessing)
    by_folder = _told(folder, guessing)
    source = _source(by_file, by_folder)
    one, other = (by_folder, by_file) if source == "folder" else (by_file, by_folder)
    one, other = (
        _Told(told.marks, edition=told.edition) if _is_generic(told) else told
        for told in (one, other)
    )
    title = one.reading.title
    return Name(
        title=title,
        year=one.reading.year or other.reading.year,
        tmdb_id=by_file.marks.tmdb_id or by_folder.marks.tmdb_id,
        imdb_id=by_file.marks.imdb_id or by_folder.marks.imdb_id,
        edition=by_file.edition or by_folder.edition,
        others=_unlike(title, (*one.others, other.reading.title, *other.others)),
        source=source if title else "",
        by="guessit" if guessing else "simple",
    )


def agree(file: str, folder: str) -> bool:
    """Tell whether a video and a folder bear the same title."""
    titles = {_key(_told(name, False).reading.title) for name in (_SUFFIX.sub("", file), folder)}
    return len(titles) == 1 and "" not in titles


def _told(name: str, guessing: bool) -> _Told:
    marked = marks.take(spelling.plain(name))
    part = parts.find(marked.rest)
    rest = part.base if part and not part.doubtful else marked.rest
    rest = simple.tidied(rest)
    found = simple.read(rest)
    title, closing = words.without_edition(found.title)
    found = msgspec.structs.replace(found, title=spelling.clean(title))
    if guessing and rest and not found.certain:
        found = _guessed(rest, found)
    if apart := words.apart(found.tail):
        found = msgspec.structs.replace(found, title=f"{found.title} {apart}")
    edition = marked.edition or " ".join(filter(None, (closing, words.edition(found.tail))))
    return _titled(marked, found, edition)


def _guessed(name: str, found: Reading) -> Reading:
    """Take guessit's word where it says anything; ours is among the other titles then.

    Ours stays where guessit merely leaves words of it out, for it takes "Part II" and the like for
    no part of a title, and where it finds no year.
    """
    title, year = guess.read(f"{name}.mkv")
    title = words.without_edition(spelling.clean(title))[0]
    dated = _key(f"{found.title} {found.year}")  # which is a title to it where two years stand
    if _key(title) in dated or (found.year and not year):
        return found
    return msgspec.structs.replace(found, title=title, year=year, whole=found.title)


def _titled(marked: Marks, found: Reading, edition: str) -> _Told:
    """Part a title from others that stand with it: an "aka", or one in brackets."""
    title = spelling.clean(spelling.unnumbered(found.title))
    others = [found.title, found.whole]
    if len(pieces := _AKA.split(title)) > 1:
        title, others = pieces[0], [*pieces[1:], *others]
    if (two := _BRACKETS.match(title)) and not two["outer"].endswith((" or", " ou", " oder", " o")):
        inner = spelling.clean(two["inner"])
        others = [title, *others] if words.is_version(inner) else [inner, title, *others]
        title = spelling.clean(two["outer"])
    if " - " in title:
        before, _, after = title.partition(" - ")
        others = [f"{before}: {after}", before, after, *others]
    found = msgspec.structs.replace(found, title=title)
    return _Told(marked, found, edition, _unlike(title, others))


def _source(file: _Told, folder: _Told) -> str:
    """Choose between the two: the folder where people have named it with more care."""
    one, other = file.reading, folder.reading
    if not other.title:
        return "file"
    if not one.title or _is_generic(file):
        return "folder"
    careful = other.certain and not one.certain
    if one.year and other.year and one.year != other.year:
        # The folder may be of a series, unless the year of the file is a number of the title.
        may_be = {_key(title) for title in (one.title, one.whole, *file.others)}
        return "folder" if careful and _key(other.title) in may_be else "file"
    return "folder" if careful or (other.year and not one.year) else "file"


def _is_generic(told: _Told) -> bool:
    return not told.reading.year and words.is_generic(told.reading.title)


def _unlike(title: str, others: Iterable[str]) -> tuple[str, ...]:
    """Return titles that differ from the chosen one and from each other."""

    def new() -> Iterator[str]:
        seen = {_key(title), ""}
        for other in map(spelling.clean, others):
            if (key := _key(other)) not in seen:
                seen.add(key)
                yield other

    return tuple(new())[:_OTHERS]


def _key(title: str) -> str:
    return "".join(char for char in files.fold(title) if char.isalnum())
