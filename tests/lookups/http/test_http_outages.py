"""A service that refuses or fails: pauses and outages, shared by all processes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest

from mediakeep.errors import NotFound, Outage, ServiceFailed
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, RequestStats
from mediakeep.lookups.http.rate_limit import SharedRateLimit
from mediakeep.lookups.http.retry import RetryState
from tests.lookups.conftest import CONTACT, NOW, Clock, Scripted, answer, raw, slots

BUSY = answer(503)


@pytest.fixture
def other(tmp_path: Path, machine: HttpEnvironment) -> CachedHttp:
    """Another client on the same machine with its own cache."""
    return CachedHttp(tmp_path / "other" / "musicbrainz.sqlite", CONTACT, machine=machine)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_service_that_is_busy_is_asked_again_after_longer_and_longer_pauses(
    http: CachedHttp, server: Scripted, clock: Clock, status: int
) -> None:
    server.manners["/a"] = [answer(status)] * 4 + [answer()]
    assert http.get(server.service(), f"{server.host}/a").status == 200
    assert clock.slept == clock.told == [2.0, 4.0, 8.0, 16.0]
    assert http.stats.requests == 5
    assert http.stats.seconds_waited == pytest.approx(30)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7 ", "X-RateLimit-Reset": f"{NOW + 50:.0f}"}, 7.0),
        ({"Retry-After": formatdate(NOW + 9, usegmt=True)}, 9.0),
        # The clock of the service is an hour ahead of ours.
        ({"Retry-After": formatdate(NOW + 3609, usegmt=True), "Date": formatdate(NOW + 3600)}, 9.0),
        ({"X-RateLimit-Reset": f"{NOW + 3611:.0f}", "Date": formatdate(NOW + 3600)}, 11.0),
        ({"X-RateLimit-Reset": f"{NOW + 12:.0f}"}, 12.0),
        ({"Retry-After": "1"}, 1.0),
        ({"Retry-After": "0"}, 2.0),
        ({"Retry-After": formatdate(NOW - 100)}, 2.0),
        ({"Retry-After": "soon"}, 2.0),
        ({"Retry-After": "-5"}, 2.0),
        ({"Retry-After": "1.5"}, 2.0),
        ({"Retry-After": "Mon, 99 Foo 2026 99:99:99 GMT", "Date": "\x00"}, 2.0),
    ],
)
def test_a_service_says_how_long_to_wait(
    http: CachedHttp, server: Scripted, clock: Clock, headers: dict[str, str], seconds: float
) -> None:
    server.manners["/a"] = [answer(503, **headers), answer()]
    http.get(server.service(), f"{server.host}/a")
    assert clock.slept == [seconds]


def test_what_a_broken_server_says_of_its_pace_is_not_believed(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [answer(500, Retry_After="30"), answer(502, Retry_After="30"), answer()]
    http.get(server.service(), f"{server.host}/a")
    assert clock.slept == [2.0, 4.0]


def test_a_pause_that_one_was_told_holds_for_all(
    http: CachedHttp, other: CachedHttp, server: Scripted, clock: Clock
) -> None:
    limited = answer(X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOW + 15:.0f}")
    server.manners["/a"] = [limited]
    http.get(server.service(), f"{server.host}/a")
    assert not clock.slept
    other.get(server.service(), f"{server.host}/b")
    assert clock.slept == [15.0]
    assert other.stats.seconds_waited == pytest.approx(15)


@pytest.mark.parametrize(
    ("remaining", "reset", "slept"),
    [("1", NOW + 15, []), ("0", NOW + 500, [60.0]), ("0", NOW - 5, []), ("none", NOW + 15, [])],
)
def test_after_the_last_answer_that_is_allowed_is_a_rest_of_at_most_a_minute(
    http: CachedHttp,
    server: Scripted,
    clock: Clock,
    remaining: str,
    reset: float,
    slept: list[float],
) -> None:
    headers = {"X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": f"{reset:.0f}"}
    server.manners["/a"] = [answer(**headers)]
    http.get(server.service(), f"{server.host}/a")
    http.get(server.service(), f"{server.host}/b")
    assert clock.slept == slept


def test_a_minute_of_pauses_is_an_outage_for_everybody(
    http: CachedHttp, other: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [BUSY]
    with pytest.raises(Outage) as raised:
        http.get(server.service(), f"{server.host}/a")
    assert clock.slept == [2.0, 4.0, 8.0, 16.0, 30.0]
    assert http.stats.seconds_waited == pytest.approx(60)
    moment = datetime.fromtimestamp(NOW + 120).astimezone()  # a minute to find out, and one of rest
    end = f"{moment:%H:%M:%S}"
    expected = f"MusicBrainz is unreachable (HTTP status 503). Next attempt at {end} (in 60 s)."
    assert str(raised.value) == expected
    assert raised.value.exit_code == 4
    asked = len(server.asked)
    for one in (http, other):
        with pytest.raises(Outage, match="HTTP status 503"):
            one.get(server.service(), f"{server.host}/b")
    assert len(server.asked) == asked
    assert len(clock.slept) == 5


def test_to_be_told_to_wait_for_more_than_a_minute_is_an_outage_at_once(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [answer(503, Retry_After="61"), answer()]
    with pytest.raises(Outage, match=r"\(in 61 s\)"):
        http.get(server.service(), f"{server.host}/a")
    assert not clock.slept
    clock.now += 61
    assert http.get(server.service(), f"{server.host}/a").status == 200


def test_a_minute_is_waited_for_if_told(http: CachedHttp, server: Scripted, clock: Clock) -> None:
    server.manners["/a"] = [answer(503, Retry_After="60"), answer()]
    http.get(server.service(), f"{server.host}/a")
    assert clock.slept == [60.0]


def test_an_outage_is_believed_for_an_hour_at_most(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [answer(503, Retry_After="999999999999999999999"), answer()]
    with pytest.raises(Outage, match=r"\(in 60 min\)"):
        http.get(server.service(), f"{server.host}/a")
    clock.now += 3600
    assert http.get(server.service(), f"{server.host}/a").status == 200


def test_each_outage_that_goes_on_is_found_by_one_probe_and_is_longer(
    http: CachedHttp, other: CachedHttp, server: Scripted, clock: Clock, tmp_path: Path
) -> None:
    server.manners["/a"] = [BUSY]
    spans = []
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a")
    for _ in range(6):
        clock.now = slots(tmp_path)["outage"]
        asked, slept = len(server.asked), len(clock.slept)
        for one in (http, other):
            with pytest.raises(Outage):
                one.get(server.service(), f"{server.host}/a")
        assert len(server.asked) == asked + 1
        assert len(clock.slept) == slept
        spans.append(slots(tmp_path)["outage"] - clock.now)
    assert spans == [120.0, 240.0, 480.0, 900.0, 900.0, 900.0]


def test_a_probe_that_goes_well_lifts_the_outage(
    http: CachedHttp, other: CachedHttp, server: Scripted, clock: Clock, tmp_path: Path
) -> None:
    server.manners["/a"] = [BUSY]
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a")
    clock.now += 60
    server.manners["/b"] = [answer(404)]  # it is well, whatever it says
    with pytest.raises(NotFound):
        other.get(server.service(), f"{server.host}/b")
    assert slots(tmp_path)["span"] == 0.0
    slept = len(clock.slept)
    server.manners["/c"] = [BUSY, answer()]
    assert http.get(server.service(), f"{server.host}/c").status == 200
    assert clock.slept[slept:] == [2.0]


def test_a_turn_that_has_passed_is_not_used(
    server: Scripted, machine: HttpEnvironment, clock: Clock, tmp_path: Path
) -> None:
    service, spent = server.service(1.1), RequestStats()
    stopped, other = (
        RetryState(service, SharedRateLimit(service, tmp_path, machine), machine, spent)
        for _ in range(2)
    )
    stopped.acquire_slot()
    clock.now += 10
    other.acquire_slot()
    assert other.confirm_slot()
    clock.now += 0.5
    assert not stopped.confirm_slot()
    assert spent.requests == 1
    stopped.acquire_slot()
    assert clock.slept == [0.6]
    assert stopped.confirm_slot()
    assert spent.requests == 2


def test_a_turn_is_not_used_in_a_pause_that_has_begun_since(
    server: Scripted, machine: HttpEnvironment, clock: Clock, tmp_path: Path
) -> None:
    service = server.service(1.1)
    one, other = (
        RetryState(service, SharedRateLimit(service, tmp_path, machine), machine, RequestStats())
        for _ in range(2)
    )
    other.acquire_slot()
    clock.now += 2
    one.acquire_slot()
    other.record_failure("HTTP status 503", 30.0)
    assert not one.confirm_slot()
    one.acquire_slot()
    assert clock.slept == [30.0]
    assert one.confirm_slot()


def probing(
    server: Scripted, machine: HttpEnvironment, clock: Clock, http: CachedHttp, folder: Path
) -> RetryState:
    """Return a request that probes a service after an outage, without a response yet."""
    server.manners["/a"] = [BUSY]
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a")
    clock.now += 60
    service = server.service()
    probe = RetryState(service, SharedRateLimit(service, folder, machine), machine, RequestStats())
    probe.acquire_slot()
    return probe


@pytest.mark.parametrize("asking", [1, 2, 4])
def test_while_one_probes_the_others_wait_and_go_on_if_it_succeeds(
    http: CachedHttp,
    server: Scripted,
    machine: HttpEnvironment,
    clock: Clock,
    tmp_path: Path,
    asking: int,
) -> None:
    probe = probing(server, machine, clock, http, tmp_path)
    slept, asked = len(clock.slept), len(server.asked)

    def sleep(seconds: float) -> None:
        Clock.sleep(clock, seconds)
        if len(clock.slept) == slept + 3:
            assert len(server.asked) == asked
            probe.record_success()

    waiting = replace(machine, sleep=sleep)
    for number in range(asking):
        other = CachedHttp(tmp_path / f"{number}.sqlite", CONTACT, machine=waiting)
        assert other.get(server.service(), f"{server.host}/c").status == 200
        other.close()
    assert clock.slept[slept:] == [0.01, 0.02, 0.04]
    assert len(server.asked) == asked + asking


def test_while_one_probes_the_others_wait_and_give_up_if_it_fails(
    http: CachedHttp, server: Scripted, machine: HttpEnvironment, clock: Clock, tmp_path: Path
) -> None:
    probe = probing(server, machine, clock, http, tmp_path)
    failed: list[str] = []

    def sleep(seconds: float) -> None:
        Clock.sleep(clock, seconds)
        with pytest.raises(Outage) as raised:
            probe.record_failure("HTTP status 502")
        failed.append(str(raised.value))

    waiting = replace(machine, sleep=sleep)
    other = CachedHttp(tmp_path / "other.sqlite", CONTACT, machine=waiting)
    for _ in "ab":
        with pytest.raises(Outage) as raised:
            other.get(server.service(), f"{server.host}/c")
        assert [str(raised.value)] == failed
    assert "(HTTP status 502). Next attempt" in failed[0]
    assert "(in 2 min)" in failed[0]
    assert "/c" not in server.asked


def test_a_probe_that_was_killed_is_made_again_by_one_that_waits(
    http: CachedHttp, server: Scripted, machine: HttpEnvironment, clock: Clock, tmp_path: Path
) -> None:
    probing(server, machine, clock, http, tmp_path)  # its process is killed now
    before = clock.now
    assert http.get(server.service(), f"{server.host}/c").status == 200
    assert 60 <= clock.now - before < 62
    assert slots(tmp_path)["span"] == 0.0


def test_a_probe_that_was_interrupted_keeps_nobody_waiting(
    http: CachedHttp, server: Scripted, machine: HttpEnvironment, clock: Clock, tmp_path: Path
) -> None:
    probing(server, machine, clock, http, tmp_path).release_probe()
    slept = len(clock.slept)
    assert http.get(server.service(), f"{server.host}/c").status == 200
    assert len(clock.slept) == slept


def test_an_answer_from_before_the_outage_ends_no_probe(
    http: CachedHttp, server: Scripted, machine: HttpEnvironment, clock: Clock, tmp_path: Path
) -> None:
    service = server.service()
    late = RetryState(service, SharedRateLimit(service, tmp_path, machine), machine, RequestStats())
    late.acquire_slot()
    probing(server, machine, clock, http, tmp_path)
    late.record_success()
    assert (slots(tmp_path)["span"], slots(tmp_path)["probe"]) == (60.0, clock.now + 60)


def test_an_outage_that_several_find_at_once_is_no_longer_for_it(
    server: Scripted, machine: HttpEnvironment, tmp_path: Path
) -> None:
    service = server.service()
    found = [
        RetryState(service, SharedRateLimit(service, tmp_path, machine), machine, RequestStats())
        for _ in "ab"
    ]
    for one in found:
        one.acquire_slot()
    for one, told in zip(found, (100.0, 3000.0), strict=True):
        with pytest.raises(Outage, match=r"\(in 100 s\)"):
            one.record_failure("HTTP status 503", told)
    assert (slots(tmp_path)["outage"], slots(tmp_path)["span"]) == (NOW + 100, 60.0)


def test_an_outage_of_one_service_is_none_of_another(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    healthy = Scripted()
    try:
        server.manners["/a"] = [BUSY]
        with pytest.raises(Outage):
            http.get(server.service(), f"{server.host}/a")
        assert http.get(healthy.service(), f"{healthy.host}/a").status == 200
    finally:
        healthy.stop()


def test_what_is_kept_is_answered_in_an_outage_too(http: CachedHttp, server: Scripted) -> None:
    kept = http.get(server.service(), f"{server.host}/a")
    server.manners["/b"] = [BUSY]
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/b")
    assert http.get(server.service(), f"{server.host}/a") == kept
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a", fresh=True)
    assert http.get(server.service(), f"{server.host}/a") == kept


def test_a_service_that_nobody_listens_for_is_out(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.stop()
    with pytest.raises(Outage, match=f"cannot connect to {server.host[7:]}\\)"):
        http.get(server.service(), f"{server.host}/a")
    assert clock.slept == [2.0, 4.0, 8.0, 16.0, 30.0]


def test_a_mirror_that_nobody_listens_for_is_told_with_its_setting(
    http: CachedHttp, server: Scripted
) -> None:
    mirror = msgspec.structs.replace(server.service(), host_setting="musicbrainz_host")
    server.stop()
    with pytest.raises(Outage, match=f"{server.host[7:]}, set by musicbrainz_host\\)") as told:
        http.get(mirror, f"{server.host}/a?api_key=SECRET")
    assert "SECRET" not in str(told.value)


def test_pauses_hold_where_there_is_no_pacing_and_pacing_is_no_pause(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    paced = msgspec.structs.replace(server.service(), interval=45.0)
    server.manners["/2"] = [BUSY, BUSY, answer()]
    for path in "1234":
        http.get(paced, f"{server.host}/{path}")
    assert clock.slept == [45.0, 2.0, 43.0, 4.0, 41.0, 45.0, 45.0]
    assert http.stats.seconds_waited == pytest.approx(225)


def test_a_service_that_asks_to_come_back_at_once_is_not_asked_for_ever(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [answer(503, Retry_After="0")]
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a")
    assert len(server.asked) == 6


def test_a_request_is_sent_again_at_once_if_its_idle_connection_was_closed(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/b"] = [raw(b""), answer()]  # the connection is closed as the request is sent
    http.get(server.service(1.0), f"{server.host}/a")
    http.get(server.service(1.0), f"{server.host}/b")
    assert server.asked == ["/a", "/b", "/b"]
    assert clock.slept == [1.0, 1.0]  # the interval, and no pause
    http.get(server.service(1.0), f"{server.host}/c")
    assert clock.slept == [1.0, 1.0, 1.0]


def test_a_new_connection_that_is_closed_is_a_failure(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/b"] = [raw(b""), raw(b""), answer()]
    http.get(server.service(), f"{server.host}/a")
    http.get(server.service(), f"{server.host}/b")
    assert server.asked == ["/a", "/b", "/b", "/b"]
    assert clock.slept == [2.0]


def test_an_idle_connection_that_was_closed_long_ago_is_not_used(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")]
    http.get(server.service(), f"{server.host}/a")
    http.get(server.service(), f"{server.host}/b")
    assert not clock.slept


def test_a_probe_on_a_connection_that_was_closed_is_no_outage(
    http: CachedHttp, server: Scripted, clock: Clock, tmp_path: Path
) -> None:
    server.manners["/a"] = [BUSY]
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a")
    clock.now += 60
    server.manners["/b"] = [raw(b""), answer()]
    assert http.get(server.service(), f"{server.host}/b").status == 200
    assert slots(tmp_path)["span"] == 0.0


def test_a_useless_answer_of_a_probe_is_no_outage(
    http: CachedHttp, server: Scripted, clock: Clock, tmp_path: Path
) -> None:
    server.manners["/a"] = [BUSY]
    with pytest.raises(Outage):
        http.get(server.service(), f"{server.host}/a")
    clock.now += 60
    server.manners["/b"] = [answer(Content_Encoding="gzip")]
    with pytest.raises(ServiceFailed, match="cannot be decoded"):
        http.get(server.service(), f"{server.host}/b")
    assert slots(tmp_path)["span"] == 0.0


def test_an_answer_that_was_under_way_lifts_no_outage(
    machine: HttpEnvironment, server: Scripted, tmp_path: Path
) -> None:
    service, folder = server.service(), tmp_path / "cache"
    folder.mkdir()
    late, refused, third = (
        RetryState(service, SharedRateLimit(service, folder, machine), machine, RequestStats())
        for _ in range(3)
    )
    late.acquire_slot()
    refused.acquire_slot()
    with pytest.raises(Outage):
        refused.record_failure("HTTP status 503", 600.0)
    late.record_success()
    with pytest.raises(Outage):
        third.acquire_slot()
