"""Reviews by the API: answers with the records of commands, two at once, and undo to the byte."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from mediakeep.app.reviews import preview_answers, review_cache, review_session
from mediakeep.app.reviews.answer_log import AnswerLog
from mediakeep.app.reviews.review_session import ReviewDecision, ReviewSession
from mediakeep.web.access import Scope
from tests.commands import cinemas, hands
from tests.commands import test_fix_metadata_releases as release_home
from tests.commands.conftest import Home
from tests.commands.hands import state
from tests.music import shelf
from tests.sampling import each_row
from tests.web import serving
from tests.web.serving import Served


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    place = tmp_path_factory.mktemp("web reviews") / "place"
    place.mkdir()
    home = hands.library(place)
    for artist in ("Uma", "Ulla"):
        for number in range(1, 4):
            own = {"title": f"Tide {number}", "tracknumber": f"{number}/3", "album": "Dawn"}
            date = None if number == 2 else "1990"
            track = home.music / artist / "Dawn" / f"0{number} Tide.flac"
            shelf.put(track, **own, artist=artist, albumartist=artist, date=date)
    (home.music / "Ulla" / "Dawn" / "04 <img src=x>.flac").write_bytes(b"")
    hands.scanned(home)
    return home, place.rename(place.with_name("copy"))


@pytest.fixture
def served(_kept: tuple[Home, Path]) -> Iterator[Served]:
    """Two artists, each with a track without a date; and a damaged file of one."""
    home, copy = _kept
    shutil.copytree(copy, home.path.parent, symlinks=True)
    with serving.serve(home.path) as found:
        yield found
    shutil.rmtree(home.path.parent)


def music(served: Served) -> Path:
    return served.home.parent / "music"


def contents(served: Served) -> dict[str, str]:
    return {path: digest for path, (digest, _) in state(music(served)).items()}


def find(served: Served, kind: str = "missing-date") -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = served.api("/reviews", kind=kind)["groups"]
    return groups


def answer(served: Served, code: int = 200, **body: Any) -> Any:
    return served.post("/api/v1/reviews/decide", code, json=body).json()


def test_reviews_are_listed_in_pages_and_shown(served: Served) -> None:
    page = served.api("/reviews")
    assert page["by_kind"]["missing-date"] == 2
    groups = [group["ids"][0] for group in page["groups"]]
    first = served.api("/reviews", limit=1)
    rest = served.api("/reviews", after=first["next"])
    assert [group["ids"][0] for group in (*first["groups"], *rest["groups"])] == groups
    assert [
        group["name"] for group in served.api("/reviews", q="UMA", kind="missing-date")["groups"]
    ] == ["Uma"]
    shown = served.api(f"/reviews/{groups[0]}")
    assert shown["group"]["ids"] == page["groups"][0]["ids"]
    assert "not pending" in served.get("/api/v1/reviews/none", 404).json()["detail"]
    place = f"/api/v1/reviews/{find(served)[0]['ids'][0]}/candidates"
    problem = served.get(place, 422, params={"title": "x"}).json()
    assert "Nothing can be chosen for missing-date" in problem["detail"]


def test_a_preview_is_kept_until_files_settings_or_its_item_change_or_it_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, original = [], preview_answers.preview
    monkeypatch.setattr(review_cache, "_FINDING_SECONDS", serving.PATIENCE)
    monkeypatch.setattr(
        preview_answers, "preview", lambda *given: made.append(given) or original(*given)
    )
    group, other = find(served)
    body = {"ids": group["ids"], "action": "accept"}

    def show() -> Any:
        return served.post("/api/v1/reviews/preview", json=body).json()

    first = show()
    assert (show(), len(made)) == (first, 1)
    answer(served, ids=other["ids"], action="later")
    assert (show(), len(made)) == (first, 1)
    with hands.opened(Home(served.home, music(served))) as queue:
        queue.begin_session()
        for name, count in ((other["name"], 1), (group["name"], 2)):
            queue.claim_by_key(name)
            assert (show(), len(made)) == (first, count), name
        queue.end_session()
    file = music(served) / group["name"] / "Dawn" / "01 Tide.flac"
    shelf.put(file, title="Other")
    assert (show(), len(made)) == (first, 3)
    time = file.stat().st_mtime_ns
    file.write_bytes(file.read_bytes())
    os.utime(file, ns=(time, time))
    assert (show(), len(made)) == (first, 4)
    assert "Nothing decided" in answer(served, 409, **body, expected="another")["detail"]
    assert (show(), len(made)) == (first, 5)
    (served.home / "mediakeep.toml").write_text('locked_fields = "date"\n')
    refused = show()
    assert (refused["files"], show(), len(made)) == ([], refused, 6)
    monkeypatch.setattr(review_cache, "_FINDING_SECONDS", -1.0)
    body["action"] = "later"
    assert [show(), show()] == [
        {"files": [], "refused": {}, "notes": [], "digest": "", "sidecars": []}
    ] * 2
    assert len(made) == 8


def test_one_answer_settles_all_alike_and_its_undo_restores_them(served: Served) -> None:
    before = contents(served)
    group = find(served)[0]
    assert group["alike"] == 2
    body = {"ids": group["ids"], "action": "accept", "alike": True}
    shown = served.post("/api/v1/reviews/preview", json=body).json()
    new = [change["new"] for file in shown["files"] for change in file["changes"]]
    assert new == [["1990"]] * 2
    assert contents(served) == before
    decided = answer(served, **body, expected=shown["digest"])
    assert len(decided["result"]["decided"]) == 2
    assert find(served) == []
    assert contents(served) != before
    (recorded,) = served.api("/reviews/answers")
    assert (recorded["session"], recorded["action"]) == (decided["session"], "accept")
    undone = served.post("/api/v1/reviews/undo", json={"session": decided["session"]}).json()
    assert len(undone["files"]) == 2
    assert contents(served) == before
    assert len(find(served)) == 2
    problem = served.post("/api/v1/reviews/undo", 422, json={"session": decided["session"]}).json()
    assert "all are undone" in problem["detail"]


def test_an_undo_says_which_file_was_changed_since(served: Served) -> None:
    (group,) = [group for group in find(served) if group["name"] == "Uma"]
    decided = answer(served, ids=group["ids"], action="accept")
    shelf.put(music(served) / "Uma" / "Dawn" / "02 Tide.flac", title="Other")
    undone = served.post("/api/v1/reviews/undo", json={"session": decided["session"]}).json()
    assert (undone["answers"], undone["files"]) == ([], [])
    assert "it was changed since" in " ".join(undone["refused"].values())
    assert served.api("/reviews/answers")[0]["session"] == decided["session"]


def test_the_second_of_two_people_sees_what_the_first_did(served: Served) -> None:
    (ids,) = [group["ids"] for group in find(served) if group["name"] == "Uma"]
    barrier = threading.Barrier(2)

    def decide(action: str) -> tuple[int, Any]:
        barrier.wait()
        found = served.session.post(
            f"{served.url}/api/v1/reviews/decide", json={"ids": ids, "action": action}
        )
        return found.status_code, found.json()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(decide, ("accept", "never")), key=lambda pair: pair[0])
    assert [code for code, _ in answers] == [200, 409]
    assert len(AnswerLog(served.home).read_answers()) == 1
    problem = answer(served, 409, ids=ids, action="accept")
    assert 'It was answered with "' in problem["detail"]


@each_row(
    "body, code, sentence",
    [
        ({"ids": [], "action": "accept"}, 422, "length >= 1"),
        ({"ids": ["x"], "action": "accept"}, 409, "x is not pending"),
        ({"ids": ["x"], "action": "burn"}, 422, "Invalid enum value 'burn'"),
        ({"ids": "DATE", "action": "choose", "value": "x"}, 422, "Nothing can be chosen"),
        ({"ids": "DATE", "action": "accept", "expected": "0" * 24}, 409, "changed"),
    ],
)
def test_a_wrong_answer_changes_nothing(
    body: dict[str, Any], code: int, sentence: str, served: Served
) -> None:
    before = contents(served)
    ids = find(served)[0]["ids"] if body["ids"] == "DATE" else body["ids"]
    assert sentence in answer(served, code, **{**body, "ids": ids})["detail"]
    assert contents(served) == before


def test_a_picture_from_elsewhere_is_neither_written_nor_previewed(
    served: Served, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    ids = find(served, "missing-cover")[0]["ids"][:1]
    body = {"ids": ids, "action": "edit", "value": str(tmp_path / "a.jpg")}
    for place in ("decide", "preview"):
        problem = served.post(f"/api/v1/reviews/{place}", 403, json=body).json()
        assert "is outside of home" in problem["detail"]


def test_an_answer_that_was_cut_off_by_a_kill_is_logged_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(served)
    first, second = (group["ids"] for group in find(served))
    killed = ReviewSession(served.home, "20261124_review_abcdef")
    with monkeypatch.context() as patch:
        patch.setattr(review_session, "_take_effect", kill)
        with pytest.raises(KeyboardInterrupt):
            review_session.decide(killed, ReviewDecision((*first, *second), "accept"))
    killed.claims.release()  # as its end does
    assert answer(served, ids=second, action="never")["session"] != killed.id
    assert answer(served, ids=first, action="accept")["session"] == killed.id
    assert [it.session for it in AnswerLog(served.home).read_answers()].count(killed.id) == 1
    assert len(AnswerLog(served.home).read_answers()) == 2
    assert killed.id not in AnswerLog(served.home).list_unfinished()
    served.post("/api/v1/reviews/undo", json={"session": killed.id})
    assert contents(served) == before
    assert answer(served, ids=first, action="accept")["session"] != killed.id


def kill(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.long
def test_a_release_is_chosen_from_matches_editions_or_another_title(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = {"Accept": "text/html"}
    with release_home.made_home(tmp_path) as home:
        for name, value in home.settings.items():
            monkeypatch.setenv(name, value)
        with serving.serve(home.path) as served:
            (group,) = find(served, "ambiguous-release")
            (id_,) = group["ids"]
            choices = served.api(f"/reviews/{id_}")["candidates"]
            editions = {it["value"]: it["is_edition"] for it in choices}
            assert editions[release_home.DAWN.id] is False
            assert editions[release_home.LONGER.id] is True
            assert choices[-1]["is_edition"]
            place = f"/api/v1/reviews/{id_}/candidates"
            found = served.get(place, params={"title": "Harbour  Days"}).json()
            assert [it["value"] for it in found] == [release_home.DAYS.id]
            assert served.get(place, params={"title": "Nonsensical"}).json() == []
            problem = served.get(place, 422, params={"title": "\t"}).json()
            assert "nothing to search for" in problem["detail"]
            served.get(place, 422)
            text = served.get(f"/review?id={id_}", headers=page).text
            assert "Other editions" in text
            assert f'href="https://musicbrainz.org/release/{release_home.DAWN.id}"' in text
            text = served.get(f"/review?id={id_}&title=Harbour+Days", headers=page).text
            assert "found by Harbour Days" in text
            assert release_home.DAYS.id in text
            assert release_home.DAWN.id not in text
            assert "Nothing found." in served.get(f"/review?id={id_}&title=No", headers=page).text
            before = contents(served)
            place = f"/review?id={id_}&value={release_home.DAYS.id}"
            text = served.get(place, headers=page).text
            assert f"What the choice {release_home.DAYS.id} writes" in text
            assert f"<ins>{release_home.DAYS.id}</ins>" in text
            assert f'value="{release_home.DAYS.id}" required checked' in text
            choice = {"ids": [id_], "action": "choose", "value": release_home.DAYS.id}
            shown = served.post("/api/v1/reviews/preview", json=choice).json()
            assert f'name="expected" value="{shown["digest"]}"' in text
            text = served.get(f"/review?id={id_}&value=x", headers=page).text
            assert "Invalid MBID" in text
            body = {"ids": [id_], "action": "choose", "value": release_home.OTHER}
            assert "Add --yes" in answer(served, 409, **body)["detail"]
            assert contents(served) == before
            form = {"ids": id_, "action": "choose", "value": body["value"], "insist": "true"}
            served.post("/api/v1/reviews/decide", data=form)
            assert contents(served) != before
            served.post("/api/v1/reviews/undo", json={"session": "last"})
            assert contents(served) == before


@pytest.mark.long
def test_a_movie_is_searched_by_another_title_and_its_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movies, _ = cinemas.made(tmp_path)
    (movies.movies / "The Splendid Violin (2011).m4v").rename(movies.movies / "Zzyzx (1950).m4v")
    with cinemas.served() as server:
        movies.url = server.url
        for name, value in cinemas.asking(server.url).items():
            monkeypatch.setenv(name, value)
        movies.scan()
        assert movies.batch("--all").returncode == 0
        with serving.serve(movies.path) as served:
            (group,) = (it for it in find(served, "no-match") if it["name"].startswith("Zzyzx"))
            place = f"/api/v1/reviews/{group['ids'][0]}/candidates"
            for title in ("The Splendid Violin", "the splendid violin (2011)"):
                found = served.get(place, params={"title": title}).json()
                assert found[0]["name"] == "The Splendid Violin (2011)"
            body = {"ids": group["ids"], "action": "choose", "value": found[0]["value"]}
            shown = served.post("/api/v1/reviews/preview", json=body).json()
            assert {it["role"] for it in shown["sidecars"]} >= {"nfo", "poster"}
            place = f"/review?id={group['ids'][0]}&value={found[0]['value']}"
            text = served.get(place, headers={"Accept": "text/html"}).text
            assert shown["sidecars"][0]["path"] in text
            assert "The Splendid Violin" in text
            assert answer(served, **body)["result"]["decided"] == group["ids"]
            assert movies.items()["Zzyzx (1950).m4v"]["match"] == "user"
            (group, *_) = find(served, "no-match")
            place = f"/api/v1/reviews/{group['ids'][0]}/candidates"
            only_reads = served.token(Scope.READ)
            served.get(place, 403, params={"title": "x"}, headers=only_reads)
            monkeypatch.setenv("MEDIAKEEP_OFFLINE", "1")
            problem = served.get(place, 409, params={"title": "Something else"}).json()
            assert "TMDb not queried" in problem["detail"]
            page = served.get(
                f"/review?id={group['ids'][0]}&title=Other", headers={"Accept": "text/html"}
            )
            assert "TMDb not queried" in page.text


def test_nothing_is_accepted_while_a_choice_is_shown(served: Served) -> None:
    (group, *_) = find(served, "missing-date")
    page, accept = {"Accept": "text/html"}, 'value="accept"'
    assert accept in served.get(f"/review?id={group['ids'][0]}", headers=page).text
    assert accept not in served.get(f"/review?id={group['ids'][0]}&value=x", headers=page).text


def test_a_review_behind_the_first_page_is_shown(served: Served) -> None:
    page = {"Accept": "text/html"}
    groups = served.api("/reviews")["groups"]
    for number, group in enumerate(groups):
        text = served.get(f"/review?limit=1&id={group['ids'][0]}", headers=page).text
        assert f"{group['reviews'][0]['kind']}: " in text
        shown = re.findall(r"&amp;id=([^\"&]+)\" data-key=\"([jk])\"", text)
        wanted = [(groups[number - 1]["ids"][0], "k")] if number else []
        wanted += [(groups[number + 1]["ids"][0], "j")] if number + 1 < len(groups) else []
        assert [(unquote(id_), key) for id_, key in shown] == wanted
