"""Find out from the undo records which NFOs mediakeep created."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.media import sidecars
from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.record import Record
from mediakeep.media.undoing.store import DONE
from mediakeep.movies.model import Movie
from mediakeep.movies.sidecars import plan
from mediakeep.movies.tools import Tools


def misplaced(local: Movie, context: Tools) -> dict[str, bytes]:
    """Return our NFOs in places that Jellyfin does not read, with their content.

    Earlier versions of mediakeep wrote them. The effective one is included even if the user has
    edited it, as it is moved with its whole content; others only if unchanged.
    """
    wanted = plan.new_nfo_place(local)
    others = [place for place in local.nfos if place not in (wanted, plan.MOVIE_NFO)]
    if not others or not context.has_changed_files:
        return {}
    our_nfos = {}
    for place in others:
        data = _content(local, place)
        checksum = _created(local, place, context) if data is not None else ""
        is_unchanged = data is not None and sha256(data).hexdigest() == checksum
        if data is not None and checksum and (is_unchanged or place == local.nfos[0]):
            our_nfos[place] = data
    is_moved = local.nfos[0] in our_nfos
    return our_nfos if is_moved or local.nfos[0] in (wanted, plan.MOVIE_NFO) else {}


def _created(local: Movie, place: str, context: Tools) -> str:
    """Return the SHA-256 of an NFO as we wrote it last, or "" if we did not create it."""
    path = files.escape(plan.path(local, place).resolve())
    entries = context.store.find(Query(file=path))
    records = [entry.record for entry in entries if entry.state == DONE]
    return records[-1].new.sha256 if records and _is_ours(records) else ""


def _is_ours(records: Iterable[Record]) -> bool:
    """Return True if, after these changes, the existing file was created by us.

    A file restored by an undo belongs to whoever owned it before it was removed.
    """
    ours = before = False
    for record in records:
        if record.old.is_nothing:
            ours = before if record.undoes else True
        elif record.new.is_nothing:
            ours, before = False, ours
    return ours


def _content(local: Movie, place: str) -> bytes | None:
    try:
        return sidecars.read(plan.path(local, place))
    except Unreadable:
        return None
