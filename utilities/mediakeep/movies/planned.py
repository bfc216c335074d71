"""Plan the processing of one movie: read it, identify it and decide which files to write."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import files
from mediakeep.errors import NotAsked, ServiceFailed, Unreadable
from mediakeep.item import MovieItem
from mediakeep.media.nfo.details import Details
from mediakeep.media.undoing.entries import DONE
from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.record import Record
from mediakeep.movies import model, scan
from mediakeep.movies.identify import identity as identify_movie
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie, Video
from mediakeep.movies.sidecars import art, beside, dues, plan
from mediakeep.movies.sidecars.beside import Beside
from mediakeep.movies.sidecars.dues import Said
from mediakeep.movies.sidecars.knowledge import Fetched
from mediakeep.movies.sidecars.plan import NFO, SIDECAR, Due
from mediakeep.movies.sidecars.writing import Written
from mediakeep.movies.tools import Tools
from mediakeep.outcome import Progress, Stamp, Work


class Planned(msgspec.Struct, frozen=True):
    """A movie on disk, its identity and the sidecars to write."""

    local: Movie
    there: Beside
    identity: Identity
    due: tuple[Due, ...] = ()
    details: Details | None = None  # the values of ours in the NFO after the write

    @property
    def is_open(self) -> bool:
        """True if the movie is identified and its files may be written."""
        known = self.identity.movie is not None and self.identity.is_certain
        return known and not self.there.is_locked


def of(work: Work, progress: Progress, context: Tools) -> Planned:
    """Read and identify a movie and decide which sidecars to write. Nothing is written."""
    path = Path(files.unescape(work.item.path))
    local = _read(path, work.stamp.key, context, progress)
    there = beside.read(local)
    assert isinstance(work.item, MovieItem)
    identity = _identified(local, work.item, there, context)
    return _wanted(Planned(local, there, _as_found(identity, there)), context)


def notes(planned: Planned, written: Written, stamp: Stamp, context: Tools) -> list[Due]:
    """Return the metadata file if it has to be written, given what else could be written."""
    roles, film = context.places.roles, planned.identity.movie
    if film is None or not planned.is_open or SIDECAR not in roles:
        return []
    blocked = {sidecar.place for sidecar in written.held}
    done = {file.role: file for file in planned.due if file.place not in blocked}
    is_current = NFO in roles and (NFO in done or not any(file.role == NFO for file in planned.due))
    before = planned.there.notes.pictures if planned.there.notes else {}
    fresh = {
        role: Fetched(film.id, sha256(file.data).hexdigest())
        for role, file in done.items()
        if role in art.ROLES
    }
    ours = before | fresh
    ours |= dues.unnoted(planned.local, film, ours.keys(), stamp, context)
    said = Said(planned.details if is_current else planned.there.written, ours, is_current)
    due = dues.notes(
        planned.local, planned.identity, planned.there, context.places.access.locale, said
    )
    return [due] if due else []


def _read(path: Path, key: str, context: Tools, progress: Progress) -> Movie:
    """Read a movie and probe its videos."""
    local = scan.movie(path, key, model.library(path, key), context.places.ignored)
    local = beside.without_blank_nfos(local)
    if local.disc:
        return structs.replace(local, videos=(_film(path, context),))
    videos = []
    for done, video in enumerate(local.videos):
        progress(done, len(local.videos))
        videos.append(_probed(local, video, context))
    return structs.replace(local, videos=tuple(videos))


def _film(folder: Path, context: Tools) -> Video:
    """Return the main film of a disc copy as one video."""
    try:
        facts = context.index.disc(folder)
    except Unreadable as error:
        return Video(place="", trouble=str(error))
    return Video(place="", size=facts.size, facts=facts)


def _probed(local: Movie, video: Video, context: Tools) -> Video:
    try:
        path = Path(files.unescape(local.root), files.unescape(video.place))
        return structs.replace(video, facts=context.index.facts(path))
    except Unreadable as error:
        return structs.replace(video, trouble=str(error))


def _identified(local: Movie, item: MovieItem, existing: Beside, context: Tools) -> Identity:
    """Identify the movie.

    An NFO that only repeats the result of our own search is not evidence, unless a new search is
    inconclusive and the name is unchanged. Nor is an NFO that repeats the user's choice after the
    user has made another one.
    """
    notes, desk, choose = existing.notes, context.desk, context.places.choose
    if notes is None:
        is_repeated = _was_cut_off(local, existing, context)
    else:
        has_user_id = item.match == "user" and bool(item.tmdb_id or item.imdb_id)
        our_sources = {"search", "queue", "person"} if has_user_id else {"search"}
        is_repeated = notes.found_by in our_sources and existing.is_ours
    if not is_repeated:
        return identify_movie.of(local, item, existing.ids, desk, choose)
    searched = identify_movie.of(local, item, {}, desk, choose)
    if searched.is_certain or (notes and notes.name != local.name):
        return searched
    with_nfo = identify_movie.of(local, item, existing.ids, desk)
    return with_nfo if with_nfo.is_certain else searched


def _was_cut_off(local: Movie, existing: Beside, context: Tools) -> bool:
    """Return True if we wrote the IDs of the NFO, and the run ended before the metadata file."""
    if not (existing.ids and existing.nfo_bytes and context.has_changed_files):
        return False
    changes = _changes(local, local.nfos[0], context)
    if not changes or changes[-1].new.sha256 != sha256(existing.nfo_bytes).hexdigest():
        return False
    if _changes(local, plan.sidecar_place(local), context):  # it existed, and was removed since
        return False
    changed_ids = (context.store.fields(record).get("ids") for record in changes)
    return any(change is not None and not change.old for change in changed_ids)


def _changes(local: Movie, place: str, context: Tools) -> list[Record]:
    """Return the recorded changes of a place, oldest first."""
    path = files.escape(os.path.realpath(plan.path(local, place)))  # also for a loop of links
    entries = context.store.find(Query(path=path))
    return [entry.record for entry in entries if entry.state == DONE]


def _as_found(identity: Identity, existing: Beside) -> Identity:
    """Restore how the movie was identified first, if the NFO only repeats that."""
    notes = existing.notes
    if notes is None or identity.by != "nfo" or not existing.is_ours:
        return identity
    sure = Sure.USER if notes.match == Sure.USER else identity.sure
    return structs.replace(identity, by=notes.found_by, confidence=notes.confidence, sure=sure)


def _wanted(planned: Planned, context: Tools) -> Planned:
    """Add the files to write except the metadata file; note why pictures are missing."""
    identity, local, there = planned.identity, planned.local, planned.there
    if identity.movie is None or not planned.is_open:
        return planned
    nfo, details = dues.nfo(local, identity.movie, there, context.places.access.locale, context)
    due = [nfo] if nfo and NFO in context.places.roles else []
    try:
        due += dues.pictures(local, identity.movie, there, context)
    except (NotAsked, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        identity = structs.replace(identity, why=str(error), failed=failed)
    return structs.replace(planned, identity=identity, due=tuple(due), details=details)
