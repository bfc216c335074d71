"""The settings of episodes: the sections [episodes] and [state_management]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mediakeep import kinds
from mediakeep.episodes.states import TRIED
from mediakeep.errors import ItemFailed, SettingLost
from mediakeep.job_settings import JobSettings
from mediakeep.lookups.episode_services import (
    ArchiveOrgSettings,
    ScheduleSettings,
    YouTubeSettings,
)
from mediakeep.media.encoding.video_settings import StillVideoSettings
from mediakeep.setting_fields import UserPath
from mediakeep.stages import Retry

_FILE = {"is_path": True, "metavar": "FILE"}
_PICTURES = "mediakeep.media.encoding.still_picture"


class EpisodePaths(msgspec.Struct, frozen=True, kw_only=True):
    """What episodes have of the section [paths]."""

    working_dir: Annotated[
        UserPath, Meta(description="Where files are worked on.", extra={"flag": "--working"})
    ] = "./working"


class EpisodeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The section [episodes]; "" of a text if it is not used."""

    picture: Annotated[
        UserPath,
        Meta(description="The picture of all videos, not that of each item.", extra=_FILE),
    ] = ""
    show: Annotated[str, Meta(description="The name of the show, on title cards.")] = ""
    font: Annotated[UserPath, Meta(description="A font file for title cards.", extra=_FILE)] = ""
    playlists: Annotated[
        str, Meta(description="Ids of playlists, separated by commas.", extra={"metavar": "ID,..."})
    ] = ""
    audio_language: Annotated[
        str,
        Meta(
            description="Of titles, descriptions and captions, such as en.",
            extra={"flag": "--language"},
        ),
    ] = ""
    category: str = "22"  # of YouTube: People & Blogs
    thumbnails: bool = True  # the picture is that of the video, too; costs 50 units
    captions: bool = True  # from transcripts; needs a language, and costs 400 units
    keep_working: Annotated[
        bool,
        Meta(
            description="Keep the files of published episodes.",
            extra={"flag": "--keep-working/--remove-working"},
        ),
    ] = False
    schedule: ScheduleSettings = ScheduleSettings()
    video: StillVideoSettings = StillVideoSettings()
    archive_org: ArchiveOrgSettings = ArchiveOrgSettings()
    youtube: YouTubeSettings = YouTubeSettings()

    @property
    def playlist_ids(self) -> list[str]:
        """The playlists to which each video is added."""
        return list(filter(None, re.split(r"[\s,]+", self.playlists)))


class RetentionSettings(msgspec.Struct, frozen=True):
    """The table `retention` of [state_management]: which YAML files there are."""

    yaml_files: bool = True
    compress_old: bool = False


class ReportingSettings(msgspec.Struct, frozen=True):
    """The table `reporting` of [state_management]."""

    generate_daily: bool = True
    generate_weekly: bool = True
    report_format: Literal["html", "json", "csv"] = "html"


class AttemptLimits(msgspec.Struct, frozen=True):
    """The attempts of each stage of an episode."""

    download: Annotated[int, Meta(ge=1)] = 3
    conversion: Annotated[int, Meta(ge=1)] = 2
    upload: Annotated[int, Meta(ge=1)] = 3


class RecoverySettings(msgspec.Struct, frozen=True):
    """The table `recovery` of [state_management]; the delay is in seconds."""

    auto_resume: bool = True
    max_retries: AttemptLimits = AttemptLimits()
    retry_delay: Annotated[float, Meta(ge=0)] = 300.0

    @property
    def retries(self) -> Mapping[str, Retry]:
        """The retries of each stage that has some."""
        return {
            stage: Retry(getattr(self.max_retries, name), self.retry_delay, "skipped")
            for name, stage in TRIED.items()
        }


class MonitoringSettings(msgspec.Struct, frozen=True):
    """The table `monitoring` of [state_management], which sets the alerts of batches."""

    alert_on_failure: bool = True
    alert_threshold: Annotated[int, Meta(ge=1)] = 5
    # A secret: its variable, or a file that others have no access to.
    webhook_url: Annotated[str, Meta(extra={"is_secret": True})] = ""


class StateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The section [state_management]: exports of the queue of episodes, retries and alerts."""

    state_directory: UserPath = "state"
    database_file: str = "state.db"
    retention: RetentionSettings = RetentionSettings()
    reporting: ReportingSettings = ReportingSettings()
    recovery: RecoverySettings = RecoverySettings()
    monitoring: MonitoringSettings = MonitoringSettings()


class EpisodeSettings(JobSettings, frozen=True, kw_only=True):
    """All settings of episodes."""

    paths: EpisodePaths = EpisodePaths()
    episodes: EpisodeOptions = EpisodeOptions()
    state_management: StateSettings = StateSettings()

    @property
    def working_dir(self) -> Path:
        """The folder of the working folders; a relative one is below the home."""
        return self.below_home(self.paths.working_dir)

    def list_folders(self) -> list[Path]:
        """Return the folders that its items write, besides the home and the library."""
        return [self.working_dir]

    @property
    def font(self) -> Path | None:
        """The font of title cards, or None if any is used."""
        return self.below_home(self.episodes.font) if self.episodes.font else None

    def check(self) -> None:
        """Raise a UsageError for a setting that no episode could be processed with.

        That is a zone, a host, a picture or a font that cannot be used, or Pillow is missing.
        """
        _ = self.episodes.schedule.time_of_day
        self.episodes.archive_org.build_service()
        self.episodes.youtube.build_service()
        self.load_picture()
        kinds.load(f"{_PICTURES}:draw_title_card")(
            "", size=self.episodes.video.size, font=self.font
        )

    def load_picture(self) -> Any:
        """Return the picture of all videos, or None if each has its own; raise SettingLost."""
        path = self.episodes.picture and self.below_home(self.episodes.picture)
        try:
            return path and kinds.load(f"{_PICTURES}:load_picture")(path, self.episodes.video.size)
        except ItemFailed as error:
            raise SettingLost(str(error)) from error
