"""The settings of archive.org and YouTube: tables of a kind's section of settings files."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, structs

from mediakeep.errors import BadSetting
from mediakeep.lookups import service_config
from mediakeep.lookups.http.models import Service
from mediakeep.lookups.youtube.quota import PRESETS, QuotaLimits
from mediakeep.setting_fields import UserPath

_DAYS = {"day": 1, "week": 7}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NonNegative = Annotated[int, Meta(ge=0)]


class ArchiveOrgSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where archive.org is, and how often it is asked."""

    host: str = "https://archive.org"
    interval: Annotated[float, Meta(ge=0, le=3600)] = 0.5  # seconds between requests; 0: no limit

    def build_service(self) -> Service:
        """Return the service; raise BadSetting if the host is no URL of a server."""
        return _build_service("archive.org", "archive_org", self.host, self.interval)


class YouTubeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where YouTube is, whose channel is used, and its limits of a day (0: those of `quota`)."""

    host: str = "https://www.googleapis.com"
    interval: Annotated[float, Meta(ge=0, le=3600)] = 0.1  # seconds between requests; 0: no limit
    token_file: UserPath = ""  # outside the home; it holds secrets
    channel: str = ""  # the id, such as "UC..."; "": that of the token
    quota: Literal["2026", "legacy"] = "2026"  # what calls cost
    uploads_per_day: _NonNegative = 0
    units_per_day: _NonNegative = 0
    # KiB of a video that are sent, and kept in memory, at once
    chunk_kib: Annotated[int, Meta(ge=256, le=1 << 18, multiple_of=256)] = 8192

    @property
    def chunk_size(self) -> int:
        """The bytes that are sent at once."""
        return self.chunk_kib * 1024

    @property
    def limits(self) -> QuotaLimits:
        """The limits of a day."""
        preset = PRESETS[self.quota]
        return structs.replace(
            preset,
            uploads=self.uploads_per_day or preset.uploads,
            units=self.units_per_day or preset.units,
        )

    def build_service(self) -> Service:
        """Return the service; raise BadSetting if tokens could be intercepted."""
        service = _build_service("YouTube", "youtube", self.host, self.interval)
        parts = urlsplit(self.host)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise BadSetting("youtube_host", "tokens could be intercepted. Use https.")
        return service


class ScheduleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """When videos are published: a table of a kind's section."""

    every: Annotated[
        str,
        Meta(
            pattern=r"^(day|week|[1-9]\d{0,2}d)?$",
            description="Days between two publications: day, week, or a number such as 3d.",
            extra={"flag": "--every"},
        ),
    ] = ""  # videos stay private
    at: Annotated[
        str,
        Meta(
            pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
            description="The time of the day, such as 18:00.",
            extra={"flag": "--at"},
        ),
    ] = "18:00"
    timezone: Annotated[
        str,
        Meta(description="Its time zone, such as Europe/Berlin.", extra={"flag": "--timezone"}),
    ] = "UTC"

    @property
    def interval(self) -> timedelta:
        """The days between two publications, 0 if there is no schedule."""
        return timedelta(_DAYS.get(self.every) or int(self.every.rstrip("d") or 0))

    @property
    def time_of_day(self) -> time:
        """The time of a publication in its zone; raises BadSetting if that is unknown."""
        try:
            return time.fromisoformat(self.at).replace(tzinfo=ZoneInfo(self.timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            hint = 'Use a name such as "Europe/Berlin".'
            raise BadSetting("schedule_timezone", f'"{self.timezone}": {error}. {hint}') from error


def _build_service(name: str, section: str, host: str, interval: float) -> Service:
    setting = f"{section}_host"
    service_config.parse_server(setting, host, "http://localhost:8000")
    service_config.parse_interval(f"{section}_interval", interval)
    return Service(name, host.rstrip("/"), interval, host_setting=setting)
