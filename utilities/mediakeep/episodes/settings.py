"""The settings of episodes: the sections [episodes] and [state_management]."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mediakeep.job_settings import JobSettings
from mediakeep.setting_fields import UserPath


class RetentionSettings(msgspec.Struct, frozen=True):
    """The table `retention`: which YAML files there are."""

    yaml_files: bool = True
    compress_old: bool = False


class ReportingSettings(msgspec.Struct, frozen=True):
    """The table `reporting`: which reports are written."""

    generate_daily: bool = True
    generate_weekly: bool = True
    report_format: Literal["html", "json", "csv"] = "html"


class AttemptLimits(msgspec.Struct, frozen=True):
    """The attempts of each stage of an episode."""

    download: Annotated[int, Meta(ge=1)] = 3
    conversion: Annotated[int, Meta(ge=1)] = 2
    upload: Annotated[int, Meta(ge=1)] = 3


class RecoverySettings(msgspec.Struct, frozen=True):
    """The table `recovery`; the delay before the second attempt is in seconds."""

    auto_resume: bool = True
    max_retries: AttemptLimits = AttemptLimits()
    retry_delay: Annotated[float, Meta(ge=0)] = 300


class MonitoringSettings(msgspec.Struct, frozen=True):
    """The table `monitoring`: the alerts of batches of episodes."""

    alert_on_failure: bool = True
    alert_threshold: Annotated[int, Meta(ge=1)] = 5
    webhook_url: str = ""  # a secret: only in a file that others cannot read


class StateSettings(msgspec.Struct, frozen=True):
    """The section [state_management]."""

    state_directory: UserPath = "state"
    database_file: str = "state.db"
    retention: RetentionSettings = RetentionSettings()
    reporting: ReportingSettings = ReportingSettings()
    recovery: RecoverySettings = RecoverySettings()
    monitoring: MonitoringSettings = MonitoringSettings()


class PublishingSettings(msgspec.Struct, frozen=True):
    """The section [episodes]."""

    uploads_a_day: Annotated[int, Meta(ge=1)] = 100


class EpisodeSettings(JobSettings, frozen=True, kw_only=True):
    """All settings of episodes."""

    episodes: PublishingSettings = PublishingSettings()
    state_management: StateSettings = StateSettings()
