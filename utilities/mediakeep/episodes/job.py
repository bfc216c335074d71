"""One episode at work: its item, the settings, and its working files.

<name> [1f2e3d4c]_source/audio.mp3, transcript.vtt, picture.jpg     as archive.org has them
<name> [1f2e3d4c]_processed/<name>.mp4
<name> [1f2e3d4c]_state/episode.json     the metadata of archive.org
                        thumbnail.jpg, captions.srt
                        upload.json      the session of the upload
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.episodes.item import EpisodeItem
from mediakeep.episodes.settings import EpisodeOptions, EpisodeSettings
from mediakeep.item import Status
from mediakeep.lookups.archive_org.client import ArchiveEpisode
from mediakeep.lookups.service_clients import ServiceClients
from mediakeep.lookups.youtube.client import YouTubeClient
from mediakeep.outcome import NO_PROGRESS, Outcome, Progress
from mediakeep.workspace.job_files import JobFiles, StateFile

_HINT = "Reset the episode to begin with its download."
AUDIO, PICTURE, TRANSCRIPT = "audio", "picture", "transcript"  # without suffix
THUMBNAIL, CAPTIONS = "thumbnail.jpg", "captions.srt"


class RecordedUpload(msgspec.Struct, frozen=True):
    """An open upload: the URI of its session, which is a secret, and the hash of its video."""

    uri: str
    sha256: str


DETAILS = StateFile("episode.json", ArchiveEpisode, _HINT)
UPLOAD = StateFile("upload.json", RecordedUpload, is_secret=True)


class EpisodeJob(msgspec.Struct, frozen=True):
    """An episode with its settings, and the clients of its services."""

    item: EpisodeItem
    settings: EpisodeSettings
    clients: ServiceClients
    progress: Progress = NO_PROGRESS

    @property
    def options(self) -> EpisodeOptions:
        return self.settings.episodes

    @property
    def files(self) -> JobFiles:
        key = f"episodes/{self.settings.home}/{self.item.output_name}"
        return JobFiles(self.settings.working_dir, key, _HINT)

    @property
    def youtube(self) -> YouTubeClient:
        """The client of YouTube; reading it raises WrongChannel if the upload is elsewhere."""
        return self.clients.open_youtube(self.item.channel)

    def find_target(self, _: str) -> Path:
        return self.settings.working_dir


def open_clients(settings: EpisodeSettings) -> ServiceClients:
    """Return the clients of archive.org and YouTube."""
    options = settings.episodes
    return ServiceClients(settings.below_home(""), options.archive_org, options.youtube)


def find_file(escaped: str) -> Path | None:
    """Return the file at an escaped path, or None if there is none."""
    path = Path(path_text.unescape_path(escaped))
    return path if escaped and path.is_file() else None


def fail_and_resume(stage: str, why: str) -> Outcome:
    """Return the failure of an episode that begins with an earlier stage in its next attempt."""
    return Outcome(Status.ERROR, why, resume_stage=stage)
