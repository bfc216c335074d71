"""What is known of files that have not changed: they are neither opened nor parsed again.

The index lies in status/cache/ and may be deleted at any time, also under a running batch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import msgspec

from mediakeep import files
from mediakeep.errors import NotAudio, Truncated
from mediakeep.media import cards, pictures, tags
from mediakeep.media.cards import Card, Cards, Key, Known, State
from mediakeep.media.tags import Reading

FILE = "files.db"

# A file that was changed so shortly before it was read may change again within the same tick of
# its clock, so that nobody could tell. Git calls such files racily clean.
_FRESH = 2_000_000_000  # nanoseconds
_OLDEST = -(2**63)  # nanoseconds since 1970; a card holds no earlier time, as of the year 1600


class Index:
    """Reads files as `reader.Direct` does, but those that it knows unchanged from its cards."""

    def __init__(self, known: Cards, clock: Callable[[], int] = time.time_ns) -> None:
        self._cards, self._clock = known, clock
        self._folder: Key = (0, 0)  # of the artist that is read now
        self._files: Collection[os.stat_result] = ()
        self._found: dict[State, Card] = {}
        self._new: dict[State, Card] = {}  # not written yet
        self._valid: dict[str, Card] = {}  # path -> its card, if it has one of its present state

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in a folder of caches, which is made if need be."""
        return cls(Cards(folder / FILE, stamp()))

    def expect(self, folder: Key, files: Collection[os.stat_result]) -> None:
        """Look up all the files of an artist at once."""
        self._valid.clear()
        self._folder, self._files = folder, files
        self._found = self._cards.find(folder) | self._new

    def track(self, path: str, facts: os.stat_result | None) -> Reading:
        """Return what an audio file holds; the same errors as of `tags.read`."""
        known = self._recall(path, facts)
        if known is None or known.picture is not None:
            known = self._learn(path, facts, _track)
        if known.reading:
            return known.reading
        raise (Truncated if known.cut else NotAudio)(files.escape(path), known.reason)

    def image(self, path: str, facts: os.stat_result | None) -> pictures.Seen:
        """Return what a picture file is; the same errors as of `pictures.of_file`."""
        known = self._recall(path, facts)
        if known is None or known.picture is None:
            known = self._learn(path, facts, _image)
        assert known.picture is not None
        return known.picture

    def essence(self, path: Path, made: Callable[[Path], str]) -> str:
        """Return the hash of a file's sound as it is known, else make it by reading the file."""
        card = self._valid.get(str(path))
        return card.essence if card and card.essence else self.remember(path, made(path))

    def remember(self, path: Path, essence: str) -> str:
        """Keep the hash of a file's sound that was made just now, and return it."""
        if card := self._valid.get(str(path)):
            self._keep(str(path), msgspec.structs.replace(card, essence=essence))
        return essence

    def commit(self) -> None:
        """Write what was learnt of an artist's files; of those that are gone nothing is kept."""
        if not self._new:
            return
        self._found |= self._new
        self._new.clear()
        present = dict.fromkeys(map(cards.state, self._files))
        self._cards.keep(self._folder, [self._found[one] for one in present if one in self._found])

    def close(self) -> None:
        """Close the index."""
        self._cards.close()

    def _recall(self, path: str, facts: os.stat_result | None) -> Known | None:
        card = self._found.get(cards.state(facts)) if facts else None
        if card is None or not path.lower().endswith(card.suffix):
            return None
        self._valid[path] = card
        return card.known

    def _learn(
        self, path: str, facts: os.stat_result | None, read: Callable[[Path], Known]
    ) -> Known:
        now = self._clock()
        known = read(Path(path))
        if facts and _is_at_rest(facts, now):
            self._keep(path, Card(cards.state(facts), _suffix(path), known))
        return known

    def _keep(self, path: str, card: Card) -> None:
        self._valid[path] = self._new[card.state] = card


def _track(path: Path) -> Known:
    """Read an audio file; Unreadable is raised, as it may go away without the file changing."""
    try:
        return Known(reading=tags.read(path))
    except NotAudio as error:
        return Known(reason=error.args[1], cut=isinstance(error, Truncated))


def _image(path: Path) -> Known:
    return Known(picture=pictures.of_file(path))


def _is_at_rest(facts: os.stat_result, now: int) -> bool:
    times = facts.st_mtime_ns, facts.st_ctime_ns
    return min(times) >= _OLDEST and max(times) < now - _FRESH


def _suffix(path: str) -> str:
    """All behind the last dot, which is enough to tell names apart that are read differently."""
    return path[path.rfind(".") :].lower()


def stamp() -> int:
    """Return the version of the reader, a number that changes with every line of it.

    So no card is ever of another reader's making, and nobody has to remember to raise a number.
    """
    digest = blake2b()
    for path in _sources():
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4]) % (2**31 - 1) + 1


def _sources() -> Iterator[Path]:
    """Give the files of this package, and the one of mutagen that holds its version."""
    yield from sorted(Path(__file__).parent.rglob("*.py"))
    if (parser := find_spec("mutagen")) and parser.origin:
        yield Path(parser.origin)
