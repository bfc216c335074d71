"""Which NFOs of a movie mediakeep created, by the undo records."""

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


def misplaced(local: Movie, tools: Tools) -> dict[str, bytes]:
    """Return the NFOs of ours that lie where Jellyfin never reads them, as they are now.

    Earlier versions of mediakeep wrote them. The one that counts is among them even if the user has
    edited it since, for it is moved with all that it says; any other only if it is as we wrote it.
    """
    wanted = plan.new_nfo_place(local)
    others = [one for one in local.nfos if one not in (wanted, plan.MOVIE_NFO)]
    if not others or not tools.has_changed_files:
        return {}
    found = {}
    for place in others:
        data = _content(local, place)
        ours = _created(local, place, tools) if data is not None else ""
        is_same = data is not None and sha256(data).hexdigest() == ours
        if data is not None and ours and (is_same or place == local.nfos[0]):
            found[place] = data
    is_moved = local.nfos[0] in found
    return found if is_moved or local.nfos[0] in (wanted, plan.MOVIE_NFO) else {}


def _created(local: Movie, place: str, tools: Tools) -> str:
    """Return the SHA-256 of an NFO as mediakeep wrote it last; "" if somebody else created it."""
    path = files.escape(plan.path(local, place).resolve())
    entries = tools.store.find(Query(file=path))
    made = [one.record for one in entries if one.state == DONE]
    return made[-1].new.sha256 if made and _is_ours(made) else ""


def _is_ours(made: Iterable[Record]) -> bool:
    """Tell whether the file that is there after these changes was created by us.

    What an undo brings back is whose it was before it was removed.
    """
    ours = before = False
    for one in made:
        if one.old.is_nothing:
            ours = before if one.undoes else True
        elif one.new.is_nothing:
            ours, before = False, ours
    return ours


def _content(local: Movie, place: str) -> bytes | None:
    try:
        return sidecars.read(plan.path(local, place))
    except Unreadable:
        return None
