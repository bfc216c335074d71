"""Write the NFO of movies, whether they are in the queue or not."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mediakeep import config, path_text, sample_library
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import ReviewOptions, WorkerOptions
from mediakeep.commands import app
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import musicbrainz_options, write_options
from mediakeep.errors import MediakeepError, ServiceFailed, UsageError
from mediakeep.item import Item, ScannedItem, Status
from mediakeep.media import ignore_rules
from mediakeep.movies.item import MOVIES, MovieItem
from mediakeep.outcome import NO_PROGRESS, Outcome, Stamp, Work, Worker
from mediakeep.runner import tasks
from mediakeep.runner.tasks import BatchAborted, Task

if TYPE_CHECKING:  # imported late: `--help` needs none of it
    from mediakeep.movies.worker_context import MovieWorkerContext


class TargetMovie(NamedTuple):
    """A movie to process: its key, its item, and whether it is in the queue."""

    key: str
    item: Item
    in_queue: bool


@app.create_command()
@click.argument("path", type=app.PathParam())
@click.option("--print", "printed", is_flag=True, help="Print the NFO; write nothing.")
@app.with_dry_run_option("Print what would be written; write nothing.")
@musicbrainz_options.with_tmdb_options
@write_options.with_add_options
@app.with_links_option
@app.with_json_option
def main(home: Path, path: Path, **options: Any) -> int:
    """Write the NFO of each movie at PATH: a video, the folder of a movie, or a folder of movies.

    Existing content of an NFO is kept; see docs/nfo.md. Images are left to the next batch.
    """
    from mediakeep.movies import worker_context
    from mediakeep.movies.sidecars.pending_files import NFO

    policy = write_options.parse_policy(options)
    access = musicbrainz_options.parse_tmdb_access(home, options)
    items = registry.read_items(home, MOVIES)
    ignored = ignore_rules.parse_settings(config.get_setting(home, "ignore"), policy.links)
    movies = _find_movies(items, path.expanduser().absolute(), ignored)
    write = not (options["dry_run"] or options["printed"])
    if write:
        sample_library.refuse_real_library(path)
    roles = frozenset({NFO, "metadata"})
    places = worker_context.MovieWorkerConfig(
        home, write, policy, access, roles=roles, in_process=True, ignored=ignored
    )
    worker_options = WorkerOptions(write, ignored, review=ReviewOptions(access=access))
    for warning in registry.get_subject(MOVIES).before_batch(home, worker_options, items):
        ClickConsole().print_warning(warning)
    with worker_context.open_context(places) as context:
        if options["printed"]:
            return _print_nfos(movies, context)
        outcomes = dict(_process_movies(movies, context))
    lines = [line for key, outcome in outcomes.items() for line in _format_outcome(key, outcome)]
    lines += ["Dry run: nothing was written."] if options["dry_run"] else []
    data = {key: {"state": result.state, **result.data} for key, result in outcomes.items()}
    app.print_result(lines, data, as_json=app.is_json())
    for key, outcome in outcomes.items() if app.is_quiet() else ():
        if outcome.state is not Status.COMPLETED:
            app.print_message(_format_outcome(key, outcome)[0])
    return _exit_code(outcomes)


def _find_movies(
    items: Mapping[str, Item], path: Path, ignored: ignore_rules.IgnoreSettings
) -> list[TargetMovie]:
    """Return the movies at a path: those in the queue, or else those on disk."""
    from mediakeep.movies.scan import library_scan

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
        for item in library_scan.find_movies_at(real, ignored)
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


def _print_nfos(movies: list[TargetMovie], context: MovieWorkerContext) -> int:
    """Print the NFO that each movie has or would have."""
    from mediakeep.movies import plan_movie
    from mediakeep.movies.sidecars.pending_files import NFO

    missing = 0
    for movie in movies:
        plan = plan_movie.build_plan(
            Work(movie.item, Stamp("", movie.key, 0, 0)), NO_PROGRESS, context
        )
        pending = (file.data for file in plan.pending if file.role == NFO)
        text = next(pending, None) or plan.existing.nfo_bytes
        missing += text is None
        if text is None:
            reason = plan.identity.lookup_error or "the movie is ambiguous"
            click.echo(f"{path_text.to_printable(movie.key)}: {reason}", err=True)
        else:
            click.echo(text.decode(errors="replace"), nl=False)
    context.video_cache.commit()
    return 1 if missing else 0


def _process_movies(
    movies: list[TargetMovie], context: MovieWorkerContext
) -> Iterator[tuple[str, Outcome]]:
    """Process each movie as a batch would; those in the queue are claimed and settled."""
    from mediakeep.app.edit import item_checkout
    from mediakeep.movies import process

    worker = functools.partial(process.process_movie, config=context.config, tools=context)
    if not context.config.write:
        for movie in movies:
            yield movie.key, _run_worker(worker, movie, Stamp("", movie.key, 0, 0))
        return
    with item_checkout.open_checkout(
        context.config.home, MOVIES, "generate_nfo", ClickConsole()
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
