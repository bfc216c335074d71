"""What lies beside a movie and is read before anything is looked up: its NFO, and our own notes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.errors import BrokenNfo, NotNfo, Unreadable, UnsafeNfo
from mediakeep.media import access
from mediakeep.media.nfo import nfo as nfos
from mediakeep.media.nfo.details import Details
from mediakeep.media.nfo.nfo import Nfo
from mediakeep.movies import account
from mediakeep.movies.account import NfoState
from mediakeep.movies.model import Movie
from mediakeep.movies.sidecars import knowledge, plan
from mediakeep.movies.sidecars.knowledge import Knowledge

_BLANK = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\v\f"  # byte order marks, too


class Beside(msgspec.Struct, frozen=True):
    """The files as they are now; bytes are None where there is none, `trouble` says what is amiss.

    `ids` are those that any NFO of the movie names, by service; those of the first count.
    """

    nfo: account.Nfo = account.Nfo()
    tree: Nfo | None = None
    nfo_bytes: bytes | None = None
    ids: dict[str, str] = {}
    notes: Knowledge | None = None
    notes_bytes: bytes | None = None
    notes_trouble: str = ""

    @property
    def written(self) -> Details | None:
        """What was written into the NFO last; None where nobody knows."""
        return self.notes.nfo if self.notes else None

    @property
    def is_ours(self) -> bool:
        """Whether the NFO says which movie it is because mediakeep wrote so, and no person did."""
        told, notes = self.nfo.details, self.notes
        if told is None or notes is None or notes.nfo is None:
            return False
        return told.ids == notes.nfo.ids and told.ids.get("tmdb") == str(notes.tmdb_id)

    @property
    def is_locked(self) -> bool:
        """Whether the NFO forbids any change."""
        return self.nfo.state is NfoState.LOCKED


def without_blank_nfos(local: Movie) -> Movie:
    """Return a movie without its NFOs that say nothing, unless there are only such.

    Then the one in whose place an NFO is to be written is left.
    """
    said = [one for one in local.nfos if not _says_nothing(plan.path(local, one))]
    places = (plan.MOVIE_NFO, plan.new_nfo_place(local))
    left = said or [one for one in local.nfos if one in places][:1]
    return msgspec.structs.replace(local, nfos=tuple(left))


def read(local: Movie) -> Beside:
    """Read what lies beside a movie; Unreadable only if the system refuses a regular file."""
    found = _nfo(local)
    return _with_notes(local, found)


def again(local: Movie, before: Beside) -> account.Nfo:
    """Read the NFO once more, after it was written."""
    return _nfo(local).nfo if local.nfos else before.nfo


def _nfo(local: Movie) -> Beside:
    if not local.nfos:
        return Beside()
    place = local.nfos[0]
    if not plan.path(local, place).is_file():
        return Beside(_odd(local, place))
    data = _content(plan.path(local, place), nfos.LIMIT)
    if _is_blank(data):
        return Beside(account.Nfo(place=place, why="it is empty"), None, data)
    ids: dict[str, str] = {}
    for other in local.nfos:
        if not plan.path(local, other).is_file():
            continue
        text = data if other == place else _content(plan.path(local, other), nfos.LIMIT)
        ids = nfos.ids_of(text) | ids
    try:
        tree = nfos.read(data)
    except UnsafeNfo as error:
        return Beside(_refused(NfoState.UNSAFE, place, error), None, data)
    except NotNfo as error:
        state = NfoState.BROKEN if isinstance(error, BrokenNfo) else NfoState.SCENE
        return Beside(_refused(state, place, error), None, data, ids)
    state = NfoState.LOCKED if tree.is_locked else NfoState.READ
    found = account.Nfo(state, place, tree.details, invalid_ids=tree.invalid_ids)
    return Beside(found, tree, data, ids)


def _odd(local: Movie, place: str) -> account.Nfo:
    """Tell why an NFO is no regular file: a pipe, or a link that leads nowhere or in a circle."""
    try:
        _content(plan.path(local, place), 0)
    except Unreadable as error:
        return account.Nfo(NfoState.BROKEN, place, None, error.args[1])
    return account.Nfo(NfoState.BROKEN, place, None, "it changed while it was read")


def _says_nothing(path: Path) -> bool:
    return path.is_file() and _is_blank(_content(path, nfos.LIMIT))


def _is_blank(data: bytes) -> bool:
    return not data.strip(_BLANK)


def _refused(state: NfoState, place: str, error: Exception) -> account.Nfo:
    return account.Nfo(state, place, None, str(error.args[0]))


def _with_notes(local: Movie, found: Beside) -> Beside:
    if not local.sidecar:
        return found
    data, notes, trouble = None, None, ""
    try:
        data = _content(plan.path(local, local.sidecar), knowledge.LARGEST)
        notes = knowledge.read(data, local.sidecar)
    except Unreadable as error:
        trouble = str(error)
    more = {"notes": notes, "notes_bytes": data, "notes_trouble": trouble}
    return msgspec.structs.replace(found, **more)


def _content(path: Path, most: int) -> bytes:
    """Read a small file; one that is longer is none of these, and comes cut off."""
    with access.opened(path) as handle:
        try:
            return handle.read(most + 1)
        except OSError as error:
            raise access.refusal(path, error) from error
