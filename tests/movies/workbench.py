"""One movie in a folder, worked on as a batch does, with a server that stands in for TMDb."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import files
from mediakeep.item import MovieItem, Status
from mediakeep.lookups.access import Access, Locale
from mediakeep.lookups.answers import Secret, Service
from mediakeep.lookups.tmdb import terms
from mediakeep.movies import process
from mediakeep.movies.tools import Places
from mediakeep.outcome import QUIET, Outcome, Stamp, Work
from mediakeep.policy import Fix, Policy
from mediakeep.rehearsal.films import clips
from mediakeep.rehearsal.films.clip import Clip
from mediakeep.rehearsal.films.film import Film
from mediakeep.rehearsal.films.tmdb import TOKEN
from mediakeep.rehearsal.server import Server

SAFE = Policy(fix=Fix.SAFE)


@dataclass
class Bench:
    """A home, a library beside it, and the items that were worked on."""

    root: Path
    server: Server
    items: dict[str, MovieItem] = field(default_factory=dict)
    claims: int = 0

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def access(self) -> Access:
        secret = Secret(TOKEN)
        return Access(
            Service(terms.NAME, self.server.url, secret=secret, kept=terms.KEPT),
            Service(terms.IMAGES, self.server.url, secret=None),
        )

    def put(self, name: str, film: Film | None = None, **clip: Any) -> Path:
        """Put a video there; it lasts as long as the film does."""
        path = self.library / name
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds = 60.0 * (film.runtime if film else 90)
        clips.make(path, Clip(**{"width": 320, "height": 180, "seconds": seconds, **clip}))
        return path

    def work(
        self, key: str, policy: Policy = SAFE, locale: Locale | None = None, **places: Any
    ) -> Outcome:
        """Work on a movie, and keep what the queue would."""
        self.claims += 1
        item = self.items.get(key) or MovieItem(
            status=Status.PENDING,
            path=files.escape(self.library / files.unescape(key)),
            output_name=files.safe_name(key),
        )
        access = places.pop("access", self.access)
        access = structs.replace(access, locale=locale or Locale())
        wanted = Places(self.home, places.pop("write", True), policy, access, **places)
        stamp = Stamp("20260101_session_001", key, self.claims, self.claims)
        with process.opened(wanted) as worker:
            outcome = worker(Work(item, stamp), QUIET)
        assert isinstance(outcome, Outcome)
        if wanted.write and outcome.state is Status.COMPLETED:
            fields = msgspec.to_builtins(item) | outcome.data
            self.items[key] = msgspec.convert(fields, MovieItem)
        return outcome

    def issues(self, key: str) -> set[str]:
        """Return the kinds of issues that the record of a movie tells of."""
        from mediakeep.movies.outputs import record

        name = self.items[key].output_name
        return {one.kind for one in record.issues(self.home / record.place(name))}
