"""Read files through a cache: a file that has not changed is neither opened nor parsed again.

The cache is in status/cache/ and may be deleted at any time, even during a batch.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Collection, Iterator
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, Self

import msgspec

from mediakeep import media, path_text
from mediakeep.errors import ContainsVideo, NotAudio, Truncated, UnsupportedAudio
from mediakeep.media import pictures
from mediakeep.media.audio import tags
from mediakeep.media.audio.tags import AudioFile
from mediakeep.media.cache import file_cache
from mediakeep.media.cache.file_cache import (
    CachedFile,
    CachedResult,
    FileCache,
    FolderKey,
    StatIdentity,
)


class MediaReader(Protocol):
    """Reads the media files that a scan has listed.

    `facts` is the stat result from the listing, or None if unknown.
    """

    def prefetch(self, folder: tuple[int, int], files: Collection[os.stat_result], /) -> None:
        """Called once per artist before the artist's first file is read, with all of the files.

        `folder` is the device and inode of the artist's folder.
        """

    def read_track(self, path: str, facts: os.stat_result | None, /) -> AudioFile:
        """Return the tags and properties of an audio file, as `tags.read` does."""

    def read_image(self, path: str, facts: os.stat_result | None, /) -> pictures.PictureInfo:
        """Return type and size of a picture file, as `pictures.read_picture_info` does."""


class UncachedReader:
    """Reads every media file from disk."""

    def prefetch(self, _folder: tuple[int, int], _files: Collection[os.stat_result], /) -> None:
        """Do nothing: nothing is cached."""

    def read_track(self, path: str, _facts: os.stat_result | None, /) -> AudioFile:
        """Read the tags and properties of an audio file from disk."""
        return tags.read(Path(path))

    def read_image(self, path: str, _facts: os.stat_result | None, /) -> pictures.PictureInfo:
        """Read type and size of a picture file from disk."""
        return pictures.read_picture_info(Path(path))


FILE_NAME = "files.db"

# A file changed shortly before it was read may change again within the same tick of the file
# system's clock, which would go unnoticed. Git calls such files racily clean.
_RACY_WINDOW = 2_000_000_000  # nanoseconds
# nanoseconds since 1970; earlier times, as of the year 1600, do not fit into an entry
_MIN_TIME = -(2**63)
# What `tags.read` raises for the content of a file, by name.
_ERRORS = {one.__name__: one for one in (NotAudio, UnsupportedAudio, ContainsVideo, Truncated)}


class CachingReader:
    """Reads media files, but takes the results for unchanged files from a cache."""

    def __init__(self, cache: FileCache, clock: Callable[[], int] = time.time_ns) -> None:
        self._cache, self._clock = cache, clock
        self._folder: FolderKey = (0, 0)  # of the current artist
        self._files: Collection[os.stat_result] = ()
        self._cached: dict[StatIdentity, CachedFile] = {}
        self._unsaved: dict[StatIdentity, CachedFile] = {}  # not written yet
        self._current: dict[str, CachedFile] = {}  # path -> valid cache entry

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the cache in a folder, and create the folder if it is missing."""
        return cls(FileCache(folder / FILE_NAME, parser_version()))

    def prefetch(self, folder: FolderKey, files: Collection[os.stat_result]) -> None:
        """Load the cache entries of all files of an artist."""
        self._current.clear()
        self._folder, self._files = folder, files
        self._cached = self._cache.load_folder(folder) | self._unsaved

    def read_track(self, path: str, facts: os.stat_result | None) -> AudioFile:
        """Return the tags and properties of an audio file; raise the errors of `tags.read`."""
        result = self._find_cached(path, facts)
        if result is None or result.picture is not None:
            result = self._read_file(path, facts, _read_track)
        if result.reading:
            return result.reading
        raise _ERRORS[result.error](path_text.escape_path(path), result.reason)

    def read_image(self, path: str, facts: os.stat_result | None) -> pictures.PictureInfo:
        """Return type and size of a picture file.

        Raises the errors of `read_picture_info`.
        """
        result = self._find_cached(path, facts)
        if result is None or result.picture is None:
            result = self._read_file(path, facts, _read_image)
        assert result.picture is not None
        return result.picture

    def get_essence(self, path: Path, made: Callable[[Path], str]) -> str:
        """Return the cached audio hash of a file.

        If it is missing, compute and store it.
        """
        entry = self._current.get(str(path))
        return entry.essence if entry and entry.essence else self.store_essence(path, made(path))

    def store_essence(self, path: Path, essence: str) -> str:
        """Store the audio hash of a file, which was just computed, and return it."""
        if entry := self._current.get(str(path)):
            self._store(str(path), msgspec.structs.replace(entry, essence=essence))
        return essence

    def commit(self) -> None:
        """Write the new cache entries of the artist, and drop those of deleted files."""
        if not self._unsaved:
            return
        self._cached |= self._unsaved
        self._unsaved.clear()
        present = dict.fromkeys(map(file_cache.stat_identity, self._files))
        self._cache.save_folder(
            self._folder, [self._cached[key] for key in present if key in self._cached]
        )

    def close(self) -> None:
        self._cache.close()

    def _find_cached(self, path: str, facts: os.stat_result | None) -> CachedResult | None:
        entry = self._cached.get(file_cache.stat_identity(facts)) if facts else None
        if entry is None or not path.lower().endswith(entry.suffix):
            return None
        self._current[path] = entry
        return entry.result

    def _read_file(
        self, path: str, facts: os.stat_result | None, read: Callable[[Path], CachedResult]
    ) -> CachedResult:
        now = self._clock()
        result = read(Path(path))
        if facts and _is_stable(facts, now):
            self._store(
                path, CachedFile(file_cache.stat_identity(facts), _lower_suffix(path), result)
            )
        return result

    def _store(self, path: str, entry: CachedFile) -> None:
        self._current[path] = self._unsaved[entry.state] = entry


def _read_track(path: Path) -> CachedResult:
    """Read an audio file for the cache.

    Unreadable is raised and not cached: the cause may go away without a change of the file.
    """
    try:
        return CachedResult(reading=tags.read(path))
    except NotAudio as error:
        return CachedResult(error=type(error).__name__, reason=error.args[1])


def _read_image(path: Path) -> CachedResult:
    return CachedResult(picture=pictures.read_picture_info(path))


def _is_stable(facts: os.stat_result, now: int) -> bool:
    times = facts.st_mtime_ns, facts.st_ctime_ns
    return min(times) >= _MIN_TIME and max(times) < now - _RACY_WINDOW


def _lower_suffix(path: str) -> str:
    """Return the lower-case text from the last dot of a path on.

    The result of parsing depends on it.
    """
    return path[path.rfind(".") :].lower()


@functools.cache
def parser_version() -> int:
    """Return a number that identifies the parsers' source code, as the version of cache entries.

    Entries of other versions are never used, and no version number has to be maintained.
    """
    digest = blake2b()
    for path in _source_files():
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:4]) % (2**31 - 1) + 1


def _source_files() -> Iterator[Path]:
    """Yield the files that decide how media files are parsed.

    They are the source files of `mediakeep.media`, and the file with the version of mutagen.
    """
    yield from sorted(Path(media.__file__).parent.rglob("*.py"))
    if (parser := find_spec("mutagen")) and parser.origin:
        yield Path(parser.origin)
