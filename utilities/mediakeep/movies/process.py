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

from mediakeep import ignored_issues, path_text
from mediakeep.errors import LookupSkipped, ServiceFailed
from mediakeep.issue import BlockCode
from mediakeep.item import SkipReason, Status
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.media import library_items, temp_copies
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.movies import diagnose, model, outcome, plan_movie, related_movies, worker_context
from mediakeep.movies.identify.model import MovieIdentity, NeverAsk
from mediakeep.movies.item import MOVIES
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.outcome import WrittenFiles
from mediakeep.movies.outputs import choose_commands
from mediakeep.movies.plan_movie import MoviePlan
from mediakeep.movies.result import MovieResult, SidecarOutcome
from mediakeep.movies.scan import library_scan
from mediakeep.movies.sidecars import existing_sidecars, pending_files, write_sidecars
from mediakeep.movies.sidecars.existing_sidecars import ExistingSidecars
from mediakeep.movies.sidecars.pending_files import METADATA
from mediakeep.movies.sidecars.write_sidecars import SidecarWriteResult
from mediakeep.movies.worker_context import MovieWorkerConfig, MovieWorkerContext
from mediakeep.outcome import NO_PROGRESS, Outcome, Progress, Work, Worker

# Once per folder, as a folder may hold the whole library.
_remove_stale_files = functools.lru_cache(maxsize=1000)(temp_copies.remove_stale)


@contextmanager
def open_worker(config: MovieWorkerConfig) -> Iterator[Worker]:
    """Open the movie worker of a process for a `with` block, with the resources that it needs."""
    with worker_context.open_context(config) as context:
        yield functools.partial(process_movie, config=config, tools=context)


def process_movie(
    work: Work, progress: Progress, config: MovieWorkerConfig, tools: MovieWorkerContext
) -> Outcome:
    """Read, identify, complete and report one movie; return the outcome for the queue.

    Return SKIPPED if the movie is gone or ignored, or if the user never wants to be asked about it.
    Raise LibraryMissing if the whole library is gone, Unreadable if a folder cannot be read, and
    Stopped if the user ends the run. A second run writes nothing.
    """
    path = Path(path_text.unescape_path(work.item.path))
    library = model.library_root(path, work.stamp.key)
    if skipped := library_items.skip_unavailable(
        path, library, config.ignored, "it has vanished", is_folder=False
    ):
        return skipped
    tools.tmdb_context.progress = progress
    try:
        planned_movie = plan_movie.build_plan(work, progress, tools)
        written = _write_pending(work, planned_movie, tools)
        _remove_stale_drafts(planned_movie.local, tools)
        repairs = _count_written_files(work, tools)
        movie_result = _build_result(work, planned_movie, written, repairs, tools)
    except NeverAsk:
        command = choose_commands.format_reset_command(config.home, work.stamp.key)
        message = f"never asked again; make it pending again with: {command}"
        return Outcome(
            Status.SKIPPED, message, data={"skip_reason": SkipReason.NEVER_ASK_AGAIN.value}
        )
    finally:
        tools.tmdb_context.progress = NO_PROGRESS
        tools.video_cache.commit()
    issues = ignored_issues.mark(config.home, diagnose.find_issues(movie_result))
    if config.write:
        outcome.write_outputs(movie_result, issues, work, config.home)
    result = outcome.build_outcome(
        movie_result, issues, work, written, repairs, is_dry=not config.write
    )
    return structs.replace(result, facts=_add_request_stats(result, movie_result.identity, tools))


def _remove_stale_drafts(local: LocalMovie, context: MovieWorkerContext) -> None:
    """Remove temporary files that killed processes left next to a movie.

    Recent ones may still be in use and stay.
    """
    if context.config.write and context.has_changed_files:
        for place in {pending_files.nfo_place(local), pending_files.metadata_place(local)}:
            with suppress(OSError):
                _remove_stale_files(pending_files.absolute_path(local, place).parent)


def _write_pending(
    work: Work, planned_movie: MoviePlan, context: MovieWorkerContext
) -> SidecarWriteResult:
    """Write the planned sidecars of a movie, and then the metadata file that lists them."""
    result = write_sidecars.write_files(
        planned_movie.local, planned_movie.pending, work.stamp, context
    )
    last = plan_movie.plan_metadata_file(planned_movie, result, work.stamp, context)
    return write_sidecars.write_files(planned_movie.local, last, work.stamp, context, result)


def _build_result(
    work: Work,
    planned_movie: MoviePlan,
    written: SidecarWriteResult,
    repairs: WrittenFiles,
    context: MovieWorkerContext,
) -> MovieResult:
    """Read the movie again after its sidecars were written, and add related movies."""
    path = Path(path_text.unescape_path(work.item.path))
    before = local = planned_movie.local
    if written.written:
        library = model.library_root(path, before.key)
        reread = library_scan.read_movie(path, before.key, library, context.config.ignored)
        local = structs.replace(existing_sidecars.without_blank_nfos(reread), videos=before.videos)
    if written.has_concurrent_change:  # so that the next scan sees the change
        local = structs.replace(local, fingerprint=before.fingerprint)
    owned = related_movies.find_owned_in_collection(
        before, planned_movie.identity, context.tmdb_context
    )
    gaps, identity = _find_missing_in_collection(planned_movie.identity, owned, context)
    return MovieResult(
        local=local,
        identity=identity,
        nfo=existing_sidecars.reread_nfo(local, planned_movie.existing),
        locale=context.config.services.locale,
        written=outcome.list_written_sidecars(work, local, written, repairs),
        pending=tuple(written.pending),
        blocked=(*written.blocked, *_report_unreadable_metadata(planned_movie.existing, before)),
        duplicates=tuple(related_movies.find_duplicates(before, identity, context.tmdb_context)),
        missing_in_collection=gaps,
        owned_in_collection=len(owned),
    )


def _report_unreadable_metadata(
    existing: ExistingSidecars, local: LocalMovie
) -> Iterator[SidecarOutcome]:
    if existing.metadata_error:
        yield SidecarOutcome(
            METADATA, local.metadata_file, existing.metadata_error, code=BlockCode.FAILED
        )


def _find_missing_in_collection(
    identity: MovieIdentity, owned: set[int], context: MovieWorkerContext
) -> tuple[tuple[MovieSummary, ...], MovieIdentity]:
    """Return the movies of the collection that the library lacks, and the movie's identity.

    If the collection cannot be looked up, the returned identity contains the error.
    """
    try:
        return related_movies.find_missing_in_collection(
            identity, owned, context.tmdb_context
        ), identity
    except LookupSkipped as error:
        return (), identity if identity.lookup_error else structs.replace(
            identity, lookup_error=str(error)
        )
    except ServiceFailed as error:
        return (), structs.replace(identity, lookup_error=str(error), is_service_failure=True)


def _count_written_files(work: Work, context: MovieWorkerContext) -> WrittenFiles:
    """Count the files written for a movie, in all its attempts and in this run."""
    by_hand = context.config.is_manual_run
    first = work.item.repaired if by_hand or work.item.for_lookup else 0
    first = first or (0 if by_hand else work.stamp.first_claim)
    if not context.config.write or not context.has_changed_files or (by_hand and not first):
        return WrittenFiles()
    changed = context.store.find_effective_changes(
        work.stamp.key, first, work.stamp.since, queue=MOVIES.name
    )
    # Removed files are not counted: other files replaced them.
    written = [change for change in changed if not change.new.is_no_file]
    if not first:  # without a queue there are no claims, only one session
        written = [change for change in written if change.session == work.stamp.session]
    latest = [
        change for change in written if change.first_claim >= work.stamp.first_claim and not by_hand
    ]
    created = tuple(change.path for change in written if change.old.is_no_file)
    fixes = Counter(
        _fix_kind(change)
        for change in latest
        if pending_files.role_from_place(change.path) != pending_files.SET_ASIDE
    )
    first_claim = first if written or by_hand else 0
    return WrittenFiles(len(written), len(latest), first_claim, created, fixes)


def _fix_kind(change: ChangeRecord) -> str:
    """Return the kind of fix that a recorded change made, such as "missing-nfo".

    A changed file counts as "outdated-nfo". The names are those of issue kinds if there are such
    kinds.
    """
    state = "missing" if change.old.is_no_file else "outdated"
    return f"{state}-{pending_files.role_from_place(change.path)}"


def _add_request_stats(
    result: Outcome, identity: MovieIdentity, context: MovieWorkerContext
) -> dict[str, object]:
    """Return the facts for the history: numbers of requests to TMDb and the lookup error."""
    stats, has_failed = context.tmdb_context.stats, identity.is_service_failure
    facts = result.facts | stats.take_facts(identity.lookup_error, has_failed=has_failed)
    if context.config.is_manual_run:
        fixed = ("issues_found", "issues_resolved", "auto_fixed")
        facts = {"by_hand": True} | {k: v for k, v in facts.items() if k not in fixed}
    return facts
