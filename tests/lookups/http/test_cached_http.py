"""The HTTP client: what is cached, what is requested again, and what is an error."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from requests_cache.backends.base import BaseCache

from mediakeep import __version__, errors
from mediakeep.errors import LookupSkipped, NotFound, ServiceFailed
from mediakeep.lookups.http import models
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment
from tests.lookups.conftest import CONTACT, Clock, Manner, Scripted, answer, drip, hang, raw

DAY = 86400.0


def test_an_answer_is_asked_for_once_and_kept(
    http: CachedHttp, server: Scripted, cache: Path
) -> None:
    service, url = server.service(), f"{server.host}/ws/2/artist?query=Sigur%20R%C3%B3s&fmt=json"
    first = http.get(service, url)
    assert first.content == b'{"id": "a"}'
    assert (first.url, first.type, first.status) == (url, "application/json", 200)
    http.close()
    assert http.get(service, url) == first
    assert CachedHttp(cache, CONTACT).get(service, url) == first
    assert len(server.asked) == 1


def test_what_was_spent_is_counted_and_taken(http: CachedHttp, server: Scripted) -> None:
    for _ in range(3):
        http.get(server.service(), f"{server.host}/a")
    spent = http.stats.take_and_reset()
    assert (spent.requests, spent.hits, spent.seconds_waited) == (1, 2, 0.0)
    assert http.stats.take_and_reset() == type(spent)()


def test_an_address_is_the_same_however_it_is_written(http: CachedHttp, server: Scripted) -> None:
    plain = http.get(server.service(), f"{server.host}/a?query=Björk Guðmundsdóttir~")
    coded = f"{server.host}/a?query=Bj%C3%B6rk%20Gu%C3%B0mundsd%C3%B3ttir~"
    assert http.get(server.service(), coded) == plain
    assert len(server.asked) == 1


@pytest.mark.parametrize("odd", ["/x/../a", "/%7Ea?query=%c3%b6", "/a b#c", "/a?"])
def test_an_address_that_is_sent_in_another_way_is_found_again(
    http: CachedHttp, server: Scripted, odd: str
) -> None:
    for _ in range(2):
        http.get(server.service(), f"{server.host}{odd}")
    assert (len(server.asked), http.stats.hits) == (1, 1)


def test_a_hit_needs_no_session_and_importing_neither(server: Scripted, tmp_path: Path) -> None:
    CachedHttp(tmp_path / "c.sqlite", CONTACT).get(server.service(), f"{server.host}/a")
    program = (
        "import sys; from pathlib import Path; from mediakeep.lookups.http.cached_http import "
        "CachedHttp, Service\n"
        "http = CachedHttp(Path(sys.argv[1]), '')\n"
        "http.get(Service('MusicBrainz', sys.argv[2]), sys.argv[2] + '/a')\n"
        "assert http.stats.hits == 1 and 'requests' not in sys.modules\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "c.sqlite"), server.host]
    subprocess.run(command, check=True)
    assert len(server.asked) == 1


@pytest.mark.parametrize("days", [0.0, 1.0])
def test_requests_cache_answers_every_hit_by_its_own_lookup(
    http: CachedHttp, server: Scripted, clock: Clock, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    found: list[str] = []
    look_up = BaseCache.get_response

    def count(cache: BaseCache, key: str, default: Any = None) -> Any:
        response = look_up(cache, key, default)
        found.extend([key] if response is not None and not response.is_expired else [])
        return response

    monkeypatch.setattr(BaseCache, "get_response", count)
    service = msgspec.structs.replace(server.service(), cache_lifetimes=(("/b", DAY),))
    urls = [f"{server.host}/{letter}{number}" for letter in "ab" for number in range(15)]
    for url in urls:
        http.get(service, url)
    assert (len(server.asked), found) == (30, [])
    clock.now += days * DAY
    for url in urls:
        http.get(service, url)
    valid = urls[:15] if days else urls
    assert found == valid
    assert (http.stats.hits, len(server.asked)) == (len(valid), 60 - len(valid))


def test_a_service_is_told_who_asks_and_nothing_of_it_is_kept(
    http: CachedHttp, server: Scripted, tmp_path: Path
) -> None:
    server.manners = {"/b": [answer(404)], "/c": [answer(400)], "/d": [answer(503)]}
    server.manners["/a"] = [answer(Set_Cookie="session=1", Vary="User-Agent")]
    for _ in range(2):
        http.get(server.service(), f"{server.host}/a", fresh=True)
    for path in ("/b", "/c", "/d"):
        with pytest.raises(errors.MediakeepError) as raised:
            http.get(server.service(), f"{server.host}{path}")
        assert "secret" not in f"{raised.value} {raised.value.args}"
    asked = server.headers[1]
    assert asked["User-Agent"] == f"mediakeep/{__version__} ( {CONTACT} )"
    assert asked["Accept-Encoding"] == "gzip"
    assert asked["Accept"] == "application/json"
    assert "Cookie" not in asked
    http.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert not [path for path in files if b"secret" in path.read_bytes()]


def test_a_name_that_no_header_takes_is_written_so_that_it_does(
    server: Scripted, tmp_path: Path
) -> None:
    http = CachedHttp(tmp_path / "c.sqlite", "Łukasz\r\nX-Evil: 1")
    http.get(server.service(), f"{server.host}/a")
    written = "( \\u0141ukasz\\r\\nX-Evil: 1 )"
    assert server.headers[0]["User-Agent"] == f"mediakeep/{__version__} {written}"
    assert "X-Evil" not in server.headers[0]


def test_that_there_is_nothing_is_believed_for_thirty_days(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [answer(404), answer(404), answer()]
    for later, asked in ((0, 1), (29 * DAY, 1), (2 * DAY, 2), (29 * DAY, 2)):
        clock.now += later
        with pytest.raises(NotFound, match=f"MusicBrainz has nothing at {server.host}/a"):
            http.get(server.service(), f"{server.host}/a")
        assert len(server.asked) == asked
    clock.now += 2 * DAY
    assert http.get(server.service(), f"{server.host}/a").status == 200


def test_an_answer_that_was_kept_is_kept_for_ever(
    http: CachedHttp, server: Scripted, clock: Clock
) -> None:
    server.manners["/a"] = [answer(Cache_Control="no-store, max-age=0", Expires="0"), answer(404)]
    http.get(server.service(), f"{server.host}/a")
    clock.now += 9000 * DAY
    assert http.get(server.service(), f"{server.host}/a").status == 200


def test_a_question_can_be_asked_afresh_and_a_failure_keeps_the_old_answer(
    http: CachedHttp, server: Scripted
) -> None:
    service, url = server.service(), f"{server.host}/a"
    manners = [answer(body=b"1", ETag='"x"'), answer(404), answer(400), answer(body=b"2")]
    server.manners["/a"] = manners
    assert http.get(service, url, fresh=True).content == b"1"
    for error in (NotFound, ServiceFailed):
        with pytest.raises(error):
            http.get(service, url, fresh=True)
        assert http.get(service, url).content == b"1"
    assert http.get(service, url, fresh=True).content == b"2"
    assert http.get(service, url).content == b"2"
    assert len(server.asked) == 4


def test_what_is_not_to_be_kept_is_asked_each_time_but_where_there_is_none(
    http: CachedHttp, server: Scripted
) -> None:
    service, url = server.service(), f"{server.host}/a"
    server.manners["/a"] = [answer(body=b"1"), answer(404), answer(body=b"2"), answer(body=b"3")]
    assert http.get(service, url, keep=False).content == b"1"
    for _ in range(2):
        with pytest.raises(NotFound):
            http.get(service, url, keep=False)
    assert len(server.asked) == 2
    assert http.get(service, url, fresh=True, keep=False).content == b"2"
    assert http.get(service, url).content == b"3"
    assert http.get(service, url).content == b"3"


def test_what_was_kept_can_be_forgotten(http: CachedHttp, server: Scripted) -> None:
    server.manners["/b"] = [answer(404), answer()]
    http.get(server.service(), f"{server.host}/a?x=é")
    with pytest.raises(NotFound):
        http.get(server.service(), f"{server.host}/b")
    for path in ("/a?x=é", "/b"):
        http.remove_cached(f"{server.host}{path}")
        http.get(server.service(), f"{server.host}{path}")
    assert len(server.asked) == 4


def test_of_a_service_that_is_closed_only_what_is_kept_is_answered(
    http: CachedHttp, server: Scripted
) -> None:
    closed = msgspec.structs.replace(server.service(), disabled_reason="this run is offline")
    with pytest.raises(LookupSkipped):
        http.get(closed, f"{server.host}/a")
    kept = http.get(server.service(), f"{server.host}/a")
    assert http.get(closed, f"{server.host}/a") == kept
    for path, fresh in (("/a", True), ("/b", False)):
        with pytest.raises(LookupSkipped, match="MusicBrainz not queried: this run is offline"):
            http.get(closed, f"{server.host}{path}", fresh=fresh)
    assert server.asked == ["/a"]
    assert LookupSkipped.exit_code == 2


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 405, 410, 418, 501])
def test_a_refusal_for_good_is_neither_repeated_nor_kept(
    http: CachedHttp, server: Scripted, status: int
) -> None:
    server.manners["/a"] = [answer(status)]
    for count in (1, 2):
        with pytest.raises(ServiceFailed, match=f"MusicBrainz .*: HTTP status {status}"):
            http.get(server.service(), f"{server.host}/a")
        assert len(server.asked) == count


def test_a_redirect_is_followed_and_the_answer_kept_under_both_addresses(
    http: CachedHttp, server: Scripted
) -> None:
    server.manners["/old"] = [answer(301, Location="/new")]
    found = http.get(server.service(), f"{server.host}/old")
    assert found.url == f"{server.host}/new"
    assert http.get(server.service(), f"{server.host}/old") == found
    assert http.get(server.service(), f"{server.host}/new") == found
    assert server.asked == ["/old", "/new"]


def test_a_redirect_may_lead_to_what_is_kept(http: CachedHttp, server: Scripted) -> None:
    server.manners["/old"] = [answer(307, Location="/new")]
    kept = http.get(server.service(), f"{server.host}/new")
    assert http.get(server.service(), f"{server.host}/old") == kept
    assert server.asked == ["/new", "/old"]


@pytest.mark.parametrize("hops", [5, 6])
def test_at_most_five_redirects_are_followed(http: CachedHttp, server: Scripted, hops: int) -> None:
    for hop in range(hops):
        server.manners[f"/{hop}"] = [answer(302, Location=f"/{hop + 1}")]
    if hops == 5:
        assert http.get(server.service(), f"{server.host}/0").url == f"{server.host}/5"
    else:
        with pytest.raises(ServiceFailed, match="too many redirects"):
            http.get(server.service(), f"{server.host}/0")


@pytest.mark.parametrize("place", ["ftp://127.0.0.1/", "file:///etc/passwd", "data:,x", "http://["])
def test_a_redirect_to_what_is_no_address_of_the_web_is_an_error(
    http: CachedHttp, server: Scripted, place: str
) -> None:
    server.manners["/a"] = [answer(302, Location=place)]
    with pytest.raises(ServiceFailed) as raised:
        http.get(server.service(), f"{server.host}/a")
    assert raised.type is ServiceFailed
    assert server.asked == ["/a"]


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_long_is_refused(
    http: CachedHttp, server: Scripted, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Less than in earnest, so that the test needs no 64 MB.
    monkeypatch.setattr("mediakeep.lookups.http.adapter.MAX_RESPONSE_BYTES", 2**20)
    assert models.MAX_RESPONSE_BYTES == 64 * 2**20
    for size, fits in ((2**20, True), (2**20 + 1, False)):
        body = gzip.compress(bytes(size)) if packed else bytes(size)
        encoding = "gzip" if packed else "identity"
        server.manners[f"/{size}"] = [answer(body=body, Content_Encoding=encoding)]
        if fits:
            assert http.get(server.service(), f"{server.host}/{size}").content == bytes(size)
        else:
            with pytest.raises(ServiceFailed, match="the response exceeds 1 MB"):
                http.get(server.service(), f"{server.host}/{size}")
    assert len(server.asked) == 2


def test_an_answer_that_cannot_be_unpacked_is_an_error(http: CachedHttp, server: Scripted) -> None:
    server.manners["/a"] = [answer(body=b"no gzip", Content_Encoding="gzip")]
    with pytest.raises(ServiceFailed, match="the response cannot be decoded"):
        http.get(server.service(), f"{server.host}/a")


@pytest.mark.parametrize(
    ("manner", "why"),
    [
        (raw(b""), "cannot connect"),
        (raw(b"\x00\xff nonsense\r\n" * 10), "cannot connect"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "incomplete response"),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
            "incomplete response",
        ),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "incomplete response",
        ),
        (drip(b"HTTP/1.1 200 OK\r\nX"), "timeout"),
        (drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), "timeout"),
        (drip(b"HTTP/1.0 200 OK\r\n\r\n"), "timeout"),
        (hang, "timeout"),
    ],
)
def test_an_answer_that_breaks_off_or_never_ends_is_asked_for_again(
    server: Scripted, tmp_path: Path, clock: Clock, manner: object, why: str
) -> None:
    server.manners["/a"] = [manner, answer(body=b"whole")]  # type: ignore[list-item]
    patient = (5.0, 30.0, 180.0)  # seconds; a whole answer takes a while on a busy machine
    hasty = (5.0, 30.0, 0.2) if why == "timeout" else patient

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if server.asked:  # else the time was over before it was connected
            vars(machine)["timeouts"] = patient

    machine = HttpEnvironment(lambda: clock.now, sleep, clock.told.append, hasty, tmp_path)
    http = CachedHttp(tmp_path / "c.sqlite", CONTACT, machine=machine)
    assert http.get(server.service(), f"{server.host}/a").content == b"whole"
    tries = len(clock.slept) if why == "timeout" else 1
    assert clock.slept == clock.told == [2.0, 4.0, 8.0, 16.0, 30.0][:tries]
    assert tries
    server.manners["/b"] = [manner]  # type: ignore[list-item]
    if why == "timeout":  # of every attempt, however fast the machine is
        http = CachedHttp(
            tmp_path / "c.sqlite",
            CONTACT,
            machine=replace(machine, sleep=clock.sleep, timeouts=(5.0, 30.0, 0.1)),
        )
    with pytest.raises(errors.Outage, match=why):
        http.get(server.service(), f"{server.host}/b")


@pytest.mark.parametrize(
    "headers", [b"X: y\r\n" * 400, b"X: " + b"y" * 2**17 + b"\r\n"], ids=["many", "long"]
)
def test_an_answer_with_too_large_headers_is_an_error_and_no_outage(
    http: CachedHttp, server: Scripted, clock: Clock, headers: bytes
) -> None:
    server.manners["/a"] = [raw(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n")]
    with pytest.raises(ServiceFailed, match="too many or too long headers") as raised:
        http.get(server.service(), f"{server.host}/a")
    assert raised.type is ServiceFailed
    assert http.get(server.service(), f"{server.host}/b").status == 200
    assert (server.asked, clock.slept) == (["/a", "/b"], [])


def test_a_pause_within_an_answer_is_limited(
    server: Scripted, tmp_path: Path, machine: HttpEnvironment
) -> None:
    server.manners["/a"] = [hang]
    hasty = replace(machine, timeouts=(5.0, 0.1, 180.0))
    http = CachedHttp(tmp_path / "c.sqlite", CONTACT, machine=hasty)
    with pytest.raises(errors.Outage, match="timeout"):
        http.get(server.service(), f"{server.host}/a")


def test_a_child_that_was_forked_asks_with_a_session_of_its_own(
    http: CachedHttp, server: Scripted
) -> None:
    http.get(server.service(), f"{server.host}/a")
    child = os.fork()
    if not child:
        status = 1
        try:
            http.get(server.service(), f"{server.host}/b")
            status = int(http.get(server.service(), f"{server.host}/a").status != 200)
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    http.get(server.service(), f"{server.host}/b")
    http.get(server.service(), f"{server.host}/c")
    assert server.asked == ["/a", "/b", "/c"]


def test_a_404_that_is_no_answer_of_the_service_is_believed_by_nobody(
    http: CachedHttp, server: Scripted
) -> None:
    page = answer(404, b"<html>Log in to this network", Content_Type="text/html")
    server.manners["/a"] = [page, answer()]
    with pytest.raises(ServiceFailed):
        http.get(server.service(), f"{server.host}/a")
    assert http.get(server.service(), f"{server.host}/a").status == 200


PAGE = b" <!DOCTYPE html><title>Log in</title>"


@pytest.mark.parametrize(
    "page",
    [
        answer(200, PAGE, Content_Type="text/html; charset=utf-8"),
        answer(200, b"Log in", Content_Type="Text/HTML"),
        answer(200, PAGE),
        answer(511, b"{}"),
    ],
)
@pytest.mark.parametrize("keep", [True, False])
def test_a_web_page_of_a_captive_portal_is_reported_as_such_and_not_kept(
    http: CachedHttp, server: Scripted, clock: Clock, page: Manner, keep: bool
) -> None:
    server.manners["/a"] = [page, answer()]
    with pytest.raises(ServiceFailed) as raised:
        http.get(server.service(), f"{server.host}/a", keep=keep)
    assert str(raised.value) == (
        "MusicBrainz failed: 127.0.0.1 returned a web page instead of data, such as the login page"
        " of a network (captive portal). Log in to the network with a browser, then run again."
    )
    assert raised.value.exit_code == 4
    assert not clock.slept
    assert http.get(server.service(), f"{server.host}/a", keep=keep).status == 200


def test_the_login_page_that_a_network_sends_on_to_is_named_by_its_host(
    http: CachedHttp, server: Scripted
) -> None:
    there = server.host.replace("127.0.0.1", "localhost")
    server.manners["/a"] = [answer(302, b"", Location=f"{there}/login")]
    server.manners["/login"] = [answer(200, PAGE, Content_Type="text/html")]
    with pytest.raises(ServiceFailed, match="failed: localhost returned a web page"):
        http.get(server.service(), f"{server.host}/a")


def test_what_a_redirect_led_to_is_forgotten_with_it(http: CachedHttp, server: Scripted) -> None:
    server.manners["/old"] = [answer(301, Location="/new")]
    server.manners["/new"] = [answer(body=b"under maintenance"), answer(body=b"well")]
    http.get(server.service(), f"{server.host}/old")
    http.remove_cached(f"{server.host}/old")
    assert http.get(server.service(), f"{server.host}/old").content == b"well"
