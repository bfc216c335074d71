"""Cache of the info on videos, so that unchanged files are not probed again.

The cache is in status/cache/ and may be deleted at any time, even during a batch. Results of
MediaInfo stay valid if it is uninstalled; results without it are replaced once it is installed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Self
from zlib import crc32

import msgspec

from mediakeep.media import access, cards
from mediakeep.media.cabinet import Cabinet
from mediakeep.media.cards import State
from mediakeep.media.video import mediainfo
from mediakeep.media.video.discs import probe_disc
from mediakeep.media.video.facts import VideoFacts
from mediakeep.media.video.probe import probe

FILE = "videos.db"

_TABLES = """
CREATE TABLE video(name TEXT PRIMARY KEY, card BLOB NOT NULL, day INTEGER NOT NULL);
CREATE INDEX video_day ON video(day)
"""
_FIND = "SELECT CAST(card AS BLOB), day FROM video WHERE name = ?"
_KEPT = 90  # days that a row is kept after its file was last seen
_RENEWED = 10  # days after which the date last seen is updated
_FRESH = 2_000_000_000  # ns; a file changed later may change again within the same clock tick
_TIMES = range(-(2**63), 2**63)  # ns; what 64-bit integers hold
_SEAL = 4  # bytes


class Card(msgspec.Struct, frozen=True, array_like=True):
    """A cached result; `version` is that of pymediainfo, "" if only the container was inspected."""

    state: State
    version: str
    facts: VideoFacts


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Card).decode


class Index:
    """The cache as used by one process; `clock` returns nanoseconds since 1970.

    `look` probes files that are not cached; the default does so in this process.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int] = time.time_ns,
        look: Callable[[Path], VideoFacts] | None = None,
    ) -> None:
        self._cabinet = Cabinet(path, _TABLES, _stamp())
        self._clock, self._look = clock, look or probe
        self._new: dict[str, Card] = {}  # not written yet

    @classmethod
    def open(cls, folder: Path, look: Callable[[Path], VideoFacts] | None = None) -> Self:
        """Open the cache in a folder, which is created if necessary."""
        return cls(Path(folder) / FILE, look=look)

    def facts(self, path: Path) -> VideoFacts:
        """Return the info on a video; raise Unreadable if it cannot be read."""
        try:
            stat = path.stat()
        except OSError as error:
            raise access.refusal(path, error) from error
        state, now = cards.state(stat), self._clock()
        cached = self._find(state)
        if cached is None or mediainfo.version() not in ("", cached.version):
            info = self._look(path)
            cached = Card(state, mediainfo.version() if info.by else "", info)
            if _is_at_rest(stat, now):
                self._new[_name(state)] = cached
        return cached.facts

    def disc(self, folder: Path) -> VideoFacts:
        """Return the info on the movie of a disc folder; raises as `discs.probe_disc` does."""
        return probe_disc(folder, self.facts)

    def commit(self) -> None:
        """Write new results, and delete those of files not seen for 90 days."""
        if not self._new:
            return
        rows = [(name, _sealed(_encode(cached)), self._today) for name, cached in self._new.items()]
        self._new.clear()
        with self._cabinet.writing() as db:
            if db:
                db.executemany("INSERT OR REPLACE INTO video VALUES(?, ?, ?)", rows)
                db.execute("DELETE FROM video WHERE day < ?", (self._today - _KEPT,))

    def close(self) -> None:
        """Write new results and close the cache."""
        self.commit()
        self._cabinet.close()

    @property
    def _today(self) -> int:
        return self._clock() // 86_400_000_000_000

    def _find(self, state: State) -> Card | None:
        """Return the cached result of a file in exactly this state."""
        if cached := self._new.get(_name(state)):
            return cached if cached.state == state else None
        data, day = b"", 0
        with self._cabinet.reading() as db:
            if db and (row := db.execute(_FIND, (_name(state),)).fetchone()):
                data, day = row
        cached = _unsealed(data)
        if cached is None or cached.state != state:
            return None
        if day < self._today - _RENEWED:
            self._new[_name(state)] = cached
        return cached


def _name(state: State) -> str:
    """Return the key of a row as text: some device and inode numbers are too large for SQLite."""
    return "{}:{}".format(*state)


def _is_at_rest(facts: os.stat_result, now: int) -> bool:
    times = facts.st_mtime_ns, facts.st_ctime_ns
    return min(times) in _TIMES and max(times) < now - _FRESH


def _sealed(written: bytes) -> bytes:
    """Prepend a checksum, which detects data damaged by a power loss or a bad disk."""
    return crc32(written).to_bytes(_SEAL) + written


def _unsealed(sealed: bytes) -> Card | None:
    """Return a cached result, or None if it is damaged."""
    written = memoryview(sealed)[_SEAL:]
    if crc32(written).to_bytes(_SEAL) != sealed[:_SEAL]:
        return None
    try:
        return _decode(written)
    except msgspec.DecodeError:
        return None


@cache
def _stamp() -> int:
    """Return a version number that changes with the code of this package."""
    digest = blake2b()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4]) % (2**31 - 1) + 1
