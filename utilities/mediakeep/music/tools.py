"""What a worker works with: where it writes, and the index and the ledger that it has opened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED, Desk
from mediakeep.media import ledger
from mediakeep.media.ledger import Ledger
from mediakeep.media.seen import Index
from mediakeep.policy import HANDS_OFF, Policy

if TYPE_CHECKING:
    from mediakeep.music.pen import Pen


class Places(msgspec.Struct, frozen=True):
    """Where the worker writes: below `home`, and nothing but caches unless `write`.

    `deep` has it decode every file, and `accept` take the sounds that it hears for the true ones.
    `policy` says what it may repair, `access` which services it may ask, and `by_hand` that it only
    brings up to date what a person's command has changed, so that the repairs of the batch before
    are still those that count. A look-up is kept under `lookup_key`, "" for the key of the item.
    `ignored` are patterns of files and folders that are passed over.
    """

    home: Path
    write: bool
    deep: bool = False
    accept: bool = False
    policy: Policy = HANDS_OFF
    by_hand: bool = False
    access: Access = CLOSED
    lookup_key: str = ""
    ignored: tuple[str, ...] = ()


class Tools(msgspec.Struct, frozen=True, dict=True):
    """What each process opens once."""

    index: Index
    ledger: Ledger
    places: Places

    @property
    def has_changed_files(self) -> bool:
        """Whether mediakeep has ever written to a person's file."""
        return (self.places.home / "status" / "undo").is_dir()

    @cached_property
    def desk(self) -> Desk:
        """What services are asked with."""
        return Desk(self.places.home / "status" / "cache", self.places.access)

    @cached_property
    def pen(self) -> Pen:
        """What files are written with; most artists need none, and loading it takes its time."""
        from mediakeep.media.undoing.store import Store
        from mediakeep.music.pen import Pen

        return Pen.of(Store(self.places.home / "status" / "undo"), self.places.policy)

    def close(self) -> None:
        """Close what was opened."""
        if "pen" in self.__dict__:
            self.pen.store.close()
        if "desk" in self.__dict__:
            self.desk.close()


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
        tools = Tools(index, sounds, places)
        open_ones.callback(tools.close)
        yield tools
