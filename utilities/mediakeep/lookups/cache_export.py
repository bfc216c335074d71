"""JSON files that show the cached lookup results to users and their programs.

Their content is never read. If the user deletes a file, the next run looks everything up again. A
damaged file is renamed and rewritten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import NoCache
from mediakeep.lookups.lookup_store import LookupStore

EXPORT_FORMAT = 1
_EXPORTED_KEY = "record"  # key of the note that the export was written
_HOST_KEY = "host"  # key of the host that was queried last

JsonObject = dict[str, Any]


class CacheExport:
    """A JSON file that shows the content of one lookup store.

    `noun` is the JSON key of the entries; `build_content` returns the content to write.
    """

    def __init__(
        self, path: Path, noun: str, store: LookupStore, build_content: Callable[[], JsonObject]
    ) -> None:
        self._path, self._noun = path, noun
        self._store, self._build_content = store, build_content

    def check_file(self) -> list[str]:
        """Clear the lookup store if the user deleted the JSON file; rewrite a damaged file.

        Return messages for the user.
        """
        path = self._path
        with self._lock():
            if not path.exists():
                if not self._store.get_meta(_EXPORTED_KEY):
                    return []
                self._store.clear()
                return [f"{path} was deleted: everything will be looked up again."]
            if self._is_valid():
                return []
            aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
            path.rename(aside)
            self._write_if_changed()
            return [f"{path} was damaged. It was renamed to {aside.name} and rewritten."]

    def write_file(self) -> None:
        """Write the JSON file. If the user deleted it meanwhile, clear the lookup store instead."""
        with self._lock():
            if self._store.get_meta(_EXPORTED_KEY) and not self._path.exists():
                self._store.clear()
            else:
                self._write_if_changed()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Lock the JSON file for a `with` block; raise NoCache if it cannot be read or written."""
        try:
            atomic_files.make_folder(self._path.parent)
            with atomic_files.exclusive_lock(self._path.with_suffix(".lock")):
                yield
        except OSError as error:
            raise NoCache(self._path, error.strerror or error) from error

    def _is_valid(self) -> bool:
        """Return whether the JSON file is complete and in the current format."""
        try:
            content = msgspec.json.decode(self._path.read_bytes(), type=dict[str, msgspec.Raw])
            msgspec.json.decode(content[self._noun], type=dict[str, msgspec.Raw])
            return msgspec.json.decode(content["format"], type=int) == EXPORT_FORMAT
        except (msgspec.DecodeError, UnicodeError, RecursionError, KeyError):
            return False

    def _write_if_changed(self) -> None:
        content = {"format": EXPORT_FORMAT} | self._build_content()
        path = self._path
        if not content[self._noun] and not path.exists():
            return
        pretty = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
        if not path.exists() or path.read_bytes() != pretty:
            atomic_files.write_atomic(path, pretty)
        self._store.set_meta(_EXPORTED_KEY, "1")


def record_host(store: LookupStore, host: str) -> list[str]:
    """Record the URL of the web service that is queried now; return messages for the user.

    If the last URL was of this machine, such as the simulator's, and the new one is not, all cached
    data is deleted.
    """
    before = store.get_meta(_HOST_KEY)
    if before == host:
        return []
    is_simulated = bool(before) and _is_loopback(before) and not _is_loopback(host)
    if is_simulated:
        store.clear()
    store.set_meta(_HOST_KEY, host)
    if not is_simulated:
        return []
    return [f"Cached data came from {before}: everything will be looked up again at {host}."]


def _is_loopback(host: str) -> bool:
    """Return whether a URL refers to this machine, such as http://localhost:8000."""
    server = urlsplit(host).hostname or ""
    return server in ("localhost", "::1") or server.startswith("127.")


def without_empty(content: JsonObject) -> JsonObject:
    """Return a JSON object without its empty values, such as "", 0 or []."""
    return {name: value for name, value in content.items() if value}
