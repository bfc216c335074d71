"""How TMDb was asked last: what only reads again asks nobody, but means the same host and language.

Answers are known by their addresses, in which both stand.
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


def note(known: Ledger, access: Access) -> None:
    """Note how it is asked from now on."""
    asked = _Asked(access.catalogue.host, access.pictures.host, access.locale)
    text = msgspec.json.encode(asked).decode()
    if known.mark(_MARK) != text:
        known.set_mark(_MARK, text)


def closed(folder: Path) -> Access:
    """Return the access by which nobody is asked, and what is known is found; NoCache."""
    desk = Desk(folder, CLOSED)
    if not desk.has_file:
        return CLOSED
    with contextlib.closing(desk):
        text = desk.known.mark(_MARK)
    try:
        asked = msgspec.json.decode(text, type=_Asked)
    except msgspec.DecodeError:  # of a time when nothing was noted
        return CLOSED
    return structs.replace(
        CLOSED,
        catalogue=_at(CLOSED.catalogue, asked.host),
        pictures=_at(CLOSED.pictures, asked.pictures),
        locale=asked.locale,
    )


def _at(service: Service, host: str) -> Service:
    return structs.replace(service, host=host)
