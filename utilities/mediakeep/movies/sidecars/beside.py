"""Read the NFO and the metadata file of a movie, before any lookup."""

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

_BLANK = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\v\f"  # including byte order marks


class Beside(msgspec.Struct, frozen=True):
    """The current files; bytes are None if there is no file, and errors say what is wrong.

    `ids` are those in any NFO of the movie, by service; those in the first NFO take precedence.
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
        """The values that were written into the NFO last, or None if unknown."""
        return self.notes.nfo if self.notes else None

    @property
    def is_ours(self) -> bool:
        """True if mediakeep wrote the IDs of the NFO, and the user has not changed them."""
        details, notes = self.nfo.details, self.notes
        if details is None or notes is None or notes.nfo is None:
            return False
        return details.ids == notes.nfo.ids and details.ids.get("tmdb") == str(notes.tmdb_id)

    @property
    def is_locked(self) -> bool:
        """True if the NFO forbids changes."""
        return self.nfo.state is NfoState.LOCKED


def without_blank_nfos(local: Movie) -> Movie:
    """Return the movie without its blank NFOs, unless there are no others.

    In that case, keep the one that a new NFO will replace.
    """
    filled = [place for place in local.nfos if not _says_nothing(plan.path(local, place))]
    places = (plan.MOVIE_NFO, plan.new_nfo_place(local))
    kept_nfos = filled or [place for place in local.nfos if place in places][:1]
    return msgspec.structs.replace(local, nfos=tuple(kept_nfos))


def read(local: Movie) -> Beside:
    """Read the sidecars of a movie. Raise Unreadable only if a regular file cannot be read."""
    return _with_notes(local, _nfo(local))


def again(local: Movie, before: Beside) -> account.Nfo:
    """Read the NFO again, after it was written."""
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
    status = account.Nfo(state, place, tree.details, invalid_ids=tree.invalid_ids)
    return Beside(status, tree, data, ids)


def _odd(local: Movie, place: str) -> account.Nfo:
    """Return why an NFO is not a regular file: a pipe, or a broken or circular link."""
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


def _with_notes(local: Movie, existing: Beside) -> Beside:
    if not local.sidecar:
        return existing
    data, notes, trouble = None, None, ""
    try:
        data = _content(plan.path(local, local.sidecar), knowledge.LARGEST)
        notes = knowledge.read(data, local.sidecar)
    except Unreadable as error:
        trouble = str(error)
    return msgspec.structs.replace(existing, notes=notes, notes_bytes=data, notes_trouble=trouble)


def _content(path: Path, most: int) -> bytes:
    """Read a small file; a longer one is truncated, and not a sidecar."""
    with access.opened(path) as handle:
        try:
            return handle.read(most + 1)
        except OSError as error:
            raise access.refusal(path, error) from error
