"""Uploads continue where they were cut, and never end with other bytes than those of their file."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from mediakeep import stages
from mediakeep.errors import (
    MediakeepError,
    NotAuthorised,
    Outage,
    ServiceFailed,
    TransferCut,
    UploadSessionLost,
    UploadSourceChanged,
)
from mediakeep.lookups import transfer
from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.transfer import UploadSource
from mediakeep.lookups.youtube.client import YouTubeClient
from mediakeep.lookups.youtube.model import VideoMetadata, build_marker
from mediakeep.outcome import Stopping
from mediakeep_simulator.episode_catalogue import generate_catalogue
from mediakeep_simulator.youtube.model import YoutubeSettings
from tests.lookups import episode_clients
from tests.lookups.conftest import Clock
from tests.lookups.episode_clients import CHUNK_UNIT, EpisodeClients, RecordedProgress
from tests.sampling import each_row

CHUNKS = {"method": "PUT", "content-range": r"bytes \d"}
FINAL = {"final": "yes"}
SIZE = 5 * CHUNK_UNIT + 1000


@pytest.fixture
def source(tmp_path: Path) -> UploadSource:
    path = tmp_path / "video.mp4"
    path.write_bytes(os.urandom(SIZE))
    return UploadSource.from_file(path)


def open_upload(youtube: YouTubeClient, source: UploadSource) -> Secret:
    return youtube.open_upload(
        VideoMetadata("Title", "", build_marker("e1", source.sha256)), source
    )


def check_only_video(clients: EpisodeClients, source: UploadSource, *, repeated: int = 0) -> None:
    """Check that there is one video, with the bytes of the file, and what was sent for it."""
    [video] = clients.services.youtube.videos()
    assert (video.size, video.sha256) == (source.size, source.sha256)
    assert video.received <= SIZE + repeated


@each_row(
    ("faults", "repeated", "waits"),
    [
        ([], 0, []),
        ([{"name": "cut_upload", "after": 100_000, "where": CHUNKS, "skip": 2}], 1, []),
        ([{"name": "cut_upload", "after": 260_000, "where": CHUNKS, "times": 2, "skip": 1}], 2, []),
        ([{"name": "lost", "where": CHUNKS, "skip": 1}], 1, []),
        ([{"name": "lost", "where": FINAL}], 0, []),  # the video exists: ask, send nothing again
        ([{"name": "cut_upload", "after": 10, "where": FINAL}], 1, []),
        ([{"name": "refuse", "where": CHUNKS}], 0, []),
        ([{"name": "error", "status": 503, "where": CHUNKS, "skip": 1}], 1, [2.0]),
        ([{"name": "error", "status": 503, "retry_after": "9", "where": CHUNKS}], 1, [9.0]),
        # A session is orphaned. On a used connection, the request is sent again at once.
        ([{"name": "lost", "where": {"method": "POST"}}], 0, []),
    ],
)
def test_faults_cost_at_most_a_chunk_each(
    clients: EpisodeClients,
    source: UploadSource,
    clock: Clock,
    faults: list[dict[str, object]],
    repeated: int,
    waits: list[float],
) -> None:
    youtube, before = clients.open_youtube(), len(clients.services.youtube.videos())
    clock.slept.clear()
    for fault in faults:
        clients.services.fail(**fault)  # type: ignore[arg-type]
    progress = RecordedProgress()
    uri = open_upload(youtube, source)
    video_id = youtube.send_upload(uri, source, progress)
    assert youtube.send_upload(uri, source) == video_id  # recorded too late: asked again
    youtube.close()
    videos = clients.services.youtube.videos()
    [video] = [video for video in videos if video.id == video_id]
    assert (len(videos), video.sha256) == (before + 1, source.sha256)
    assert video.received <= SIZE + repeated * CHUNK_UNIT
    assert progress.reports == sorted(progress.reports)
    assert clock.slept == waits


def test_cuts_that_each_leave_a_few_bytes_are_no_failure(
    tmp_path: Path, machine: HttpEnvironment, source: UploadSource
) -> None:
    """An upload goes on as long as more bytes arrive, however few: they add up in one attempt."""
    catalogue = generate_catalogue(1, youtube=YoutubeSettings(kept_bytes=1))
    with episode_clients.serve(tmp_path, machine, catalogue) as clients:
        youtube = clients.open_youtube()
        uri = open_upload(youtube, source)
        clients.services.fail("cut_upload", after=40_000, where=CHUNKS, times=99)
        youtube.send_upload(uri, source)
        check_only_video(clients, source)
        again = youtube.open_upload(VideoMetadata("T", "", build_marker("e2", "0")), source)
        clients.services.faults.clear()
        clients.services.fail("cut_upload", after=40_000, where=CHUNKS, times=1)
        clients.services.fail("cut_upload", after=0, where=CHUNKS, times=99)
        with pytest.raises(TransferCut) as cut:
            youtube.send_upload(again, source)
        assert cut.value.made_progress == 40_000  # less than 64 KiB: it counts as an attempt
        assert not stages.is_refunded(cut.value.made_progress, 0, 0)
        clients.services.faults.clear()


def test_a_stopped_upload_continues_in_another_process(
    clients: EpisodeClients, source: UploadSource
) -> None:
    youtube = clients.open_youtube()
    uri = open_upload(youtube, source).reveal()
    with pytest.raises(Stopping):
        youtube.send_upload(Secret(uri), source, RecordedProgress(stop_at=2 * CHUNK_UNIT))
    progress = RecordedProgress()
    clients.open_youtube().send_upload(Secret(uri), source, progress)
    assert progress.reports[0] == 2 * CHUNK_UNIT
    check_only_video(clients, source)


def test_an_expired_token_is_refreshed_in_the_middle(
    clients: EpisodeClients, source: UploadSource
) -> None:
    youtube, accounts = clients.open_youtube(), clients.services.youtube.accounts
    uri, old = open_upload(youtube, source), clients.token_file.read_text()

    class Expire(RecordedProgress):
        def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
            if done == 2 * CHUNK_UNIT:
                accounts.expire_tokens()

    youtube.send_upload(uri, source, Expire())
    check_only_video(clients, source, repeated=CHUNK_UNIT)
    assert clients.token_file.read_text() != old
    accounts.revoke(clients.services.youtube.videos()[0].channel)
    with pytest.raises(NotAuthorised, match="access has expired or was revoked"):
        youtube.get_channel()


@each_row(
    ("change", "error"),
    [
        ("grow", UploadSourceChanged),
        ("touch", UploadSourceChanged),
        ("same-size-and-time", UploadSourceChanged),
        ("expire", UploadSessionLost),
        ("cut", TransferCut),
        ("down", Outage),
    ],
)
def test_what_cannot_be_sent_makes_no_video(
    clients: EpisodeClients, source: UploadSource, change: str, error: type[MediakeepError]
) -> None:
    path, content = Path(source.path), Path(source.path).read_bytes()
    youtube, services = clients.open_youtube(), clients.services
    uri = open_upload(youtube, source)

    class Change(RecordedProgress):
        def __call__(self, done: int, of: int, /, *, may_stop: bool = False) -> None:
            if done != 3 * CHUNK_UNIT:
                return
            match change:
                case "grow":
                    path.write_bytes(content + b"x")
                case "touch":
                    os.utime(path, ns=(0, 0))
                case "same-size-and-time":
                    path.write_bytes(bytes(SIZE))
                    os.utime(path, ns=(source.mtime_ns, source.mtime_ns))
                case "expire":
                    services.youtube.expire_sessions()
                case "cut":
                    services.fail("cut_upload", after=100, where=CHUNKS, times=99)
                case "down":
                    services.fail("refuse", where={"method": "PUT"}, times=99)

    with pytest.raises(error) as raised:
        youtube.send_upload(uri, source, Change())
    assert services.youtube.videos() == []
    assert raised.value.made_progress == (3 * CHUNK_UNIT if change == "cut" else 0)
    assert uri.reveal() not in str(raised.value)
    services.faults.clear()
    path.write_bytes(content)
    os.utime(path, ns=(source.mtime_ns, source.mtime_ns))


def test_neither_the_address_of_a_session_nor_a_token_is_logged(
    clients: EpisodeClients, source: UploadSource, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    youtube = clients.open_youtube()
    uri = open_upload(youtube, source)
    clients.services.fail("cut_upload", after=100_000, where=CHUNKS)
    youtube.send_upload(uri, source)
    clients.services.youtube.expire_sessions()
    with pytest.raises(UploadSessionLost) as lost:
        youtube.send_upload(uri, UploadSource.from_file(Path(source.path)))
    text = f"{caplog.text}{lost.getrepr()}{uri!r}"
    assert "PUT / HTTP/1.1" in text
    secret = clients.token_file.read_text().split('"refresh_token": "')[1].split('"')[0]
    for part in (uri.reveal().rpartition("=")[2], secret, "ya29.", "simulated-secret"):
        assert part not in text


@each_row(
    "location",
    ["", "https://example.org/upload?upload_id=1", "http://upload.googleapis.com/", "/upload/1"],
)
def test_a_session_on_another_server_is_refused(source: UploadSource, location: str) -> None:
    from requests import Response

    def exchange(*_: object, **__: object) -> Response:
        response = Response()
        response.status_code, response.headers["Location"] = 200, location
        return response

    service = Service("YouTube", "https://www.googleapis.com")
    with pytest.raises(ServiceFailed, match=r"no upload session \(HTTP status 200\)"):
        transfer.open_upload(exchange, service, "", b"", source, "video/mp4")
