"""What is asked of a movie: all that is known here and that the answer depends on."""

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

RULES = 1  # of identification: what was found by older ones is asked anew

_READINGS = 4  # of a name
_LONGEST = 300  # letters of one
_MINUTE = 60.0
_WORD = re.compile(r"[^\s._-]+")


class Question(msgspec.Struct, frozen=True):
    """A movie as the look-up sees it; `clue` is what a search goes by."""

    clue: Clue
    stated: tuple[Stated, ...]
    language: str

    @property
    def digest(self) -> str:
        """A text that changes with the question, and with the rules of its answer.

        The folders around the movie are left out, as the answer is kept by its place.
        """
        plain = structs.replace(self, clue=structs.replace(self.clue, folders=()))
        return f"{RULES}." + blake2b(msgspec.json.encode(plain), digest_size=8).hexdigest()


def of(local: Movie, stated: tuple[Stated, ...], language: str) -> Question:
    """Ask which movie it is; its running time counts in whole minutes."""
    name = local.name
    read = [_plain(one) for one in (name.title, *name.others)]
    titles = tuple(dict.fromkeys(one for one in read if any(map(str.isalnum, one))))[:_READINGS]
    minutes = float(max(round(local.duration / _MINUTE), local.duration > 0))
    cut = any(map(words.is_recut, (name.edition, *(one.edition for one in local.videos))))
    parts = PurePosixPath(files.unescape(local.key)).parts
    folders = tuple(map(_plain, parts if local.own_folder else parts[:-1]))
    own = folders[-1:] if local.own_folder else ()
    episode = any(map(words.is_episode, (local.base, *own)))
    clue = Clue(titles, name.year, minutes, cut, _is_bare(local), folders, episode)
    return Question(clue, stated, language)


def _is_bare(local: Movie) -> bool:
    """Tell whether the video's name is a title and a year and no more.

    So is a folder's that is not named for its video, as "Christmas 2020/Elf.mkv".
    """
    name, told = local.name, [local.base]
    if name.source == "folder" and not all(one.startswith(name.title) for one in name.others):
        told.append(local.root.rpartition("/")[2])
    title = _WORD.findall(name.title.casefold())
    wanted = [*title, f"{name.year}"]
    return bool(name.year) and any(_WORD.findall(one.casefold()) == wanted for one in told)


def _plain(text: str) -> str:
    """Return a title without what no title holds, as control characters and lone surrogates."""
    shown = "".join(char if char.isprintable() else " " for char in text[:_LONGEST])
    return " ".join(shown.split())
