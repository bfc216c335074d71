"""Shared part of the lookup contexts of all services."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Machine, Spent
from mediakeep.outcome import QUIET, Progress

if TYPE_CHECKING:  # imported late: it is slow, and most lookups are cached
    from mediakeep.lookups.http import Http
    from mediakeep.lookups.ledger import Ledger

CLOSED = "commands that change files make no lookups; the next batch does"


class Counter:
    """Clients, store and statistics of one process; subclasses name the cache file."""

    file: ClassVar[str]

    def __init__(self, folder: Path, access: Access, machine: Machine | None = None) -> None:
        self.access, self.folder = access, folder
        self.progress: Progress = QUIET  # of the current item
        self.spent = Spent()
        self._closables: list[Http | Ledger] = []  # opened so far
        self._machine = replace(machine or Machine(), waiting=self._waiting, extend=self._extend)

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a cache nor an enabled service."""
        return not (self.access.is_open or self.has_file)

    @property
    def has_file(self) -> bool:
        """Whether there are cached lookups."""
        return (self.folder / self.file).exists()

    @property
    def closed(self) -> str:
        """Why the catalogue is disabled, as a sentence."""
        return str(self.access.refusal())

    @cached_property
    def http(self) -> Http:
        """The HTTP client; raises NoCache if responses cannot be stored."""
        from mediakeep.lookups.http import Http

        http = Http(self.folder / self.file, self.access.contact, machine=self._machine)
        http.spent = self.spent
        self._closables.append(http)
        return http

    def close(self) -> None:
        """Close all clients and stores; they reopen when used."""
        for part in self._closables:
            part.close()

    def _waiting(self, seconds: float) -> None:
        self.progress.waiting(seconds, self.access.catalogue.name)

    def _extend(self, seconds: float) -> None:
        self.progress.extend(seconds)
