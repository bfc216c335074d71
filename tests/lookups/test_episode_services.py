"""The settings of archive.org and YouTube, as a kind has them in its section."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep import job_settings
from mediakeep.errors import BadSetting
from mediakeep.job_settings import JobSettings
from mediakeep.lookups.episode_services import ArchiveOrgSettings, YouTubeSettings
from mediakeep.lookups.youtube.quota import QuotaLimits
from tests.sampling import each_row


class Section(msgspec.Struct, frozen=True, kw_only=True):
    archive_org: ArchiveOrgSettings = ArchiveOrgSettings()
    youtube: YouTubeSettings = YouTubeSettings()


class Settings(JobSettings, frozen=True, kw_only=True):
    episodes: Section = Section()


def test_variables_set_them(tmp_path: Path) -> None:
    variables = {
        "MEDIAKEEP_ARCHIVE_ORG_HOST": "http://127.0.0.1:8000/",
        "MEDIAKEEP_ARCHIVE_ORG_INTERVAL": "0",
        "MEDIAKEEP_YOUTUBE_HOST": "http://localhost:8000",
        "MEDIAKEEP_YOUTUBE_CHUNK_KIB": "512",
        "MEDIAKEEP_YOUTUBE_QUOTA": "legacy",
        "MEDIAKEEP_YOUTUBE_UPLOADS_PER_DAY": "5",
        "MEDIAKEEP_YOUTUBE_TOKEN_FILE": "/secrets/token.json",
    }
    section = job_settings.build_settings(Settings, tmp_path, {}, variables).episodes
    archive, youtube = section.archive_org.build_service(), section.youtube.build_service()
    assert (archive.host, archive.interval) == ("http://127.0.0.1:8000", 0.0)
    assert (youtube.host, youtube.host_setting) == ("http://localhost:8000", "youtube_host")
    assert section.youtube.chunk_size == 512 << 10
    assert section.youtube.limits == QuotaLimits(uploads=5, insert_units=1600)
    assert section.youtube.token_file == "/secrets/token.json"


@each_row(
    ("settings", "text"),
    [
        (ArchiveOrgSettings(host="archive.org"), "archive_org_host: .*not the URL of a server"),
        (ArchiveOrgSettings(host="https://archive.org/x"), "archive_org_host"),
        (YouTubeSettings(host="http://example.org"), "youtube_host: tokens could be intercepted"),
        (YouTubeSettings(host="https:///"), "youtube_host"),
        (YouTubeSettings(host="http://["), "youtube_host: .*not the URL of a server"),
        (YouTubeSettings(host="https://name:password@a.org"), 'youtube_host: "a.org" is not'),
        (YouTubeSettings(host="https://example.org?key=1"), "youtube_host"),
        (ArchiveOrgSettings(interval=float("nan")), "archive_org_interval: nan is not a number"),
    ],
)
def test_a_wrong_host_is_refused(settings: Any, text: str) -> None:
    with pytest.raises(BadSetting, match=text):
        settings.build_service()


@each_row(
    "values", [{"chunk_kib": 300}, {"interval": -1}, {"quota": "1999"}, {"units_per_day": -1}]
)
def test_a_wrong_value_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(values, YouTubeSettings)
