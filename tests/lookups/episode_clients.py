"""The simulated archive.org and YouTube, and clients of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mediakeep.lookups.archive_org.client import ArchiveClient
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.transfer import RemoteFile
from mediakeep.lookups.youtube.client import YouTubeClient
from mediakeep.lookups.youtube.login import TokenFile
from mediakeep.lookups.youtube.quota import PRESETS, QuotaLedger, QuotaLimits
from mediakeep.outcome import NullProgress, Stopping
from mediakeep_simulator.episode_catalogue import EpisodeCatalogue, generate_catalogue
from mediakeep_simulator.episode_services import EpisodeServices

CHUNK_UNIT = 1 << 18  # bytes
SHOW = "simulated-radio-hour"


@dataclass
class EpisodeClients:
    """Both services on one server, and what clients need."""

    services: EpisodeServices
    url: str
    folder: Path
    environment: HttpEnvironment
    token_file: Path

    def open_archive_session(self) -> DirectSession:
        return DirectSession(Service("archive.org", self.url), self.folder, self.environment)

    def find_audio(self, number: int = 1) -> RemoteFile:
        """Return the audio of an episode as a file to download."""
        client = ArchiveClient(self.open_archive_session())
        episode = client.get_episode(f"{SHOW}-{number:04}")
        return client.build_remote(episode.identifier, episode.audio)

    def open_ledger(self, limits: QuotaLimits = PRESETS["2026"]) -> QuotaLedger:
        clock = self.services.youtube.now
        return QuotaLedger(self.folder / "quota.db", limits, lambda: clock())

    def open_youtube(
        self, *, channel_id: str = "", limits: QuotaLimits = PRESETS["2026"]
    ) -> YouTubeClient:
        return YouTubeClient(
            Service("YouTube", self.url),
            self.open_ledger(limits),
            TokenFile(str(self.token_file), self.folder / "home"),
            self.folder,
            self.environment,
            channel_id=channel_id,
            chunk_size=CHUNK_UNIT,
        )


@contextmanager
def serve(
    folder: Path, environment: HttpEnvironment, catalogue: EpisodeCatalogue | None = None
) -> Iterator[EpisodeClients]:
    services = EpisodeServices(
        catalogue or generate_catalogue(3, size=300_000), folder / "simulator"
    )
    with services.serve() as server:
        token_file = services.youtube.write_token_file(server.url)
        yield EpisodeClients(services, server.url, folder, environment, token_file)


class RecordedProgress(NullProgress):
    """Records the reports, and stops at one of them."""

    def __init__(self, stop_at: int = 1 << 60) -> None:
        self.reports = list[int]()
        self._stop_at = stop_at

    def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
        self.reports.append(done)
        if may_stop and done >= self._stop_at:
            raise Stopping
