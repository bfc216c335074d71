"""What one process asks services with, and how it may: made once, opened when first needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep.lookups.access import Access
from mediakeep.lookups.answers import Machine, Service, Spent
from mediakeep.lookups.known import FILE, Known
from mediakeep.outcome import QUIET, Progress

if TYPE_CHECKING:  # loading these takes its time, and most artists are known
    from mediakeep.lookups.http import Http
    from mediakeep.lookups.musicbrainz import MusicBrainz


_CLOSED = "commands that change files ask nobody; the next batch does"
CLOSED = Access(
    Service("MusicBrainz", "https://musicbrainz.org", 1.1, _CLOSED),
    Service("The Cover Art Archive", "https://coverartarchive.org", 0.0, _CLOSED),
)


class Desk:
    """The look-ups of one process, in a folder of caches."""

    def __init__(self, folder: Path, access: Access, machine: Machine | None = None) -> None:
        self.access, self.folder = access, folder
        self.progress: Progress = QUIET  # of the item that is worked on
        self.spent = Spent()
        self._machine = replace(machine or Machine(), waiting=self._waiting)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known, and nobody may be asked."""
        return not (self.access.is_open or self.has_file)

    @property
    def has_file(self) -> bool:
        """Whether anything was ever looked up."""
        return (self.folder / FILE).exists()

    @property
    def closed(self) -> str:
        """Why MusicBrainz is not asked, as a sentence."""
        return str(self.access.refusal())

    @cached_property
    def known(self) -> Known:
        """What earlier look-ups came to; NoCache where it cannot be opened."""
        return Known(self.folder)

    @cached_property
    def http(self) -> Http:
        """The session; NoCache where its answers cannot be kept."""
        from mediakeep.lookups.http import Http

        made = Http(self.folder / FILE, self.access.contact, machine=self._machine)
        made.spent = self.spent
        return made

    @cached_property
    def musicbrainz(self) -> MusicBrainz:
        """MusicBrainz, as a library of ours asks it."""
        from mediakeep.lookups.musicbrainz import MusicBrainz

        return MusicBrainz(self.http, self.access.catalogue)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("http", "known"):
            if name in self.__dict__:
                getattr(self, name).close()

    def _waiting(self, seconds: float) -> None:
        self.progress.waiting(seconds, self.access.catalogue.name)
