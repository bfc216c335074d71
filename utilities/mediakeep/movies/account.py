"""All that is to be told of one movie: what its checks, its report and its record are made of."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mediakeep.issue import TAKEN_BACK
from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.media.nfo.details import Details
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.model import Movie


class NfoState(StrEnum):
    """What became of a movie's NFO when it was read."""

    NONE = "none"
    READ = "read"
    SCENE = "scene"  # a note of its release, no XML: it is never touched
    BROKEN = "broken"
    UNSAFE = "unsafe"  # XML that could harm who reads it
    LOCKED = "locked"  # it was read, and forbids any change


class Nfo(msgspec.Struct, frozen=True):
    """The NFO that counts: where it lies, and what it says after all that was written.

    `why` says why it could not be read, as a sentence's end. A blank one is NONE, with its place.
    `invalid_ids` stand in it for ids and cannot be any, each with its service.
    """

    state: NfoState = NfoState.NONE
    place: str = ""
    details: Details | None = None
    why: str = ""
    invalid_ids: tuple[tuple[str, str], ...] = ()


class Sidecar(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file beside a movie: "nfo", "poster", "fanart" or "metadata", and its place.

    `why` says why it was not written, as a sentence's end. `replaces` are files that are removed
    once it is written, `set_aside` are the names under which those that were unusable are kept.
    """

    role: str
    place: str
    why: str = ""
    replaces: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()


class Twin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another movie of the library with the same id and the same edition."""

    key: str
    path: str = ""  # escaped
    edition: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A movie: as it lies there, which one it is, what lies beside it, and what others there are.

    `local` and `nfo` are as they are after all that was written. `made` are the sidecars that
    mediakeep has written, now or before, `due` those that it would write, and `held` those that
    it did not. `gaps` are the released movies of its collection that are not in the library, and
    `collected` is how many are.
    `wanted` are languages such as "de": sound or subtitles in one of them are looked for; that of
    the locale where none is named.
    """

    local: Movie
    identity: Identity = Identity()
    nfo: Nfo = Nfo()
    locale: Locale = Locale()
    made: tuple[Sidecar, ...] = ()
    due: tuple[Sidecar, ...] = ()
    held: tuple[Sidecar, ...] = ()
    twins: tuple[Twin, ...] = ()
    gaps: tuple[Hit, ...] = ()
    collected: int = 0
    wanted: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether it is certain which movie it is."""
        return self.identity.sure in (Sure.AUTO, Sure.USER)

    @property
    def title(self) -> str:
        """What it is called: at TMDb where that is certain, else by its name."""
        movie = self.identity.movie
        return (movie.title if movie else "") or self.local.name.title or self.local.base

    @property
    def year(self) -> int:
        """When it came out, by the same word as the title; 0 where that is not known."""
        movie = self.identity.movie
        return (movie.year if movie else 0) or self.local.name.year

    @property
    def edition(self) -> str:
        """Which edition its name says it is; "" where it does not."""
        return self.local.edition

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that sound or subtitles are looked for in."""
        return self.wanted or (self.locale.tongue,)

    def is_due(self, role: str) -> bool:
        """Tell whether a batch would write a sidecar of a role, if it might."""
        return any(one.role == role for one in self.due)

    def is_taken_back(self, role: str) -> bool:
        """Tell whether a sidecar of a role was written before, and a person has taken it back."""
        return any(one.role == role and one.why == TAKEN_BACK for one in self.held)
