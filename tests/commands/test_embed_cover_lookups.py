"""embed_cover.py without a picture looks the front cover up, by the tags or by a match."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep_simulator import cover_image
from mediakeep_simulator.entities import CatalogueCover
from tests import response_faults
from tests.commands import covered, hands
from tests.commands.covered import Desk, fill
from tests.commands.hands import state
from tests.music import shelf
from tests.music.coverless import TITLES, is_cover, marks

DOOR = "embed_cover"


def ok(desk: Desk, *words: object) -> str:
    return desk.ok(DOOR, *words)


def fails(desk: Desk, code: int, *words: object) -> str:
    before = state(desk.home.music)
    told = desk.run(DOOR, *words)
    assert told.code == code, told
    assert state(desk.home.music) == before
    return told.err


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from covered.made(tmp_path)


@pytest.fixture
def tied(tmp_path: Path) -> Iterator[Desk]:
    yield from covered.made(tmp_path, None, CatalogueCover(), None)


def releases(desk: Desk) -> list[str]:
    return [release.id for release in desk.world.releases]


def test_the_release_in_the_tags_decides(tied: Desk) -> None:
    (_, second, _) = releases(tied)
    fill(tied, second)
    told = ok(tied, tied.album)
    line = f"Front cover of the release {second}: Dawn, as its tags say, 1200 x 1200 pixels."
    assert line in told
    assert f'.png" (by hand: front cover of the release {second})' in told
    assert tied.covers() == [(1200, 1200)] * 3
    assert tied.asked[0] == f"/release/{second}/front-1200"
    count = len(tied.server.requests)
    assert "0 files changed; 3 already up to date." in ok(tied, tied.album)
    assert len(tied.server.requests) == count


@pytest.mark.parametrize("scanned", [False, True])
def test_without_one_the_album_is_matched_whether_the_queue_knows_it_or_not(
    desk: Desk, scanned: bool
) -> None:
    fill(desk)
    if scanned:
        desk.home.scan()
    told = ok(desk, desk.album, "--size", "500")
    assert f"Front cover of the release {releases(desk)[0]}: Dawn, as its tracks say" in told
    assert desk.covers() == [(500, 500)] * 3


def test_what_a_batch_has_found_out_is_not_asked_again(desk: Desk) -> None:
    fill(desk)
    desk.home.scan()
    assert desk.run("process_music_batch", "--all", "--cover-art", "none").code == 0
    before = len(desk.server.requests)
    ok(desk, desk.album)
    assert [request.path for request in desk.server.requests[before:] if not is_cover(request)] in (
        [],
        [f"/ws/2/release/{releases(desk)[0]}"],  # what the batch wrote is asked for once
    )
    assert desk.covers() == [(1200, 1200)] * 3


def test_where_editions_tie_it_is_that_of_their_group(tied: Desk) -> None:
    fill(tied)
    group = tied.world.groups[0].id
    assert f"Front cover of the release group {group}: Dawn" in ok(tied, tied.album)


def test_the_folder_of_a_disc_and_a_single_track_have_the_cover_of_their_album(
    desk: Desk,
) -> None:
    for number, title in enumerate(TITLES, 1):
        shelf.put(desk.album / f"CD {number}" / "01.mp3", **marks(number, title))
    ok(desk, desk.album / "CD 1")
    assert [any(cover) for cover in desk.covers()] == [True, False, False]
    ok(desk, desk.album / "CD 2" / "01.mp3")
    assert [any(cover) for cover in desk.covers()] == [True, True, False]


def test_it_can_be_rehearsed_and_taken_back(desk: Desk) -> None:
    fill(desk)
    before = state(desk.home.music)
    assert "3 files would be changed" in ok(desk, desk.album, "--dry-run")
    assert state(desk.home.music) == before
    told = desk.run(DOOR, desk.album, "--json").data
    assert told["notes"][0].startswith("Front cover of the release ")
    assert len(desk.asked) == 2  # the way to it, and the picture
    assert hands.run(desk.home, "undo_changes", "--session", told["session"]).code == 0
    after = state(desk.home.music)
    assert {path: one[0] for path, one in after.items()} == {
        path: one[0] for path, one in before.items()
    }


def test_a_larger_cover_is_not_replaced_without_a_yes(desk: Desk) -> None:
    fill(desk)
    image = desk.home.path / "large.png"
    image.write_bytes(cover_image.render_png("large", 900))
    ok(desk, desk.album, image)
    assert "replaces 900 x 900 in 3 files" in fails(desk, 130, desk.album, "--size", "500")


# What is refused


def test_a_release_without_a_front_cover_is_told(tied: Desk) -> None:
    first, _, _ = releases(tied)
    fill(tied, first)
    told = fails(tied, 1, tied.album)
    assert f"no front cover of the release {first}, which its tags name" in told
    assert tied.asked == []


def test_an_album_that_nobody_knows_is_told(desk: Desk) -> None:
    shelf.put(desk.album / "01.mp3", title="Other", artist="Vera", album="Nothing like it")
    assert "Give IMAGE" in fails(desk, 1, desk.album)
    assert desk.asked == []


def test_where_nobody_may_be_asked_it_is_said(desk: Desk) -> None:
    fill(desk)
    assert "not queried: this run is offline" in fails(desk, 2, desk.album, "--offline")
    words = ("--musicbrainz-host", "https://musicbrainz.org", "--musicbrainz-interval", 1.1)
    told = fails(desk, 2, desk.album, *words)
    assert "no contact is configured" in told
    assert desk.server.requests == []


@pytest.mark.parametrize("tagged", [False, True])
def test_a_service_that_is_out_is_told(desk: Desk, tagged: bool) -> None:
    fill(desk, releases(desk)[0] if tagged else "")
    desk.server.faults.fail_next(response_faults.http_error(retry_after="3600"))
    assert "MusicBrainz is unreachable" in fails(desk, 4, desk.album)


def test_what_is_no_picture_is_told(desk: Desk) -> None:
    fill(desk, releases(desk)[0])
    desk.server.faults.fail_next(
        response_faults.html_page, 1, lambda one: one.path.startswith("/image/")
    )
    assert "returned a web page instead of data" in fails(desk, 4, desk.album)


@pytest.mark.parametrize("words", [("ALBUM", "IMAGE"), ("--from-json", "a.json")])
def test_a_size_is_for_a_cover_that_is_looked_up(desk: Desk, words: tuple[str, ...]) -> None:
    assert "--size is for downloaded covers" in fails(desk, 2, *words, "--size", "500")
