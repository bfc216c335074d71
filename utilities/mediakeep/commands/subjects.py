"""Where a kind of item meets its subject: one entry each, and where their queues lie.

Each part of a subject is imported when it is asked for: a batch needs next to nothing of it in its
own process, and --help nothing at all.
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


def opening(kind: Kind, home: Path, manner: Manner) -> Opening:
    """Give what opens a kind's worker; its subject is imported in the process that works."""
    return functools.partial(_opened, kind.name, home, manner)


def _opened(name: str, home: Path, manner: Manner) -> AbstractContextManager[Worker]:
    return _SUBJECTS[name].opening(home, manner)()


def folder(home: Path, kind: Kind) -> Path:
    """Return where a kind's queue lies."""
    return home / "status" / kind.name


def ignored(home: Path) -> tuple[str, ...]:
    """Return the patterns of the setting `ignore`, for a command that has no flag for it."""
    return ignoring.patterns(config.setting(home, "ignore"))


def library_text(path: Path) -> str:
    """Write a library's path as the queue stores it: absolute, without links, escaped."""
    return files.escape(path.resolve())
