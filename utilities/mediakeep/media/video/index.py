"""What is known of videos that have not changed: they are not looked at again.

The index lies in status/cache/ and may be deleted at any time, also under a running batch. What
MediaInfo told stays known where that is missing later; what was found without it is looked at
again once it is there.
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
_KEPT = 90  # days that a card is kept after its file was last seen
_RENEWED = 10  # days after which it is noted that a file is still there
_FRESH = 2_000_000_000  # ns; a file that was changed later may change again within its clock's tick
_TIMES = range(-(2**63), 2**63)  # ns that a card holds
_SEAL = 4  # bytes


class Card(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a video in one state; `version` is that of what told, "" for its frame."""

    state: State
    version: str
    facts: VideoFacts


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Card).decode


class Index:
    """Tells what videos hold, as one process uses it; `clock` gives nanoseconds since 1970.

    What is not known is found out by `look`, in this process if not said otherwise.
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
        """Open the index in a folder of caches, which is made if need be."""
        return cls(Path(folder) / FILE, look=look)

    def facts(self, path: Path) -> VideoFacts:
        """Return what a video holds; Unreadable where it is no regular file, or refuses."""
        try:
            there = path.stat()
        except OSError as error:
            raise access.refusal(path, error) from error
        state, now = cards.state(there), self._clock()
        card = self._find(state)
        if card is None or mediainfo.version() not in ("", card.version):
            facts = self._look(path)
            card = Card(state, mediainfo.version() if facts.by else "", facts)
            if _is_at_rest(there, now):
                self._new[_name(state)] = card
        return card.facts

    def disc(self, folder: Path) -> VideoFacts:
        """Return what the film of a disc's copy holds; the same errors as of `discs.probe_disc`."""
        return probe_disc(folder, self.facts)

    def commit(self) -> None:
        """Write what was learnt; what is known of files that were not seen for long is dropped."""
        if not self._new:
            return
        rows = [(name, _sealed(_encode(card)), self._today) for name, card in self._new.items()]
        self._new.clear()
        with self._cabinet.writing() as base:
            if base:
                base.executemany("INSERT OR REPLACE INTO video VALUES(?, ?, ?)", rows)
                base.execute("DELETE FROM video WHERE day < ?", (self._today - _KEPT,))

    def close(self) -> None:
        """Write what was learnt, and close the index."""
        self.commit()
        self._cabinet.close()

    @property
    def _today(self) -> int:
        return self._clock() // 86_400_000_000_000

    def _find(self, state: State) -> Card | None:
        """Return the card of a file in this very state."""
        if card := self._new.get(_name(state)):
            return card if card.state == state else None
        sealed, day = b"", 0
        with self._cabinet.reading() as base:
            if base and (row := base.execute(_FIND, (_name(state),)).fetchone()):
                sealed, day = row
        card = _unsealed(sealed)
        if card is None or card.state != state:
            return None
        if day < self._today - _RENEWED:
            self._new[_name(state)] = card
        return card


def _name(state: State) -> str:
    """Name a card by its file; some file systems count in numbers too large for SQLite."""
    return "{}:{}".format(*state)


def _is_at_rest(facts: os.stat_result, now: int) -> bool:
    times = facts.st_mtime_ns, facts.st_ctime_ns
    return min(times) in _TIMES and max(times) < now - _FRESH


def _sealed(written: bytes) -> bytes:
    """Put a checksum in front, which tells if a power loss or a bad disk has spoilt the rest."""
    return crc32(written).to_bytes(_SEAL) + written


def _unsealed(sealed: bytes) -> Card | None:
    """Return a card; None where it is spoilt."""
    written = memoryview(sealed)[_SEAL:]
    if crc32(written).to_bytes(_SEAL) != sealed[:_SEAL]:
        return None
    try:
        return _decode(written)
    except msgspec.DecodeError:
        return None


@cache
def _stamp() -> int:
    """Return the version of the reader, a number that changes with every line of it."""
    digest = blake2b()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4]) % (2**31 - 1) + 1
