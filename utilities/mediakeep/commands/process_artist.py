"""One artist without the queue: read, diagnosed and reported."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from mediakeep import files, kinds
from mediakeep.commands import shared, subjects
from mediakeep.errors import NoQueue, UsageFailed
from mediakeep.item import Item, MusicItem, Status
from mediakeep.outcome import Outcome, Stamp, Work
from mediakeep.queue import reading


@shared.command()
@click.argument("path", type=click.Path(path_type=Path, readable=False))
@click.option("--dry-run", is_flag=True, help="Say what is found; write nothing.")
@shared.as_json
def main(home: Path, path: Path, dry_run: bool, as_json: bool) -> int:
    """Read the artist folder PATH, find its issues and write its report, without the queue."""
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise UsageFailed(f"{files.escape(path)} is not a folder.")
    outcome = _work(home, folder, write=not dry_run)
    name = files.printable(folder.name)
    lines = [f"{name}: {outcome.message}"]
    lines += [f"  {number} {kind}" for kind, number in outcome.data.get("issues", {}).items()]
    if not dry_run and outcome.state is Status.COMPLETED:
        lines.append(f"Report: {home / outcome.data['report']}")
    data = {"artist": files.escape(folder.name), "state": outcome.state, **outcome.data}
    shared.show(lines, data, as_json=as_json)
    return 0 if outcome.state is Status.COMPLETED else 1


def _work(home: Path, folder: Path, *, write: bool) -> Outcome:
    """Call the worker as a batch would."""
    key = files.escape(folder.name)
    work = Work(_item(home, key, folder), Stamp("", key, 0, 0))
    with subjects.of(kinds.MUSIC).opening(home, write)() as worker:
        outcome = worker(work, lambda _done, _of: None)
    assert isinstance(outcome, Outcome)
    return outcome


def _item(home: Path, key: str, folder: Path) -> Item:
    """Return the item of a queue that knows this folder: its files keep their names."""
    path, taken = files.escape(folder), set[str]()
    with contextlib.suppress(NoQueue):
        items = reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC).items
        known = items.get(key)
        if known and known.path == path:
            return known
        taken = {files.fold(item.output_name) for item in items.values()}
    stem = files.safe_name(folder.name, taken)  # never that of an artist of the queue
    return MusicItem(status=Status.PENDING, path=path, output_name=stem)
