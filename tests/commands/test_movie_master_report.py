"""movie_master_report.py on a real queue with the records of made movies."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.item import ScannedItem
from mediakeep.lookups.tmdb.model import MovieSummary, NamedEntity
from mediakeep.media.video.model import VideoStream
from mediakeep.movies import diagnose
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.item import MOVIES
from mediakeep.movies.master import library_statistics, report_writer, summary
from mediakeep.movies.model import MovieName
from mediakeep.movies.outputs import movie_record, movie_report
from mediakeep.movies.result import MovieResult, NfoStatus
from mediakeep.outcome import Outcome
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.settle import SettleRequest
from tests import documents
from tests.commands.conftest import Home
from tests.movies.accounts import account, build_open_identity, certain, film, local, video

PAGE = Path(__file__).parents[2] / "docs" / "movie-master-report.md"
SERIES = NamedEntity("The Harbours", id=7)


def movies() -> Iterator[MovieResult]:
    """A small library: a collection with gaps, a duplicate, an edition of it, and doubtful ones."""
    for number, (title, year, minutes) in enumerate(
        [("Quiet Harbour", 1987, 104), ("Loud Harbour", 1991, 98), ("Far Harbour", 2004, 121)], 1
    ):
        told = film(
            id=number, title=title, release_date=f"{year}-05-05", runtime=minutes, collection=SERIES
        )
        made = named(f"{title} ({year}).mkv", title, year, duration=minutes * 60.0)
        gaps = (
            MovieSummary(2, "Loud Harbour"),
            MovieSummary(4, "Last Harbour", release_date="2010-01-01"),
        )
        yield structs.replace(
            made, identity=certain(tmdb_id=number, movie=told), missing_in_collection=gaps
        )
    sd = (VideoStream(codec="mpeg4", width=640, height=480),)
    yield named("copy/Quiet Harbour.avi", "Quiet Harbour", 1987, movie=1, video=sd)
    yield named("Quiet Harbour {edition-Long}.mkv", "Quiet Harbour", 1987, movie=1, edition="Long")
    unsure = named("harbour.mkv", "harbour", 0)
    yield structs.replace(unsure, identity=build_open_identity(), nfo=NfoStatus())
    yield structs.replace(
        unsure, local=local(key="x.mkv"), identity=build_open_identity(sure=MatchStatus.UNMATCHED)
    )


def named(key: str, title: str, year: int, movie: int = 0, **changes: Any) -> MovieResult:
    edition = changes.pop("edition", "")
    there = local(
        key=key, name=MovieName(title, year, edition=edition), videos=(video(key, **changes),)
    )
    told = account(local=there)
    if movie:
        told = structs.replace(told, identity=certain(tmdb_id=movie, movie=film(id=movie)))
    return told


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which all of them were done, another is pending, and one was marked by hand."""
    home = tmp_path_factory.mktemp("made") / "home"
    told = list(movies())
    keys = [*(one.local.key for one in told), "marked.mkv", "pending.mkv"]
    found = (ScannedItem(key=key, path=f"/films/{key}", fingerprint="0") for key in keys)
    with Queue.create(locate_queue(home / "status" / "movies"), MOVIES, "/films", found) as queue:
        queue.begin_session()
        for claim in queue.claim_by_key(*keys[:-1]):
            one = next((one for one in told if one.local.key == claim.key), None)
            name = claim.item.output_name
            data = {"report": movie_report.report_place(name)} if one else {}
            if one:
                path = home / movie_record.record_place(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(
                    movie_record.render_json(
                        one, diagnose.find_issues(one), movie_report.report_place(name)
                    )
                )
            queue.settle(claim, SettleRequest(Outcome(data=data)))
        queue.end_session()
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "home"))


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return Home(home, home).call("movie_master_report", *words)


def told_of(home: Path) -> dict[str, Any]:
    done = run(home, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_numbers_are_those_of_the_library(home: Path) -> None:
    told = told_of(home)
    library = list(movies())
    assert told["totals"]["movies"] == len(library) == 7
    assert told["totals"]["bytes"] == 7 * 4_000_000_000
    assert told["left_out"] == {"marked_completed": 1, "pending": 1}
    assert told["matches"] == {"auto": 5, "review": 1, "unmatched": 1}
    assert told["decades"] == {"1980s": 4, "1990s": 1, "2000s": 1, "unknown": 1}
    assert told["resolutions"] == {"distinct": 2, "movies": {"1080p": 6, "480p": 1}}
    assert told["genres"]["movies"] == {"Drama": 5, "Mystery": 5}
    assert told["certificates"]["movies"] == {"PG": 5, "unknown": 2}
    assert told["coverage"]["nfo"] == {"movies": 6, "percentage": 85.7}
    assert told["coverage"]["poster"] == {"movies": 7, "percentage": 100.0}
    assert told["editions"]["movies"] == {"Long": 1}
    kinds = Counter(issue.kind for movie in library for issue in diagnose.find_issues(movie))
    assert {k: n for some in told["issues"].values() for k, n in some.items()} == kinds
    waiting = [issue for movie in library for issue in diagnose.find_issues(movie)]
    assert told["totals"]["decisions"] == sum(map(diagnose.needs_decision, waiting))


def test_a_copy_is_told_and_an_edition_is_none(home: Path) -> None:
    found = told_of(home)["duplicates"]
    assert found["total"] == 1
    keys = [one["key"] for one in found["listed"][0]["copies"]]
    assert keys == ["Quiet Harbour (1987).mkv", "copy/Quiet Harbour.avi"]


def test_what_a_collection_lacks_is_told_but_not_what_is_here(home: Path) -> None:
    found = told_of(home)["collections"]
    gap = {"tmdb_id": 4, "title": "Last Harbour", "year": 2010}
    told = {"tmdb_id": 7, "name": "The Harbours", "movies": 3, "lacking": [gap]}
    assert found == {"total": 1, "with_gaps": 1, "listed": [told]}


def test_the_lowest_quality_comes_first_and_lists_have_a_limit(home: Path) -> None:
    assert told_of(home)["lowest"][0]["key"] == "copy/Quiet Harbour.avi"
    done = run(home, "--json", "--list-limit", "0")
    told = json.loads(done.stdout)
    assert (told["lowest"], told["largest"]) == ([], [])
    assert told["duplicates"] == {"total": 1, "listed": []}


def test_the_files_hold_every_movie_once(home: Path) -> None:
    done = run(home)
    assert done.returncode == 0, done.stderr
    whole = json.loads((home / report_writer.JSON_PATH).read_text())
    assert whole["format"] == report_writer.MASTER_FORMAT
    assert whole["library"] == "/films"
    keys = [one.local.key for one in movies()]
    assert [one["key"] for one in whole["movies"]] == keys
    assert whole["statistics"] == told_of(home)
    lines = (home / report_writer.JSON_PATH).read_text().splitlines()
    assert sum(line.startswith('{"format":1,"key":') for line in lines) == len(keys)
    with (home / report_writer.CSV_PATH).open(encoding="utf-8", newline="") as text:
        assert [row["key"] for row in csv.DictReader(text)] == keys


def test_the_summary_says_it_in_words_with_the_notice_of_tmdb(home: Path) -> None:
    printed = run(home).stdout
    assert "7 movies in 7 files" in printed
    assert "5 certain, 1 to be decided, 1 not found" in printed
    assert printed.count(summary.ATTRIBUTION) == 1
    page = (home / report_writer.SUMMARY_PATH).read_text()
    assert page.startswith("# Movie library\n\n`/films`: 7 movies in 7 files, ")
    assert "- The Harbours (3 here) lacks Last Harbour (2010)\n" in page
    assert page.endswith(f"\n\n{movie_report.ATTRIBUTION}\n")
    assert "\n\n\n" not in page
    assert not [line for line in page.splitlines() if line != line.rstrip()]


def test_a_damaged_record_is_named_and_the_rest_is_written(home: Path) -> None:
    (first, *_) = sorted((home / "outputs" / "movies").iterdir())
    first.write_bytes(first.read_bytes()[:100])
    done = run(home, "--json")
    assert done.returncode == 1
    assert first.name in done.stderr
    told = json.loads(done.stdout)
    assert told["totals"]["movies"] == 6
    assert len(told["unread"]) == 1


def test_hostile_texts_are_shown_letter_by_letter(home: Path) -> None:
    path = next((home / "outputs" / "movies").glob("Quiet Harbour (1987)*.json"))
    evil = "<b>`|*\\u001b[2J=1+1\\n# H"
    path.write_text(path.read_text().replace('"The Harbours"', f'"{evil}"'))
    for other in (home / "outputs" / "movies").glob("*Harbour*.json"):
        other.write_text(other.read_text().replace("Drama", "\\u001b[31m\\n# H<b>"))
    done = run(home)
    assert "\x1b" not in done.stdout
    text = (home / report_writer.SUMMARY_PATH).read_text()
    assert "\x1b" not in text
    assert "\n# H" not in text
    assert "<b>" not in text.replace("\\<b", "")


def test_an_empty_queue_and_none_are_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert run(home).returncode == 2
    with Queue.create(locate_queue(home / "status" / "movies"), MOVIES, "/films", []):
        pass
    told = told_of(home)
    assert told["totals"]["movies"] == 0
    assert run(home).returncode == 0


def test_every_field_of_the_statistics_is_documented() -> None:
    told = documents.column(PAGE, "## The statistics")
    assert told >= set(library_statistics.MovieLibraryStatistics.__struct_fields__)
