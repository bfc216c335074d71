"""Check out the items of changed files, of all kinds, for one command."""

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
    """Check out the items of all records, or none; yield a checkout for each kind, by its name."""
    by_kind = {
        name: [record for record in records if record.queue == name] for name in _kinds(records)
    }
    session = handwork.own_session(what) if len(by_kind) > 1 else ""
    with contextlib.ExitStack() as stack:
        hands = {
            name: stack.enter_context(handwork.begun(home, _kind(name), what, session))
            for name in by_kind
        }
        for name, checkout in hands.items():
            paths = (Path(files.unescape(record.path)) for record in by_kind[name])
            checkout.take(paths, (record.item for record in by_kind[name]))
        yield hands


def _kinds(records: Collection[Record]) -> list[str]:
    return sorted({record.queue for record in records})


def _kind(name: str) -> Kind:
    if name not in kinds.KINDS:
        raise NewerFormat("An undo record", name, ", ".join(kinds.KINDS))
    return kinds.KINDS[name]
