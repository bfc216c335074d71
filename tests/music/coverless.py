"""An album without a cover on disk, and a local server that has one for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.audio import tags
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.music import process
from mediakeep.music.item import MusicItem
from mediakeep.music.process import MusicWorkerConfig
from mediakeep.outcome import NO_PROGRESS, Outcome
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_simulator import factories
from mediakeep_simulator.entities import CatalogueCover, CatalogueRelease, MusicBrainzCatalogue
from mediakeep_simulator.http_types import SimulatorRequest
from mediakeep_simulator.server import SimulatorServer
from tests.music import shelf, visits

LENGTH = 1000  # milliseconds
TITLES = ("Low Tide", "Ballast", "Salt")
SAFE = WritePolicy(fix=FixLevel.SAFE)


@dataclass
class Workspace:
    """An artist with one album, a home, and a server that knows them."""

    root: Path
    server: SimulatorServer
    policy: WritePolicy = SAFE
    release: CatalogueRelease = field(default_factory=lambda: build_catalogue().releases[0])

    @property
    def folder(self) -> Path:
        return self.root / "music" / "Vera"

    @property
    def album(self) -> Path:
        return self.folder / "Dawn"

    @property
    def gallery(self) -> list[Path]:
        """The pictures that were fetched and have not come to use yet."""
        kept = (self.root / "home" / "status" / "cache" / "covers").glob("*")
        return sorted(path for path in kept if path.stat().st_mtime)

    def fill(self, suffix: str = "mp3", **more: Any) -> None:
        for number, title in enumerate(TITLES, 1):
            shelf.put(self.album / f"0{number} {title}.{suffix}", **marks(number, title), **more)

    def run(self, access: ServiceConfig | None = None, **more: Any) -> Outcome:
        access = access or visits.access(self.server)
        policy = msgspec.structs.replace(self.policy, **more.pop("policy", {}))
        places = MusicWorkerConfig(
            home=self.root / "home", write=True, policy=policy, access=access
        )
        places = msgspec.structs.replace(places, **more)
        with process.open_worker(places) as worker:
            outcome = worker(shelf.work(self.folder), NO_PROGRESS)
        assert isinstance(outcome, Outcome)
        msgspec.convert({"status": "completed", **outcome.data}, MusicItem)
        return outcome

    @property
    def asked(self) -> list[str]:
        """The covers that were asked for."""
        paths = (request.path for request in self.server.requests)
        return [path for path in paths if path.startswith(("/release/", "/release-group/"))]

    def covers(self) -> list[tuple[int, int]]:
        return [size(path) for path in sorted(self.album.glob("0*.*"))]

    def contents(self) -> dict[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    def take_back(self) -> None:
        with contextlib.closing(UndoStore(self.root / "home" / "status" / "undo")) as store:
            for step in apply_undo.plan_undo(store, RecordQuery()):
                assert apply_undo.apply_undo(store, step.record)


def marks(number: int, title: str) -> dict[str, str]:
    total = f"{number}/{len(TITLES)}"
    vera = {"artist": "Vera", "albumartist": "Vera", "album": "Dawn", "date": "1974"}
    return {"title": title, "tracknumber": total, **vera}


def size(path: Path) -> tuple[int, int]:
    pictures = [picture for picture in tags.read(path).tags.pictures if picture.type == 3]
    return (pictures[0].width, pictures[0].height) if pictures else (0, 0)


def build_catalogue(*covers: CatalogueCover | None) -> MusicBrainzCatalogue:
    """An album in as many editions, alike but for their covers."""
    vera = factories.make_artist("Vera")
    dawn = factories.make_group(vera, "Dawn")
    releases = [
        factories.make_release(dawn, [TITLES], edition=edition, date="1974", cover=cover)
        for edition, cover in enumerate(covers or (CatalogueCover(),), 1)
    ]
    return MusicBrainzCatalogue(
        artists=(vera,), groups=(dawn,), releases=tuple(map(set_lengths, releases))
    )


def set_lengths(release: CatalogueRelease) -> CatalogueRelease:
    """Let the tracks of a release last as long as those in the library."""
    replace = msgspec.structs.replace
    media = (
        replace(medium, tracks=tuple(replace(track, length=LENGTH) for track in medium.tracks))
        for medium in release.media
    )
    return replace(release, media=tuple(media))


@contextlib.contextmanager
def open_workspace(
    root: Path, *covers: CatalogueCover | None, policy: WritePolicy = SAFE
) -> Iterator[Workspace]:
    (root / "home").mkdir(parents=True)
    with SimulatorServer(build_catalogue(*covers)) as server:
        yield Workspace(root, server, policy)


def is_cover(question: SimulatorRequest) -> bool:
    return question.path.startswith(("/release/", "/release-group/", "/image/"))
