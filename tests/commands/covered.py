"""A home, a library with one album that has no cover, and a server that has one for it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from mediakeep.media import safewrite
from mediakeep.media.safewrite import Edit
from mediakeep.media.undoing.store import Store
from mediakeep.rehearsal.entities import Cover, World
from mediakeep.rehearsal.server import Server
from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import Told
from tests.music import shelf
from tests.music.coverless import TITLES, is_cover, marks, size, world


@dataclass
class Desk:
    """A home, a library with one album, and a server that knows it."""

    home: Home
    server: Server
    world: World

    @property
    def album(self) -> Path:
        return self.home.music / "Vera" / "Dawn"

    def run(self, *words: object) -> Told:
        hosts = {"MUSICBRAINZ_HOST": self.server.url, "COVERART_HOST": self.server.url}
        settings = {f"MEDIAKEEP_{name}": text for name, text in hosts.items()}
        settings |= {"MEDIAKEEP_MUSICBRAINZ_INTERVAL": "0", "MEDIAKEEP_WORKERS": "1"}
        return hands.run(self.home, *map(str, words), **settings)

    def ok(self, *words: object) -> str:
        told = self.run(*words)
        assert told.code == 0, told
        return told.out

    def covers(self) -> list[tuple[int, int]]:
        return [size(path) for path in sorted(self.album.rglob("*.mp3"))]

    @property
    def asked(self) -> list[str]:
        return [one.path for one in self.server.asked if is_cover(one)]


def fill(desk: Desk, release: str = "") -> None:
    """Put the album on the shelf, with the MBID of a release in its tags if one is given."""
    for number, title in enumerate(TITLES, 1):
        path = shelf.put(desk.album / f"0{number}.mp3", **marks(number, title))
        if release:
            with contextlib.closing(Store(desk.home.path / "before")) as store:
                safewrite.write(path, [Edit("musicbrainz_albumid", (release,))], store)


def made(root: Path, *covers: Cover | None) -> Iterator[Desk]:
    (root / "home").mkdir()
    known = world(*covers)
    with (
        mock.patch.object(tempfile, "tempdir", str(root)),  # where all homes share their pace
        Server(known) as server,
    ):
        yield Desk(Home(root / "home", root / "music"), server, known)
