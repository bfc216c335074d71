"""What one movie is, and what is due beside it: read, identified and decided, nothing written."""

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
from mediakeep.movies.identify import identity as identities
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
    """A movie as it was found, which one it is, and what is due beside it."""

    local: Movie
    there: Beside
    identity: Identity
    due: tuple[Due, ...] = ()
    details: Details | None = None  # what of ours the NFO says when that is written

    @property
    def is_open(self) -> bool:
        """Whether it is known which movie it is, and its files may be written."""
        known = self.identity.movie is not None and self.identity.is_certain
        return known and not self.there.is_locked


def of(work: Work, progress: Progress, tools: Tools) -> Planned:
    """Read and identify a movie, and find out what is due beside it; writes nothing there."""
    path = Path(files.unescape(work.item.path))
    local = _read(path, work.stamp.key, tools, progress)
    there = beside.read(local)
    assert isinstance(work.item, MovieItem)
    identity = _identified(local, work.item, there, tools)
    return _wanted(Planned(local, there, _as_found(identity, there)), tools)


def notes(found: Planned, written: Written, stamp: Stamp, tools: Tools) -> list[Due]:
    """Return our own notes where they are due, by what of the rest could be written."""
    roles, film = tools.places.roles, found.identity.movie
    if film is None or not found.is_open or SIDECAR not in roles:
        return []
    held = {one.place for one in written.held}
    done = {one.role: one for one in found.due if one.place not in held}
    is_said = NFO in roles and (NFO in done or not any(one.role == NFO for one in found.due))
    before = found.there.notes.pictures if found.there.notes else {}
    fresh = {
        role: Fetched(film.id, sha256(one.data).hexdigest())
        for role, one in done.items()
        if role in art.ROLES
    }
    ours = before | fresh
    ours |= dues.unnoted(found.local, film, ours.keys(), stamp, tools)
    said = Said(found.details if is_said else found.there.written, ours, is_said)
    due = dues.notes(found.local, found.identity, found.there, tools.places.access.locale, said)
    return [due] if due else []


def _read(path: Path, key: str, tools: Tools, progress: Progress) -> Movie:
    """Read a movie with what its videos hold."""
    local = scan.movie(path, key, model.library(path, key), tools.places.ignored)
    local = beside.without_blank_nfos(local)
    if local.disc:
        return structs.replace(local, videos=(_film(path, tools),))
    videos = []
    for done, video in enumerate(local.videos):
        progress(done, len(local.videos))
        videos.append(_probed(local, video, tools))
    return structs.replace(local, videos=tuple(videos))


def _film(folder: Path, tools: Tools) -> Video:
    """Return the film of a disc's copy as one video."""
    try:
        facts = tools.index.disc(folder)
    except Unreadable as error:
        return Video(place="", trouble=str(error))
    return Video(place="", size=facts.size, facts=facts)


def _probed(local: Movie, video: Video, tools: Tools) -> Video:
    try:
        path = Path(files.unescape(local.root), files.unescape(video.place))
        return structs.replace(video, facts=tools.index.facts(path))
    except Unreadable as error:
        return structs.replace(video, trouble=str(error))


def _identified(local: Movie, item: MovieItem, there: Beside, tools: Tools) -> Identity:
    """Find out which movie it is.

    An NFO that only repeats what a search of ours has found is no witness to it, unless a search
    can no longer tell, and the name is still the same. Nor is one that repeats a person's word,
    once there is another.
    """
    notes, desk, choose = there.notes, tools.desk, tools.places.choose
    if notes is None:
        is_echo = _was_cut_off(local, there, tools)
    else:
        is_said = item.match == "user" and bool(item.tmdb_id or item.imdb_id)
        echoed = {"search", "queue", "person"} if is_said else {"search"}
        is_echo = notes.found_by in echoed and there.is_ours
    if not is_echo:
        return identities.of(local, item, there.ids, desk, choose)
    found = identities.of(local, item, {}, desk, choose)
    if found.is_certain or (notes and notes.name != local.name):
        return found
    again = identities.of(local, item, there.ids, desk)
    return again if again.is_certain else found


def _was_cut_off(local: Movie, there: Beside, tools: Tools) -> bool:
    """Tell whether the NFO got its ids from us, and the run ended before our notes said so."""
    if not (there.ids and there.nfo_bytes and tools.has_changed_files):
        return False
    made = _changes(local, local.nfos[0], tools)
    if not made or made[-1].new.sha256 != sha256(there.nfo_bytes).hexdigest():
        return False
    if _changes(local, plan.sidecar_place(local), tools):  # they were there, and are gone since
        return False
    given = (tools.store.fields(one).get("ids") for one in made)
    return any(one is not None and not one.old for one in given)


def _changes(local: Movie, place: str, tools: Tools) -> list[Record]:
    """Return what was changed at a place, oldest first."""
    path = files.escape(os.path.realpath(plan.path(local, place)))  # even of a loop of links
    found = tools.store.find(Query(path=path))
    return [one.record for one in found if one.state == DONE]


def _as_found(identity: Identity, there: Beside) -> Identity:
    """Tell how it was found out first, where the NFO only repeats that."""
    notes = there.notes
    if notes is None or identity.by != "nfo" or not there.is_ours:
        return identity
    sure = Sure.USER if notes.match == Sure.USER else identity.sure
    return structs.replace(identity, by=notes.found_by, confidence=notes.confidence, sure=sure)


def _wanted(found: Planned, tools: Tools) -> Planned:
    """Add what is due but for our notes; the identity tells why pictures were not asked for."""
    identity, local, there = found.identity, found.local, found.there
    if identity.movie is None or not found.is_open:
        return found
    nfo, details = dues.nfo(local, identity.movie, there, tools.places.access.locale, tools)
    due = [nfo] if nfo and NFO in tools.places.roles else []
    try:
        due += dues.pictures(local, identity.movie, there, tools)
    except (NotAsked, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        identity = structs.replace(identity, why=str(error), failed=failed)
    return structs.replace(found, identity=identity, due=tuple(due), details=details)
