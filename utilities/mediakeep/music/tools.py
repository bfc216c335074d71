"""What a worker works with: where it writes, and the index and the ledger that it has opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep.media import ledger
from mediakeep.media.ledger import Ledger
from mediakeep.media.seen import Index


@dataclass(frozen=True)
class Places:
    """Where the worker writes: below `home`, and nothing but caches unless `write`.

    `deep` has it decode every file, and `accept` take the sounds that it hears for the true ones.
    """

    home: Path
    write: bool
    deep: bool = False
    accept: bool = False


@dataclass(frozen=True)
class Tools:
    """What each process opens once."""

    index: Index
    ledger: Ledger


@contextlib.contextmanager
def opened(places: Places) -> Iterator[Tools]:
    """Open the tools of a process; StateDamaged where the ledger is damaged."""
    status = places.home / "status"
    with contextlib.ExitStack() as open_ones:
        write = places.write and places.deep
        sounds = Ledger.open(status / "music" / ledger.FILE, write=write)
        open_ones.callback(sounds.close)
        index = Index.open(status / "cache")
        open_ones.callback(index.close)
        yield Tools(index, sounds)
