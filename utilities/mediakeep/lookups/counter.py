"""Where services are asked: what each desk has, whichever services it is for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Machine, Spent
from mediakeep.outcome import QUIET, Progress

if TYPE_CHECKING:  # loading it takes its time, and most of what is asked is known
    from mediakeep.lookups.http import Http

CLOSED = "commands that change files ask nobody; the next batch does"


class Counter:
    """The look-ups of one process in a folder of caches, which lie in a `file` of their own."""

    file: ClassVar[str]

    def __init__(self, folder: Path, access: Access, machine: Machine | None = None) -> None:
        self.access, self.folder = access, folder
        self.progress: Progress = QUIET  # of the item that is worked on
        self.spent = Spent()
        self._machine = replace(machine or Machine(), waiting=self._waiting, extend=self._extend)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known, and nobody may be asked."""
        return not (self.access.is_open or self.has_file)

    @property
    def has_file(self) -> bool:
        """Whether anything was ever looked up."""
        return (self.folder / self.file).exists()

    @property
    def closed(self) -> str:
        """Why the catalogue is not asked, as a sentence."""
        return str(self.access.refusal())

    @cached_property
    def http(self) -> Http:
        """The session; NoCache where its answers cannot be kept."""
        from mediakeep.lookups.http import Http

        made = Http(self.folder / self.file, self.access.contact, machine=self._machine)
        made.spent = self.spent
        return made

    def close(self) -> None:
        """Close what was opened."""
        for name in ("http", "known"):
            if name in self.__dict__:
                getattr(self, name).close()

    def _waiting(self, seconds: float) -> None:
        self.progress.waiting(seconds, self.access.catalogue.name)

    def _extend(self, seconds: float) -> None:
        self.progress.extend(seconds)
