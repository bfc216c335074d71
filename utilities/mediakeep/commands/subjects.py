"""The registry of subjects, and the location of their queues.

Each part of a subject is imported when it is needed: a batch needs very little of it in its own
process, and --help nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from mediakeep import config, files
from mediakeep.commands.movie_subject import MOVIES
from mediakeep.commands.music_subject import MUSIC
from mediakeep.commands.subject import Manner, Subject
from mediakeep.kinds import Kind
from mediakeep.media import ignoring
from mediakeep.outcome import Opening, Worker

__all__ = ["Manner", "Subject", "folder", "ignored", "library_text", "of", "opening"]

_SUBJECTS: Mapping[str, Subject] = {one.kind.name: one for one in (MUSIC, MOVIES)}


def of(kind: Kind) -> Subject:
    """Return the subject of a kind."""
    return _SUBJECTS[kind.name]


def opening(kind: Kind, home: Path, options: Manner) -> Opening:
    """Return a factory of workers; the subject is imported in the worker's process."""
    return functools.partial(_opened, kind.name, home, options)


def _opened(name: str, home: Path, options: Manner) -> AbstractContextManager[Worker]:
    return _SUBJECTS[name].opening(home, options)()


def folder(home: Path, kind: Kind) -> Path:
    """Return the folder of a kind's queue."""
    return home / "status" / kind.name


def ignored(home: Path) -> tuple[str, ...]:
    """Return the patterns of the setting `ignore`, for commands without that option."""
    return ignoring.patterns(config.setting(home, "ignore"))


def library_text(path: Path) -> str:
    """Return a library's path as stored in the queue: absolute, resolved, escaped."""
    return files.escape(path.resolve())
