"""The registry of subjects, and the location of their queues.

Each part of a subject is imported when it is needed: a batch needs very little of it in its own
process, and --help nothing.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from pathlib import Path

from mediakeep import config, kinds, path_text
from mediakeep.app.subjects.albums import ALBUMS
from mediakeep.app.subjects.audiobooks import AUDIOBOOKS
from mediakeep.app.subjects.interface import ReviewedSubject, Subject, WorkerOptions
from mediakeep.app.subjects.movies import MOVIES
from mediakeep.app.subjects.music import MUSIC
from mediakeep.kinds import Kind
from mediakeep.media import ignore_rules
from mediakeep.outcome import Worker, WorkerFactory

__all__ = [
    "Subject",
    "WorkerOptions",
    "get_reviewed",
    "get_subject",
    "ignore_patterns",
    "library_path_text",
    "queue_folder",
    "register",
    "worker_factory",
]

_SUBJECTS: dict[str, Subject] = {one.kind.name: one for one in (MUSIC, MOVIES, ALBUMS, AUDIOBOOKS)}


def get_subject(kind: Kind) -> Subject:
    """Return the subject of a kind."""
    return _SUBJECTS[kind.name]


def get_reviewed(kind: Kind) -> ReviewedSubject:
    """Return the review functions of a kind; raise ValueError if its items are not reviewed."""
    if (reviewed := _SUBJECTS[kind.name].reviewed) is None:
        raise ValueError(f"The {kind.name} subject has no reviews.")
    return reviewed


def register(subject: Subject) -> None:
    """Add a subject that is not part of mediakeep.

    Call it when the script of the subject is imported, so that worker processes, which import that
    script again, know the subject, too.
    """
    kinds.register(subject.kind)
    _SUBJECTS[subject.kind.name] = subject


def worker_factory(kind: Kind, home: Path, options: WorkerOptions) -> WorkerFactory:
    """Return a factory of workers; the subject is imported in the worker's process."""
    return functools.partial(_open_worker, kind.name, home, options)


def _open_worker(name: str, home: Path, options: WorkerOptions) -> AbstractContextManager[Worker]:
    return _SUBJECTS[name].worker_factory(home, options)()


def queue_folder(home: Path, kind: Kind) -> Path:
    """Return the folder of a kind's queue."""
    return home / "status" / kind.name


def ignore_patterns(home: Path, links: str = "") -> tuple[str, ...]:
    """Return the patterns of the settings `ignore` and `links`; `links` replaces the latter."""
    return ignore_rules.parse_patterns(
        config.get_setting(home, "ignore"), links or config.get_setting(home, "links")
    )


def library_path_text(source: Path | str) -> str:
    """Return a library's path as stored in the queue: absolute, resolved, escaped.

    The text of a collection is stored as it is.
    """
    return path_text.escape_path(source.resolve()) if isinstance(source, Path) else source
