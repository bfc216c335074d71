"""The report on a movie, also with hostile names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.movies import diagnose
from mediakeep.movies.identify.model import MovieIdentity
from mediakeep.movies.model import MovieName
from mediakeep.movies.outputs import movie_record, movie_report, record_model
from mediakeep.movies.result import MovieResult, NfoStatus, SidecarOutcome
from mediakeep.pages import step_parts
from tests.movies import accounts, showcase
from tests.movies.accounts import (
    account,
    build_open_identity,
    candidate,
    certain,
    film,
    local,
    video,
)

HOME = Path("/home/ida/media")
PAGE = Path(__file__).parents[2] / "docs" / "movie-reports.md"
FILES = Path(__file__).parents[2] / "docs" / "movie-files.md"


def render(result: MovieResult) -> str:
    return movie_report.render_markdown(result, diagnose.find_issues(result), HOME)


def test_the_page_of_reports_shows_what_is_written_today() -> None:
    command = "python -m tests.movies.showcase > docs/movie-reports.md"
    assert PAGE.read_text(encoding="utf-8") == showcase.page(), command


def test_a_report_is_the_same_every_time_and_has_the_notice_of_tmdb() -> None:
    for result in (showcase.healthy(), showcase.doubtful(), showcase.neglected()):
        text = render(result)
        assert text == render(result)
        assert text.endswith(f"\n\n{movie_report.ATTRIBUTION}\n")
        assert "\n\n\n" not in text
        assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_a_healthy_movie_says_so_first() -> None:
    lines = render(account()).splitlines()
    assert lines[0] == "# Quiet Harbour (1987)"
    assert lines[2] == "**No issues:** nothing to do."
    assert "97 % sure" in lines[4]
    assert "https://www.themoviedb.org/movie/4711" in lines[4]


def test_the_film_of_a_disc_which_is_no_single_file_is_named_so() -> None:
    text = render(account(local=local(disc="dvd", videos=(video(""),))))
    assert "| the film of the disc | 4.0 GB |" in text


def test_each_candidate_has_the_command_that_chooses_it() -> None:
    text = render(account(identity=build_open_identity(candidate(1, 0.8), candidate(2, 0.79))))
    for number in (1, 2):
        assert f" choose 'Quiet Harbour (1987).mkv' {number}`" in text
    assert "| Quiet Harbour (1987) | Stiller Hafen, by Ida Sølund, 104 min | 0.80 |" in text


def test_written_planned_and_failed_changes_are_reported() -> None:
    result = account(
        written=(SidecarOutcome("nfo", "a.nfo"),),
        pending=(SidecarOutcome("poster", "b.jpg"),),
        blocked=(SidecarOutcome("fanart", "c.jpg", "undone before"),),
    )
    text = render(result)
    assert "## Written by mediakeep\n\n- nfo: a.nfo\n" in text
    assert "## Would be written\n\n- poster: b.jpg\n" in text
    assert "\n\nTo undo: `python utilities/undo_changes.py " in text
    assert "<summary>Not written</summary>\n\n- c.jpg (undone before)\n" in text
    assert "- it is read-only\n" in render(account(local=local(lock_reason="it is read-only")))


def test_damaged_files_come_first_then_the_choice_of_the_movie_then_what_is_done_by_hand() -> None:
    open_identity = build_open_identity(candidate(1, 0.8), candidate(2, 0.79))
    text = render(structs.replace(showcase.neglected(), identity=open_identity))
    heads = re.findall(r"^## (.*)$", text.partition("<details>")[0], re.MULTILINE)
    assert heads == [*step_parts.PART_TITLES]
    first, choice = text.partition("## By hand")[0].split("\n## One command each\n")
    assert "**truncated-video**" in first
    assert choice.count("utilities/tmdb_lookup.py") == 2


def test_a_movie_that_was_not_looked_up_says_why() -> None:
    text = render(
        account(identity=MovieIdentity(lookup_error="TMDb not queried: no token is set."))
    )
    assert "Not looked up yet" in text
    assert "\nTMDb not queried: no token is set.\n" in text


HOSTILE = "`x`|<b>**[a](http://e.x)\n# H\x1b[2J \u202e_y_"


def test_hostile_names_stay_letters() -> None:
    result = account(
        local=local(
            key=HOSTILE,
            path=f"/{HOSTILE}",
            base=HOSTILE,
            name=MovieName(HOSTILE, 1987, edition=HOSTILE),
            videos=(video(HOSTILE, container=HOSTILE),),
            orphans=(HOSTILE,),
            extras=(HOSTILE,),
        ),
        identity=build_open_identity(candidate(1, 0.8, title=HOSTILE)),
        nfo=NfoStatus(),
        blocked=(SidecarOutcome("nfo", HOSTILE, HOSTILE),),
    )
    text = render(result)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith("# H")]
    bare = re.sub(r"(?<![\\`])(`+)(?!`).*?[^`]\1(?!`)", "", text)  # without code
    plain = re.sub(r"</?(details|summary)>", "", bare.replace("**", ""))
    assert not re.search(r"(?<!\\)[<\[*]", plain)
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} == {6, 7}


# The record


def record(folder: Path, result: MovieResult) -> Path:
    path = folder / "movie.json"
    path.write_bytes(
        movie_record.render_json(result, diagnose.find_issues(result), "issues/movies/movie.md")
    )
    return path


@pytest.mark.parametrize("make", [showcase.healthy, showcase.doubtful, showcase.neglected])
def test_a_record_reads_back_as_it_was_written(tmp_path: Path, make: object) -> None:
    result = make()  # type: ignore[operator]
    issues = diagnose.find_issues(result)
    path = record(tmp_path, result)
    assert movie_record.read(path) == movie_record.build_record(
        result, issues, "issues/movies/movie.md"
    )
    assert movie_record.read_issues(path) == issues
    assert path.read_bytes() == movie_record.render_json(result, issues, "issues/movies/movie.md")


def test_the_reviews_list_open_decisions_with_their_commands(tmp_path: Path) -> None:
    result = structs.replace(showcase.doubtful(), nfo=NfoStatus())
    reviews = movie_record.read_reviews(record(tmp_path, result), HOME)
    assert [item["kind"] for item in reviews] == ["ambiguous-match"]
    assert reviews[0]["command"].endswith(" choose stiller.hafen.dvdrip.avi TMDB_ID")
    assert reviews[0]["report"] == "issues/movies/movie.md"
    assert all(isinstance(value, str) for value in reviews[0].values())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"format":1}',
        b'{"format":1,"key":"a","path":"b","year":1e400}',
        b'{"format":1,"key":"a","path":"b","year":-5}',
        b'{"format":1,"key":"a","path":"b","videos":[{"place":"a","size":99999999999999999}]}',
        b'{"format":1,"key":"a","path":"b","x":' + b"[" * 100_000,
    ],
)
def test_a_damaged_record_is_named_with_its_cure(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "movie.json"
    path.write_bytes(data)
    for read in (movie_record.read, movie_record.read_issues):
        with pytest.raises(Unreadable, match=r"movie\.json.*next batch writes it again"):
            read(path)


def test_a_missing_record_and_a_newer_one_are_distinguished(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        movie_record.read(tmp_path / "movie.json")
    path = record(tmp_path, account())
    data = json.loads(path.read_text())
    path.write_text(
        json.dumps({**data, "format": movie_record.RECORD_FORMAT + 1, "later": {"a": 1}})
    )
    with pytest.raises(NewerFormat):
        movie_record.read(path)


def test_a_truncated_record_raises_only_documented_errors(tmp_path: Path) -> None:
    path = record(tmp_path, showcase.neglected())
    data = msgspec.json.format(path.read_bytes(), indent=0)
    refused = 0
    for end in range(0, len(data) - 1, 7):
        path.write_bytes(data[:end])
        with pytest.raises(Unreadable):
            movie_record.read(path)
        refused += 1
    assert refused > 100


def test_every_field_of_a_record_is_documented() -> None:
    from tests import documents

    assert documents.column(FILES, "## The record") == set(
        record_model.MovieRecord.__struct_fields__
    )
    for heading, struct in (
        ("### match", record_model.RecordedMatch),
        ("### facts", record_model.RecordedMovieInfo),
        ("### A candidate", record_model.RecordedCandidate),
    ):
        assert documents.column(FILES, heading) == set(struct.__struct_fields__)


def test_a_movie_without_a_year_or_title_is_named_by_its_file() -> None:
    bare = account(local=local(name=MovieName()), identity=MovieIdentity())
    assert (bare.title, bare.year) == ("Quiet Harbour (1987)", 0)
    result = account(identity=certain(movie=film(title="", release_date="")))
    assert (result.title, result.year) == ("Quiet Harbour", 1987)
    assert accounts.local().duration == 104 * 60


def test_penalties_that_would_be_shown_as_none_are_left_out() -> None:
    against = {"runtime": 0.004, "year": 0.1, "title": -0.3}
    assert record_model.list_shown_penalties(against) == [("title", 0.3), ("year", 0.1)]
