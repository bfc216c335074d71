"""Records of look-ups: files that are written from what is known, for people and their programs.

They are never read for what they hold. Deleting one makes the next run look everything up anew; one
that is damaged is set aside, and written again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mediakeep import files
from mediakeep.errors import NoCache
from mediakeep.lookups.ledger import Ledger

FORMAT = 1
_WRITTEN = "record"  # the mark of a record that was written
_HOST = "host"  # the mark of who was asked last

Told = dict[str, Any]


class Record:
    """The record of one file; `noun` is what it lists, and `tell` says what it holds now."""

    def __init__(self, path: Path, noun: str, known: Ledger, tell: Callable[[], Told]) -> None:
        self._path, self._noun = path, noun
        self._known, self._tell = known, tell

    def check(self) -> list[str]:
        """Take a record that is gone as the wish to have all looked up anew; say what was found."""
        path = self._path
        with self._held():
            if not path.exists():
                if not self._known.mark(_WRITTEN):
                    return []
                self._known.drop()
                return [f"{path} was deleted: everything is looked up anew."]
            if self._is_ours():
                return []
            aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
            path.rename(aside)
            self._write()
            return [f"{path} was damaged. It is kept as {aside.name}, and was written anew."]

    def export(self) -> None:
        """Write it, if anything is known; one that was deleted meanwhile is not written."""
        with self._held():
            if self._known.mark(_WRITTEN) and not self._path.exists():
                self._known.drop()
            else:
                self._write()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the record alone; NoCache where it cannot be read or written."""
        try:
            files.make_folder(self._path.parent)
            with files.locked(self._path.with_suffix(".lock")):
                yield
        except OSError as error:
            raise NoCache(self._path, error.strerror or error) from error

    def _is_ours(self) -> bool:
        """Tell whether the file is a record of this kind, and whole."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=dict[str, msgspec.Raw])
            msgspec.json.decode(found[self._noun], type=dict[str, msgspec.Raw])
            return msgspec.json.decode(found["format"], type=int) == FORMAT
        except (msgspec.DecodeError, UnicodeError, RecursionError, KeyError):
            return False

    def _write(self) -> None:
        told = {"format": FORMAT} | self._tell()
        path = self._path
        if not told[self._noun] and not path.exists():
            return
        pretty = msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
        if not path.exists() or path.read_bytes() != pretty:
            files.write_atomic(path, pretty)
        self._known.set_mark(_WRITTEN, "1")


def settle(known: Ledger, host: str) -> list[str]:
    """Note which host is asked from now on, by its URL; say what that means for what is known.

    What a server on this machine told, as one to rehearse with, is no answer of another host.
    """
    before = known.mark(_HOST)
    if before == host:
        return []
    strange = bool(before) and _is_here(before) and not _is_here(host)
    if strange:
        known.drop()
    known.set_mark(_HOST, host)
    if not strange:
        return []
    return [f"What was known came from {before}: everything is looked up anew at {host}."]


def _is_here(host: str) -> bool:
    """Tell whether a URL leads to this machine."""
    server = urlsplit(host).hostname or ""
    return server in ("localhost", "::1") or server.startswith("127.")


def filled(told: Told) -> Told:
    """Leave out what is empty."""
    return {name: value for name, value in told.items() if value}
