"""The NFO of movies that a person names, whether the queue knows them or not."""

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
    """A movie that is meant: its key, its item, and whether the queue knows it."""

    key: str
    item: Item
    known: bool


@shared.command()
@click.argument("path", type=shared.Place())
@click.option("--print", "printed", is_flag=True, help="Print the NFO; write nothing.")
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@services.movie_options
@policies.adding
@shared.as_json
def main(home: Path, path: Path, as_json: bool, **given: Any) -> int:
    """Write the NFO of each movie at PATH: a video, the folder of a movie, or a folder of movies.

    What stands in an NFO already is kept; see docs/nfo.md. Pictures are left to the next batch.
    """
    policy = policies.policy(given)
    access = services.movie_access(home, given)
    items = _items(home)
    ignored = subjects.ignored(home)
    movies = _meant(items, path.expanduser().absolute(), ignored)
    write = not (given["dry_run"] or given["printed"])
    if write:
        sample_library.refuse_real_library(path)
    roles = frozenset({NFO, "metadata"})
    places = Places(home, write, policy, access, roles=roles, at_home=True, ignored=ignored)
    for warning in subjects.of(kinds.MOVIES).ready(home, access, items):
        click.echo(f"Warning: {warning}", err=True)
    with tools.opened(places) as open_ones:
        if given["printed"]:
            return _print(movies, open_ones)
        outcomes = dict(_worked(movies, open_ones))
    lines = [line for key, outcome in outcomes.items() for line in _lines(key, outcome)]
    lines += ["Dry run: nothing was written."] if given["dry_run"] else []
    data = {key: {"state": one.state, **one.data} for key, one in outcomes.items()}
    shared.show(lines, data, as_json=as_json)
    return _code(outcomes)


def _meant(items: Mapping[str, Item], path: Path, ignored: tuple[str, ...]) -> list[Meant]:
    """Return the movies at a path: those that the queue knows, else those that lie there."""
    if not path.exists():
        raise UsageFailed(f"There is no file or folder {files.display_path(path)}.")
    real = path.resolve()
    known = [Meant(key, one, True) for key, one in items.items() if _is_in(one.path, path, real)]
    if known:
        return known
    found = [Meant(one.key, _item(one, items), False) for one in scan.at(real, ignored)]
    if not found:
        raise UsageFailed(f"{files.display_path(path)} holds no movies.")
    return found


def _is_in(place: str, path: Path, real: Path) -> bool:
    item = Path(files.unescape(place))
    return any(item == one or item.is_relative_to(one) for one in (path, real))


def _items(home: Path) -> Mapping[str, Item]:
    try:
        return reading.state(subjects.folder(home, kinds.MOVIES), kinds.MOVIES).items
    except NoQueue:
        return {}


def _item(found: Found, items: Mapping[str, Item]) -> MovieItem:
    taken = {files.fold(item.output_name) for item in items.values()}
    stem = files.safe_name(files.unescape(found.key), taken)  # never that of one in the queue
    return MovieItem(status=Status.PENDING, path=found.path, output_name=stem)


def _print(movies: list[Meant], tools: Tools) -> int:
    """Print the NFO that each movie has or would have."""
    missing = 0
    for one in movies:
        found = planned.of(Work(one.item, Stamp("", one.key, 0, 0)), QUIET, tools)
        text = _nfo(found)
        missing += text is None
        if text is None:
            why = found.identity.why or "it is not certain which movie it is"
            click.echo(f"{files.printable(one.key)}: {why}", err=True)
        else:
            click.echo(text.decode(errors="replace"), nl=False)
    tools.index.commit()
    return 1 if missing else 0


def _nfo(found: Planned) -> bytes | None:
    due = next((one.data for one in found.due if one.role == NFO), None)
    return due if due is not None else found.there.nfo_bytes


def _worked(movies: list[Meant], tools: Tools) -> Iterator[tuple[str, Outcome]]:
    """Work on each movie as a batch would; those of the queue are taken meanwhile, and settled."""
    worker = functools.partial(process.movie, places=tools.places, tools=tools)
    if not tools.places.write:
        for one in movies:
            yield one.key, _call(worker, one, Stamp("", one.key, 0, 0))
        return
    with handwork.begun(tools.places.home, kinds.MOVIES, "generate_nfo") as hand:
        hand.take([], [one.key for one in movies if one.known])
        for one in movies:
            outcome = _call(worker, one, hand.batch_stamp(one.key))
            if one.item.status is Status.COMPLETED:  # what no batch has done is left to one
                hand.finish(one.key, outcome)
            yield one.key, outcome


def _call(worker: Worker, one: Meant, stamp: Stamp) -> Outcome:
    """Call the worker; what fails of one movie does not stop the next."""
    result = attempt.run(worker, Task(one.key, Work(one.item, stamp)), QUIET)
    if isinstance(result, Gone):
        raise result.error
    assert isinstance(result, Outcome)
    return result


def _lines(key: str, outcome: Outcome) -> list[str]:
    lines = [f"{files.printable(key)}: {outcome.message}"]
    lines += [f"  {line}" for line in subjects.of(kinds.MOVIES).told(outcome.facts)]
    unmade = outcome.facts.get("unreached") or outcome.facts.get("unasked")
    return lines + ([f"  {files.printable(unmade)}"] if unmade else [])


def _code(outcomes: Mapping[str, Outcome]) -> int:
    if any(one.state is not Status.COMPLETED for one in outcomes.values()):
        return MediakeepError.exit_code
    failed = any("unreached" in one.facts for one in outcomes.values())
    return ServiceFailed.exit_code if failed else 0
