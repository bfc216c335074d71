"""What is known of a movie before its lookup, and the query built from it."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import PurePosixPath

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.movies.identify import titles
from mediakeep.movies.identify.known_ids import KnownIds
from mediakeep.movies.identify.weights import MovieMatchWeights
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.names import name_patterns

RULES_VERSION = 1  # of the matching rules: answers of older versions are looked up again

_MAX_READINGS = 4  # of a name
_MAX_TITLE_LENGTH = 300  # letters
_SECONDS_PER_MINUTE = 60.0
_WORD_PATTERN = re.compile(r"[^\s._-]+")


class IdentityQuery(msgspec.Struct, frozen=True):
    """The query for a movie's identity: its clues, its known IDs and the language."""

    clue: MovieClues
    stated: tuple[KnownIds, ...]
    language: str

    @property
    def digest(self) -> str:
        """A hash of the query and of the version of the matching rules.

        The parent folders are left out, as the answer is cached by the movie's path.
        """
        plain = structs.replace(self, clue=structs.replace(self.clue, folders=()))
        return f"{RULES_VERSION}." + blake2b(msgspec.json.encode(plain), digest_size=8).hexdigest()


def build_query(local: LocalMovie, stated: tuple[KnownIds, ...], language: str) -> IdentityQuery:
    """Build the query for a movie's identity, with its runtime in whole minutes."""
    name = local.name
    cleaned = [_clean_title(title) for title in (name.title, *name.others)]
    titles = tuple(dict.fromkeys(title for title in cleaned if any(map(str.isalnum, title))))[
        :_MAX_READINGS
    ]
    minutes = float(max(round(local.duration / _SECONDS_PER_MINUTE), local.duration > 0))
    cut = any(
        map(
            name_patterns.may_change_runtime,
            (name.edition, *(video.edition for video in local.videos)),
        )
    )
    parts = PurePosixPath(path_text.unescape_path(local.key)).parts
    folders = tuple(map(_clean_title, parts if local.own_folder else parts[:-1]))
    own = folders[-1:] if local.own_folder else ()
    episode = any(map(name_patterns.is_episode_name, (local.base, *own)))
    clue = MovieClues(
        titles, name.year, minutes, cut, _is_only_title_and_year(local), folders, episode
    )
    return IdentityQuery(clue, stated, language)


def _is_only_title_and_year(local: LocalMovie) -> bool:
    """Return True if a movie's name is just a title and a year.

    The name of a folder that is not named after its video counts as well, as in "Christmas
    2020/Elf.mkv".
    """
    name, names = local.name, [local.base]
    if name.source == "folder" and not all(other.startswith(name.title) for other in name.others):
        names.append(local.root.rpartition("/")[2])
    title = _WORD_PATTERN.findall(name.title.casefold())
    wanted = [*title, f"{name.year}"]
    return bool(name.year) and any(
        _WORD_PATTERN.findall(text.casefold()) == wanted for text in names
    )


def _clean_title(text: str) -> str:
    """Return a title without control characters and lone surrogates."""
    shown = "".join(char if char.isprintable() else " " for char in text[:_MAX_TITLE_LENGTH])
    return " ".join(shown.split())


class MovieClues(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a movie to identify; `titles` are interpretations of its name, best first.

    `minutes` is the runtime of the file, 0 if unknown. A movie with an `edition` may be longer or
    shorter than the theatrical release. The name is `bare` if it is just a title and a year without
    brackets, as home videos are often named. `folders` are the names of its parent folders below
    the library. `episode` is True for a name such as "Show - s01e01".
    """

    titles: tuple[str, ...]
    year: int = 0
    minutes: float = 0.0
    edition: bool = False
    bare: bool = False
    folders: tuple[str, ...] = ()
    episode: bool = False


class NameReading(msgspec.Struct, frozen=True):
    """One interpretation of a movie's name: a title, a year and a penalty for being unlikely."""

    title: str
    penalty: float
    year: int


def list_name_readings(clues: MovieClues, weights: MovieMatchWeights) -> tuple[NameReading, ...]:
    """Return all interpretations of a movie's name as title and year.

    A year that is a word of the title is not used as the movie's year.
    """
    return tuple(
        NameReading(
            title,
            _reading_penalty(clues.titles[0], title, weights),
            year_outside_title(title, clues.year),
        )
        for title in clues.titles
    )


def year_outside_title(title: str, year: int) -> int:
    """Return the year of a name, or 0 if it is a word of the title, as in "Harbour 1984"."""
    words = title.split()
    return 0 if len(words) > 1 and str(year) in words else year


def _reading_penalty(first: str, title: str, weights: MovieMatchWeights) -> float:
    """Return the penalty of an interpretation of a name that is not the first one."""
    if title == first:
        return 0.0
    return weights.piece if titles.is_part_of_title(title, first) else weights.spare
