"""The token is sent to TMDb only, and never stored."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mediakeep.errors import MediakeepError, Outage, ServiceFailed
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
from mediakeep.lookups.tmdb import cache_json
from mediakeep.lookups.tmdb.context import TmdbContext
from tests.lookups.conftest import Clock, Scripted, answer, raw
from tests.lookups.tmdb import tmdb_server
from tests.lookups.tmdb.tmdb_server import (
    BEARER,
    KEY,
    MOVIE,
    PARAMETER,
    ROOM,
    SEARCH,
    TOKEN,
    refused,
    said,
)

BOTH = pytest.mark.parametrize("secret", [BEARER, PARAMETER])
SIGNED = f"{{}}&api_key={KEY}"


@pytest.fixture
def other() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.stop()


def assert_nothing_tells(folder: Path, *texts: str) -> None:
    """Search for a secret in every file below a folder, and in texts."""
    for path in folder.rglob("*"):
        found = path.read_bytes() if path.is_file() else b""
        for secret in (TOKEN, KEY):
            assert secret.encode() not in found, path
            assert secret not in path.name
    for text in texts:
        assert TOKEN not in text
        assert KEY not in text


def test_a_token_is_a_header_and_a_key_a_part_of_the_address(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment
) -> None:
    bare = MOVIE.format(71)
    server.manners = {bare: [said(ROOM)], SIGNED.format(bare): [said(ROOM)]}
    with closing(tmdb_server.desk(tmp_path / "a", server, machine)) as desk:
        desk.tmdb.get_movie(71)
    with closing(tmdb_server.desk(tmp_path / "b", server, machine, PARAMETER)) as desk:
        desk.tmdb.get_movie(71)
    assert server.asked == [bare, SIGNED.format(bare)]
    assert [header.get("Authorization") for header in server.headers] == [f"Bearer {TOKEN}", None]
    assert_nothing_tells(tmp_path)


def test_what_one_asked_with_a_key_another_finds_with_a_token(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment
) -> None:
    server.manners[SIGNED.format(MOVIE.format(71))] = [said(ROOM)]
    for secret in (PARAMETER, BEARER, None):
        with closing(tmdb_server.desk(tmp_path, server, machine, secret)) as desk:
            assert desk.tmdb.get_movie(71).id == 71
    assert len(server.asked) == 1


def failing(desk: TmdbContext) -> str:
    """Make a failing request; return the texts of the error and of its causes."""
    with pytest.raises(MediakeepError) as raised:
        desk.tmdb.get_movie(71)
    chain: list[str] = []
    error: BaseException | None = raised.value
    while error:
        chain += [str(error), repr(error), repr(vars(error)), *map(str, error.args)]
        error = error.__cause__ or error.__context__
    return "\n".join([*chain, *traceback.format_exception(raised.value)])


@BOTH
@pytest.mark.parametrize(
    "manner",
    [
        *(refused(401, 7), refused(422, 5), refused(404, 34), refused(500, 11), raw(b"nonsense")),
        *(raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), answer(body=b"[]")),
        answer(200, b"broken", Content_Encoding="gzip"),
        answer(302, Location="http://[broken"),
    ],
)
def test_no_error_log_or_file_of_a_failure_tells_the_secret(
    tmp_path: Path,
    server: Scripted,
    machine: HttpEnvironment,
    secret: Secret,
    manner: object,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    bare = MOVIE.format(71)
    server.manners = {bare: [manner], SIGNED.format(bare): [manner]}  # type: ignore[list-item]
    with closing(tmdb_server.desk(tmp_path, server, machine, secret)) as desk:
        found = failing(desk)
        cache_json.export(desk.folder, desk.store)
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    assert_nothing_tells(tmp_path, found, caplog.text, repr(secret), str(secret))


@BOTH
def test_nothing_tells_the_secret_where_nobody_listens(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, secret: Secret
) -> None:
    access = tmdb_server.access(server, secret)
    server.stop()
    with closing(TmdbContext(tmp_path, access, machine)) as desk:
        found = failing(desk)
    assert "cannot connect to 127.0.0.1" in found
    assert_nothing_tells(tmp_path, found, repr(access))


@BOTH
def test_another_host_that_is_named_gets_no_secret(
    tmp_path: Path, server: Scripted, other: Scripted, machine: HttpEnvironment, secret: Secret
) -> None:
    bare = MOVIE.format(71)
    away = answer(301, Location=f"{other.host}/elsewhere?api_key={secret.reveal()}&x=1")
    server.manners = {bare: [away], SIGNED.format(bare): [away]}
    other.manners["/elsewhere?x=1"] = [said(ROOM)]
    with closing(tmdb_server.desk(tmp_path, server, machine, secret)) as desk:
        assert desk.tmdb.get_movie(71).id == 71
    assert other.asked == ["/elsewhere?x=1"]
    assert "Authorization" not in other.headers[0]
    assert_nothing_tells(tmp_path)


def test_a_redirect_of_the_host_itself_carries_the_secret_once(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment
) -> None:
    bare = MOVIE.format(71)
    there = f"/3/there?a=1&api_key={KEY}"
    server.manners = {SIGNED.format(bare): [answer(301, Location=there)], there: [said(ROOM)]}
    with closing(tmdb_server.desk(tmp_path, server, machine, PARAMETER)) as desk:
        assert desk.tmdb.get_movie(71).id == 71
    assert server.asked == [SIGNED.format(bare), there]
    assert_nothing_tells(tmp_path)


@BOTH
def test_redirects_that_repeat_the_secret_without_end_tell_nobody(
    tmp_path: Path,
    server: Scripted,
    machine: HttpEnvironment,
    secret: Secret,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    bare = MOVIE.format(71)
    again = answer(302, Location=f"{bare}&api_key={secret.reveal()}")
    server.manners = {bare: [again], SIGNED.format(bare): [again]}
    with closing(tmdb_server.desk(tmp_path, server, machine, secret)) as desk:
        found = failing(desk)
    assert "too many redirects" in found
    assert len(server.asked) == 6
    assert_nothing_tells(tmp_path, found, caplog.text)


def test_a_secret_of_one_service_is_not_sent_to_the_next(
    tmp_path: Path, server: Scripted, other: Scripted, machine: HttpEnvironment
) -> None:
    open_one = Service("MusicBrainz", other.host)
    with closing(CachedHttp(tmp_path / "c.sqlite", "", machine=machine)) as http:
        for service in (tmdb_server.access(server).catalogue, open_one):
            http.get(service, f"{service.host}/a")
            http.get(service, f"{service.host}/b")
    assert ["Authorization" in headers for headers in server.headers] == [True, True]
    assert ["Authorization" in headers for headers in other.headers] == [False, False]


def test_a_token_that_is_refused_is_told_with_its_cure_and_sent_once_a_minute(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, clock: Clock
) -> None:
    server.manners = {MOVIE.format(number): [refused(401, 7)] for number in range(1, 30)}
    cure = r"TMDb failed: it rejected the token from MEDIAKEEP_TMDB_TOKEN \(HTTP status 401\)"
    for home in ("a", "b"):  # two processes, as far as the file of slots is concerned
        with closing(tmdb_server.desk(tmp_path / home, server, machine)) as desk:
            for number in range(1, 10):
                with pytest.raises(ServiceFailed, match=cure) as raised:
                    desk.tmdb.get_movie(number)
                assert not isinstance(raised.value, Outage)
    assert len(server.asked) == 1
    clock.now += 61
    with closing(tmdb_server.desk(tmp_path / "a", server, machine)) as desk:
        with pytest.raises(ServiceFailed, match=cure):
            desk.tmdb.get_movie(1)
        server.manners[MOVIE.format(2)] = [said({**ROOM, "id": 2})]
    assert len(server.asked) == 2
    corrected = Secret("another-token", "MEDIAKEEP_TMDB_TOKEN")
    with closing(tmdb_server.desk(tmp_path / "a", server, machine, corrected)) as desk:
        assert desk.tmdb.get_movie(2).id == 2  # at once


def test_a_token_that_is_refused_after_an_outage_does_not_prolong_it(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, clock: Clock
) -> None:
    server.manners = {MOVIE.format(1): [refused(503, 9)], MOVIE.format(2): [refused(401, 7)]}
    corrected = Secret("another-token", "MEDIAKEEP_TMDB_TOKEN")
    with closing(tmdb_server.desk(tmp_path, server, machine)) as desk:
        with pytest.raises(Outage):
            desk.tmdb.get_movie(1)
        clock.now += 61
        with pytest.raises(ServiceFailed, match="rejected the token"):
            desk.tmdb.get_movie(2)
    server.manners[MOVIE.format(2)] = [said({**ROOM, "id": 2})]
    server.asked.clear()
    with closing(tmdb_server.desk(tmp_path, server, machine, corrected)) as desk:
        assert desk.tmdb.get_movie(2).id == 2


def test_a_secret_is_in_no_text_or_json_of_what_holds_it(server: Scripted) -> None:
    access = tmdb_server.access(server)
    assert_nothing_tells(Path("/nonexistent"), repr(access), f"{access.catalogue}", str(BEARER))
    assert TOKEN[:8] not in BEARER.digest
    with pytest.raises(TypeError):
        msgspec.json.encode(access)
    assert bool(BEARER)
    assert not Secret("", "A")


@BOTH
def test_a_whole_run_writes_no_secret(
    tmp_path: Path, server: Scripted, machine: HttpEnvironment, secret: Secret
) -> None:
    for bare, manner in ((SEARCH, said({"results": [ROOM]})), (MOVIE.format(71), said(ROOM))):
        server.manners |= {bare: [manner], SIGNED.format(bare): [manner]}
    with closing(tmdb_server.desk(tmp_path, server, machine, secret)) as desk:
        assert desk.tmdb.search_movies("The Quayside Room", 1974)
        desk.tmdb.get_movie(71)
        cache_json.set_host(desk.store, server.host)
        cache_json.export(desk.folder, desk.store)
        kept = desk.http._cache.find(f"{server.host}{MOVIE.format(71)}")
    assert kept
    assert_nothing_tells(tmp_path, kept.response.url)
