"""The movie worker: read, identify, complete and report one movie.

1. Read the videos, the files next to them and the NFO (`plan_movie`).
2. Identify the movie by the queue, the NFO, its names and TMDb (`identify`).
3. Write missing and outdated sidecars; a dry run skips this.
4. Read the files again, and build the report, the record and the outcome.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import structs

from mediakeep import files, kinds
from mediakeep.errors import LibraryGone, NotAsked, ServiceFailed
from mediakeep.item import NEVER_ASK, Status
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.media import access, ignoring, temp_copies
from mediakeep.media.undoing.record import Record
from mediakeep.movies import diagnose, endings, model, neighbours, planned, scan, tools
from mediakeep.movies.account import Account, Sidecar
from mediakeep.movies.endings import Repairs
from mediakeep.movies.identify.choice import NeverAsk
from mediakeep.movies.identify.verdict import Identity
from mediakeep.movies.model import Movie
from mediakeep.movies.outputs import decisions
from mediakeep.movies.planned import Planned
from mediakeep.movies.sidecars import beside, plan, writing
from mediakeep.movies.sidecars.beside import Beside
from mediakeep.movies.sidecars.plan import SIDECAR
from mediakeep.movies.sidecars.writing import Written
from mediakeep.movies.tools import Places, Tools
from mediakeep.outcome import QUIET, Outcome, Progress, Work, Worker

# Once per folder, as a folder may hold the whole library.
_sweep = functools.lru_cache(maxsize=1000)(temp_copies.sweep)


@contextmanager
def opened(config: Places) -> Iterator[Worker]:
    """Open the worker of a process and its context."""
    with tools.opened(config) as context:
        yield functools.partial(movie, places=config, tools=context)


def movie(work: Work, progress: Progress, places: Places, tools: Tools) -> Outcome:
    """Read, identify, complete and report one movie.

    Return SKIPPED if the movie is gone or ignored, or if the user never wants to be asked about it.
    Raise LibraryGone if the whole library is gone, Unreadable if a folder cannot be read, and
    Stopped if the user ends the run. A second run writes nothing.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_there(path):
        return _vanished(model.library(path, work.stamp.key))
    if ignoring.is_ignored(path, model.library(path, work.stamp.key), places.ignored):
        return Outcome(Status.SKIPPED, "it is ignored", data={"skip_reason": "ignored"})
    tools.desk.progress = progress
    try:
        planned_movie = planned.of(work, progress, tools)
        written = _written(work, planned_movie, tools)
        _tidy(planned_movie.local, tools)
        repairs = _repairs(work, tools)
        movie_result = _told(work, planned_movie, written, repairs, tools)
    except NeverAsk:
        command = decisions.bring_back(places.home, work.stamp.key)
        message = f"never asked again; make it pending again with: {command}"
        return Outcome(Status.SKIPPED, message, data={"skip_reason": NEVER_ASK})
    finally:
        tools.desk.progress = QUIET
        tools.index.commit()
    issues = diagnose.issues(movie_result)
    if places.write:
        endings.write(movie_result, issues, work, places.home)
    result = endings.outcome(movie_result, issues, work, written, repairs, is_dry=not places.write)
    return structs.replace(result, facts=_facts(result, movie_result.identity, tools))


def _tidy(local: Movie, context: Tools) -> None:
    """Remove drafts of killed writers; recent ones may still be in use."""
    if context.places.write and context.has_changed_files:
        for place in {plan.nfo_place(local), plan.sidecar_place(local)}:
            with suppress(OSError):
                _sweep(plan.path(local, place).parent)


def _written(work: Work, planned_movie: Planned, context: Tools) -> Written:
    """Write the pending files, and then the metadata file with what was written."""
    done = writing.write(planned_movie.local, planned_movie.due, work.stamp, context)
    last = planned.notes(planned_movie, done, work.stamp, context)
    return writing.write(planned_movie.local, last, work.stamp, context, done)


def _told(
    work: Work, planned_movie: Planned, written: Written, repairs: Repairs, context: Tools
) -> Account:
    """Read the movie again after the writes and add related movies."""
    path = Path(files.unescape(work.item.path))
    before = local = planned_movie.local
    if written.made:
        library = model.library(path, before.key)
        reread = scan.movie(path, before.key, library, context.places.ignored)
        local = structs.replace(beside.without_blank_nfos(reread), videos=before.videos)
    if written.is_overtaken:  # so that the next scan sees the change
        local = structs.replace(local, fingerprint=before.fingerprint)
    owned = neighbours.collected(before, planned_movie.identity, context.desk)
    gaps, identity = _gaps(planned_movie.identity, owned, context)
    return Account(
        local=local,
        identity=identity,
        nfo=beside.again(local, planned_movie.there),
        locale=context.places.access.locale,
        made=endings.made(work, local, written, repairs),
        due=tuple(written.due),
        held=(*written.held, *_withheld(planned_movie.there, before)),
        twins=tuple(neighbours.twins(before, identity, context.desk)),
        gaps=gaps,
        collected=len(owned),
    )


def _withheld(existing: Beside, local: Movie) -> Iterator[Sidecar]:
    if existing.notes_trouble:
        yield Sidecar(SIDECAR, local.sidecar, existing.notes_trouble)


def _gaps(identity: Identity, owned: set[int], context: Tools) -> tuple[tuple[Hit, ...], Identity]:
    """Return the missing movies of the collection, and the identity with the error if unknown."""
    try:
        return neighbours.gaps(identity, owned, context.desk), identity
    except NotAsked as error:
        return (), identity if identity.why else structs.replace(identity, why=str(error))
    except ServiceFailed as error:
        return (), structs.replace(identity, why=str(error), failed=True)


def _repairs(work: Work, context: Tools) -> Repairs:
    """Count the files written for an item, since its first claim and in this run."""
    by_hand = context.places.by_hand
    first = work.item.repaired if by_hand or work.item.for_lookup else 0
    first = first or (0 if by_hand else work.stamp.first_claim)
    if not context.places.write or not context.has_changed_files or (by_hand and not first):
        return Repairs()
    changed = context.store.changes(work.stamp.key, first, work.stamp.since, kinds.MOVIES.name)
    # Removed files were replaced by others.
    written = [change for change in changed if not change.new.is_nothing]
    if not first:  # without a queue there are no claims, only one session
        written = [change for change in written if change.session == work.stamp.session]
    latest = [
        change for change in written if change.first_claim >= work.stamp.first_claim and not by_hand
    ]
    created = tuple(change.path for change in written if change.old.is_nothing)
    fixes = Counter(_kind(change) for change in latest if plan.role(change.path) != plan.ASIDE)
    first_claim = first if written or by_hand else 0
    return Repairs(len(written), len(latest), first_claim, created, fixes)


def _kind(change: Record) -> str:
    """Return the kind of fix, named like the issue kind if there is one."""
    return f"{'missing' if change.old.is_nothing else 'outdated'}-{plan.role(change.path)}"


def _facts(result: Outcome, identity: Identity, context: Tools) -> dict[str, object]:
    """Add request statistics and the lookup error to the facts for the history."""
    spent = context.desk.spent.taken()
    cost: dict[str, object] = {"requests": spent.requests, "hits": spent.hits}
    cost |= {"waited": round(spent.waited, 3), "odd_answers": spent.odd}
    facts = result.facts | {name: value for name, value in cost.items() if value}
    if identity.why:
        facts["unreached" if identity.failed else "unasked"] = identity.why
    if context.places.by_hand:
        fixed = ("issues_found", "issues_resolved", "auto_fixed")
        facts = {"by_hand": True} | {k: v for k, v in facts.items() if k not in fixed}
    return facts


def _is_there(path: Path) -> bool:
    """Return True if the path exists, even as a broken link."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise access.refusal(path, error) from error
    return True


def _vanished(library: Path) -> Outcome:
    """Skip a movie that is gone; raise LibraryGone if the whole library is."""
    try:
        empty = all(path.name.startswith(".") for path in library.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(library), "missing") from error
    except OSError as error:
        raise access.refusal(library, error) from error
    if empty:
        raise LibraryGone(files.escape(library), "empty")
    return Outcome(Status.SKIPPED, message="it has vanished", data={"skip_reason": "vanished"})
