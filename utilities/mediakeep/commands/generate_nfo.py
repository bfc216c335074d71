"""Write the NFO of movies, whether they are in the queue or not."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from mediakeep import files, kinds, sample_library
from mediakeep.commands import handwork, policies, services, shared, subjects
from mediakeep.errors import MediakeepError, NoQueue, ServiceFailed, UsageFailed
from mediakeep.item import Found, Item, MovieItem, Status
from mediakeep.movies import planned, process, scan, tools
from mediakeep.movies.planned import Planned
from mediakeep.movies.sidecars.plan import NFO
from mediakeep.movies.tools import Places, Tools
from mediakeep.outcome import QUIET, Outcome, Stamp, Work, Worker
from mediakeep.queue import reading
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Gone, Task


class Meant(NamedTuple):
    """A movie to process: its key, its item, and whether it is in the queue."""

    key: str
    item: Item
    known: bool


@shared.command()
@click.argument("path", type=shared.Place())
@click.option("--print", "printed", is_flag=True, help="Print the NFO; write nothing.")
@click.option("--dry-run", is_flag=True, help="Print what would be written; write nothing.")
@services.movie_options
@policies.adding
@shared.as_json
def main(home: Path, path: Path, as_json: bool, **options: Any) -> int:
    """Write the NFO of each movie at PATH: a video, the folder of a movie, or a folder of movies.

    Existing content of an NFO is kept; see docs/nfo.md. Images are left to the next batch.
    """
    policy = policies.policy(options)
    access = services.movie_access(home, options)
    items = _items(home)
    ignored = subjects.ignored(home)
    movies = _meant(items, path.expanduser().absolute(), ignored)
    write = not (options["dry_run"] or options["printed"])
    if write:
        sample_library.refuse_real_library(path)
    roles = frozenset({NFO, "metadata"})
    places = Places(home, write, policy, access, roles=roles, at_home=True, ignored=ignored)
    for warning in subjects.of(kinds.MOVIES).ready(home, access, items):
        click.echo(f"Warning: {warning}", err=True)
    with tools.opened(places) as context:
        if options["printed"]:
            return _print(movies, context)
        outcomes = dict(_worked(movies, context))
    lines = [line for key, outcome in outcomes.items() for line in _lines(key, outcome)]
    lines += ["Dry run: nothing was written."] if options["dry_run"] else []
    data = {key: {"state": result.state, **result.data} for key, result in outcomes.items()}
    shared.show(lines, data, as_json=as_json)
    return _code(outcomes)


def _meant(items: Mapping[str, Item], path: Path, ignored: tuple[str, ...]) -> list[Meant]:
    """Return the movies at a path: those in the queue, or else those on disk."""
    if not path.exists():
        raise UsageFailed(f"No such file or folder: {files.display_path(path)}.")
    real = path.resolve()
    in_queue = [
        Meant(key, item, True) for key, item in items.items() if _is_in(item.path, path, real)
    ]
    if in_queue:
        return in_queue
    on_disk = [Meant(item.key, _item(item, items), False) for item in scan.at(real, ignored)]
    if not on_disk:
        raise UsageFailed(f"{files.display_path(path)} holds no movies.")
    return on_disk


def _is_in(place: str, path: Path, real: Path) -> bool:
    item = Path(files.unescape(place))
    return any(item == folder or item.is_relative_to(folder) for folder in (path, real))


def _items(home: Path) -> Mapping[str, Item]:
    try:
        return reading.state(subjects.folder(home, kinds.MOVIES), kinds.MOVIES).items
    except NoQueue:
        return {}


def _item(scanned: Found, items: Mapping[str, Item]) -> MovieItem:
    used_names = {files.fold(item.output_name) for item in items.values()}
    # The name must differ from those in the queue.
    stem = files.safe_name(files.unescape(scanned.key), used_names)
    return MovieItem(status=Status.PENDING, path=scanned.path, output_name=stem)


def _print(movies: list[Meant], context: Tools) -> int:
    """Print the NFO that each movie has or would have."""
    missing = 0
    for movie in movies:
        plan = planned.of(Work(movie.item, Stamp("", movie.key, 0, 0)), QUIET, context)
        text = _nfo(plan)
        missing += text is None
        if text is None:
            reason = plan.identity.why or "the movie is ambiguous"
            click.echo(f"{files.printable(movie.key)}: {reason}", err=True)
        else:
            click.echo(text.decode(errors="replace"), nl=False)
    context.index.commit()
    return 1 if missing else 0


def _nfo(plan: Planned) -> bytes | None:
    due = next((pending.data for pending in plan.due if pending.role == NFO), None)
    return due if due is not None else plan.there.nfo_bytes


def _worked(movies: list[Meant], context: Tools) -> Iterator[tuple[str, Outcome]]:
    """Process each movie as a batch would; those in the queue are claimed and settled."""
    worker = functools.partial(process.movie, places=context.places, tools=context)
    if not context.places.write:
        for movie in movies:
            yield movie.key, _call(worker, movie, Stamp("", movie.key, 0, 0))
        return
    with handwork.begun(context.places.home, kinds.MOVIES, "generate_nfo") as checkout:
        checkout.take([], [movie.key for movie in movies if movie.known])
        for movie in movies:
            outcome = _call(worker, movie, checkout.batch_stamp(movie.key))
            if movie.item.status is Status.COMPLETED:  # others are left to a batch
                checkout.finish(movie.key, outcome)
            yield movie.key, outcome


def _call(worker: Worker, movie: Meant, stamp: Stamp) -> Outcome:
    """Call the worker; a failure of one movie does not stop the next."""
    result = attempt.run(worker, Task(movie.key, Work(movie.item, stamp)), QUIET)
    if isinstance(result, Gone):
        raise result.error
    assert isinstance(result, Outcome)
    return result


def _lines(key: str, outcome: Outcome) -> list[str]:
    lines = [f"{files.printable(key)}: {outcome.message}"]
    lines += [f"  {line}" for line in subjects.of(kinds.MOVIES).told(outcome.facts)]
    lookup_note = outcome.facts.get("unreached") or outcome.facts.get("unasked")
    return lines + ([f"  {files.printable(lookup_note)}"] if lookup_note else [])


def _code(outcomes: Mapping[str, Outcome]) -> int:
    if any(outcome.state is not Status.COMPLETED for outcome in outcomes.values()):
        return MediakeepError.exit_code
    failed = any("unreached" in outcome.facts for outcome in outcomes.values())
    return ServiceFailed.exit_code if failed else 0
