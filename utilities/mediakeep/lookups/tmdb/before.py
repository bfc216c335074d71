"""Host and language of the last TMDb lookups, for commands that only read the cache.

Cached responses are found by their URL, which contains both.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep.lookups.access import Access, Locale
from mediakeep.lookups.answers import Service
from mediakeep.lookups.ledger import Ledger
from mediakeep.lookups.tmdb.desk import CLOSED, Desk

_MARK = "asked"


class _Asked(msgspec.Struct):
    host: str
    pictures: str
    locale: Locale


def note(store: Ledger, access: Access) -> None:
    """Save hosts and language of a configuration."""
    settings = _Asked(access.catalogue.host, access.pictures.host, access.locale)
    text = msgspec.json.encode(settings).decode()
    if store.mark(_MARK) != text:
        store.set_mark(_MARK, text)


def closed(folder: Path) -> Access:
    """Return a disabled configuration with the last settings; raise NoCache if unreadable."""
    desk = Desk(folder, CLOSED)
    if not desk.has_file:
        return CLOSED
    with contextlib.closing(desk):
        text = desk.known.mark(_MARK)
    try:
        last = msgspec.json.decode(text, type=_Asked)
    except msgspec.DecodeError:  # nothing saved yet
        return CLOSED
    return structs.replace(
        CLOSED,
        catalogue=_at(CLOSED.catalogue, last.host),
        pictures=_at(CLOSED.pictures, last.pictures),
        locale=last.locale,
    )


def _at(service: Service, host: str) -> Service:
    return structs.replace(service, host=host)
