"""The query for a movie: everything known here that the answer depends on."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import PurePosixPath

import msgspec
from msgspec import structs

from mediakeep import files
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.stated import Stated
from mediakeep.movies.model import Movie
from mediakeep.movies.names import words

RULES = 1  # of the matching rules: answers of older versions are looked up again

_READINGS = 4  # of a name
_LONGEST = 300  # letters of one
_MINUTE = 60.0
_WORD = re.compile(r"[^\s._-]+")


class Question(msgspec.Struct, frozen=True):
    """The query for a movie's identity; a search uses `clue`."""

    clue: Clue
    stated: tuple[Stated, ...]
    language: str

    @property
    def digest(self) -> str:
        """A hash of the query and of the version of the matching rules.

        The parent folders are left out, as the answer is cached by the movie's place.
        """
        plain = structs.replace(self, clue=structs.replace(self.clue, folders=()))
        return f"{RULES}." + blake2b(msgspec.json.encode(plain), digest_size=8).hexdigest()


def of(local: Movie, stated: tuple[Stated, ...], language: str) -> Question:
    """Build the query for a movie, with its runtime in whole minutes."""
    name = local.name
    cleaned = [_plain(title) for title in (name.title, *name.others)]
    titles = tuple(dict.fromkeys(title for title in cleaned if any(map(str.isalnum, title))))[
        :_READINGS
    ]
    minutes = float(max(round(local.duration / _MINUTE), local.duration > 0))
    cut = any(map(words.is_recut, (name.edition, *(video.edition for video in local.videos))))
    parts = PurePosixPath(files.unescape(local.key)).parts
    folders = tuple(map(_plain, parts if local.own_folder else parts[:-1]))
    own = folders[-1:] if local.own_folder else ()
    episode = any(map(words.is_episode, (local.base, *own)))
    clue = Clue(titles, name.year, minutes, cut, _is_bare(local), folders, episode)
    return Question(clue, stated, language)


def _is_bare(local: Movie) -> bool:
    """Return True if the name is just a title and a year.

    So is the name of a folder that is not named after its video, as in "Christmas 2020/Elf.mkv".
    """
    name, names = local.name, [local.base]
    if name.source == "folder" and not all(other.startswith(name.title) for other in name.others):
        names.append(local.root.rpartition("/")[2])
    title = _WORD.findall(name.title.casefold())
    wanted = [*title, f"{name.year}"]
    return bool(name.year) and any(_WORD.findall(text.casefold()) == wanted for text in names)


def _plain(text: str) -> str:
    """Return a title without control characters and lone surrogates."""
    shown = "".join(char if char.isprintable() else " " for char in text[:_LONGEST])
    return " ".join(shown.split())
