"""Find out from the undo records which NFO files mediakeep created."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.media.safewrite import sidecar_file
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import DONE
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.sidecars import pending_files
from mediakeep.movies.worker_context import MovieWorkerContext


def find_misplaced_nfos(local: LocalMovie, context: MovieWorkerContext) -> dict[str, bytes]:
    """Return the NFOs of mediakeep that Jellyfin does not find, by place, with their content.

    Earlier versions of mediakeep wrote them. The NFO in use is included even if the user has edited
    it, as it is moved with its whole content; others only if unchanged.
    """
    wanted = pending_files.new_nfo_place(local)
    others = [place for place in local.nfos if place not in (wanted, pending_files.MOVIE_NFO)]
    if not others or not context.has_changed_files:
        return {}
    our_nfos = {}
    for place in others:
        data = read_or_none(local, place)
        checksum = _find_our_checksum(local, place, context) if data is not None else ""
        is_unchanged = data is not None and sha256(data).hexdigest() == checksum
        if data is not None and checksum and (is_unchanged or place == local.nfos[0]):
            our_nfos[place] = data
    is_moved = local.nfos[0] in our_nfos
    return our_nfos if is_moved or local.nfos[0] in (wanted, pending_files.MOVIE_NFO) else {}


def _find_our_checksum(local: LocalMovie, place: str, context: MovieWorkerContext) -> str:
    """Return the SHA-256 of an NFO as mediakeep wrote it last.

    Return "" if mediakeep did not create it.
    """
    path = path_text.escape_path(pending_files.absolute_path(local, place).resolve())
    entries = context.store.find(RecordQuery(file=path))
    records = [entry.record for entry in entries if entry.state == DONE]
    return records[-1].new.sha256 if records and _is_created_by_us(records) else ""


def _is_created_by_us(records: Iterable[ChangeRecord]) -> bool:
    """Return True if the recorded changes of an NFO say that mediakeep created it, not the user.

    If an undo restored a removed NFO, its creator is the one from before the removal.
    """
    ours = before = False
    for record in records:
        if record.old.is_no_file:
            ours = before if record.undoes else True
        elif record.new.is_no_file:
            ours, before = False, ours
    return ours


def read_or_none(local: LocalMovie, place: str) -> bytes | None:
    """Return the content of a file, or None if it cannot be read.

    The writer reports that.
    """
    try:
        return sidecar_file.read(pending_files.absolute_path(local, place))
    except Unreadable:
        return None
