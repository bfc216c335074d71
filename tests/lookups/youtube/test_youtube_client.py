"""The client of YouTube: channel, marker, what belongs to a video, limits and refusals."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from mediakeep.errors import (
    InvalidResponse,
    LimitReached,
    MediakeepError,
    Outage,
    RequestLost,
    RequestRefused,
    ServiceFailed,
    WrongChannel,
)
from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.transfer import UploadSource
from mediakeep.lookups.youtube.client import YouTubeClient
from mediakeep.lookups.youtube.model import (
    VideoMetadata,
    build_description,
    build_marker,
    clean_title,
)
from mediakeep.lookups.youtube.quota import QuotaLimits
from mediakeep_simulator.episode_catalogue import generate_catalogue
from mediakeep_simulator.episode_services import build_filter
from mediakeep_simulator.http_types import SimulatorResponse
from mediakeep_simulator.youtube.model import Channel, YoutubeSettings
from tests.lookups import episode_clients
from tests.lookups.episode_clients import EpisodeClients
from tests.sampling import each_row


def upload(
    clients: EpisodeClients, youtube: YouTubeClient, name: str = "e1", **facts: Any
) -> tuple[str, str]:
    """Upload a small video; return its id and its marker."""
    path = clients.folder / f"{name}.mp4"
    path.write_bytes(os.urandom(3000))
    source = UploadSource.from_file(path)
    metadata = VideoMetadata("Title", "Text", build_marker(name, source.sha256), **facts)
    uri = youtube.open_upload(metadata, source)
    return youtube.send_upload(uri, source), metadata.marker


@pytest.mark.long
def test_a_video_is_found_by_its_marker_while_it_is_processed(
    tmp_path: Path, machine: HttpEnvironment
) -> None:
    plan = YoutubeSettings(processing_seconds=3600)
    with episode_clients.serve(tmp_path, machine, generate_catalogue(1, youtube=plan)) as clients:
        youtube = clients.open_youtube()
        videos = dict(upload(clients, youtube, f"e{number}")[::-1] for number in range(60))
        for marker in [*videos][::20]:
            assert youtube.find_upload(marker) == videos[marker]
        again = build_marker("e1", "0" * 64)  # converted again
        assert youtube.find_upload(again) == videos[[*videos][1]]
        assert youtube.find_upload(build_marker("e", "0" * 64)) == ""
        statuses = youtube.get_statuses([*videos.values(), "unknown"])
        assert {status.upload_status for status in statuses.values()} == {"uploaded"}
        assert set(statuses) == set(videos.values())
        used = clients.services.youtube.describe_state()
    assert "search" not in str(used)


@pytest.mark.long
def test_a_search_of_a_large_channel_ends_at_videos_that_are_older(
    tmp_path: Path, machine: HttpEnvironment
) -> None:
    plan = YoutubeSettings(inserts_per_day=999)
    with episode_clients.serve(tmp_path, machine, generate_catalogue(1, youtube=plan)) as clients:
        check_search(clients)


def check_search(clients: EpisodeClients) -> None:
    youtube, service = clients.open_youtube(limits=QuotaLimits(uploads=999)), clients.services

    def count_pages(marker: str, since: str) -> tuple[str, float]:
        before = service.youtube.describe_state()["requests"].get("playlistItems.list", 0)
        found = youtube.find_upload(marker, since)
        return found, service.youtube.describe_state()["requests"]["playlistItems.list"] - before

    first_id, first = upload(clients, youtube, "first")
    old = youtube.get_time()
    assert old == f"{datetime.fromtimestamp(int(service.youtube.now()), UTC):%Y-%m-%dT%H:%M:%SZ}"
    for number in range(160):
        upload(clients, youtube, f"e{number}")
    service.youtube.advance(30 * 3600)
    youtube.get_channel()
    since = youtube.get_time()
    assert count_pages(build_marker("none", "0" * 64), since) == ("", 1)
    last_id, last = upload(clients, youtube, "last")
    assert count_pages(last, since) == (last_id, 1)
    for unknown in ("", "unknown", "2026", old):  # all pages are read
        assert count_pages(first, unknown) == (first_id, 4)
    # An upload may be a day older than the clock says.
    for _ in range(60):
        upload(clients, youtube, "more")
    service.youtube.advance(22 * 3600)
    youtube.get_channel()
    assert count_pages(last, youtube.get_time()) == (last_id, 2)


def test_what_belongs_to_a_video_may_be_sent_twice(clients: EpisodeClients) -> None:
    youtube, now = clients.open_youtube(), clients.services.youtube.now()
    video_id, _ = upload(clients, youtube)
    youtube._send_json(
        *("playlists.insert", "POST", "playlists?part=snippet,status"),
        {"snippet": {"title": "Radio"}},
    )
    [playlist] = youtube._list("playlists", part="snippet", mine="true")
    clients.services.fail("lost", where={"method": "POST", "path": "playlistItems"})
    with pytest.raises(RequestLost):  # not sent again, which would add it twice
        youtube.add_to_playlist(video_id, playlist.id)
    for _ in range(2):
        youtube.add_to_playlist(video_id, playlist.id)
        youtube.insert_captions(video_id, "en", b"1\n00:00:00,000 --> 00:00:01,000\nHello.\n")
        youtube.set_thumbnail(video_id, b"\xff\xd8\xff" + bytes(100))
    assert len([*youtube._list("playlistItems", part="id", playlistId=playlist.id)]) == 1
    [video] = clients.services.youtube.videos()
    assert video.thumbnail
    publish_at = datetime.fromtimestamp(int(now) + 86_400, UTC).astimezone()
    youtube.schedule_video(video_id, publish_at)
    status = youtube.get_statuses([video_id])[video_id]
    assert status.privacy_status == "private"
    assert datetime.fromisoformat(status.publish_at.replace("Z", "+00:00")) == publish_at
    clients.services.youtube.advance(86_500)
    assert youtube.get_statuses([video_id])[video_id].privacy_status == "public"


def test_a_video_is_private_until_it_is_published(clients: EpisodeClients) -> None:
    youtube, now = clients.open_youtube(), clients.services.youtube.now()
    publish_at = datetime.fromtimestamp(now, UTC) + timedelta(days=2)
    ids = [upload(clients, youtube, name, publish_at=publish_at)[0] for name in "ab"]
    assert {status.privacy_status for status in youtube.get_statuses(ids).values()} == {"private"}
    clients.services.youtube.advance(3 * 86_400)
    youtube.schedule_video(ids[0], publish_at + timedelta(days=9))  # stays public
    assert {status.privacy_status for status in youtube.get_statuses(ids).values()} == {"public"}
    with pytest.raises(RequestRefused, match="the video x does not exist"):
        youtube.schedule_video("x", publish_at)


def test_another_channel_is_refused(tmp_path: Path, machine: HttpEnvironment) -> None:
    plan = YoutubeSettings(channels=(Channel("UCa"), Channel("UCb")))
    with episode_clients.serve(tmp_path, machine, generate_catalogue(1, youtube=plan)) as clients:
        assert clients.open_youtube(channel_id="UCa").get_channel().id == "UCa"
        with pytest.raises(WrongChannel, match="for channel UCa, but UCb is used here"):
            clients.open_youtube(channel_id="UCb").find_upload("x")
        with pytest.raises(WrongChannel):
            upload(clients, clients.open_youtube(channel_id="UCb"))
        assert clients.services.youtube.videos() == []


@each_row(
    ("fault", "error", "text", "seconds"),
    [
        ({"reason": "quotaExceeded"}, LimitReached, r"\(quotaExceeded\) reached. Next", -1),
        ({"reason": "uploadLimitExceeded"}, LimitReached, "uploadLimitExceeded", 86_400),
        ({"reason": "rateLimitExceeded"}, LimitReached, "rateLimitExceeded", 60),
        ({"reason": "rateLimitExceeded", "status": 429}, LimitReached, "rateLimitExceeded", 60),
        ({"reason": "", "status": 429}, LimitReached, "HTTP status 429", 60),
        ({"reason": "invalidTitle"}, RequestRefused, r"invalid or empty .*\(invalidTitle\)", 0),
        ({"reason": "forbidden"}, RequestRefused, "not properly authorized", 0),
        ({"status": 418, "reason": ""}, RequestRefused, "HTTP status 418", 0),
        ({"reason": "x\x1b[1m", "status": 404}, RequestRefused, r"\(x\S*\[1m\)", 0),
        ({"status": 503, "times": 99}, Outage, "HTTP status 503", 0),
        ({"status": 401, "times": 2}, ServiceFailed, "rejected the token from the file of", 0),
    ],
)
def test_each_refusal_has_its_error(
    clients: EpisodeClients,
    fault: dict[str, Any],
    error: type[MediakeepError],
    text: str,
    seconds: int,
) -> None:
    clients.folder = clients.folder / str(fault)  # a ledger of its own
    clients.folder.mkdir()
    clients.environment.sleep(4000)  # after an outage
    youtube, services = clients.open_youtube(), clients.services
    services.fail("error", where={"method": "POST", "path": "/upload/"}, **fault)
    now = services.youtube.now()
    for _ in range(2 if seconds else 1):  # the second is not sent
        with pytest.raises(error, match=text) as raised:
            upload(clients, youtube)
    if isinstance(raised.value, LimitReached):
        wait = raised.value.until.timestamp() - now
        assert 0 < wait <= 90_000 if seconds < 0 else abs(wait - seconds) < 30
    assert raised.value.is_final == (fault.get("reason") == "invalidTitle")
    services.faults.clear()
    assert services.youtube.videos() == []


def respond(clients: EpisodeClients, method: str, status: int, body: bytes) -> None:
    """Let the simulator give its next responses to uploads instead."""
    where = build_filter({"method": method, "path": "/upload/"})
    faults, response = clients.services.faults, SimulatorResponse(status, body)
    faults.intercept(lambda *_: response, 9, where)


def test_a_limit_of_a_day_is_reported_as_one_of_a_rate(clients: EpisodeClients) -> None:
    text = "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of"
    error = {"code": 429, "message": text, "errors": [{"reason": "rateLimitExceeded"}]}
    respond(clients, "POST", 429, msgspec.json.encode({"error": error}))
    youtube = clients.open_youtube()
    for _ in range(2):
        with pytest.raises(LimitReached) as raised:
            upload(clients, youtube)
    until = raised.value.until.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (until.hour, until.minute) == (0, 0)
    assert clients.open_ledger().get_usage()["uploads"] == (101, 100)  # one call, and the limit
    youtube.get_channel()


@each_row(
    ("status", "body"),
    [(200, b"{}"), (200, b'{"id": ""}'), (200, b"<html>"), (302, b""), (204, b"")],
)
def test_an_upload_without_an_id_has_not_ended(
    clients: EpisodeClients, status: int, body: bytes
) -> None:
    respond(clients, "PUT", status, body)
    with pytest.raises((InvalidResponse, ServiceFailed)):
        upload(clients, clients.open_youtube())
    clients.services.faults.clear()


def test_a_channel_without_videos_has_no_playlist_of_them(clients: EpisodeClients) -> None:
    where = {"path": "playlistItems"}
    clients.services.fail("error", reason="playlistNotFound", where=where)
    assert clients.open_youtube().find_upload("x") == ""
    clients.services.fail("error", reason="forbidden", where=where)
    with pytest.raises(RequestRefused):
        clients.open_youtube().find_upload("x")


def test_no_call_is_sent_above_the_limit(clients: EpisodeClients) -> None:
    youtube = clients.open_youtube(limits=QuotaLimits(uploads=2))
    clients.services.fail("error", status=503, where={"method": "POST", "path": "/upload/"})
    upload(clients, youtube)  # takes two calls
    with pytest.raises(LimitReached, match="limit of 2 uploads a day"):
        upload(clients, youtube, "e2")
    assert len(clients.services.youtube.videos()) == 1


@each_row(
    ("title", "cleaned"),
    [
        ("a < b > c", "a ‹ b › c"),
        (" a\n\tb ", "a b"),
        ("x" * 100, "x" * 100),
        ("x" * 300, "x" * 99 + "…"),
        ("", "Untitled"),
        ("\ud800", "?"),
    ],
)
def test_titles_are_cleaned(title: str, cleaned: str) -> None:
    assert clean_title(title) == cleaned


@each_row("text", ["", "short <b>", "é" * 5000, "x" * 4999 + "é", "\ud800", "😀" * 2000])
def test_a_description_ends_with_its_marker_and_fits(text: str) -> None:
    marker = build_marker("e1", "0" * 64)
    description = build_description(text, marker)
    assert description.splitlines()[-1] == marker
    assert len(description.encode()) <= 5000
    assert "<" not in description
    assert msgspec.json.encode(description)
