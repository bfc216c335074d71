"""What is known of files that have not changed: they are neither opened nor parsed again.

The index lies in status/cache/ and may be deleted at any time, also under a running batch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import msgspec

from mediakeep import files
from mediakeep.errors import NotAudio, Truncated
from mediakeep.media import cards, pictures, tags
from mediakeep.media.cards import Card, Cards, Key
from mediakeep.media.tags import Reading

FILE = "files.db"

# A file that was changed so shortly before it was read may change again within the same tick of
# its clock, so that nobody could tell. Git calls such files racily clean.
_FRESH = 2_000_000_000  # nanoseconds


class _Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What reading a file gave: tags and facts, or why it has none, or a picture."""

    reading: Reading | None = None
    reason: str = ""
    cut: bool = False  # the reason is that its end is missing
    picture: pictures.Seen | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Known).decode


class Index:
    """Reads files as `reader.Direct` does, but those that it knows unchanged from its cards."""

    def __init__(self, known: Cards, clock: Callable[[], int] = time.time_ns) -> None:
        self._cards, self._clock = known, clock
        self._found: dict[Key, Card] = {}  # of the artist that is read now
        self._valid: dict[str, Card] = {}  # path -> its card, if it has one of its present state
        self._new: dict[Key, Card] = {}  # not written yet

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in a folder of caches, which is made if need be."""
        return cls(Cards(folder / FILE, stamp()))

    def expect(self, files: Iterable[os.stat_result]) -> None:
        """Look up all the files of an artist at once."""
        self._valid.clear()
        self._new.clear()
        self._found = self._cards.find(map(cards.key, files))

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
            self._keep(str(path), card._replace(essence=essence))
        return essence

    def commit(self) -> None:
        """Write what was learnt of an artist's files."""
        self._cards.keep(self._new.values())
        self._new.clear()

    def close(self) -> None:
        """Close the index."""
        self._cards.close()

    def _recall(self, path: str, facts: os.stat_result | None) -> _Known | None:
        if facts is None:
            return None
        card = self._found.get(cards.key(facts))
        if not card or card.state != cards.state(facts) or not path.lower().endswith(card.suffix):
            return None
        if not cards.is_sound(card):
            return None
        try:
            known = _decode(card.reading)
        except msgspec.DecodeError:  # of another version's making
            return None
        self._valid[path] = card
        return known

    def _learn(
        self, path: str, facts: os.stat_result | None, read: Callable[[Path], _Known]
    ) -> _Known:
        now = self._clock()
        known = read(Path(path))
        if facts and max(facts.st_mtime_ns, facts.st_ctime_ns) < now - _FRESH:
            self._keep(path, cards.write(_suffix(path), facts, _encode(known)))
        return known

    def _keep(self, path: str, card: Card) -> None:
        self._valid[path] = self._new[card.device, card.inode] = card


def _track(path: Path) -> _Known:
    """Read an audio file; Unreadable is raised, as it may go away without the file changing."""
    try:
        return _Known(reading=tags.read(path))
    except NotAudio as error:
        return _Known(reason=error.args[1], cut=isinstance(error, Truncated))


def _image(path: Path) -> _Known:
    return _Known(picture=pictures.of_file(path))


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
