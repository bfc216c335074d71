"""Two logs of changes made one: what the log lacks is added behind, and nothing of it is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mediakeep import files
from mediakeep.media.undoing.record import Mark, parse


def join(log: Path, other: Path) -> None:
    """Add the lines of another file to one of the log that is locked for everybody else.

    A record that both have stays as the log has it: there it may have been forgotten since. Killed
    at any moment, the log is whole, and a second time ends what the first began.
    """
    known = {_mark(text) for text in _lines(log)} if log.exists() else set()
    with log.open("ab") as stream:
        os.ftruncate(stream.fileno(), sum(map(len, _lines(log))))
        for text in _lines(other):
            if _mark(text) not in known:
                stream.write(text)
        stream.flush()
        files.sync_data(stream.fileno())
    files.sync_folder(log.parent)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from (text for text in stream if text.endswith(b"\n"))


def _mark(text: bytes) -> tuple[str, ...] | bytes:
    """Return what tells a line from any other; of a damaged one its text."""
    line = parse(text)
    if isinstance(line, Mark):
        return (line.id, line.mark)
    return (line.id,) if line else text
