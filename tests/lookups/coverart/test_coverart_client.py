"""Covers are fetched by MBID, following redirects; only a 404 is cached."""

from __future__ import annotations

import pytest

from mediakeep.errors import LookupSkipped, NoCover, NoSuchMBID, ServiceFailed
from mediakeep.lookups.coverart.client import RELEASE_GROUP as GROUPS
from mediakeep.lookups.coverart.client import CoverArtClient
from mediakeep.lookups.http.cached_http import CachedHttp
from mediakeep.lookups.http.models import Service
from tests.lookups.conftest import Scripted, answer

MBID = "76df3287-6cda-33eb-8e9a-044b5e15ffdd"
FRONT = f"/release/{MBID}/front"
GROUP = f"/release-group/{MBID}/front"
PICTURE = answer(body=b"a picture", Content_Type="image/png")


def archive(server: Scripted, http: CachedHttp, *, fresh: bool = False) -> CoverArtClient:
    return CoverArtClient(http, Service("The Cover Art Archive", server.host), fresh=fresh)


def test_a_front_cover_is_followed_to_where_it_lies(server: Scripted, http: CachedHttp) -> None:
    server.manners[FRONT] = [answer(307, Location=f"{server.host}/there/front.png")]
    server.manners["/there/front.png"] = [PICTURE]
    found = archive(server, http).fetch_front(MBID)
    assert (found.content, found.entity_type) == (b"a picture", "release")
    assert found.url == f"{server.host}/there/front.png"


def test_a_size_is_asked_for_by_its_pixels(server: Scripted, http: CachedHttp) -> None:
    server.manners[f"{FRONT}-500"] = [PICTURE]
    archive(server, http).fetch_front(MBID, "500")
    archive(server, http).fetch_back(MBID, "250")
    assert server.asked == [f"{FRONT}-500", f"/release/{MBID}/back-250"]


def test_what_is_no_release_is_taken_for_a_release_group(
    server: Scripted, http: CachedHttp
) -> None:
    server.manners[FRONT] = [answer(404)]
    server.manners[GROUP] = [PICTURE]
    assert archive(server, http).fetch_front(MBID).entity_type == "release group"
    assert server.asked == [FRONT, GROUP]


def test_where_there_is_no_picture_it_is_said_which(server: Scripted, http: CachedHttp) -> None:
    for path in (FRONT, GROUP, f"/release/{MBID}/back"):
        server.manners[path] = [answer(404)]
    with pytest.raises(NoCover, match=f"no front cover of {MBID}"):
        archive(server, http).fetch_front(MBID)
    with pytest.raises(NoCover, match=f"no back cover of {MBID}"):
        archive(server, http).fetch_back(MBID)


def test_of_a_release_group_the_releases_are_not_asked(server: Scripted, http: CachedHttp) -> None:
    server.manners[f"{GROUP}-1200"] = [PICTURE]
    assert archive(server, http).fetch_front(MBID, "1200", (GROUPS,)).entity_type == "release group"
    assert server.asked == [f"{GROUP}-1200"]


def test_a_picture_is_not_kept_but_that_there_is_none_is(
    server: Scripted, http: CachedHttp
) -> None:
    server.manners[FRONT] = [PICTURE, answer(404), PICTURE]
    server.manners[GROUP] = [answer(404)]
    assert archive(server, http).fetch_front(MBID).content == b"a picture"
    for _ in range(2):
        with pytest.raises(NoCover):
            archive(server, http).fetch_front(MBID)
    assert (server.asked, http.stats.hits) == ([FRONT, FRONT, GROUP], 2)
    # Whoever asks anew may be told another thing, and then that is believed.
    assert archive(server, http, fresh=True).fetch_front(MBID).content == b"a picture"
    server.manners[FRONT] = [PICTURE]
    assert archive(server, http).fetch_front(MBID).content == b"a picture"


def test_what_is_no_mbid_is_never_asked(server: Scripted, http: CachedHttp) -> None:
    for wrong in ("", "../etc/passwd", MBID[:-1], f"{MBID}/x"):
        with pytest.raises(NoSuchMBID):
            archive(server, http).fetch_front(wrong)
        with pytest.raises(NoSuchMBID):
            archive(server, http).fetch_back(wrong)
    assert server.asked == []


def test_any_other_answer_is_a_failure_of_the_archive(server: Scripted, http: CachedHttp) -> None:
    server.manners[FRONT] = [answer(400)]
    with pytest.raises(ServiceFailed, match=r"The Cover Art Archive .*: HTTP status 400"):
        archive(server, http).fetch_front(MBID)
    assert server.asked == [FRONT]


def test_a_run_that_is_offline_asks_nobody(server: Scripted, http: CachedHttp) -> None:
    offline = Service("The Cover Art Archive", server.host, disabled_reason="this run is offline")
    with pytest.raises(LookupSkipped, match="The Cover Art Archive not queried"):
        CoverArtClient(http, offline).fetch_front(MBID)
    assert server.asked == []
