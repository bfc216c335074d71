"""The simulated YouTube: tokens, the resumable protocol, calls and their quota, kills."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from mediakeep_simulator.episode_catalogue import EpisodeCatalogue
from mediakeep_simulator.episode_services import EpisodeServices
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.youtube.model import CHUNK_UNIT, Channel, YoutubeSettings
from tests.patience import PATIENCE
from tests.sampling import each_row

RADIO, OTHER = Channel("UCradio"), Channel("UCother")
DATA = bytes(range(256)) * 4 * 1024 + b"end"  # four chunks and three bytes
SIZE, DIGEST = len(DATA), hashlib.sha256(DATA).hexdigest()
SCRIPT = Path(__file__).parents[2] / "utilities" / "simulate_services.py"


class Api:
    """A client of the simulated API, with the token of one channel."""

    def __init__(self, url: str, token_file: Path) -> None:
        self.url, self.grant = url, json.loads(token_file.read_bytes())
        self.login()

    def login(self) -> None:
        form = {name: self.grant[name] for name in ("client_id", "client_secret", "refresh_token")}
        answer = requests.post(self.grant["token_uri"], form, timeout=PATIENCE).json()
        self.token = answer.get("access_token", answer.get("error"))

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.url}/youtube/v3/{path}"
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return requests.request(
            method, url, headers=headers, timeout=PATIENCE, allow_redirects=False, **options
        )

    def open(self, title: str = "Episode 1", **changes: Any) -> requests.Response:
        status = {"privacyStatus": "private", **changes.pop("status", {})}
        body = {"snippet": {"title": title, "description": "d", **changes}, "status": status}
        path = f"{self.url}/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
        return self.call("POST", path, json=body, headers={"X-Upload-Content-Length": str(SIZE)})

    def send(self, uri: str, first: int, last: int, size: object = SIZE) -> requests.Response:
        headers = {"Content-Range": f"bytes {first}-{last}/{size}"}
        return self.call("PUT", uri, data=DATA[first : last + 1], headers=headers)

    def query(self, uri: str) -> requests.Response:
        return self.call("PUT", uri, headers={"Content-Range": f"bytes */{SIZE}"})

    def upload(self, **changes: Any) -> str:
        uri = self.open(**changes).headers["Location"]
        return str(self.call("PUT", uri, data=DATA).json()["id"])

    def status(self, video: str) -> dict[str, Any]:
        found = self.call("GET", "videos", params={"part": "status", "id": video}).json()
        return dict(found["items"][0]["status"])


def reason(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


@pytest.fixture
def services(tmp_path: Path) -> EpisodeServices:
    settings = YoutubeSettings(channels=(RADIO, OTHER))
    return EpisodeServices(EpisodeCatalogue(youtube=settings), tmp_path / "state")


@pytest.fixture
def server(services: EpisodeServices) -> Iterator[SimulatorServer]:
    with services.serve() as running:
        yield running


@pytest.fixture
def api(server: SimulatorServer, services: EpisodeServices) -> Api:
    return Api(server.url, services.youtube.write_token_file(server.url))


def test_a_video_arrives_in_chunks(api: Api, services: EpisodeServices) -> None:
    uri = api.open().headers["Location"]
    assert (api.query(uri).status_code, api.query(uri).headers.get("Range")) == (308, None)
    for first in range(0, SIZE - 3, CHUNK_UNIT):
        kept = api.send(uri, first, first + CHUNK_UNIT - 1)
        assert (kept.status_code, kept.headers["Range"]) == (
            308,
            f"bytes=0-{first + CHUNK_UNIT - 1}",
        )
    assert api.query(uri).headers["Range"] == f"bytes=0-{4 * CHUNK_UNIT - 1}"
    created = api.send(uri, 4 * CHUNK_UNIT, SIZE - 1)
    assert (created.status_code, created.json()["snippet"]["title"]) == (201, "Episode 1")
    again = api.query(uri)
    assert (again.status_code, again.json()["id"]) == (200, created.json()["id"])
    (video,) = services.youtube.videos()
    assert (video.sha256, video.size, video.received) == (DIGEST, SIZE, SIZE)


@each_row(
    ("first", "last", "size", "status"),
    [
        (0, CHUNK_UNIT - 1, SIZE, 308),
        (0, CHUNK_UNIT - 1, "*", 308),
        (0, CHUNK_UNIT - 2, SIZE, 400),  # no multiple of 256 KiB
        (CHUNK_UNIT, 2 * CHUNK_UNIT - 1, SIZE, 400),  # a gap
        (0, CHUNK_UNIT - 1, SIZE + 1, 400),  # another size than announced
        (0, SIZE - 1, SIZE - 1, 400),
        (0, SIZE - 1, SIZE, 201),
    ],
)
def test_a_chunk_must_fit(api: Api, first: int, last: int, size: object, status: int) -> None:
    uri = api.open().headers["Location"]
    assert api.send(uri, first, last, size).status_code == status


def test_a_repeated_chunk_is_counted_but_not_stored_twice(
    api: Api, services: EpisodeServices
) -> None:
    uri = api.open().headers["Location"]
    for _ in range(2):
        api.send(uri, 0, CHUNK_UNIT - 1)
    assert api.send(uri, 0, SIZE - 1).status_code == 201
    (video,) = services.youtube.videos()
    assert (video.sha256, video.received) == (DIGEST, SIZE + 2 * CHUNK_UNIT)


@each_row(("kept_bytes", "kept"), [(CHUNK_UNIT, 2 * CHUNK_UNIT), (1, 2 * CHUNK_UNIT + 1000)])
def test_a_cut_chunk_is_kept_in_part(tmp_path: Path, kept_bytes: int, kept: int) -> None:
    settings = YoutubeSettings(kept_bytes=kept_bytes)
    cut = EpisodeServices(EpisodeCatalogue(youtube=settings), tmp_path / "state")
    with cut.serve() as server:
        api = Api(server.url, cut.youtube.write_token_file(server.url))
        uri = api.open().headers["Location"]
        cut.fail("cut_upload", after=2 * CHUNK_UNIT + 1000, where={"method": "PUT"})
        with pytest.raises(requests.ConnectionError):
            api.send(uri, 0, SIZE - 1)
        assert api.query(uri).headers["Range"] == f"bytes=0-{kept - 1}"
        assert api.send(uri, kept, SIZE - 1).status_code == 201
        assert cut.youtube.videos()[0].sha256 == DIGEST


def test_the_video_of_a_lost_answer_is_found_by_a_query(
    api: Api, services: EpisodeServices
) -> None:
    uri = api.open().headers["Location"]
    services.fail("lost", where={"final": "yes"})
    assert api.send(uri, 0, CHUNK_UNIT - 1).status_code == 308
    with pytest.raises(requests.ConnectionError):
        api.send(uri, CHUNK_UNIT, SIZE - 1)
    assert [video.id for video in services.youtube.videos()] == [api.query(uri).json()["id"]]


@each_row(
    ("changes", "expected"),
    [
        ({"title": "x" * 101}, "invalidTitle"),
        ({"title": "a < b"}, "invalidTitle"),
        ({"title": " "}, "invalidTitle"),
        ({"description": "a > b"}, "invalidDescription"),
        ({"description": "é" * 2501}, "invalidDescription"),
        ({"tags": ["x" * 251] * 2}, "invalidTags"),
        ({"categoryId": "News"}, "invalidCategoryId"),
        ({"status": {"privacyStatus": "secret"}}, "invalidVideoMetadata"),
        ({"status": {"publishAt": "tomorrow"}}, "invalidPublishAt"),
    ],
)
def test_invalid_metadata_is_rejected(api: Api, changes: dict[str, Any], expected: str) -> None:
    assert reason(api.open(**changes)) == (400, expected)


def test_sessions_end(api: Api, services: EpisodeServices) -> None:
    uri = api.open().headers["Location"]
    assert reason(api.query(uri + "x")) == (404, "notFound")
    services.youtube.expire_sessions()
    assert reason(api.query(uri)) == (410, "sessionExpired")


def test_tokens_end_and_are_those_of_one_channel(
    api: Api, server: SimulatorServer, services: EpisodeServices
) -> None:
    uri, video = api.open().headers["Location"], api.upload()
    services.youtube.advance(3600)
    assert reason(api.query(uri)) == (401, "authError")
    api.login()
    assert api.query(uri).status_code == 308
    other = Api(server.url, services.youtube.write_token_file(server.url, OTHER.id))
    assert reason(other.query(uri)) == (403, "forbidden")
    listing = {"part": "status", "id": video}
    assert other.call("GET", "videos", params=listing).json()["items"] == []
    services.youtube.accounts.revoke(RADIO.id)
    assert reason(api.query(uri)) == (401, "authError")
    api.login()
    assert api.token == "invalid_grant"
    consent = f"{server.url}/o/oauth2/auth"
    question = {"redirect_uri": "http://127.0.0.1:1/", "state": "s", "login_hint": RADIO.id}
    answer = requests.get(consent, question, timeout=PATIENCE, allow_redirects=False)
    assert answer.headers["Location"] == f"http://127.0.0.1:1/?code={RADIO.id}&state=s"
    client = (api.grant["client_id"], api.grant["client_secret"])
    for auth, expected in ((("other", "secret"), 401), (client, 200)):
        form = {"code": RADIO.id, "grant_type": "authorization_code"}
        granted = requests.post(api.grant["token_uri"], form, auth=auth, timeout=PATIENCE)
        assert granted.status_code == expected
    api.grant |= granted.json()
    api.login()
    assert api.query(uri).status_code == 308


def test_a_video_is_processed_then_published(tmp_path: Path) -> None:
    settings = YoutubeSettings(processing_seconds=60, listing_seconds=60)
    slow = EpisodeServices(EpisodeCatalogue(youtube=settings), tmp_path / "state")
    with slow.serve() as server:
        api = Api(server.url, slow.youtube.write_token_file(server.url))
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1800))
        slow.youtube.uploads.outcomes.append(("rejected", "duplicate"))
        bad, video = api.upload(), api.upload(status={"publishAt": at})
        uploads = {"part": "snippet", "playlistId": "UU" + settings.channels[0].id[2:]}
        assert api.status(bad)["uploadStatus"] == "uploaded"
        assert api.call("GET", "playlistItems", params=uploads).json()["items"] == []
        slow.youtube.advance(90)
        assert api.status(bad)["rejectionReason"] == "duplicate"
        (latest, _) = api.call("GET", "playlistItems", params=uploads).json()["items"]
        assert latest["snippet"]["resourceId"]["videoId"] == video
        assert api.status(video)["publishAt"] == at
        slow.youtube.advance(1800)
        published = api.status(video)
        assert (published["privacyStatus"], "publishAt" in published) == ("public", False)
        body = {"id": video, "status": {"privacyStatus": "private"}}
        api.call("PUT", "videos", params={"part": "status"}, json=body)
        assert api.status(video)["privacyStatus"] == "private"
        api.call("PUT", "videos", params={"part": "status"}, json={"id": video, "status": {}})
        assert api.status(video)["privacyStatus"] == "public"  # the default


def test_playlists_thumbnails_and_captions(api: Api, server: SimulatorServer) -> None:
    video, uploading = api.upload(), f"{server.url}/upload/youtube/v3/"
    body: dict[str, Any] = {"snippet": {"title": "Radio"}}
    playlist = api.call("POST", "playlists", params={"part": "snippet"}, json=body).json()["id"]
    for wanted, expected in ((video, 200), ("nothing", 404)):
        target = {"kind": "youtube#video", "videoId": wanted}
        body = {"snippet": {"playlistId": playlist, "resourceId": target}}
        added = api.call("POST", "playlistItems", params={"part": "snippet"}, json=body)
        assert added.status_code == expected
    listing = {"part": "snippet", "playlistId": playlist}
    (item,) = api.call("GET", "playlistItems", params=listing).json()["items"]
    assert item["snippet"]["resourceId"]["videoId"] == video
    for wanted, expected in ((video, 1), ("nothing", 0)):
        filtered = {**listing, "videoId": wanted}
        items = api.call("GET", "playlistItems", params=filtered).json()["items"]
        assert len(items) == expected
    for image, expected in ((b"\x89PNG\r\n\x1a\n", 200), (b"GIF89a", 400)):
        picture = f"{uploading}thumbnails/set?videoId={video}&uploadType=media"
        assert api.call("POST", picture, data=image).status_code == expected
    meta = json.dumps({"snippet": {"videoId": video, "language": "en", "name": "English"}})
    text = f"--x\r\nContent-Type: application/json\r\n\r\n{meta}\r\n"
    text += "--x\r\nContent-Type: application/octet-stream\r\n\r\n1\r\nsrt\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/related; boundary=x"}
    path = f"{uploading}captions?part=snippet&uploadType=multipart"
    sent = [api.call("POST", path, data=text, headers=kind).status_code for _ in range(2)]
    assert sent == [200, 409]


@each_row(
    ("settings", "expected"),
    [
        ({"inserts_per_day": 2}, (403, "quotaExceeded")),
        ({"inserts_per_day": 0, "costs": {"videos.insert": 4000}}, (403, "quotaExceeded")),
        ({"uploads_per_day": 2}, (400, "uploadLimitExceeded")),
    ],
)
def test_limits_end_with_the_pacific_day(
    tmp_path: Path, settings: dict[str, Any], expected: tuple[int, str]
) -> None:
    limited = EpisodeServices(
        EpisodeCatalogue(youtube=YoutubeSettings(**settings)), tmp_path / "state"
    )
    with limited.serve() as server:
        youtube = limited.youtube
        api = Api(server.url, youtube.write_token_file(server.url))
        youtube.advance(1_800_000_000 - youtube.now())  # 2027-01-15, 00:00 in Los Angeles
        youtube.advance(60)
        api.login()
        api.upload()
        api.upload()
        assert reason(api.open()) == expected
        youtube.advance(86_000)
        api.login()
        assert reason(api.open()) == expected
        youtube.advance(400)
        assert api.open().status_code == 200


def test_the_state_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    catalogue, state = tmp_path / "episodes.json", tmp_path / "state"
    catalogue.write_text('{"generated": {"episodes": 3}}')
    command = [sys.executable, str(SCRIPT), "--episodes", str(catalogue), "--state", str(state)]
    uri = video = ""
    for step in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            lines = iter(process.stdout.readline, "# Serving. Ctrl-C to quit.\n")
            known = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
            api = Api(known["MEDIAKEEP_YOUTUBE_HOST"], Path(known["MEDIAKEEP_YOUTUBE_TOKEN_FILE"]))
            uri = uri or api.open().headers["Location"]
            uri = api.url + uri[uri.index("/upload") :]  # each server has another port
            if step == 0:
                order = {"name": "cut_upload", "after": CHUNK_UNIT + 5, "where": {"method": "PUT"}}
                api.call("POST", f"{api.url}/simulator/faults", json=order)
                with pytest.raises(requests.ConnectionError):
                    api.send(uri, 0, SIZE - 1)
            elif step == 1:
                assert api.query(uri).headers["Range"] == f"bytes=0-{CHUNK_UNIT - 1}"
                video = api.send(uri, CHUNK_UNIT, SIZE - 1).json()["id"]
            else:
                assert api.query(uri).json()["id"] == video
                counts = api.call("GET", f"{api.url}/simulator/state").json()["requests"]
                assert (counts["upload.chunk"], counts["videos.insert"]) == (2, 1)
            os.kill(process.pid, signal.SIGKILL)
    command = [sys.executable, str(SCRIPT), "--list-videos", "--state", str(state)]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert (listed["id"], listed["sha256"], listed["status"]) == (video, DIGEST, "processed")
    assert listed["received"] == SIZE + 5


@each_row(
    ("topic", "order"),
    [
        ("faults", {"name": "flood"}),
        ("faults", {"name": "cut"}),  # without a number of bytes
        ("youtube", {"stop": 1}),
        ("youtube", {"advance": "late"}),
    ],
)
def test_a_wrong_control_request_is_refused(api: Api, topic: str, order: dict[str, Any]) -> None:
    assert api.call("POST", f"{api.url}/simulator/{topic}", json=order).status_code == 400
