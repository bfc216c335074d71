"""Covers are fetched from the archive by MBID, followed to where they lie, and not kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.errors import NoCover, NoSuchMBID, NotAsked, ServiceFailed
from mediakeep.lookups import coverart
from mediakeep.lookups.answers import Machine, Service
from mediakeep.lookups.http import Http
from tests.lookups.conftest import CONTACT, Scripted, answer

MBID = "76df3287-6cda-33eb-8e9a-044b5e15ffdd"
FRONT = f"/release/{MBID}/front"
GROUP = f"/release-group/{MBID}/front"
PICTURE = answer(body=b"a picture", Content_Type="image/png")


def archive(server: Scripted) -> Service:
    return Service("The Cover Art Archive", server.host)


def test_a_front_cover_is_followed_to_where_it_lies(server: Scripted, http: Http) -> None:
    server.manners[FRONT] = [answer(307, Location=f"{server.host}/there/front.png")]
    server.manners["/there/front.png"] = [PICTURE]
    found = coverart.front(http, archive(server), MBID)
    assert (found.content, found.of) == (b"a picture", "release")
    assert found.url == f"{server.host}/there/front.png"


def test_a_size_is_asked_for_by_its_pixels(server: Scripted, http: Http) -> None:
    server.manners[f"{FRONT}-500"] = [PICTURE]
    coverart.front(http, archive(server), MBID, "500")
    coverart.back(http, archive(server), MBID, "250")
    assert server.asked == [f"{FRONT}-500", f"/release/{MBID}/back-250"]


def test_what_is_no_release_is_taken_for_a_release_group(server: Scripted, http: Http) -> None:
    server.manners[FRONT] = [answer(404)]
    server.manners[GROUP] = [PICTURE]
    assert coverart.front(http, archive(server), MBID).of == "release group"
    assert server.asked == [FRONT, GROUP]


def test_where_there_is_no_picture_it_is_said_which(server: Scripted, http: Http) -> None:
    for path in (FRONT, GROUP, f"/release/{MBID}/back"):
        server.manners[path] = [answer(404)]
    with pytest.raises(NoCover, match=f"no front cover of {MBID}"):
        coverart.front(http, archive(server), MBID)
    with pytest.raises(NoCover, match=f"no back cover of {MBID}"):
        coverart.back(http, archive(server), MBID)


def test_nothing_is_kept_neither_a_picture_nor_that_there_is_none(
    server: Scripted, http: Http, cache: Path
) -> None:
    server.manners[FRONT] = [PICTURE, answer(404), PICTURE]
    server.manners[GROUP] = [answer(404)]
    assert coverart.front(http, archive(server), MBID).content == b"a picture"
    with pytest.raises(NoCover):
        coverart.front(http, archive(server), MBID)
    assert coverart.front(http, archive(server), MBID).content == b"a picture"
    assert http.spent.hits == 0


def test_what_is_no_mbid_is_never_asked(server: Scripted, http: Http) -> None:
    for wrong in ("", "../etc/passwd", MBID[:-1], f"{MBID}/x"):
        with pytest.raises(NoSuchMBID):
            coverart.front(http, archive(server), wrong)
        with pytest.raises(NoSuchMBID):
            coverart.back(http, archive(server), wrong)
    assert server.asked == []


def test_any_other_answer_is_a_failure_of_the_archive(server: Scripted, http: Http) -> None:
    server.manners[FRONT] = [answer(400)]
    with pytest.raises(ServiceFailed, match="The Cover Art Archive failed: it answered 400"):
        coverart.front(http, archive(server), MBID)
    assert server.asked == [FRONT]


def test_a_run_that_is_offline_asks_nobody(server: Scripted, cache: Path, machine: Machine) -> None:
    http = Http(cache, CONTACT, offline=True, machine=machine)
    with pytest.raises(NotAsked, match="The Cover Art Archive was not asked"):
        coverart.front(http, archive(server), MBID)
    http.close()
    assert server.asked == []
