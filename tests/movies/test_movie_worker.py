"""The worker on one movie: what it writes, leaves alone and reports."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import LibraryMissing
from mediakeep.item import Status
from mediakeep.lookups.service_config import Locale
from mediakeep.media import ignore_rules
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.identify.model import MovieChoice
from mediakeep.movies.item import MovieItem
from mediakeep.movies.outputs import failed_lookups_csv, movie_record
from mediakeep.movies.sidecars import write_sidecars
from mediakeep.movies.sidecars.write_sidecars import SidecarWriteResult
from mediakeep.policy import FixLevel, WritePolicy
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb.model import (
    CatalogueCollection,
    CatalogueImage,
    CatalogueMovie,
    CataloguePerson,
    CatalogueText,
    MovieCatalogue,
)
from tests.movies.workbench import SAFE, Bench

ART = tuple(
    CatalogueImage(f"/{name}.jpg", width, height, language)
    for name, width, height, language in (
        ("poster-en", 1000, 1500, "en"),
        ("poster-de", 1000, 1500, "de"),
        ("poster-none", 1000, 1500, ""),
        ("tiny-de", 200, 300, "de"),
    )
)
HERON = CatalogueMovie(
    id=501,
    title="The Paper Heron",
    imdb_id="tt9000501",
    release_date="1987-05-01",
    runtime=97,
    overview="A heron of paper comes to life.",
    genres=("Drama",),
    collection=70,
    people=(CataloguePerson(1, "Ada Lund", job="Director", department="Directing"),),
    certificates={"US": "PG", "DE": "12"},
    texts=(CatalogueText("de", "DE", "Der Papierreiher", "Ein Reiher aus Papier erwacht."),),
    posters=ART,
    backdrops=(CatalogueImage("/back.jpg", 1920, 1080),),
)
SECOND = CatalogueMovie(
    id=502, title="The Paper Heron 2", release_date="1990-01-01", runtime=92, collection=70
)
PLAIN = CatalogueMovie(id=503, title="Nothing to See", release_date="2001-02-03", runtime=80)
CINEMA = MovieCatalogue(
    films=(HERON, SECOND, PLAIN),
    series=(CatalogueCollection(70, "The Paper Heron Collection"),),
    removed=(9,),
)
KEY = "The Paper Heron (1987).mkv"
STEM = "The Paper Heron (1987)"


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(MusicBrainzCatalogue(), movies=CINEMA) as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, server: SimulatorServer) -> Bench:
    return Bench(tmp_path, server)


def files_of(bench: Bench) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in bench.library.rglob("*") if path.is_file()}


def test_a_movie_gets_all_that_a_media_centre_reads(bench: Bench) -> None:
    bench.put(KEY, HERON)
    before = len(bench.server.requests)
    outcome = bench.work(KEY)
    assert sorted(files_of(bench)) == [
        f"{STEM}-fanart.jpg",
        f"{STEM}-metadata.json",
        f"{STEM}-poster.jpg",
        KEY,
        f"{STEM}.nfo",
    ]
    paths = [
        request.path for request in bench.server.requests[before:] if request.path.startswith("/3/")
    ]
    assert paths == ["/3/search/movie", "/3/movie/501", "/3/collection/70"]
    item = bench.items[KEY]
    assert (item.match, item.tmdb_id, item.imdb_id) == ("auto", 501, "tt9000501")
    assert (item.title, item.year, item.collection_id) == ("The Paper Heron", 1987, 70)
    assert item.metadata_files == tuple(name for name in sorted(files_of(bench)) if name != KEY)
    assert outcome.facts["auto_fixed"] == 4
    assert bench.issues(KEY) == {"collection-gap", "low-resolution"}


@pytest.mark.real_disk
@pytest.mark.parametrize("links", ["read", "refuse"])
def test_sidecars_behind_links_are_only_read_if_the_setting_says_so(
    bench: Bench, links: str
) -> None:
    bench.put(KEY, HERON)
    elsewhere = bench.root / "kept.nfo"
    elsewhere.write_text(f"<movie><title>{STEM}</title></movie>")
    (bench.library / f"{STEM}.nfo").symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    patterns = ignore_rules.parse_settings("", links)
    outcome = bench.work(KEY, structs.replace(SAFE, links=links), ignored=patterns)
    assert elsewhere.read_bytes() == before
    reason = f"a link leads to it in {bench.root}, and the setting links is {links}"
    assert reason in str(outcome.facts["not_written"])
    assert f"{STEM}-poster.jpg" in files_of(bench)


@pytest.mark.real_disk
@pytest.mark.parametrize("linked", [f"{STEM}.nfo", ""])
def test_sidecars_that_become_links_during_a_batch_are_not_written_through(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, linked: str
) -> None:
    bench.put(KEY, HERON)
    (bench.library / f"{STEM}.nfo").write_text("<movie><title>Old</title></movie>")
    elsewhere, write = bench.root / "disk2", write_sidecars.write_files

    def link_and_write(*arguments: Any) -> SidecarWriteResult:
        if not elsewhere.exists():
            (bench.library / linked).rename(elsewhere)
            (bench.library / linked).symlink_to(elsewhere)
        return write(*arguments)

    monkeypatch.setattr(write_sidecars, "write_files", link_and_write)
    outcome = bench.work(KEY)
    assert "a link was put in its path, changed or removed" in str(outcome.facts["not_written"])
    assert "<title>Old</title>" in (bench.library / f"{STEM}.nfo").read_text()
    assert (f"{STEM}-poster.jpg" in files_of(bench)) is bool(linked)


def test_done_twice_nothing_is_asked_and_no_file_is_touched(bench: Bench) -> None:
    bench.put(KEY, HERON)
    bench.work(KEY)
    times = {path: path.stat().st_mtime_ns for path in bench.root.rglob("*.*") if _lasting(path)}
    before = len(bench.server.requests)
    outcome = bench.work(KEY)
    assert len(bench.server.requests) == before
    assert outcome.facts["auto_fixed"] == 0
    assert {path: path.stat().st_mtime_ns for path in times} == times


def _lasting(path: Path) -> bool:
    return path.is_file() and "cache" not in path.parts and "undo" not in path.parts


def test_every_change_is_undone_to_the_byte(bench: Bench) -> None:
    bench.put(KEY, HERON)
    (bench.library / f"{STEM}.nfo").write_text("<movie><title>Mine</title><mark>x</mark></movie>")
    before = files_of(bench)
    bench.work(KEY)
    assert files_of(bench) != before
    with contextlib.closing(UndoStore(bench.home / "status" / "undo")) as store:
        for step in apply_undo.plan_undo(store, RecordQuery(item=KEY)):
            assert not step.refusal
            apply_undo.apply_undo(store, step.record)
    assert files_of(bench) == before
    outcome = bench.work(KEY)  # what was undone is not made again
    assert files_of(bench) == before
    assert set(outcome.facts["not_written"]) == {
        f"{STEM}{end}" for end in ("-fanart.jpg", "-metadata.json", "-poster.jpg", ".nfo")
    }
    bench.work(KEY, structs.replace(SAFE, redo=True))
    assert len(files_of(bench)) == 5


def test_edits_of_the_user_in_the_nfo_stay_and_the_rest_follows_tmdb(bench: Bench) -> None:
    bench.put(KEY, HERON)
    bench.work(KEY)
    nfo = bench.library / f"{STEM}.nfo"
    mine = nfo.read_text().replace("<genre>Drama</genre>", "<genre>Birds</genre>")
    mine = mine.replace("</movie>", "    <playcount>3</playcount>\n    <mark>x</mark>\n</movie>")
    nfo.write_text(mine)
    bench.work(KEY, locale=Locale("de-DE", "DE"))
    text = nfo.read_text()
    assert "<title>Der Papierreiher</title>" in text
    assert "Ein Reiher aus Papier erwacht." in text
    assert "<genre>Birds</genre>" in text
    assert "<genre>Drama</genre>" not in text
    assert "<playcount>3</playcount>" in text
    assert "<mark>x</mark>" in text


def test_a_locked_nfo_blocks_writes(bench: Bench) -> None:
    bench.put(KEY, HERON)
    nfo = bench.library / f"{STEM}.nfo"
    nfo.write_text("<movie><lockdata>true</lockdata><uniqueid type='tmdb'>501</uniqueid></movie>")
    before = files_of(bench)
    bench.work(KEY)
    assert files_of(bench) == before
    assert bench.items[KEY].tmdb_id == 501


def test_a_lock_in_the_folder_blocks_writes(bench: Bench) -> None:
    bench.put(f"{STEM}/{KEY}", HERON)
    (bench.library / STEM / ".mediakeep-lock").touch()
    before = files_of(bench)
    outcome = bench.work(STEM)
    assert files_of(bench) == before
    assert outcome.facts["not_written"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"R E L E A S E   N O T E S\r\n\xb0\xb1\xb2 by nobody", "missing-nfo"),
        (b"<?xml version='1.0'?><movie><title>cut of", "missing-nfo"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><movie><title>&x;</title></movie>', "missing-nfo"),
    ],
)
def test_an_nfo_that_cannot_be_read_is_never_written(
    bench: Bench, content: bytes, kind: str
) -> None:
    bench.put(KEY, HERON)
    nfo = bench.library / f"{STEM}.nfo"
    nfo.write_bytes(content)
    bench.work(KEY)
    assert nfo.read_bytes() == content
    assert kind in bench.issues(KEY)
    assert (bench.library / f"{STEM}-poster.jpg").is_file()


def test_the_poster_is_that_of_the_language_and_large_enough(bench: Bench) -> None:
    bench.put(KEY, HERON)
    bench.work(KEY, locale=Locale("de-DE", "DE"))
    pictures = [
        request.path for request in bench.server.requests if request.path.startswith("/t/p/")
    ]
    assert pictures[-2:] == ["/t/p/original/poster-de.jpg", "/t/p/original/back.jpg"]


def test_pictures_that_are_there_stay_but_by_force(bench: Bench) -> None:
    bench.put(KEY, HERON)
    poster = bench.library / f"{STEM}-poster.jpg"
    poster.write_bytes(b"mine")
    bench.work(KEY)
    assert poster.read_bytes() == b"mine"
    assert "corrupt-image" in bench.issues(KEY)
    bench.work(KEY, force=True)
    assert poster.read_bytes()[:2] == b"\xff\xd8"
    assert "corrupt-image" not in bench.issues(KEY)


def test_the_draft_of_a_killed_writer_goes_once_it_is_an_hour_old(bench: Bench) -> None:
    bench.put("Nothing to See (2001).mkv", PLAIN)
    bench.work("Nothing to See (2001).mkv")
    folder = bench.put(f"{STEM}/{KEY}", HERON).parent
    old, young, theirs = (folder / name for name in (f".{'a' * 12}.tmp", f".{'b' * 12}.tmp", ".t"))
    for path in (old, young, theirs):
        path.write_text("draft")
    for path in (old, theirs):
        os.utime(path, (0, 0))
    bench.work(STEM, WritePolicy(fix=FixLevel.NONE))
    assert [path.exists() for path in (old, young, theirs)] == [False, True, True]


@pytest.mark.real_disk
def test_what_was_not_written_is_counted_in_the_line_of_the_movie(bench: Bench) -> None:
    nfo = bench.put(KEY, HERON).with_suffix(".nfo")
    nfo.write_text("<movie></movie>")
    os.link(nfo, bench.root / "another name")
    line = bench.work(KEY).message
    assert line.startswith("The Paper Heron (1987), 3 files written, 1 not written, ")
    assert nfo.read_text() == "<movie></movie>"


@pytest.mark.real_disk
def test_a_dry_run_shows_what_would_be_refused(bench: Bench) -> None:
    nfo = bench.put(KEY, HERON).with_suffix(".nfo")
    nfo.write_text("<movie></movie>")
    os.link(nfo, bench.root / "another name")
    facts = bench.work(KEY, write=False).facts
    assert {one["role"] for one in facts["due"]} == {"poster", "fanart", "metadata"}
    assert list(facts["not_written"]) == [nfo.name]


def test_a_dry_run_by_force_shows_the_pictures_that_it_would_replace(bench: Bench) -> None:
    bench.put(KEY, HERON)
    bench.work(KEY)
    facts = bench.work(KEY, write=False, force=True).facts
    assert {"poster", "fanart"} <= {one["role"] for one in facts["due"]}
    assert "not_written" not in facts


def test_a_name_without_a_title_is_not_said_to_be_unknown_to_tmdb(bench: Bench) -> None:
    bench.put("title_t00.mkv")
    assert bench.work("title_t00.mkv").message.startswith("no title in its name, 0 files")
    report = (bench.home / bench.items["title_t00.mkv"].report).read_text()
    assert "\nIts name has no title to search for.\n" in report
    assert "TMDb knows" not in report


def test_the_nearest_movies_are_reported_even_if_distant(bench: Bench) -> None:
    bench.put("Paper (2019).mkv")
    assert bench.work("Paper (2019).mkv").data["lookup"] == "unknown"
    item = bench.items["Paper (2019).mkv"]
    report = (bench.home / item.report).read_text()
    assert "choose 'Paper (2019).mkv' 501`" in report
    path = bench.home / movie_record.record_place(item.output_name)
    (told,) = [
        review
        for review in movie_record.read_reviews(path, bench.home)
        if review["kind"] == "no-match"
    ]
    assert '; the nearest are "The Paper Heron" (1987) at ' in told["detail"]
    row = failed_lookups_csv.build_row(movie_record.read(path))
    assert row
    assert {row["candidate_1_tmdb_id"], row["candidate_2_tmdb_id"]} == {"501", "502"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<uniqueid type='tmdb'>abc</uniqueid>", 'tmdb "abc"'),
        ("<imdbid>0133093</imdbid>", 'imdb "0133093"'),
        ("<tmdbid>0</tmdbid><imdbid></imdbid><uniqueid type='trakt'>x</uniqueid>", ""),
        ("<tmdbid>501</tmdbid>", ""),
    ],
)
def test_an_id_in_the_nfo_that_is_none_is_an_issue(bench: Bench, text: str, told: str) -> None:
    nfo = bench.put(KEY, HERON).with_suffix(".nfo")
    nfo.write_text(f"<movie>{text}</movie>")
    bench.work(KEY)
    assert bench.items[KEY].tmdb_id == 501
    issues = movie_record.read_issues(
        bench.home / movie_record.record_place(bench.items[KEY].output_name)
    )
    wrong = [item.detail for item in issues if item.kind == "invalid-id"]
    assert wrong == ([f"the NFO says {told}"] if told else [])


def test_an_nfo_that_is_a_pipe_or_a_loop_of_links_fails_no_movie(bench: Bench) -> None:
    nfo = bench.put(KEY, HERON).with_suffix(".nfo")
    for make in (
        lambda: os.mkfifo(nfo),
        lambda: nfo.symlink_to(nfo.name),
        lambda: nfo.symlink_to("nowhere.nfo"),
    ):
        make()
        for policy in (SAFE, structs.replace(SAFE, nfo="set-aside")):
            assert bench.work(KEY, policy).state is Status.COMPLETED
            assert "missing-nfo" in bench.issues(KEY)
            assert (bench.library / f"{STEM}-poster.jpg").is_file()
            assert os.path.lexists(nfo)
            assert not nfo.is_file()
        nfo.unlink()
    bench.work(KEY)
    assert nfo.is_file()


@pytest.mark.parametrize("end", ["-metadata.json", "-poster.jpg", "-fanart.jpg", ".en.srt"])
def test_no_other_sidecar_that_is_a_pipe_or_a_loop_fails_a_movie(bench: Bench, end: str) -> None:
    path = bench.put(KEY, HERON).with_name(f"{STEM}{end}")
    for make in (lambda: os.mkfifo(path), lambda: path.symlink_to(path.name)):
        make()
        for force in (False, True):
            assert bench.work(KEY, force=force).state is Status.COMPLETED
        assert not path.is_file()
        path.unlink()


def test_after_a_choice_the_list_of_reviews_does_not_propose_another_one(bench: Bench) -> None:
    nfo = bench.put(KEY, HERON).with_suffix(".nfo")
    nfo.write_text("<movie><tmdbid>502</tmdbid></movie>")
    bench.items[KEY] = MovieItem(
        status=Status.PENDING,
        path=path_text.escape_path(bench.library / KEY),
        output_name="heron",
        match="user",
        tmdb_id=501,
    )
    bench.work(KEY)
    path = bench.home / movie_record.record_place("heron")
    (told,) = [
        review
        for review in movie_record.read_reviews(path, bench.home)
        if review["kind"] == "id-conflict"
    ]
    assert told["command"] == ""
    report = (bench.home / bench.items[KEY].report).read_text()
    assert "id-conflict" in report
    assert " choose " not in report


def test_an_own_folder_with_a_movie_nfo_is_kept_as_it_is_named(bench: Bench) -> None:
    folder = bench.put(f"{STEM}/{KEY}", HERON).parent
    (folder / "movie.nfo").write_text("<movie><title></title></movie>")
    (folder / "folder.jpg").write_bytes(_jpeg())
    bench.work(STEM)
    names = {path.name for path in folder.iterdir()}
    assert names == {KEY, "movie.nfo", "folder.jpg", f"{STEM}-fanart.jpg", f"{STEM}-metadata.json"}
    assert "<title>The Paper Heron</title>" in (folder / "movie.nfo").read_text()


def _jpeg() -> bytes:
    from mediakeep_simulator.tmdb import image_factory

    return image_factory.render_jpeg("mine", 600, 900)


def test_a_dry_run_and_fix_none_report_and_write_nothing(bench: Bench) -> None:
    bench.put(KEY, HERON)
    before = files_of(bench)
    due = [fact["role"] for fact in bench.work(KEY, write=False).facts["due"]]
    assert due == ["nfo", "poster", "fanart", "metadata"]
    assert not (bench.home / "outputs").exists()
    outcome = bench.work(KEY, WritePolicy(fix=FixLevel.NONE))
    assert [fact["role"] for fact in outcome.facts["due"]] == [
        "nfo",
        "poster",
        "fanart",
        "metadata",
    ]
    assert ", 4 files would be written, " in outcome.message
    assert " files written" not in outcome.message
    assert outcome.facts["auto_fixed"] == outcome.facts["issues_resolved"] == 0
    assert (bench.items[KEY].auto_fixed, bench.items[KEY].issues_found) == (0, 4)
    assert files_of(bench) == before
    assert bench.items[KEY].tmdb_id == 501


def test_without_tmdb_all_local_work_is_done_and_the_lookup_waits(bench: Bench) -> None:
    bench.put(KEY, HERON, audio=())
    closed = structs.replace(bench.access.catalogue, disabled_reason="this run is offline")
    away = structs.replace(bench.access, catalogue=closed)
    before = len(bench.server.requests)
    outcome = bench.work(KEY, access=away)
    assert len(bench.server.requests) == before
    assert outcome.data["lookup"] == "pending"
    assert outcome.facts["unasked"]
    assert bench.issues(KEY) >= {"no-audio"}
    assert "no-match" not in bench.issues(KEY)
    assert bench.work(KEY).data["lookup"] == "done"


def test_an_answer_that_is_no_picture_is_not_written(bench: Bench, tmp_path: Path) -> None:
    film = structs.replace(PLAIN, posters=(CatalogueImage("/gone.svg", 1000, 1500),))
    with SimulatorServer(MusicBrainzCatalogue(), movies=MovieCatalogue(films=(film,))) as server:
        own = Bench(tmp_path / "own", server)
        own.put("Nothing to See (2001).mp4", film)
        own.work("Nothing to See (2001).mp4")
        assert not list(own.library.glob("*poster*"))
        assert "missing-poster" in own.issues("Nothing to See (2001).mp4")


def test_the_same_movie_twice_is_reported_but_editions_are_not(bench: Bench) -> None:
    other = "The.Paper.Heron.1987.720p.WEB.x264-KITE.mkv"
    cut = "The Paper Heron (1987) {edition-Final Cut}.mkv"
    for name in (KEY, other, cut):
        bench.put(name, HERON)
        bench.work(name)
    bench.work(KEY)
    assert "duplicate-movie" in bench.issues(KEY)
    assert "duplicate-movie" in bench.issues(other)
    assert "duplicate-movie" not in bench.issues(cut)


def test_a_gap_in_a_collection_is_closed_by_the_movie_that_was_missing(bench: Bench) -> None:
    bench.put(KEY, HERON)
    bench.work(KEY)
    assert "collection-gap" in bench.issues(KEY)
    bench.put("The Paper Heron 2 (1990).mkv", SECOND)
    bench.work("The Paper Heron 2 (1990).mkv")
    bench.work(KEY)
    assert "collection-gap" not in bench.issues(KEY)


def test_a_removed_id_is_reported_for_each_occurrence(bench: Bench) -> None:
    key = "The Paper Heron (1987) {tmdb-9}.mkv"
    bench.put(key, HERON)
    for _ in range(2):
        bench.work(key)
        assert "removed-id" in bench.issues(key)
        assert "id-conflict" not in bench.issues(key)
        assert bench.items[key].tmdb_id == 501


@pytest.mark.parametrize(("tmdb", "imdb"), [(99999, ""), (9, ""), (0, "tt0000001"), (0, "9000501")])
def test_an_unknown_id_in_the_queue_needs_a_new_decision(
    bench: Bench, tmdb: int, imdb: str
) -> None:
    path = bench.put(KEY, HERON)
    said = MovieItem(
        status=Status.PENDING, path=path_text.escape_path(path), output_name="m", match="user"
    )
    bench.items[KEY] = structs.replace(said, tmdb_id=tmdb, imdb_id=imdb)
    for _ in range(2):
        before = files_of(bench)
        assert bench.work(KEY).data["lookup"] == "unsure"
        item = bench.items[KEY]
        assert (item.match, item.tmdb_id, item.imdb_id) == ("user", tmdb, imdb)
        assert files_of(bench) == before
        assert {"ambiguous-match", "removed-id" if tmdb else "id-conflict"} <= bench.issues(KEY)
    bench.items[KEY] = structs.replace(item, tmdb_id=501, imdb_id="")
    bench.work(KEY)
    assert (bench.items[KEY].match, bench.items[KEY].tmdb_id) == ("user", 501)


def test_our_own_nfo_is_no_evidence_after_the_movie_was_renamed(bench: Bench) -> None:
    between = 60.0 * (HERON.runtime + PLAIN.runtime) / 2
    name = "Nothing to See (2001)/Nothing to See (2001).mkv"
    folder = bench.put(name, PLAIN, seconds=between).parent
    bench.work("Nothing to See (2001)")
    assert bench.items["Nothing to See (2001)"].tmdb_id == 503
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("Nothing to See (2001)", STEM))
    folder.rename(bench.library / STEM)
    bench.work(STEM)
    assert bench.items[STEM].tmdb_id == 501
    assert "The Paper Heron" in (bench.library / STEM / f"{STEM}.nfo").read_text()


def test_notes_that_are_not_ours_are_left_alone(bench: Bench) -> None:
    bench.put(KEY, HERON)
    theirs = bench.library / f"{STEM}-metadata.json"
    theirs.write_text(json.dumps({"made_by": "another program"}))
    outcome = bench.work(KEY)
    assert theirs.read_text() == '{"made_by": "another program"}'
    assert outcome.data["match"] == "auto"


def test_a_decision_of_the_user_is_final(bench: Bench) -> None:
    bench.put("Heron.mkv", PLAIN)
    requests: list[str] = []

    def choose(movie: object, identity: object) -> MovieChoice:
        requests.append("x")
        return MovieChoice("take", tmdb_id=501)

    bench.work("Heron.mkv", choose=choose)
    assert (bench.items["Heron.mkv"].match, bench.items["Heron.mkv"].tmdb_id) == ("user", 501)
    bench.work("Heron.mkv", choose=choose)
    assert requests == ["x"]


def test_a_postponed_decision_is_in_the_list_of_reviews(bench: Bench) -> None:
    bench.put(KEY, HERON)
    outcome = bench.work(KEY, choose=lambda *_: MovieChoice("later"))
    assert outcome.state is Status.COMPLETED
    assert outcome.data["lookup"] == "unsure"
    assert "ambiguous-match" in bench.issues(KEY)
    assert list(files_of(bench)) == [KEY]


def test_a_skipped_movie_names_the_command_to_restore_it(
    bench: Bench,
) -> None:
    bench.put(KEY, HERON)
    outcome = bench.work(KEY, choose=lambda *_: MovieChoice("never"))
    assert outcome.state is Status.SKIPPED
    assert outcome.data == {"skip_reason": "never ask again"}
    assert outcome.message.endswith(
        f"movie_queue_manager.py --home {bench.home} --reset-movie '{KEY}'"
    )
    assert list(files_of(bench)) == [KEY]


def test_a_link_that_leads_nowhere_is_reported_and_is_no_vanished_movie(bench: Bench) -> None:
    bench.put(KEY, HERON)
    link = bench.library / "The Sealed Tower (1999).mkv"
    link.symlink_to(bench.root / "nowhere.mkv")
    assert bench.work(link.name).state is Status.COMPLETED
    assert "unreadable-video" in bench.issues(link.name)


def test_a_movie_that_has_vanished_is_skipped_and_a_library_is_not(bench: Bench) -> None:
    bench.put(KEY, HERON).unlink()
    bench.put("Nothing to See (2001).mkv", PLAIN)
    assert bench.work(KEY).data == {"skip_reason": "vanished"}
    (bench.library / "Nothing to See (2001).mkv").unlink()
    with pytest.raises(LibraryMissing):
        bench.work(KEY)
    os.rmdir(bench.library)
    with pytest.raises(LibraryMissing):
        bench.work(KEY)
