"""A home with two queues: each is told, none takes anything from the other."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep import home_folder
from mediakeep.movies.item import MOVIES
from tests.commands import cinemas
from tests.commands.cinemas import Movies
from tests.commands.conftest import Home
from tests.music import shelf
from tests.sampling import each_row

LIST = "outputs/manual_review_needed.json"
TITLES = ("Low Tide", "Ballast")


class Both:
    """A home with an artist and some movies, all of them done."""

    def __init__(self, movies: Movies) -> None:
        self.movies = movies
        self.music = Home(movies.path, movies.music)

    def call(self, door: str, *words: object) -> str:
        done = self.movies.call(door, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def listed(self) -> dict[str, Any]:
        """Return the list of reviews but for commands, which name the home."""
        found: dict[str, Any] = json.loads((self.movies.path / LIST).read_text())
        for entries in found["reviews"].values():
            for entry in entries:
                entry.pop("command", None)
        return found

    def queues(self) -> set[str]:
        """Return which queues have entries in the list of reviews."""
        return {one["queue"] for found in self.listed()["reviews"].values() for one in found}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Movies]:
    """One such home for all; nothing is written beside its music and movies."""
    movies, stock = cinemas.made(tmp_path_factory.mktemp("both"), 4)
    twin = stock.items[0].place  # an artist of the very name of a movie
    shelf.put_album(movies.music / twin / "Dawn (1974)", *TITLES)
    with cinemas.served() as server:
        movies.url = server.url
        music = Home(movies.path, movies.music)
        music.scan()
        movies.scan()
        music.batch("--all", "--offline", "--fix", "none")
        done = movies.batch("--all", "--fix", "none")
        assert done.returncode == 0, done.stderr
        yield movies


@pytest.fixture
def both(made: Movies, tmp_path: Path) -> Both:
    """A copy of that home, over the same libraries."""
    shutil.copytree(made.path, tmp_path / "home")
    return Both(Movies(tmp_path / "home", made.music, made.movies, made.url))


def test_the_list_of_reviews_holds_both_and_each_batch_replaces_only_its_own(both: Both) -> None:
    assert both.queues() == {"music", "movies"}
    full = both.listed()
    assert set(full["queues"]) == {"music", "movies"}
    (artist,) = both.music.statuses()
    assert {one["queue"] for one in full["reviews"][artist]} >= {"music"}
    assert full["total"] == sum(map(len, full["reviews"].values())) > 2
    for home in (both.music, both.movies):
        home.ok("--reset-all", "--yes")
        home.batch("--all", "--fix", "none")
        again = both.listed()
        assert again["reviews"] == full["reviews"]
        assert again["by_kind"] == full["by_kind"]


def test_a_list_that_was_deleted_is_created_again_by_a_batch_of_either_kind(both: Both) -> None:
    full = both.listed()
    (both.movies.path / LIST).unlink()
    both.movies.batch("--all", "--fix", "none")
    assert both.listed()["reviews"] == full["reviews"]


def test_a_batch_counts_its_own_reviews_first(both: Both) -> None:
    counts = Counter(
        entry["queue"] for entries in both.listed()["reviews"].values() for entry in entries
    )
    both.movies.ok("--reset-all", "--yes")
    output = both.movies.batch("--all", "--fix", "none").stdout
    movies = f"{counts['movies']} issue{'s' * (counts['movies'] != 1)}"
    assert f"Manual review needed: {movies}, and {counts['music']} of music (see " in output


def test_a_list_of_the_time_when_it_held_music_alone_loses_nothing(both: Both) -> None:
    full, path = both.listed(), both.movies.path / LIST
    entries = {
        key: [{k: v for k, v in one.items() if k != "queue"} for one in found]
        for key, all_ in full["reviews"].items()
        if (found := [one for one in all_ if one["queue"] == "music"])
    }
    old = {"format": 1, **full["queues"]["music"], "reviews": entries}
    path.write_text(json.dumps(old))
    # Nothing of music is read anew for this.
    for audit in (both.movies.path / "outputs").glob("*_audit.json"):
        audit.rename(audit.with_suffix(".aside"))
    both.movies.batch("--all", "--fix", "none")
    assert both.listed()["reviews"] == full["reviews"]


def test_what_is_accepted_for_music_leaves_movies_out(both: Both) -> None:
    ids = [
        one["id"]
        for found in both.listed()["reviews"].values()
        for one in found
        if one["queue"] == "movies"
    ]
    path = both.movies.path / LIST
    done = both.movies.call("fix_metadata", "--from-review", path, "--accept", ids[0])
    assert done.returncode == 2
    assert f"Not in the list: {ids[0]}" in done.stderr


def test_the_dashboard_shows_both_or_the_one_that_is_asked_for(both: Both) -> None:
    told = both.call("media_dashboard", "--once")
    assert "1 of 1 artist" in told
    assert "4 of 4 movies completed" in told
    alone = both.call("media_dashboard", "--once", "--kind", "movies")
    assert "4 of 4 movies completed" in alone
    assert "artist" not in alone
    for shown in (told, alone):
        assert MOVIES.attribution in " ".join(shown.split())
    music = both.call("media_dashboard", "--once", "--kind", "music")
    assert "TMDB" not in music
    data = json.loads(both.call("media_dashboard", "--json"))
    assert [one["kind"] for one in data] == ["music", "movies"]
    rooms = ", ".join(room["what"] for room in data[0]["disk"]["rooms"])
    assert "movies library" in rooms
    assert data[1]["tallies"]


def test_the_weekly_report_tells_of_both_and_their_decisions_apart(both: Both) -> None:
    out = both.call("weekly_report", "--format", "md,html,json")
    assert "music: " in out
    assert "movies: " in out
    (path,) = (both.movies.path / "status" / "reports").glob("*_weekly_progress.json")
    for suffix in (".md", ".html"):
        assert path.with_suffix(suffix).read_text().count(MOVIES.attribution) == 1
    told = json.loads(path.read_text())
    music, movies = told["kinds"]
    listed = both.listed()["reviews"].values()
    for one, queue in ((music, "music"), (movies, "movies")):
        expected = sum(entry["queue"] == queue for found in listed for entry in found)
        assert one["present"]["decisions"]["total"] == expected
    assert movies["present"]["rest"]["tallies"]
    assert "process_movies.py" in movies["present"]["rest"]["batch"]


@each_row(
    "door, words, code, shown",  # "" for a refusal
    [
        ("media_dashboard", ["--once"], 3, "1 of 1 artist"),
        ("media_dashboard", ["--json"], 3, '"kind": "music"'),
        ("media_dashboard", ["--once", "--kind", "music"], 0, "1 of 1 artist"),
        ("media_dashboard", ["--once", "--kind", "movies"], 3, ""),
        ("weekly_report", [], 3, "Done, 1 more than"),
        ("weekly_report", ["--all", "--json"], 3, "Done, 1 more than"),
        ("undo_changes", ["--list"], 3, "No file changed yet."),
        ("undo_changes", ["--list", "--since", "2h"], 3, "No matching changes."),
        ("undo_changes", ["--list", "--movie", "x"], 3, ""),
        ("process_music_batch", ["--offline"], 0, "artists (100.0%)"),
    ],
)
def test_a_damaged_queue_is_named_and_the_other_is_read(
    both: Both, door: str, words: list[str], code: int, shown: str
) -> None:
    file = both.movies.path / "status" / "movies" / "processing_queue.json"
    file.write_bytes(file.read_bytes()[:1000])
    done = both.movies.call(door, *words)
    named = [line for line in done.stderr.splitlines() if str(file) in line]
    reads_it = code == 3 or door == "process_music_batch"  # whose own queue is intact
    assert len(named) == reads_it, done.stderr
    assert all("--repair" in line for line in named)
    assert done.returncode == code, done.stderr
    assert shown in done.stdout
    assert bool(shown) or not done.stdout


def test_a_backup_of_one_queue_leaves_the_other_as_it_is(both: Both, tmp_path: Path) -> None:
    full = both.listed()
    reports = sorted((both.movies.path / "issues" / "movies").iterdir())
    kept = tmp_path / "kept"
    kept.mkdir()
    made = json.loads(both.movies.ok("--backup", kept, "--json"))["path"]
    wrong = both.music.manage("--restore-backup", made, "--yes")
    assert wrong.returncode == 2
    for path in reports:
        path.unlink()
    name = next(iter(both.movies.items()))
    both.movies.ok("--reset-movie", name)
    both.music.ok("--reset-all", "--yes")
    both.movies.ok("--restore-backup", made, "--yes")
    assert set(both.movies.statuses().values()) == {"completed"}
    assert sorted((both.movies.path / "issues" / "movies").iterdir()) == reports
    assert set(both.music.statuses().values()) == {"pending"}
    assert "is valid" in both.movies.ok("--validate-queue")
    both.music.batch("--all", "--offline", "--fix", "none")
    assert both.listed()["reviews"] == full["reviews"]


def test_each_queue_archives_its_own_logs_and_is_checked_by_itself(both: Both) -> None:
    for home in (both.music, both.movies):
        assert "is valid" in home.ok("--validate-queue")
        assert "0 session logs archived" in home.ok("--archive-logs", 1)
        home.ok("--checkpoint")
    names = [path.name for path in (both.movies.queue / "checkpoints").iterdir()]
    assert any("_movie_004" in name for name in names), names


def test_a_home_is_found_by_the_queue_of_movies_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movies, _ = cinemas.made(tmp_path, 2)
    movies.scan()
    monkeypatch.chdir(movies.path)
    assert home_folder.find_home(None, {}) == movies.path
