"""The items that changes of files are of, taken from their queues for one command, of all kinds."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.commands import handwork
from mediakeep.commands.handwork import Handwork
from mediakeep.errors import NewerFormat
from mediakeep.kinds import Kind
from mediakeep.media.undoing.record import Record


@contextlib.contextmanager
def begun(home: Path, what: str, records: Collection[Record]) -> Iterator[Mapping[str, Handwork]]:
    """Take the items of all these changes, or none; give a work for each kind, by its name.

    Where there are several kinds, one session is given to all that is done. The errors are those of
    `Handwork.take`, and NewerFormat where only later versions know a kind.
    """
    of = {name: [one for one in records if one.queue == name] for name in _kinds(records)}
    session = handwork.own_session(what) if len(of) > 1 else ""
    with contextlib.ExitStack() as open_ones:
        hands = {
            name: open_ones.enter_context(handwork.begun(home, _kind(name), what, session))
            for name in of
        }
        for name, hand in hands.items():
            paths = (Path(files.unescape(one.path)) for one in of[name])
            hand.take(paths, (one.item for one in of[name]))
        yield hands


def _kinds(records: Collection[Record]) -> list[str]:
    return sorted({one.queue for one in records})


def _kind(name: str) -> Kind:
    if name not in kinds.KINDS:
        raise NewerFormat("An undo record", name, ", ".join(kinds.KINDS))
    return kinds.KINDS[name]
