"""The clients of archive.org and YouTube of one process, each opened when it is first used."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from mediakeep.errors import WrongChannel
from mediakeep.lookups.archive_org.client import ArchiveClient
from mediakeep.lookups.episode_services import ArchiveOrgSettings, YouTubeSettings
from mediakeep.lookups.http.direct_session import DirectSession
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.youtube.client import YouTubeClient
from mediakeep.lookups.youtube.login import TokenFile
from mediakeep.lookups.youtube.model import YouTubeChannel
from mediakeep.lookups.youtube.publication_slots import PublicationSlots
from mediakeep.lookups.youtube.quota import QuotaLedger
from mediakeep.outcome import NO_PROGRESS, Progress


class ServiceClients:
    """The clients; reading `youtube` or `channel` raises NotAuthorised without a valid token."""

    def __init__(
        self, home: Path, archive_org: ArchiveOrgSettings, youtube: YouTubeSettings
    ) -> None:
        self._home, self._archive_org, self._youtube = home, archive_org, youtube
        self._state_dir, self._closing = home / "status" / "cache", contextlib.ExitStack()
        self.progress: Progress = NO_PROGRESS  # of the current item

    @cached_property
    def session(self) -> DirectSession:
        """The session for downloads from archive.org."""
        service = self._archive_org.build_service()
        session = DirectSession(service, self._state_dir, self._build_environment(service.name))
        self._closing.callback(session.close)
        return session

    @cached_property
    def archive(self) -> ArchiveClient:
        """The client of archive.org."""
        return ArchiveClient(self.session)

    @cached_property
    def ledger(self) -> QuotaLedger:
        """The ledger of YouTube's quota, one for all queues of the home."""
        path = self._home / "status" / "episodes" / "quota.db"
        return QuotaLedger(path, self._youtube.limits)

    @cached_property
    def slots(self) -> PublicationSlots:
        """The times at which videos are published, one file for all queues of the home."""
        return PublicationSlots(self._home / "status" / "episodes" / "schedule.db")

    @cached_property
    def youtube(self) -> YouTubeClient:
        """The client of YouTube."""
        service = self._youtube.build_service()
        client = YouTubeClient(
            service,
            self.ledger,
            TokenFile(self._youtube.token_file, self._home),
            self._state_dir,
            self._build_environment(service.name),
            channel_id=self._youtube.channel,
            chunk_size=self._youtube.chunk_size,
        )
        self._closing.callback(client.close)
        return client

    def open_youtube(self, channel_id: str = "") -> YouTubeClient:
        """Return the client of YouTube; raise WrongChannel if its channel is another one."""
        if channel_id not in ("", self.channel.id):
            raise WrongChannel(self.channel.id, channel_id)
        return self.youtube

    @cached_property
    def channel(self) -> YouTubeChannel:
        """The channel of the token; reading it raises WrongChannel if it is not the one set."""
        return self.youtube.get_channel()

    def close(self) -> None:
        """Close the connections."""
        self._closing.close()

    def _build_environment(self, service: str) -> HttpEnvironment:
        return HttpEnvironment(
            on_wait=lambda seconds: self.progress.on_wait(seconds, service),
            extend_deadline=lambda seconds: self.progress.extend_deadline(seconds),
        )
