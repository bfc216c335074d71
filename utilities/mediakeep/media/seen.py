"""Read files through a cache: a file that has not changed is neither opened nor parsed again.

The cache is in status/cache/ and may be deleted at any time, even during a batch.
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

from mediakeep import files, media
from mediakeep.errors import NotAudio, Truncated
from mediakeep.media import cards, pictures, tags
from mediakeep.media.cards import Card, Cards, Key, Known, State
from mediakeep.media.tags import Reading

FILE = "files.db"

# A file changed shortly before it was read may change again within the same tick of the file
# system's clock, which would go unnoticed. Git calls such files racily clean.
_FRESH = 2_000_000_000  # nanoseconds
_OLDEST = -(
    2**63
)  # nanoseconds since 1970; earlier times, as of the year 1600, do not fit into an entry


class Index:
    """Reads files as `UncachedReader` does, but takes unchanged files from the cache."""

    def __init__(self, cache: Cards, clock: Callable[[], int] = time.time_ns) -> None:
        self._cards, self._clock = cache, clock
        self._folder: Key = (0, 0)  # of the current artist
        self._files: Collection[os.stat_result] = ()
        self._found: dict[State, Card] = {}
        self._new: dict[State, Card] = {}  # not written yet
        self._valid: dict[str, Card] = {}  # path -> valid cache entry

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the cache in a folder, which is created if missing."""
        return cls(Cards(folder / FILE, stamp()))

    def expect(self, folder: Key, files: Collection[os.stat_result]) -> None:
        """Load the cache entries of all files of an artist."""
        self._valid.clear()
        self._folder, self._files = folder, files
        self._found = self._cards.find(folder) | self._new

    def track(self, path: str, facts: os.stat_result | None) -> Reading:
        """Return the tags and properties of an audio file; raise the errors of `tags.read`."""
        result = self._recall(path, facts)
        if result is None or result.picture is not None:
            result = self._learn(path, facts, _track)
        if result.reading:
            return result.reading
        raise (Truncated if result.cut else NotAudio)(files.escape(path), result.reason)

    def image(self, path: str, facts: os.stat_result | None) -> pictures.Seen:
        """Return type and size of a picture file; raise the errors of `read_picture_info`."""
        result = self._recall(path, facts)
        if result is None or result.picture is None:
            result = self._learn(path, facts, _image)
        assert result.picture is not None
        return result.picture

    def essence(self, path: Path, made: Callable[[Path], str]) -> str:
        """Return the cached essence hash of a file; compute and store it if missing."""
        card = self._valid.get(str(path))
        return card.essence if card and card.essence else self.remember(path, made(path))

    def remember(self, path: Path, essence: str) -> str:
        """Store an essence hash that was just computed, and return it."""
        if card := self._valid.get(str(path)):
            self._keep(str(path), msgspec.structs.replace(card, essence=essence))
        return essence

    def commit(self) -> None:
        """Write the new entries of the artist; entries of deleted files are dropped."""
        if not self._new:
            return
        self._found |= self._new
        self._new.clear()
        present = dict.fromkeys(map(cards.state, self._files))
        self._cards.keep(self._folder, [self._found[key] for key in present if key in self._found])

    def close(self) -> None:
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
        result = read(Path(path))
        if facts and _is_at_rest(facts, now):
            self._keep(path, Card(cards.state(facts), _suffix(path), result))
        return result

    def _keep(self, path: str, card: Card) -> None:
        self._valid[path] = self._new[card.state] = card


def _track(path: Path) -> Known:
    """Read an audio file; do not cache Unreadable, which may go away without a file change."""
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
    """Return the lower-case text from the last dot on, on which parsing depends."""
    return path[path.rfind(".") :].lower()


def stamp() -> int:
    """Return the version of the parsers, a number derived from their source code.

    So entries of other versions are never used, and no version number has to be maintained.
    """
    digest = blake2b()
    for path in _sources():
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4]) % (2**31 - 1) + 1


def _sources() -> Iterator[Path]:
    """Yield the source files of `mediakeep.media`, and the one with the version of mutagen."""
    yield from sorted(Path(media.__file__).parent.rglob("*.py"))
    if (parser := find_spec("mutagen")) and parser.origin:
        yield Path(parser.origin)
