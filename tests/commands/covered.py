"""A home, a library with one album that has no cover, and a server that has one for it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo.store import UndoStore
from mediakeep_simulator.entities import CatalogueCover, MusicBrainzCatalogue
from mediakeep_simulator.fault_injection import FaultInjector
from mediakeep_simulator.server import LoggedRequest, SimulatorServer
from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import Told
from tests.music import shelf
from tests.music.coverless import TITLES, build_catalogue, is_cover, marks, size


@dataclass
class Desk:
    """A home, a library with one album, and a server that knows it."""

    home: Home
    server: SimulatorServer
    world: MusicBrainzCatalogue

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
        return [request.path for request in self.server.requests if is_cover(request)]


def fill(desk: Desk, release: str = "") -> None:
    """Put the album on the shelf, with the MBID of a release in its tags if one is given."""
    for number, title in enumerate(TITLES, 1):
        path = shelf.put(desk.album / f"0{number}.mp3", **marks(number, title))
        if release:
            with contextlib.closing(UndoStore(desk.home.path / "before")) as store:
                write_tags.write(
                    path, [SetField("musicbrainz_albumid", (release,))], store, queue="music"
                )


class Stock:
    """Keeps copies of a desk, and hands each out anew, in the same place."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._place = desk, desk.home.path.parent
        self._asked: dict[str, list[LoggedRequest]] = {}

    def _kept(self, name: str) -> Path:
        return self._place.with_name(f"{self._place.name}-{name}")

    def keep(self, name: str) -> None:
        shutil.copytree(self._place, self._kept(name))
        self._asked[name] = list(self._desk.server.requests)

    def desk(self, name: str) -> Desk:
        shutil.rmtree(self._place)
        shutil.copytree(self._kept(name), self._place)
        self._desk.server.requests[:] = self._asked[name]
        self._desk.server.faults = FaultInjector()
        return self._desk


def made(root: Path, *covers: CatalogueCover | None) -> Iterator[Desk]:
    (root / "home").mkdir()
    known = build_catalogue(*covers)
    with (
        mock.patch.dict(os.environ, {"XDG_RUNTIME_DIR": str(root)}),  # where homes share their pace
        SimulatorServer(known) as server,
    ):
        yield Desk(Home(root / "home", root / "music"), server, known)
