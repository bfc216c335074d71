"""The movie worker: one movie read, identified, given what a media centre wants, and reported.

1. What lies there is read: videos, the files beside them, the NFO (`planned`).
2. Which movie it is, is asked of the queue, the NFO, the names and TMDb (`identify`).
3. What is missing beside it is written; a dry run stops here.
4. What lies there is read again, and told: report, record, outcome.
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

_sweep = functools.lru_cache(maxsize=1000)(temp_copies.sweep)  # once: a flat library is one folder


@contextmanager
def opened(places: Places) -> Iterator[Worker]:
    """Give a process its worker, and what it works with."""
    with tools.opened(places) as open_ones:
        yield functools.partial(movie, places=places, tools=open_ones)


def movie(work: Work, progress: Progress, places: Places, tools: Tools) -> Outcome:
    """Read, identify, enrich and report one movie.

    Skipped if it has vanished, is ignored, or the user leaves it out for good; LibraryGone if the
    whole library has vanished; Unreadable if a folder refuses; Stopped if the user ends it. Done
    twice, it writes nothing the second time.
    """
    path = Path(files.unescape(work.item.path))
    if not _is_there(path):
        return _vanished(model.library(path, work.stamp.key))
    if ignoring.is_ignored(path, model.library(path, work.stamp.key), places.ignored):
        return Outcome(Status.SKIPPED, "it is ignored", data={"skip_reason": "ignored"})
    tools.desk.progress = progress
    try:
        found = planned.of(work, progress, tools)
        written = _written(work, found, tools)
        _tidy(found.local, tools)
        repairs = _repairs(work, tools)
        told = _told(work, found, written, repairs, tools)
    except NeverAsk:
        back = decisions.bring_back(places.home, work.stamp.key)
        message = f"never asked again; bring it back with: {back}"
        return Outcome(Status.SKIPPED, message, data={"skip_reason": NEVER_ASK})
    finally:
        tools.desk.progress = QUIET
        tools.index.commit()
    issues = diagnose.issues(told)
    if places.write:
        endings.write(told, issues, work, places.home)
    result = endings.outcome(told, issues, work, written, repairs, is_dry=not places.write)
    return structs.replace(result, facts=_facts(result, told.identity, tools))


def _tidy(local: Movie, tools: Tools) -> None:
    """Remove the drafts of killed writers; of a younger one another writer may have need."""
    if tools.places.write and tools.has_changed_files:
        for place in {plan.nfo_place(local), plan.sidecar_place(local)}:
            with suppress(OSError):
                _sweep(plan.path(local, place).parent)


def _written(work: Work, found: Planned, tools: Tools) -> Written:
    """Write what is due, and last our notes of what could be written."""
    done = writing.write(found.local, found.due, work.stamp, tools)
    last = planned.notes(found, done, work.stamp, tools)
    return writing.write(found.local, last, work.stamp, tools, done)


def _told(work: Work, found: Planned, written: Written, repairs: Repairs, tools: Tools) -> Account:
    """Read what lies there now, and tell it with what other movies have to do with it."""
    path = Path(files.unescape(work.item.path))
    before = local = found.local
    if written.made:
        library = model.library(path, before.key)
        again = scan.movie(path, before.key, library, tools.places.ignored)
        local = structs.replace(beside.without_blank_nfos(again), videos=before.videos)
    if written.is_overtaken:  # so that the next scan finds it changed
        local = structs.replace(local, fingerprint=before.fingerprint)
    here = neighbours.collected(before, found.identity, tools.desk)
    gaps, identity = _gaps(found.identity, here, tools)
    return Account(
        local=local,
        identity=identity,
        nfo=beside.again(local, found.there),
        locale=tools.places.access.locale,
        made=endings.made(work, local, written, repairs),
        due=tuple(written.due),
        held=(*written.held, *_withheld(found.there, before)),
        twins=tuple(neighbours.twins(before, identity, tools.desk)),
        gaps=gaps,
        collected=len(here),
    )


def _withheld(there: Beside, local: Movie) -> Iterator[Sidecar]:
    if there.notes_trouble:
        yield Sidecar(SIDECAR, local.sidecar, there.notes_trouble)


def _gaps(identity: Identity, here: set[int], tools: Tools) -> tuple[tuple[Hit, ...], Identity]:
    """Return what its collection lacks here; where nobody could be asked, the identity says so."""
    try:
        return neighbours.gaps(identity, here, tools.desk), identity
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
    changed = tools.store.changes(work.stamp.key, first, work.stamp.since, kinds.MOVIES.name)
    made = [one for one in changed if not one.new.is_nothing]  # what was removed was replaced
    if not first:  # what no queue knows has no claims, and one session
        made = [one for one in made if one.session == work.stamp.session]
    fresh = [one for one in made if one.first_claim >= work.stamp.first_claim and not by_hand]
    created = tuple(one.path for one in made if one.old.is_nothing)
    mended = Counter(_kind(one) for one in fresh if plan.role(one.path) != plan.ASIDE)
    return Repairs(len(made), len(fresh), first if made or by_hand else 0, created, mended)


def _kind(made: Record) -> str:
    """Name what a file has mended, by the kind of issue where there is one."""
    return f"{'missing' if made.old.is_nothing else 'outdated'}-{plan.role(made.path)}"


def _facts(result: Outcome, identity: Identity, tools: Tools) -> dict[str, object]:
    """Add to what the history is told what asking has cost, and why it was not done."""
    spent = tools.desk.spent.taken()
    cost: dict[str, object] = {"requests": spent.requests, "hits": spent.hits}
    cost |= {"waited": round(spent.waited, 3), "odd_answers": spent.odd}
    facts = result.facts | {name: value for name, value in cost.items() if value}
    if identity.why:
        facts["unreached" if identity.failed else "unasked"] = identity.why
    if tools.places.by_hand:
        fixed = ("issues_found", "issues_resolved", "auto_fixed")
        facts = {"by_hand": True} | {k: v for k, v in facts.items() if k not in fixed}
    return facts


def _is_there(path: Path) -> bool:
    """Tell whether there is anything, be it a link that leads nowhere."""
    try:
        path.lstat()
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
