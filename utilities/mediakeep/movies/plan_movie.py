"""Plan the processing of one movie: read it, identify it and decide which files to write."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import LookupSkipped, ServiceFailed, Unreadable
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.record_lookup import DONE
from mediakeep.movies import model
from mediakeep.movies.identify import identify_movie
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import LocalMovie, MovieVideo
from mediakeep.movies.scan import library_scan
from mediakeep.movies.sidecars import artwork, decide_sidecars, existing_sidecars, pending_files
from mediakeep.movies.sidecars.decide_sidecars import WrittenContent
from mediakeep.movies.sidecars.existing_sidecars import ExistingSidecars
from mediakeep.movies.sidecars.metadata_json import RecordedPicture
from mediakeep.movies.sidecars.pending_files import METADATA, NFO, PendingFile
from mediakeep.movies.sidecars.write_sidecars import SidecarWriteResult
from mediakeep.movies.worker_context import MovieWorkerContext
from mediakeep.outcome import Progress, Stamp, Work


class MoviePlan(msgspec.Struct, frozen=True):
    """The plan for a movie: its files on disk, its identity and the sidecars to write."""

    local: LocalMovie
    existing: ExistingSidecars
    identity: MovieIdentity
    pending: tuple[PendingFile, ...] = ()
    details: NfoMovie | None = None  # the values of ours in the NFO after the write

    @property
    def is_writable(self) -> bool:
        """True if the movie is identified and mediakeep may write files next to it."""
        is_identified = self.identity.movie is not None and self.identity.is_certain
        return is_identified and not self.existing.is_locked


def build_plan(work: Work, progress: Progress, context: MovieWorkerContext) -> MoviePlan:
    """Read and identify a movie, and decide which sidecars to write; write nothing."""
    path = Path(path_text.unescape_path(work.item.path))
    local = _read_movie(path, work.stamp.key, context, progress)
    existing = existing_sidecars.read_existing(local)
    assert isinstance(work.item, MovieItem)
    identity = _identify_movie(local, work.item, existing, context)
    return _add_pending_files(
        MoviePlan(local, existing, _restore_source(identity, existing)), context
    )


def plan_metadata_file(
    planned: MoviePlan, written: SidecarWriteResult, stamp: Stamp, context: MovieWorkerContext
) -> list[PendingFile]:
    """Return the metadata file of a movie in a list, or [] if it need not be written.

    `written` says which of the other sidecars could be written.
    """
    roles, movie = context.config.roles, planned.identity.movie
    if movie is None or not planned.is_writable or METADATA not in roles:
        return []
    blocked = {sidecar.place for sidecar in written.blocked}
    files_by_role = {file.role: file for file in planned.pending if file.place not in blocked}
    is_current = NFO in roles and (
        NFO in files_by_role or not any(file.role == NFO for file in planned.pending)
    )
    before = planned.existing.metadata.pictures if planned.existing.metadata else {}
    fresh = {
        role: RecordedPicture(movie.id, sha256(file.data).hexdigest())
        for role, file in files_by_role.items()
        if role in artwork.PICTURE_ROLES
    }
    ours = before | fresh
    ours |= decide_sidecars.find_unrecorded_pictures(
        planned.local, movie, ours.keys(), stamp, context
    )
    said = WrittenContent(
        planned.details if is_current else planned.existing.last_written, ours, is_current
    )
    due = decide_sidecars.decide_metadata(
        planned.local, planned.identity, planned.existing, context.config.services.locale, said
    )
    return [due] if due else []


def _read_movie(
    path: Path, key: str, context: MovieWorkerContext, progress: Progress
) -> LocalMovie:
    """Read the files of a movie and probe its videos."""
    local = library_scan.read_movie(
        path, key, model.library_root(path, key), context.config.ignored
    )
    local = existing_sidecars.without_blank_nfos(local)
    if local.disc:
        return structs.replace(local, videos=(_read_disc(path, context),))
    videos = []
    for done, video in enumerate(local.videos):
        progress(done, len(local.videos))
        videos.append(_probe_video(local, video, context))
    return structs.replace(local, videos=tuple(videos))


def _read_disc(folder: Path, context: MovieWorkerContext) -> MovieVideo:
    """Return the main movie of a disc copy as one video."""
    try:
        facts = context.video_cache.get_disc_info(folder)
    except Unreadable as error:
        return MovieVideo(place="", trouble=str(error))
    return MovieVideo(place="", size=facts.size, facts=facts)


def _probe_video(local: LocalMovie, video: MovieVideo, context: MovieWorkerContext) -> MovieVideo:
    try:
        path = Path(path_text.unescape_path(local.root), path_text.unescape_path(video.place))
        return structs.replace(video, facts=context.video_cache.get_info(path))
    except Unreadable as error:
        return structs.replace(video, trouble=str(error))


def _identify_movie(
    local: LocalMovie, item: MovieItem, existing: ExistingSidecars, context: MovieWorkerContext
) -> MovieIdentity:
    """Return the identity of a movie from its files and TMDb.

    An NFO that only repeats the result of our own search is not evidence, unless a new search is
    inconclusive and the name is unchanged. Nor is an NFO that repeats the user's choice after the
    user has made another one.
    """
    notes, tmdb, choose = existing.metadata, context.tmdb_context, context.config.choose
    if notes is None:
        is_repeated = _is_interrupted_write(local, existing, context)
    else:
        has_user_id = item.match == "user" and bool(item.tmdb_id or item.imdb_id)
        our_sources = {"search", "queue", "person"} if has_user_id else {"search"}
        is_repeated = notes.found_by in our_sources and existing.is_written_by_us
    if not is_repeated:
        return identify_movie.identify(local, item, existing.ids, tmdb, choose)
    searched = identify_movie.identify(local, item, {}, tmdb, choose)
    if searched.is_certain or (notes and notes.name != local.name):
        return searched
    with_nfo = identify_movie.identify(local, item, existing.ids, tmdb)
    return with_nfo if with_nfo.is_certain else searched


def _is_interrupted_write(
    local: LocalMovie, existing: ExistingSidecars, context: MovieWorkerContext
) -> bool:
    """Return True if a run ended after it wrote the NFO, but before the metadata file.

    This is so if the NFO is as mediakeep wrote it with its IDs, and no metadata file was ever
    written.
    """
    if not (existing.ids and existing.nfo_bytes and context.has_changed_files):
        return False
    changes = _list_changes(local, local.nfos[0], context)
    if not changes or changes[-1].new.sha256 != sha256(existing.nfo_bytes).hexdigest():
        return False
    # it existed, and was removed since
    if _list_changes(local, pending_files.metadata_place(local), context):
        return False
    changed_ids = (context.store.load_fields(record).get("ids") for record in changes)
    return any(change is not None and not change.old for change in changed_ids)


def _list_changes(local: LocalMovie, place: str, context: MovieWorkerContext) -> list[ChangeRecord]:
    """Return the recorded changes of a movie's file, oldest first.

    `place` is its path relative to the movie's root.
    """
    # also for a loop of links
    path = path_text.escape_path(os.path.realpath(pending_files.absolute_path(local, place)))
    entries = context.store.find(RecordQuery(path=path))
    return [entry.record for entry in entries if entry.state == DONE]


def _restore_source(identity: MovieIdentity, existing: ExistingSidecars) -> MovieIdentity:
    """Return the identity with its original source if the NFO only repeats an earlier result."""
    notes = existing.metadata
    if notes is None or identity.decided_by != "nfo" or not existing.is_written_by_us:
        return identity
    match_status = MatchStatus.USER if notes.match == MatchStatus.USER else identity.status
    return structs.replace(
        identity, decided_by=notes.found_by, confidence=notes.confidence, status=match_status
    )


def _add_pending_files(planned: MoviePlan, context: MovieWorkerContext) -> MoviePlan:
    """Return the plan with the sidecars to write, and with the reason if pictures are missing."""
    identity, local, current_files = planned.identity, planned.local, planned.existing
    if identity.movie is None or not planned.is_writable:
        return planned
    nfo, details = decide_sidecars.decide_nfo(
        local, identity.movie, current_files, context.config.services.locale, context
    )
    due = [nfo] if nfo and NFO in context.config.roles else []
    try:
        due += decide_sidecars.decide_pictures(local, identity.movie, current_files, context)
    except (LookupSkipped, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        identity = structs.replace(identity, lookup_error=str(error), is_service_failure=failed)
    return structs.replace(planned, identity=identity, pending=tuple(due), details=details)
