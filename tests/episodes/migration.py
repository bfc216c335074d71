"""A home whose episodes are migrated by the script, between simulated services."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.episodes import EpisodeState, StateManager
from mediakeep_simulator.episode_catalogue import ArchiveFile, ArchiveItem, EpisodeCatalogue
from mediakeep_simulator.episode_services import EpisodeServices
from mediakeep_simulator.youtube.model import YoutubeSettings
from tests.job_home import PATIENCE, ROOT, environment

SCRIPT = ROOT / "utilities/migrate_episodes.py"
SOUND = ArchiveFile(name="show.wav", format="WAVE", size=88_244)  # half a second


@dataclass
class Migration:
    """A home and the services; `variables` are settings of all its commands."""

    home: Path
    services: EpisodeServices
    variables: dict[str, str]

    def command(self, *words: object) -> list[str]:
        return [sys.executable, str(SCRIPT), *map(str, words)]

    def run(self, *words: object, code: int = 0, **variables: str) -> str:
        """Run a command, and return what it printed."""
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            env={**environment(), **self.variables, **variables},
        )
        text = done.stdout + done.stderr
        assert done.returncode == code, f"{done.returncode}\n{text}"
        return text

    def discover(self, *names: str, code: int = 0) -> str:
        """Discover identifiers, by default those of the catalogue."""
        path = self.home / "identifiers.txt"
        path.write_text("\n".join(names))
        return self.run("discover", "--identifiers", path, code=code)

    def migrate(self, *names: str, code: int = 0) -> dict[str, EpisodeState]:
        """Discover episodes and take them as far as possible; return their states."""
        self.discover(*names)
        self.run("run", "--all", code=code)
        return self.states

    @property
    def manager(self) -> StateManager:
        return StateManager(self.home / "state")

    @property
    def states(self) -> dict[str, EpisodeState]:
        manager = self.manager
        return {
            state.episode_id: state for state in manager.build_states(manager.state.items.values())
        }

    @property
    def titles(self) -> list[str]:
        return sorted(video.title for video in self.services.youtube.videos())


@contextlib.contextmanager
def open_migration(
    folder: Path, items: Sequence[ArchiveItem], youtube: YoutubeSettings | None = None
) -> Iterator[Migration]:
    """Serve items, and yield a home that migrates them."""
    catalogue = EpisodeCatalogue(items=tuple(items), youtube=youtube or YoutubeSettings())
    services = EpisodeServices(catalogue, folder / "simulator")
    home = folder / "home"
    home.mkdir()
    with services.serve() as server:
        variables = {
            "HOME": str(home),
            "ARCHIVE_ORG_HOST": server.url,
            "ARCHIVE_ORG_INTERVAL": "0",
            "YOUTUBE_HOST": server.url,
            "YOUTUBE_INTERVAL": "0",
            "YOUTUBE_TOKEN_FILE": str(services.youtube.write_token_file(server.url)),
            "YOUTUBE_CHUNK_KIB": "256",
            "VIDEO_WIDTH": "128",
            "VIDEO_HEIGHT": "128",
        }
        named = {f"MEDIAKEEP_{name}": value for name, value in variables.items()}
        yield Migration(home, services, named)


def build_item(name: str = "show", *files: ArchiveFile, **metadata: Any) -> ArchiveItem:
    """Return an item, by default with half a second of audio."""
    facts = {"identifier": name, "title": f"The {name}", "date": "2021-03-04", **metadata}
    own = tuple(msgspec.structs.replace(file) for file in files) or (
        msgspec.structs.replace(SOUND, name=f"{name}.wav"),
    )
    return ArchiveItem(identifier=name, metadata=facts, files=own)
