"""A catalogue is recorded from answers that pass by, and then answers the same questions alike."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mediakeep.rehearsal import faults, relay, workshop, world
from mediakeep.rehearsal.entities import VARIOUS_ARTISTS, World, mbid
from mediakeep.rehearsal.gatherer import Gatherer
from mediakeep.rehearsal.relay import Relay
from mediakeep.rehearsal.reply import Question, Reply
from mediakeep.rehearsal.server import Server
from tests.rehearsal.asking import Got, get, ws2

AGENT = "mediakeep/0 (recorder@example.org)"
VELVET = mbid("artist", "Velvet Harbour", 1)
LANTERN = mbid("artist", "月曜日の灯台", 1)
FULL = "recordings artist-credits media labels release-groups isrcs"
FORMER = mbid("artist", "Velvet Harbour", "merged")
GONE = mbid("release", "Velvet Harbour", "deleted")

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


def ask(server: Server) -> list[Got]:
    return [ws2(server, path, **query) for path, query in QUESTIONS]


def recorded(upstream: Server) -> tuple[World, list[Got]]:
    gatherer = Gatherer(World())
    with Server(Relay(upstream.url, AGENT, gatherer)) as server:
        answers = ask(server)
    return gatherer.world(), answers


def test_what_was_recorded_answers_the_same_questions_alike(tmp_path: Path) -> None:
    with Server(world.sampled()) as upstream:
        first = ask(upstream)
        kept, passed = recorded(upstream)
    world.dump(kept, tmp_path / "c.json")
    with Server(world.load(tmp_path / "c.json")) as again:
        later = ask(again)
    for question, one, two, three in zip(QUESTIONS, first, passed, later, strict=True):
        assert (one.status, one.data) == (two.status, two.data), question
        assert (one.status, one.data) == (three.status, three.data), question
    assert {one.status for one in first} == {200, 400, 404}
    assert kept.merged == {FORMER: VELVET}
    assert kept.deleted == (GONE,)


def test_a_later_answer_adds_to_an_earlier_one_and_takes_nothing_from_it() -> None:
    with Server(workshop.prolific("Amber Kettle", albums=1, editions=1, tracks=3)) as upstream:
        gatherer = Gatherer(World())
        with Server(Relay(upstream.url, AGENT, gatherer)) as server:
            release = mbid(
                "release", mbid("group", mbid("artist", "Amber Kettle", 1), "Album 1"), 1
            )
            ws2(server, "release", query="release:album")
            assert gatherer.world().releases[0].media[0].count == 3
            assert not gatherer.world().releases[0].media[0].tracks
            ws2(server, f"release/{release}", inc=FULL)
            ws2(server, "release", query="release:album")
            ws2(server, f"release/{release}")
    (kept,) = gatherer.world().releases
    assert [track.title[-1] for track in kept.media[0].tracks] == ["1", "2", "3"]
    assert kept.cover is not None


def test_genres_and_the_ids_of_discs_are_recorded() -> None:
    amber = workshop.artist("Amber Kettle")
    group = workshop.group(amber, "Kettle Song", genres=("indie rock", "folk"))
    ids = (workshop.disc_id("a"), workshop.disc_id("b"))
    made = workshop.release(group, [["One"]], pressed=[ids])
    asked = {"artist": amber.id, "inc": "recordings release-groups artist-credits discids"}
    with Server(World(artists=(amber,), groups=(group,), releases=(made,))) as upstream:
        gatherer = Gatherer(World())
        with Server(Relay(upstream.url, AGENT, gatherer)) as server:
            ws2(server, "release-group", artist=amber.id, inc="artist-credits genres")
            ws2(server, "release", **asked)
    kept = gatherer.world()
    assert kept.groups[0].genres == ("indie rock", "folk")
    assert kept.releases[0].media[0].discs == ids


def test_nothing_personal_reaches_the_server_behind() -> None:
    with Server(world.sampled(2)) as upstream:
        with Server(Relay(upstream.url, AGENT, Gatherer(World()))) as server:
            secrets = {"api_key": "SECRET1", "token": "SECRET2", "user": "SECRET3", "contact": "x"}
            get(server, "/ws/2/artist", agent="me (SECRET4)", fmt="json", query="velvet", **secrets)
        (asked,) = upstream.asked
    assert asked.agent == AGENT
    assert asked.query == "fmt=json&query=velvet"


class StandingClock:
    """A clock that stands, in place of the module `time`: it notes who sleeps, and for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 1000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))


def test_the_server_behind_is_asked_no_faster_than_it_bears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = StandingClock()
    monkeypatch.setattr(relay, "time", clock)
    with Server(world.sampled(1)) as upstream:
        gatherer = Gatherer(World())
        with Server(Relay(upstream.url, AGENT, gatherer, interval=0.2)) as server:
            ask = partial(ws2, server, f"artist/{VELVET}")
            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(upstream.asked) == 4
    assert sorted(clock.slept) == [0.0, 0.2, 0.4, 0.6]


def test_errors_pass_by_as_they_are_and_teach_nothing() -> None:
    with Server(world.sampled(1)) as upstream:
        gatherer = Gatherer(World())
        upstream.weather.order(faults.refused(503, retry_after="3"))
        with Server(Relay(upstream.url, AGENT, gatherer)) as server:
            answer = ws2(server, f"artist/{VELVET}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
    assert gatherer.world() == World()


def test_covers_pass_by_too() -> None:
    with Server(world.sampled(1)) as upstream:
        release = next(one for one in world.sampled(1).releases if one.cover)
        with Server(Relay(upstream.url, AGENT, Gatherer(World()))) as server:
            way = get(server, f"/release/{release.id}/front-250")
            assert way.status == 307
            picture = get(server, way.headers["Location"].removeprefix(upstream.url))
    assert picture.body.startswith(b"\x89PNG")


def test_a_server_that_is_not_there_is_a_502() -> None:
    with Server(World()) as gone:
        pass
    with Server(Relay(gone.url, AGENT, Gatherer(World()))) as server:
        answer = ws2(server, f"artist/{VELVET}")
    assert answer.status == 502
    assert "is unreachable" in answer.data["error"]


STRANGE: dict[str, Callable[[Reply], Reply]] = {
    "empty": faults.empty,
    "garbled": faults.garbled,
    "paged": faults.paged,
    "misshapen": faults.misshapen,
    "deep": lambda reply: Reply(200, b'{"a":' + b"[" * 100_000),
    "no text": lambda reply: Reply(200, b'{"releases":[{"id":"\xff"}]}'),
    "no MBID": lambda reply: Reply(200, b'{"artists":[{"id":"1","name":"One"}]}'),
    "a list": lambda reply: Reply(200, b"[]"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_an_answer_of_no_known_shape_teaches_nothing(name: str) -> None:
    gatherer = Gatherer(World())
    question = Question("GET", "/ws/2/release", {"query": ["x"]})
    good = Reply(200, json.dumps({"releases": [], "count": 0, "offset": 0}).encode())
    gatherer.take(question, STRANGE[name](good))
    assert gatherer.world() == World()


def test_a_release_whose_group_nobody_told_is_not_kept() -> None:
    gatherer = Gatherer(World())
    bare = {"releases": [{"id": mbid("release"), "title": "Bare"}]}
    gatherer.take(Question("GET", "/ws/2/release"), Reply(200, json.dumps(bare).encode()))
    assert gatherer.world().releases == ()


def test_the_public_host_is_known_by_its_name() -> None:
    public = ("https://musicbrainz.org", "http://beta.musicbrainz.org:80/ws")
    other = ("http://127.0.0.1:5000", "https://musicbrainz.org.example", "https://mb.example.org")
    assert all(map(relay.is_public, public))
    assert not any(map(relay.is_public, other))
