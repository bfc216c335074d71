"""A catalogue recorded from forwarded responses gives the same responses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mediakeep_simulator import catalogue_file, factories, recorder
from mediakeep_simulator.entities import VARIOUS_ARTISTS, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.http_types import SimulatorRequest, SimulatorResponse
from mediakeep_simulator.recorder import CatalogueRecorder, RecordingProxy
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.sampling import each_row
from tests.simulator.http_client import HttpReply, get, ws2

AGENT = "mediakeep/0 (recorder@example.org)"
VELVET = generate_mbid("artist", "Velvet Harbour", 1)
LANTERN = generate_mbid("artist", "月曜日の灯台", 1)
FULL = "recordings artist-credits media labels release-groups isrcs"
FORMER = generate_mbid("artist", "Velvet Harbour", "merged")
GONE = generate_mbid("release", "Velvet Harbour", "deleted")

QUESTIONS: list[tuple[str, dict[str, object]]] = [
    (
        "release",
        {"query": 'artist:(velvet harbour) AND release:(winter OR "salt on")', "limit": 100},
    ),
    ("artist", {"query": "artist:(月曜日の灯台) OR alias:(todai)", "limit": 10}),
    *[("release", {"artist": who, "inc": FULL, "limit": 100}) for who in (VELVET, LANTERN)],
    ("release", {"artist": VELVET, "inc": FULL, "limit": 100, "offset": 5}),
    ("release", {"track_artist": VELVET, "inc": FULL, "limit": 100}),
    ("release", {"artist": VARIOUS_ARTISTS, "inc": FULL, "status": "official"}),
    ("release-group", {"artist": VELVET, "inc": "artist-credits genres", "limit": 100}),
    (f"artist/{LANTERN}", {"inc": "aliases"}),
    (f"artist/{FORMER}", {}),
    (f"release/{GONE}", {}),
    ("artist/nobody", {}),
]


def send_requests(server: SimulatorServer) -> list[HttpReply]:
    return [ws2(server, path, **query) for path, query in QUESTIONS]


def record(upstream: SimulatorServer) -> tuple[MusicBrainzCatalogue, list[HttpReply]]:
    gatherer = CatalogueRecorder(MusicBrainzCatalogue())
    with SimulatorServer(RecordingProxy(upstream.url, AGENT, gatherer)) as server:
        answers = send_requests(server)
    return gatherer.catalogue(), answers


def test_a_recorded_catalogue_gives_the_same_responses(tmp_path: Path) -> None:
    with SimulatorServer(catalogue_file.generate_catalogue()) as upstream:
        first = send_requests(upstream)
        release, passed = record(upstream)
    catalogue_file.dump(release, tmp_path / "c.json")
    with SimulatorServer(catalogue_file.load(tmp_path / "c.json")) as again:
        later = send_requests(again)
    for question, response, two, three in zip(QUESTIONS, first, passed, later, strict=True):
        assert (response.status, response.data) == (two.status, two.data), question
        assert (response.status, response.data) == (three.status, three.data), question
    assert {release.status for release in first} == {200, 400, 404}
    assert release.merged == {FORMER: VELVET}
    assert release.deleted == (GONE,)


def test_a_later_response_adds_to_an_earlier_one_and_removes_nothing() -> None:
    with SimulatorServer(
        factories.make_prolific_artist("Amber Kettle", albums=1, editions=1, tracks=3)
    ) as upstream:
        gatherer = CatalogueRecorder(MusicBrainzCatalogue())
        with SimulatorServer(RecordingProxy(upstream.url, AGENT, gatherer)) as server:
            release = generate_mbid(
                "release",
                generate_mbid("group", generate_mbid("artist", "Amber Kettle", 1), "Album 1"),
                1,
            )
            ws2(server, "release", query="release:album")
            assert gatherer.catalogue().releases[0].media[0].count == 3
            assert not gatherer.catalogue().releases[0].media[0].tracks
            ws2(server, f"release/{release}", inc=FULL)
            ws2(server, "release", query="release:album")
            ws2(server, f"release/{release}")
    (kept,) = gatherer.catalogue().releases
    assert [track.title[-1] for track in kept.media[0].tracks] == ["1", "2", "3"]
    assert kept.cover is not None


def test_genres_and_the_ids_of_discs_are_recorded() -> None:
    amber = factories.make_artist("Amber Kettle")
    group = factories.make_group(amber, "Kettle Song", genres=("indie rock", "folk"))
    ids = (factories.make_disc_id("a"), factories.make_disc_id("b"))
    release = factories.make_release(group, [["One"]], pressed=[ids])
    parameters = {"artist": amber.id, "inc": "recordings release-groups artist-credits discids"}
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(amber,), groups=(group,), releases=(release,))
    ) as upstream:
        gatherer = CatalogueRecorder(MusicBrainzCatalogue())
        with SimulatorServer(RecordingProxy(upstream.url, AGENT, gatherer)) as server:
            ws2(server, "release-group", artist=amber.id, inc="artist-credits genres")
            ws2(server, "release", **parameters)
    catalogue = gatherer.catalogue()
    assert catalogue.groups[0].genres == ("indie rock", "folk")
    assert catalogue.releases[0].media[0].discs == ids


def test_nothing_personal_is_forwarded() -> None:
    with SimulatorServer(catalogue_file.generate_catalogue(2)) as upstream:
        with SimulatorServer(
            RecordingProxy(upstream.url, AGENT, CatalogueRecorder(MusicBrainzCatalogue()))
        ) as server:
            secrets = {"api_key": "SECRET1", "token": "SECRET2", "user": "SECRET3", "contact": "x"}
            get(server, "/ws/2/artist", agent="me (SECRET4)", fmt="json", query="velvet", **secrets)
        (request,) = upstream.requests
    assert request.agent == AGENT
    assert request.query == "fmt=json&query=velvet"


class StoppedClock:
    """A stopped clock in place of the module `time`, which records how long callers sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))


def test_the_upstream_rate_limit_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = StoppedClock()
    monkeypatch.setattr(recorder, "time", clock)
    with SimulatorServer(catalogue_file.generate_catalogue(1)) as upstream:
        gatherer = CatalogueRecorder(MusicBrainzCatalogue())
        with SimulatorServer(RecordingProxy(upstream.url, AGENT, gatherer, interval=0.2)) as server:
            ask = partial(ws2, server, f"artist/{VELVET}")
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(upstream.requests) == 4
    assert sorted(clock.slept) == [0.0, 0.2, 0.4, 0.6]


def test_errors_are_forwarded_and_not_recorded() -> None:
    with SimulatorServer(catalogue_file.generate_catalogue(1)) as upstream:
        gatherer = CatalogueRecorder(MusicBrainzCatalogue())
        upstream.faults.fail_next(response_faults.http_error(503, retry_after="3"))
        with SimulatorServer(RecordingProxy(upstream.url, AGENT, gatherer)) as server:
            answer = ws2(server, f"artist/{VELVET}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
    assert gatherer.catalogue() == MusicBrainzCatalogue()


def test_covers_are_forwarded_too() -> None:
    with SimulatorServer(catalogue_file.generate_catalogue(1)) as upstream:
        release = next(
            release_ for release_ in catalogue_file.generate_catalogue(1).releases if release_.cover
        )
        with SimulatorServer(
            RecordingProxy(upstream.url, AGENT, CatalogueRecorder(MusicBrainzCatalogue()))
        ) as server:
            way = get(server, f"/release/{release.id}/front-250")
            assert way.status == 307
            picture = get(server, way.headers["Location"].removeprefix(upstream.url))
    assert picture.body.startswith(b"\x89PNG")


def test_an_unreachable_upstream_is_a_502() -> None:
    with SimulatorServer(MusicBrainzCatalogue()) as gone:
        pass
    with SimulatorServer(
        RecordingProxy(gone.url, AGENT, CatalogueRecorder(MusicBrainzCatalogue()))
    ) as server:
        answer = ws2(server, f"artist/{VELVET}")
    assert answer.status == 502
    assert "is unreachable" in answer.data["error"]


STRANGE: dict[str, Callable[[SimulatorResponse], SimulatorResponse]] = {
    "empty": response_faults.empty_body,
    "garbled": response_faults.truncated_json,
    "paged": response_faults.html_page,
    "misshapen": response_faults.wrong_shape,
    "deep": lambda reply: SimulatorResponse(200, b'{"a":' + b"[" * 100_000),
    "no text": lambda reply: SimulatorResponse(200, b'{"releases":[{"id":"\xff"}]}'),
    "no MBID": lambda reply: SimulatorResponse(200, b'{"artists":[{"id":"1","name":"One"}]}'),
    "a list": lambda reply: SimulatorResponse(200, b"[]"),
}


@each_row("name", STRANGE)
def test_a_response_of_another_shape_is_not_recorded(name: str) -> None:
    gatherer = CatalogueRecorder(MusicBrainzCatalogue())
    question = SimulatorRequest("GET", "/ws/2/release", {"query": ["x"]})
    good = SimulatorResponse(200, json.dumps({"releases": [], "count": 0, "offset": 0}).encode())
    gatherer.record(question, STRANGE[name](good))
    assert gatherer.catalogue() == MusicBrainzCatalogue()


def test_a_release_of_an_unknown_group_is_not_recorded() -> None:
    gatherer = CatalogueRecorder(MusicBrainzCatalogue())
    bare = {"releases": [{"id": generate_mbid("release"), "title": "Bare"}]}
    gatherer.record(
        SimulatorRequest("GET", "/ws/2/release"), SimulatorResponse(200, json.dumps(bare).encode())
    )
    assert gatherer.catalogue().releases == ()


def test_the_public_server_is_recognized_by_its_name() -> None:
    public = ("https://musicbrainz.org", "http://beta.musicbrainz.org:80/ws")
    other = ("http://127.0.0.1:5000", "https://musicbrainz.org.example", "https://mb.example.org")
    assert all(map(recorder.is_public_server, public))
    assert not any(map(recorder.is_public_server, other))
