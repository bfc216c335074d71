"""Write or show the NFO of movies, whether they are in the queue or not."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from mediakeep import path_text
from mediakeep.app.console import CommandResult, Console
from mediakeep.app.edit import item_checkout
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import ReviewOptions, WorkerOptions
from mediakeep.errors import MediakeepError, ServiceFailed, UsageError
from mediakeep.item import Item, ScannedItem, Status
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.movies import plan_movie, process, worker_context
from mediakeep.movies.item import MOVIES, MovieItem
from mediakeep.movies.scan import library_scan
from mediakeep.movies.sidecars.pending_files import METADATA, NFO
from mediakeep.movies.worker_context import MovieWorkerConfig, MovieWorkerContext
from mediakeep.outcome import NO_PROGRESS, Outcome, Stamp, Work, Worker
from mediakeep.policy import WritePolicy
from mediakeep.runner import tasks
from mediakeep.runner.tasks import BatchAborted, Task


class TargetMovie(NamedTuple):
    """A movie to process: its key, its item, and whether it is in the queue."""

    key: str
    item: Item
    in_queue: bool


class NfoRequest(NamedTuple):
    """A request for the NFO of the movies at a path, and how to look up and write them."""

    home: Path
    path: Path
    policy: WritePolicy
    access: ServiceConfig
    ignored: ignore_rules.IgnoreSettings


def write_nfos(request: NfoRequest, console: Console, *, write: bool) -> CommandResult:
    """Write the NFO of each movie unless `write` is off; return what was or would be written."""
    movies = _find_movies(request)
    with _open_context(request, console, write=write) as context:
        outcomes = dict(_process_movies(movies, context, console))
    lines = [line for key, outcome in outcomes.items() for line in _format_outcome(key, outcome)]
    data = {key: {"state": result.state, **result.data} for key, result in outcomes.items()}
    errors = (
        _format_outcome(key, outcome)[0 if outcome.state is not Status.COMPLETED else -1]
        for key, outcome in outcomes.items()
        if outcome.state is not Status.COMPLETED or "unreached" in outcome.facts
    )
    return CommandResult(lines, data, _exit_code(outcomes), tuple(errors))


def read_nfos(request: NfoRequest, console: Console) -> Iterator[tuple[str, bytes | None, str]]:
    """Yield the key of each movie with the NFO that it has or would have, or why it has none."""
    movies = _find_movies(request)
    with _open_context(request, console, write=False) as context:
        for movie in movies:
            work = Work(movie.item, Stamp("", movie.key, 0, 0))
            plan = plan_movie.build_plan(work, NO_PROGRESS, context)
            pending = (file.data for file in plan.pending if file.role == NFO)
            reason = plan.identity.lookup_error or "the movie is ambiguous"
            yield movie.key, next(pending, None) or plan.existing.nfo_bytes, reason
        context.video_cache.commit()


def _open_context(
    request: NfoRequest, console: Console, *, write: bool
) -> AbstractContextManager[MovieWorkerContext]:
    """Open the resources of the worker, after the warnings that a batch prints."""
    home, ignored = request.home, request.ignored
    options = WorkerOptions(write, ignored, review=ReviewOptions(access=request.access))
    items = registry.read_items(home, MOVIES)
    for warning in registry.get_subject(MOVIES).before_batch(home, options, items):
        console.print_warning(warning)
    roles = frozenset({NFO, METADATA})
    return worker_context.open_context(
        MovieWorkerConfig(
            home,
            write,
            request.policy,
            request.access,
            roles=roles,
            in_process=True,
            ignored=ignored,
        )
    )


def _find_movies(request: NfoRequest) -> Sequence[TargetMovie]:
    """Return the movies at a path: those in the queue, or else those on disk."""
    items, path = registry.read_items(request.home, MOVIES), request.path
    if not path.exists():
        raise UsageError(f"No such file or folder: {path_text.display_path(path)}.")
    real = path.resolve()
    in_queue = [
        TargetMovie(key, item, True)
        for key, item in items.items()
        if _is_below(item.path, path, real)
    ]
    if in_queue:
        return in_queue
    on_disk = [
        TargetMovie(item.key, _build_item(item, items), False)
        for item in library_scan.find_movies_at(real, request.ignored)
    ]
    if not on_disk:
        raise UsageError(f"{path_text.display_path(path)} holds no movies.")
    return on_disk


def _is_below(place: str, path: Path, real: Path) -> bool:
    item = Path(path_text.unescape_path(place))
    return any(item == folder or item.is_relative_to(folder) for folder in (path, real))


def _build_item(scanned: ScannedItem, items: Mapping[str, Item]) -> MovieItem:
    used_names = {path_text.normalize_name(item.output_name) for item in items.values()}
    # The name must differ from those in the queue.
    stem = path_text.safe_name(path_text.unescape_path(scanned.key), used_names)
    return MovieItem(status=Status.PENDING, path=scanned.path, output_name=stem)


def _process_movies(
    movies: Sequence[TargetMovie], context: MovieWorkerContext, console: Console
) -> Iterator[tuple[str, Outcome]]:
    """Process each movie as a batch would; those in the queue are claimed and settled."""
    worker = functools.partial(process.process_movie, config=context.config, tools=context)
    if not context.config.write:
        for movie in movies:
            yield movie.key, _run_worker(worker, movie, Stamp("", movie.key, 0, 0))
        return
    with item_checkout.open_checkout(
        context.config.home, MOVIES, "generate_nfo", console
    ) as checkout:
        checkout.claim([], [movie.key for movie in movies if movie.in_queue])
        for movie in movies:
            outcome = _run_worker(worker, movie, checkout.stamp_as_batch(movie.key))
            if movie.item.status is Status.COMPLETED:  # others are left to a batch
                checkout.record_outcome(movie.key, outcome)
            yield movie.key, outcome


def _run_worker(worker: Worker, movie: TargetMovie, stamp: Stamp) -> Outcome:
    """Call the worker; a failure of one movie does not stop the next."""
    result = tasks.run_task(worker, Task(movie.key, Work(movie.item, stamp)), NO_PROGRESS)
    if isinstance(result, BatchAborted):
        raise result.error
    assert isinstance(result, Outcome)
    return result


def _format_outcome(key: str, outcome: Outcome) -> list[str]:
    lines = [f"{path_text.to_printable(key)}: {outcome.message}"]
    lines += [f"  {line}" for line in registry.get_reviewed(MOVIES).format_dry_run(outcome.facts)]
    lookup_note = outcome.facts.get("unreached") or outcome.facts.get("unasked")
    return lines + ([f"  {path_text.to_printable(lookup_note)}"] if lookup_note else [])


def _exit_code(outcomes: Mapping[str, Outcome]) -> int:
    if any(outcome.state is not Status.COMPLETED for outcome in outcomes.values()):
        return MediakeepError.exit_code
    failed = any("unreached" in outcome.facts for outcome in outcomes.values())
    return ServiceFailed.exit_code if failed else 0
