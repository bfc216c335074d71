"""The movie worker: one movie read, identified, given what a media centre wants, and reported.

1. What lies there is read: videos, the files beside them, the NFO.
2. Which movie it is is asked of the queue, the NFO, the names and TMDb.
3. What is missing beside it is written; a dry run stops here.
4. What lies there is read again, and told: report, record, outcome.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import files, kinds
from mediakeep.errors import LibraryGone, NotAsked, ServiceFailed, Unreadable
from mediakeep.item import MovieItem, Status
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.media import access
from mediakeep.movies import beside, diagnose, endings, neighbours, scan, sidecars, tools, writing
from mediakeep.movies.account import Account, Sidecar
from mediakeep.movies.beside import Beside
from mediakeep.movies.endings import Repairs
from mediakeep.movies.identify import identity as identities
from mediakeep.movies.identify.choice import Skipped
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie, Video
from mediakeep.movies.plan import NFO, SIDECAR, Due
from mediakeep.movies.tools import Places, Tools
from mediakeep.movies.writing import Written
from mediakeep.outcome import QUIET, Outcome, Progress, Work, Worker


@contextmanager
def opened(places: Places) -> Iterator[Worker]:
    """Give a process its worker, and what it works with."""
    with tools.opened(places) as open_ones:
        yield functools.partial(movie, places=places, tools=open_ones)


class Planned(msgspec.Struct, frozen=True):
    """A movie as it was found, which one it is, and what is due beside it."""

    local: Movie
    there: Beside
    identity: Identity
    due: tuple[Due, ...] = ()


def movie(work: Work, progress: Progress, places: Places, tools: Tools) -> Outcome:
    """Read, identify, enrich and report one movie.

    Skipped where it has vanished, or a person leaves it open; LibraryGone where the whole library
    has; Unreadable where a folder refuses; Stopped where a person ends it. Done twice, it writes
    nothing the second time.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_there(path):
        return _vanished(_library(path, work.stamp.key))
    tools.desk.progress = progress
    try:
        planned = plan(work, progress, tools)
        written = writing.write(planned.local, planned.due, work.stamp, tools)
        told = _told(work, planned, written, tools)
    except Skipped:
        return Outcome(Status.SKIPPED, "left open", data={"skip_reason": "left open by a person"})
    finally:
        tools.desk.progress = QUIET
        tools.index.commit()
    issues = diagnose.issues(told)
    if places.write:
        endings.write(told, issues, work, places.home)
    result = endings.outcome(told, issues, work, written, _repairs(work, tools))
    return structs.replace(result, facts=_facts(result, told.identity, tools))


def plan(work: Work, progress: Progress, tools: Tools) -> Planned:
    """Read and identify a movie, and find out what is due beside it; writes nothing there."""
    path = Path(files.unescape(work.item.path))
    local = _read(path, work.stamp.key, tools, progress)
    there = beside.read(local)
    assert isinstance(work.item, MovieItem)
    identity = _identified(local, work.item, there, tools)
    due, identity = _wanted(local, _as_found(identity, there), there, tools)
    return Planned(local, there, identity, tuple(due))


def _read(path: Path, key: str, tools: Tools, progress: Progress) -> Movie:
    """Read a movie with what its videos hold."""
    local = scan.movie(path, key, _library(path, key))
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
    can no longer tell, and the name is still the same.
    """
    notes, desk, choose = there.notes, tools.desk, tools.places.choose
    if notes is None or notes.found_by != "search" or not there.is_ours:
        return identities.of(local, item, there.ids, desk, choose)
    found = identities.of(local, item, {}, desk, choose)
    if found.is_certain or notes.name != local.name:
        return found
    again = identities.of(local, item, there.ids, desk)
    return again if again.is_certain else found


def _as_found(identity: Identity, there: Beside) -> Identity:
    """Tell how it was found out first, where the NFO only repeats that."""
    notes = there.notes
    if notes is None or identity.by != "nfo" or not there.is_ours:
        return identity
    sure = Sure.USER if notes.match == Sure.USER else identity.sure
    return structs.replace(identity, by=notes.found_by, confidence=notes.confidence, sure=sure)


def _wanted(
    local: Movie, identity: Identity, there: Beside, tools: Tools
) -> tuple[list[Due], Identity]:
    """Return the files that are due, and why pictures could not be asked for, in the identity."""
    film, locale = identity.movie, tools.places.access.locale
    if film is None or not identity.is_certain or there.is_locked:
        return [], identity
    due, details = sidecars.nfo(local, film, there, locale)
    found = [due] if due else []
    roles = tools.places.roles
    try:
        found += sidecars.pictures(local, film, tools, roles)
    except (NotAsked, ServiceFailed) as error:
        failed = isinstance(error, ServiceFailed)
        identity = structs.replace(identity, why=str(error), failed=failed)
    ours = details if NFO in roles else there.written
    if notes := sidecars.notes(local, identity, there, locale, ours):
        found.append(notes)
    return [one for one in found if one.role in roles], identity


def _told(work: Work, planned: Planned, written: Written, tools: Tools) -> Account:
    """Read what lies there now, and tell it with what other movies have to do with it."""
    path = Path(files.unescape(work.item.path))
    before = local = planned.local
    if written.made:
        again = scan.movie(path, before.key, _library(path, before.key))
        local = structs.replace(again, videos=before.videos)
    gaps, identity = _gaps(planned.identity, tools)
    return Account(
        local=local,
        identity=identity,
        nfo=beside.again(local, planned.there),
        locale=tools.places.access.locale,
        made=endings.made(work, local, written),
        due=tuple(written.due),
        held=(*written.held, *_withheld(planned.there, before)),
        twins=tuple(neighbours.twins(before, identity, tools.desk)),
        gaps=gaps,
    )


def _withheld(there: Beside, local: Movie) -> Iterator[Sidecar]:
    if there.notes_trouble:
        yield Sidecar(SIDECAR, local.sidecar, there.notes_trouble)


def _gaps(identity: Identity, tools: Tools) -> tuple[tuple[Hit, ...], Identity]:
    """Return what its collection lacks here; where nobody could be asked, the identity says so."""
    try:
        return neighbours.gaps(identity, tools.desk), identity
    except NotAsked as error:
        return (), identity if identity.why else structs.replace(identity, why=str(error))
    except ServiceFailed as error:
        return (), structs.replace(identity, why=str(error), failed=True)


def _repairs(work: Work, tools: Tools) -> Repairs:
    """Count the files that were written for an item, since its first claim and in this one."""
    by_hand = tools.places.by_hand
    first = work.item.repaired if by_hand or work.item.for_lookup else 0
    first = first or (0 if by_hand else work.stamp.first_claim)
    if not tools.places.write or not tools.has_changed_files or (by_hand and not first):
        return Repairs()
    made = tools.store.changes(work.stamp.key, first, work.stamp.since, kinds.MOVIES.name)
    if not first:  # what no queue knows has no claims, and one session
        made = [one for one in made if one.session == work.stamp.session]
    fresh = [one for one in made if one.first_claim >= work.stamp.first_claim and not by_hand]
    return Repairs(len(made), len(fresh), first if made or by_hand else 0)


def _facts(result: Outcome, identity: Identity, tools: Tools) -> dict[str, object]:
    """Add to what the history is told what asking has cost, and why it was not done."""
    spent = tools.desk.spent.taken()
    cost = {"requests": spent.requests, "hits": spent.hits, "waited": round(spent.waited, 3)}
    facts = result.facts | {name: value for name, value in cost.items() if value}
    if identity.why:
        facts["unreached" if identity.failed else "unasked"] = identity.why
    if tools.places.by_hand:
        fixed = ("issues_found", "issues_resolved", "auto_fixed")
        facts = {"by_hand": True} | {k: v for k, v in facts.items() if k not in fixed}
    return facts


def _library(path: Path, key: str) -> Path:
    """Return the library that a movie's path lies in, of which the key is the place below it."""
    depth = len(Path(files.unescape(key)).parts)
    return path.parents[min(depth, len(path.parents)) - 1]


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise access.refusal(path, error) from error
    return True


def _vanished(library: Path) -> Outcome:
    """Skip a movie that is gone, unless the library is: then nothing may be concluded."""
    try:
        empty = all(path.name.startswith(".") for path in library.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(library), "missing") from error
    except OSError as error:
        raise access.refusal(library, error) from error
    if empty:
        raise LibraryGone(files.escape(library), "empty")
    return Outcome(Status.SKIPPED, message="it has vanished", data={"skip_reason": "vanished"})
