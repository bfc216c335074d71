"""The result of processing one movie: the input of its checks, report and record."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.issue import BlockCode
from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.movies.identify.model import MatchStatus, MovieIdentity
from mediakeep.movies.model import LocalMovie


class NfoState(StrEnum):
    """The result of reading a movie's NFO."""

    NONE = "none"
    READ = "read"
    SCENE = "scene"  # a release note, not XML: never changed
    BROKEN = "broken"
    UNSAFE = "unsafe"  # XML that could attack its parser
    LOCKED = "locked"  # readable, but it forbids changes


class NfoStatus(msgspec.Struct, frozen=True):
    """The state of a movie's NFO file, as it is after all writes.

    `reason` says why it could not be read, as the end of a sentence. A blank NFO has the state NONE
    and a place. `invalid_ids` are the values in ID elements that are not valid IDs, as pairs of
    service and text.
    """

    state: NfoState = NfoState.NONE
    place: str = ""
    details: NfoMovie | None = None
    reason: str = ""
    invalid_ids: tuple[tuple[str, str], ...] = ()


class SidecarOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sidecar file that was or was not written: its role and its path.

    `why` says why it was not written, as the end of a sentence, and `code` classifies it; records
    of earlier versions have no code. `replaces` are files that are removed after it is written;
    `set_aside` are the names under which unusable files are kept.
    """

    role: str
    place: str
    why: str = ""
    replaces: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    code: BlockCode | None = None


class DuplicateMovie(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another movie of the library with the same TMDb ID and edition."""

    key: str
    path: str = ""  # escaped
    edition: str = ""


class MovieResult(msgspec.Struct, frozen=True, kw_only=True):
    """A processed movie: its files, its identity, its sidecars and related movies.

    `local` and `nfo` are as they are after all writes. `written` are the sidecars that mediakeep
    wrote, in this run or before, `pending` those that it would write, and `blocked` those that it
    could not write. `missing_in_collection` are the released movies of its collection that are not
    in the library; `owned_in_collection` is the number that are. `wanted_languages` are language
    tags such as "de": audio or subtitles in one of them are expected, or in the locale's language
    if the tuple is empty.
    """

    local: LocalMovie
    identity: MovieIdentity = MovieIdentity()
    nfo: NfoStatus = NfoStatus()
    locale: Locale = Locale()
    written: tuple[SidecarOutcome, ...] = ()
    pending: tuple[SidecarOutcome, ...] = ()
    blocked: tuple[SidecarOutcome, ...] = ()
    duplicates: tuple[DuplicateMovie, ...] = ()
    missing_in_collection: tuple[MovieSummary, ...] = ()
    owned_in_collection: int = 0
    wanted_languages: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """True if the movie is identified with certainty."""
        return self.identity.status in (MatchStatus.AUTO, MatchStatus.USER)

    @property
    def title(self) -> str:
        """The movie's title from TMDb if it is identified, else from its name."""
        movie = self.identity.movie
        return (movie.title if movie else "") or self.local.name.title or self.local.base

    @property
    def year(self) -> int:
        """The movie's release year, from the same source as the title; 0 if unknown."""
        movie = self.identity.movie
        return (movie.year if movie else 0) or self.local.name.year

    @property
    def edition(self) -> str:
        """The edition given in the movie's name, or "" if none."""
        return self.local.edition

    @property
    def expected_languages(self) -> tuple[str, ...]:
        """The languages in which audio or subtitles are expected, as language tags."""
        return self.wanted_languages or (self.locale.language_code,)

    def is_pending(self, role: str) -> bool:
        """Return True if a batch that may write files would write a sidecar with this role."""
        return any(sidecar.role == role for sidecar in self.pending)

    def is_undone(self, role: str) -> bool:
        """Return True if the user has undone the write of the sidecar with this role."""
        return any(
            sidecar.role == role and sidecar.code is BlockCode.UNDONE for sidecar in self.blocked
        )
