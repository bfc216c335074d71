"""Read the NFO and the metadata file of a movie, before any lookup."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.errors import BrokenNfo, NotAMovieNfo, Unreadable, UnsafeNfo
from mediakeep.media import open_file
from mediakeep.media.nfo import nfo_file as nfos
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.nfo.nfo_file import NfoFile
from mediakeep.movies import result
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.result import NfoState
from mediakeep.movies.sidecars import metadata_json, pending_files
from mediakeep.movies.sidecars.metadata_json import MovieMetadata

_BLANK_BYTES = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\v\f"  # including byte order marks


class ExistingSidecars(msgspec.Struct, frozen=True):
    """The NFO and the metadata file that a movie has now.

    Bytes are None if there is no file, and `metadata_error` says what is wrong. `ids` are the movie
    IDs in any NFO of the movie, by service; those in the first NFO take precedence.
    """

    nfo: result.NfoStatus = result.NfoStatus()
    document: NfoFile | None = None
    nfo_bytes: bytes | None = None
    ids: dict[str, str] = {}
    metadata: MovieMetadata | None = None
    metadata_bytes: bytes | None = None
    metadata_error: str = ""

    @property
    def last_written(self) -> NfoMovie | None:
        """The values that mediakeep wrote into the NFO last, or None if unknown."""
        return self.metadata.nfo if self.metadata else None

    @property
    def is_written_by_us(self) -> bool:
        """True if mediakeep wrote the IDs of the NFO, and the user has not changed them."""
        details, notes = self.nfo.details, self.metadata
        if details is None or notes is None or notes.nfo is None:
            return False
        return details.ids == notes.nfo.ids and details.ids.get("tmdb") == str(notes.tmdb_id)

    @property
    def is_locked(self) -> bool:
        """True if the NFO forbids changes with Jellyfin's lock element."""
        return self.nfo.state is NfoState.LOCKED


def without_blank_nfos(local: LocalMovie) -> LocalMovie:
    """Return the movie without its blank NFOs.

    If it has only blank ones, the one that a new NFO will replace is kept.
    """
    filled = [
        place
        for place in local.nfos
        if not _is_blank_file(pending_files.absolute_path(local, place))
    ]
    places = (pending_files.MOVIE_NFO, pending_files.new_nfo_place(local))
    kept_nfos = filled or [place for place in local.nfos if place in places][:1]
    return msgspec.structs.replace(local, nfos=tuple(kept_nfos))


def read_existing(local: LocalMovie) -> ExistingSidecars:
    """Read the NFO and the metadata file of a movie.

    Raise Unreadable only if a regular file cannot be read.
    """
    return _add_metadata(local, _read_nfo(local))


def reread_nfo(local: LocalMovie, before: ExistingSidecars) -> result.NfoStatus:
    """Return the state of a movie's NFO after it was written.

    `before` is what was read before the write.
    """
    return _read_nfo(local).nfo if local.nfos else before.nfo


def _read_nfo(local: LocalMovie) -> ExistingSidecars:
    if not local.nfos:
        return ExistingSidecars()
    place = local.nfos[0]
    if not pending_files.absolute_path(local, place).is_file():
        return ExistingSidecars(_describe_irregular_file(local, place))
    data = _read_limited(pending_files.absolute_path(local, place), nfos.MAX_SIZE)
    if _is_blank(data):
        return ExistingSidecars(result.NfoStatus(place=place, reason="it is empty"), None, data)
    ids: dict[str, str] = {}
    for other in local.nfos:
        if not pending_files.absolute_path(local, other).is_file():
            continue
        text = (
            data
            if other == place
            else _read_limited(pending_files.absolute_path(local, other), nfos.MAX_SIZE)
        )
        ids = nfos.find_movie_ids(text) | ids
    try:
        tree = nfos.parse_nfo(data)
    except UnsafeNfo as error:
        return ExistingSidecars(_unreadable_nfo(NfoState.UNSAFE, place, error), None, data)
    except NotAMovieNfo as error:
        state = NfoState.BROKEN if isinstance(error, BrokenNfo) else NfoState.SCENE
        return ExistingSidecars(_unreadable_nfo(state, place, error), None, data, ids)
    state = NfoState.LOCKED if tree.is_locked else NfoState.READ
    status = result.NfoStatus(state, place, tree.details, invalid_ids=tree.invalid_ids)
    return ExistingSidecars(status, tree, data, ids)


def _describe_irregular_file(local: LocalMovie, place: str) -> result.NfoStatus:
    """Return the state of an NFO that is not a regular file.

    It says whether that is a pipe, or a broken or circular link.
    """
    try:
        _read_limited(pending_files.absolute_path(local, place), 0)
    except Unreadable as error:
        return result.NfoStatus(NfoState.BROKEN, place, None, error.args[1])
    return result.NfoStatus(NfoState.BROKEN, place, None, "it changed while it was read")


def _is_blank_file(path: Path) -> bool:
    return path.is_file() and _is_blank(_read_limited(path, nfos.MAX_SIZE))


def _is_blank(data: bytes) -> bool:
    return not data.strip(_BLANK_BYTES)


def _unreadable_nfo(state: NfoState, place: str, error: Exception) -> result.NfoStatus:
    return result.NfoStatus(state, place, None, str(error.args[0]))


def _add_metadata(local: LocalMovie, existing: ExistingSidecars) -> ExistingSidecars:
    if not local.metadata_file:
        return existing
    data, notes, trouble = None, None, ""
    try:
        data = _read_limited(
            pending_files.absolute_path(local, local.metadata_file), metadata_json.MAX_BYTES
        )
        notes = metadata_json.parse_json(data, local.metadata_file)
    except Unreadable as error:
        trouble = str(error)
    return msgspec.structs.replace(
        existing, metadata=notes, metadata_bytes=data, metadata_error=trouble
    )


def _read_limited(path: Path, max_size: int) -> bytes:
    """Return the first bytes of a file, up to a limit; a sidecar is not longer."""
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        return handle.read(max_size + 1)
