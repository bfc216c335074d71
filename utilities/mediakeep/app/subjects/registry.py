"""The subject of a kind, and the location of its queue.

Each part of a subject is imported when it is needed: a batch needs very little of it in its own
process, and --help nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from msgspec import structs

from mediakeep import config, kinds, path_text
from mediakeep.app.subjects.interface import ReviewedSubject, Subject, WorkerOptions
from mediakeep.errors import NoQueue, StateDamaged, UsageError
from mediakeep.item import Item
from mediakeep.kinds import Kind
from mediakeep.media import ignore_rules
from mediakeep.outcome import Worker, WorkerFactory
from mediakeep.queue import named_queues, readonly, stored_stages
from mediakeep.queue.state import QueueState

DamagedQueues = dict[str, StateDamaged]  # by the names of their kinds
T = TypeVar("T")


def get_subject(kind: Kind) -> Subject:
    """Return the subject of a kind, or of one of its queues.

    Raise UsageError if it cannot be imported.
    """
    try:
        subject: Subject = kinds.load(kind.subject)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{kind.plural} cannot be processed: {error}.") from error
    return subject if kind == subject.kind else structs.replace(subject, kind=kind)


def get_reviewed(kind: Kind) -> ReviewedSubject:
    """Return the review functions of a kind; raise ValueError if its items are not reviewed."""
    if (reviewed := get_subject(kind).reviewed) is None:
        raise ValueError(f"The {kind.name} subject has no reviews.")
    return reviewed


def worker_factory(kind: Kind, home: Path, options: WorkerOptions) -> WorkerFactory:
    """Return a factory of workers; the subject is imported in the worker's process."""
    return functools.partial(_open_worker, kind.subject, home, options)


def _open_worker(name: str, home: Path, options: WorkerOptions) -> AbstractContextManager[Worker]:
    subject: Subject = kinds.load(name)
    return subject.worker_factory(home, options)()


def queue_folder(home: Path, kind: Kind) -> Path:
    """Return the folder of a kind's queue."""
    return home / "status" / kind.name


def load_queue_kind(home: Path, kind: Kind) -> Kind:
    """Return a kind with the stages of its queue, which a queue may store."""
    return stored_stages.load_kind(queue_folder(home, kind), kind)


def list_queues(home: Path, damaged: DamagedQueues) -> Mapping[str, Kind]:
    """Return the kinds of all queues of a home by name, and all kinds, which may have none yet.

    A kind of another distribution that has a queue, but whose subject cannot be imported, is left
    out with a warning. A queue whose stages cannot be read is added to `damaged` instead.
    """
    queues: list[Kind] = []
    for kind in kinds.list_kinds().values():
        folder = queue_folder(home, kind)
        if folder.exists() and not kinds.has_usable_subject(kind.name):
            continue
        names = named_queues.list_names(folder) if kind.stages else ()
        queues += [kinds.name_queue(kind, name) for name in ("", *names)]
    return read_queues(queues, functools.partial(load_queue_kind, home), damaged)


def read_queues(
    queues: Iterable[Kind], read: Callable[[Kind], T], damaged: DamagedQueues
) -> dict[str, T]:
    """Return what a function reads from each queue, by the name of its kind.

    A kind without a queue is left out. A damaged queue is added to `damaged`, so that it does not
    stop a command that reads the others, too.
    """
    results = {}
    for kind in queues:
        try:
            results[kind.name] = read(kind)
        except NoQueue:
            continue
        except StateDamaged as error:
            damaged[kind.name] = error
    return results


def read_states(
    home: Path, queues: Iterable[Kind], damaged: DamagedQueues
) -> dict[str, QueueState]:
    """Return the states of queues as `read_queues` does."""
    return read_queues(
        queues, lambda kind: readonly.load_state(queue_folder(home, kind), kind), damaged
    )


def read_items(home: Path, kind: Kind) -> Mapping[str, Item]:
    """Return the items of a queue; none if there is no queue."""
    try:
        return readonly.load_state(queue_folder(home, kind), kind).items
    except NoQueue:
        return {}


def check_damaged(names: Iterable[str], damaged: DamagedQueues) -> None:
    """Raise the error of a damaged queue if it is one of those that the user named."""
    for name in names:
        if name in damaged:
            raise damaged.pop(name)


def read_ignore_settings(home: Path, links: str = "") -> ignore_rules.IgnoreSettings:
    """Return the rules of the settings `ignore` and `links`; `links` replaces the latter."""
    return ignore_rules.parse_settings(
        config.get_setting(home, "ignore"), links or config.get_setting(home, "links")
    )


def library_path_text(source: Path | str) -> str:
    """Return a library's path as stored in the queue: absolute, resolved, escaped.

    The text of a collection is stored as it is.
    """
    return path_text.escape_path(source.resolve()) if isinstance(source, Path) else source
