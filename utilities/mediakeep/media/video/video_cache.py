"""Cache the info on videos, so that unchanged files are not probed again.

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

import msgspec

from mediakeep.media import open_file
from mediakeep.media.cache import file_cache
from mediakeep.media.cache.file_cache import StatIdentity
from mediakeep.media.video import mediainfo
from mediakeep.media.video.discs import probe_disc
from mediakeep.media.video.model import VideoInfo
from mediakeep.media.video.probe import probe_video
from mediakeep.sqlite import row_checksum
from mediakeep.sqlite.disposable import DisposableSqlite

FILE_NAME = "videos.db"

_SCHEMA = """
CREATE TABLE video(name TEXT PRIMARY KEY, card BLOB NOT NULL, day INTEGER NOT NULL);
CREATE INDEX video_day ON video(day)
"""
_SELECT_ROW = "SELECT CAST(card AS BLOB), day FROM video WHERE name = ?"
_KEEP_DAYS = 90  # days that a row is kept after its file was last seen
_RENEW_DAYS = 10  # days after which the date last seen is updated
_MIN_AGE = 2_000_000_000  # ns; a file changed later may change again within the same clock tick
_VALID_TIMES = range(-(2**63), 2**63)  # nanoseconds that fit into signed 64-bit integers


class CachedVideo(msgspec.Struct, frozen=True, array_like=True):
    """The cached info on a video, and the stat values for which it is valid.

    `version` is that of pymediainfo, "" if only the container was inspected.
    """

    state: StatIdentity
    version: str
    facts: VideoInfo


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(CachedVideo).decode


class VideoCache:
    """The cache of video infos, as used by one process; `clock` returns nanoseconds since 1970.

    `probe` probes files that are not cached; the default does so in this process.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], int] = time.time_ns,
        probe: Callable[[Path], VideoInfo] | None = None,
    ) -> None:
        self._db = DisposableSqlite(path, _SCHEMA, _parser_version())
        self._clock, self._probe = clock, probe or probe_video
        self._unwritten: dict[str, CachedVideo] = {}  # not written yet

    @classmethod
    def open(cls, folder: Path, probe: Callable[[Path], VideoInfo] | None = None) -> Self:
        """Open the cache of video infos in a folder, and create the folder if necessary."""
        return cls(Path(folder) / FILE_NAME, probe=probe)

    def get_info(self, path: Path) -> VideoInfo:
        """Return the info on a video, from the cache if possible.

        Raises Unreadable if the video cannot be read.
        """
        with open_file.translate_errors(path):
            stat = path.stat()
        state, now = file_cache.stat_identity(stat), self._clock()
        cached = self._find_cached(state)
        if cached is None or mediainfo.pymediainfo_version() not in ("", cached.version):
            info = self._probe(path)
            cached = CachedVideo(state, mediainfo.pymediainfo_version() if info.by else "", info)
            if _is_stable(stat, now):
                self._unwritten[_row_key(state)] = cached
        return cached.facts

    def get_disc_info(self, folder: Path) -> VideoInfo:
        """Return the info on the movie of a disc folder.

        Raises the errors of `discs.probe_disc`.
        """
        return probe_disc(folder, self.get_info)

    def commit(self) -> None:
        """Write new results to the cache, and delete those of files not seen for 90 days."""
        if not self._unwritten:
            return
        rows = [
            (name, row_checksum.add_checksum(_encode(cached)), self._today)
            for name, cached in self._unwritten.items()
        ]
        self._unwritten.clear()
        with self._db.write_transaction() as db:
            if db:
                db.executemany("INSERT OR REPLACE INTO video VALUES(?, ?, ?)", rows)
                db.execute("DELETE FROM video WHERE day < ?", (self._today - _KEEP_DAYS,))

    def close(self) -> None:
        """Write new results and close the cache."""
        self.commit()
        self._db.close()

    @property
    def _today(self) -> int:
        return self._clock() // 86_400_000_000_000

    def _find_cached(self, state: StatIdentity) -> CachedVideo | None:
        """Return the cached info on a file with exactly these stat values, or None."""
        if cached := self._unwritten.get(_row_key(state)):
            return cached if cached.state == state else None
        data, day = b"", 0
        with self._db.read_transaction() as db:
            if db and (row := db.execute(_SELECT_ROW, (_row_key(state),)).fetchone()):
                data, day = row
        cached = _decode_checked(data)
        if cached is None or cached.state != state:
            return None
        if day < self._today - _RENEW_DAYS:
            self._unwritten[_row_key(state)] = cached
        return cached


def _row_key(state: StatIdentity) -> str:
    """Return the key of a cache row as text.

    Some device and inode numbers are too large for SQLite.
    """
    return "{}:{}".format(*state)


def _is_stable(facts: os.stat_result, now: int) -> bool:
    times = facts.st_mtime_ns, facts.st_ctime_ns
    return min(times) in _VALID_TIMES and max(times) < now - _MIN_AGE


def _decode_checked(checked_data: bytes) -> CachedVideo | None:
    """Return cached video info from its bytes, or None if they are damaged."""
    data = row_checksum.remove_checksum(checked_data)
    try:
        return _decode(data) if data else None
    except msgspec.DecodeError:
        return None


@cache
def _parser_version() -> int:
    """Return a version number that changes with the code that probes videos."""
    digest = blake2b()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4]) % (2**31 - 1) + 1
