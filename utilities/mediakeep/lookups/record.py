"""status/cache/musicbrainz_cache.json: what was looked up, for people and their programs to read.

It is written from what is known, never read for it. Deleting it makes the next run look everything
up anew; one that is damaged is set aside, and written again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mediakeep import files
from mediakeep.errors import NoCache
from mediakeep.lookups.known import Known, Resolved

FILE = "musicbrainz_cache.json"
FORMAT = 1
_WRITTEN = "record"  # the mark of a record that was written
_HOST = "host"  # the mark of who was asked last
_LOCK = "musicbrainz_cache.lock"


class _Head(msgspec.Struct):
    """What tells a record from any other file."""

    format: int
    artists: dict[str, msgspec.Raw]


def check(folder: Path, known: Known) -> list[str]:
    """Take a record that is gone as the wish to have all looked up anew; say what was found."""
    path = folder / FILE
    with _held(folder):
        if not path.exists():
            if not known.mark(_WRITTEN):
                return []
            known.drop()
            return [f"{path} was deleted: everything is looked up anew."]
        if _is_ours(path):
            return []
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        path.rename(aside)
        _write(path, known)
        return [f"{path} was damaged. It is kept as {aside.name}, and was written anew."]


def settle(known: Known, host: str) -> list[str]:
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


def export(folder: Path, known: Known) -> None:
    """Write the record, if anything is known; one that was deleted meanwhile is not written."""
    path = folder / FILE
    with _held(folder):
        if known.mark(_WRITTEN) and not path.exists():
            known.drop()
        else:
            _write(path, known)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the record alone; NoCache where it cannot be read or written."""
    try:
        with files.locked(folder / _LOCK):
            yield
    except OSError as error:
        raise NoCache(folder / FILE, error.strerror or error) from error


def _is_ours(path: Path) -> bool:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Head).format == FORMAT
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False


def _write(path: Path, known: Known) -> None:
    artists = {key: _told(one) for key, one in known.every()}
    if not artists and not path.exists():
        return
    content = msgspec.json.encode({"format": FORMAT, "artists": artists})
    pretty = msgspec.json.format(content, indent=2) + b"\n"
    if not path.exists() or path.read_bytes() != pretty:
        files.write_atomic(path, pretty)
    known.set_mark(_WRITTEN, "1")


def _told(one: Resolved) -> dict[str, Any]:
    """Return what the record says of an artist."""
    told: dict[str, Any] = {"name": one.name, "lookup": one.state, "asked": one.asked}
    if one.artist:
        told |= {"mbid": one.artist.id, "musicbrainz_name": one.artist.name, "found_by": one.by}
        told |= _filled({"disambiguation": one.artist.disambiguation})
    told |= _filled({"merged": one.merged, "deleted": list(one.deleted)})
    told |= _filled({"choices": list(_choices(one))})
    albums = {place: msgspec.to_builtins(album) for place, album in one.albums.items()}
    return told | {"albums": albums}


def _choices(one: Resolved) -> Iterable[dict[str, Any]]:
    for choice in one.choices:
        artist = choice.artist
        told = {"mbid": artist.id, "name": artist.name, "disambiguation": artist.disambiguation}
        yield _filled(told) | {"albums": list(choice.titles)}


def _filled(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value}
