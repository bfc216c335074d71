"""The main job for movies: batches against a server, and what a person is asked on the way."""

from __future__ import annotations

import codecs
import functools
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from click.testing import CliRunner

from mediakeep.app.edit import item_checkout
from mediakeep.commands.console import ClickConsole
from mediakeep.movies.item import MOVIES
from mediakeep_samples.movies.movie_library import MovieLibraryManifest
from tests.commands import cinemas
from tests.commands.cinemas import Movies
from tests.commands.conftest import environment
from tests.sampling import some
from tests.vt import read_to_end

PATIENCE = 60.0  # seconds
PROMPT = "q to stop: "


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[tuple[Movies, MovieLibraryManifest]]:
    """Six scanned movies, and a server that knows most of them."""
    movies, stock = cinemas.made(tmp_path)
    with cinemas.served() as server:
        movies.url = server.url
        movies.scan()
        yield movies, stock


@pytest.fixture
def movies(stocked: tuple[Movies, MovieLibraryManifest]) -> Movies:
    return stocked[0]


class Terminal:
    """A command in a terminal of its own, as a person sees and answers it."""

    def __init__(self, movies: Movies, *words: object) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            movies.command("process_movies", *words),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(cinemas.asking(movies.url)),
            start_new_session=True,
        )
        os.close(theirs)
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self.shown = ""

    def await_(self, text: str) -> str:
        """Wait until something is shown, and return what was since the last time."""
        end, seen = time.monotonic() + PATIENCE, ""
        while text not in seen:
            assert select.select([self._ours], [], [], max(0.0, end - time.monotonic()))[0], seen
            try:
                seen += self._decode.decode(os.read(self._ours, 4096))
            except OSError:  # the command has ended
                assert text in seen, seen
        self.shown += seen
        return seen

    def say(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def end(self) -> int:
        """Wait for the end, and return the exit code."""
        self.shown += self._decode.decode(read_to_end(self._ours))
        return self.process.wait(PATIENCE)


def told(movies: Movies, *words: object, **more: Any) -> str:
    done = movies.batch(*words, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_batch_identifies_and_enriches_movies(
    stocked: tuple[Movies, MovieLibraryManifest],
) -> None:
    movies, stock = stocked
    assert "Processing 2 movies" in told(movies, "--batch-size", 2)
    done = movies.batch("--batch-process")
    assert done.returncode == 0, done.stderr
    out = done.stdout
    assert "BATCH COMPLETE: 6/6 movies (100.0%)" in out
    assert "certain" in out.partition("Movies: ")[2]
    known = {item.place: item.tmdb_id for item in stock.items if item.tmdb_id}
    for place, item in movies.items().items():
        assert item["status"] == "completed"
        if item.get("match") == "auto":
            assert item["tmdb_id"] == known[place]
            assert (movies.movies / place).with_suffix(".nfo").is_file()
    assert any(item.get("match") == "auto" for item in movies.items().values())
    assert "Nothing is pending." in told(movies, "--all")


@pytest.mark.long
def test_a_batch_without_mediainfo_says_what_it_lacks(movies: Movies, tmp_path: Path) -> None:
    """A module that cannot be imported stands before the true one."""
    (tmp_path / "pymediainfo.py").write_text("raise ImportError('not installed')\n")
    env = {"PYTHONPATH": str(tmp_path), "MEDIAKEEP_OFFLINE": "1"}
    done = movies.batch_apart("--batch-size", 1, env=env)
    assert done.returncode == 0
    assert done.stderr.count("Warning: MediaInfo is not installed: ") == 1
    assert "MediaInfo" not in movies.batch("--batch-size", 1).stderr


def test_one_movie_is_done_again_by_its_name(movies: Movies) -> None:
    name = next(iter(movies.statuses()))
    assert "Processing 1 movie..." in told(movies, "--movie", name.upper())
    assert movies.statuses()[name] == "completed"
    assert list(movies.statuses().values()).count("pending") == 5


def test_a_dry_run_tells_what_is_due_and_writes_nothing(movies: Movies) -> None:
    before = sorted(movies.movies.iterdir())
    out = told(movies, "--all", "--dry-run")
    assert "    nfo: " in out
    assert "    poster: " in out
    assert sorted(movies.movies.iterdir()) == before
    assert set(movies.statuses().values()) == {"pending"}
    assert not (movies.path / "outputs").exists()


def test_with_fix_none_nothing_lies_beside_the_movies_afterwards(movies: Movies) -> None:
    before = sorted(movies.movies.iterdir())
    out = told(movies, "--all", "--fix", "none")
    assert sorted(movies.movies.iterdir()) == before
    assert set(movies.statuses().values()) == {"completed"}
    assert "Auto-fixed: 0 issues" in out
    assert "4 files would be written" in out
    assert not any(item.get("auto_fixed") for item in movies.items().values())


def test_what_a_batch_would_ask_is_estimated(movies: Movies) -> None:
    facts = json.loads(told(movies, "--all", "--estimate", "--json"))
    assert (facts["movies"], facts["known"]) == (6, 0)
    assert 6 <= facts["requests"] <= 24
    told(movies, "--all", "--fix", "none")
    movies.ok("--reset-all", "--yes")
    again = json.loads(told(movies, "--all", "--estimate", "--json"))
    assert (again["known"], again["requests"]) == (6, 0)


def test_json_tells_how_sure_the_movies_are(movies: Movies) -> None:
    *lines, last = map(json.loads, told(movies, "--all", "--fix", "none", "--json").splitlines())
    assert [line["event"] for line in lines] == ["begun", *["settled"] * 6]
    names = ("movies_auto", "movies_user", "movies_review", "movies_unmatched")
    assert sum(last[name] for name in names) == 6
    assert last["movies_auto"] >= 2
    assert last["summary"]["tallies"] == {name: last[name] for name in names if last[name]}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--confirm-each", "--json"), "cannot be combined with --json"),
        (("--confirm-each", "--offline"), "offline"),
        (("--refresh",), "add --movie NAME"),
        (("--movie", ""), "is empty"),
    ],
)
def test_what_does_not_go_together_is_refused(
    movies: Movies, words: tuple[str, ...], why: str
) -> None:
    done = movies.batch(*words)
    assert done.returncode == 2
    assert why in done.stderr
    assert set(movies.statuses().values()) == {"pending"}


def test_without_a_token_all_local_work_is_done(movies: Movies) -> None:
    done = movies.batch("--all", env={"MEDIAKEEP_OFFLINE": "1"})
    assert done.returncode == 0, done.stderr
    assert "6 movies wait for their lookup." in done.stdout
    assert {item["lookup"] for item in movies.items().values()} == {"pending"}


@pytest.mark.long
def test_a_person_takes_postpones_leaves_out_gives_an_id_and_stops(
    stocked: tuple[Movies, MovieLibraryManifest],
) -> None:
    movies, _ = stocked
    shown = Terminal(movies, "--all", "--confirm-each")
    answers = ["1", "s", "x", "i", "q"]
    first = shown.await_(PROMPT)
    assert "parsed as" in first
    assert "min" in first
    assert "%" in first
    asked = []
    for answer in answers:
        asked.append(first)
        shown.say(answer)
        if answer == "i":
            shown.await_("tt0133093: ")
            shown.say("999999")
            assert "TMDb has no movie with the id 999999." in shown.await_(PROMPT)
            shown.say("i tt0000001")
            assert "tt0000001" in shown.await_(PROMPT)
            shown.say("i")
            shown.await_("tt0133093: ")
            shown.say("2075")
        first = shown.await_(PROMPT) if answer != "q" else ""
    assert shown.end() == 130
    assert "BATCH STOPPED" in shown.shown
    items = list(movies.items().values())
    users = [one for one in items if one.get("match") == "user"]
    assert len(users) == 2
    assert users[-1]["tmdb_id"] == 2075
    keys = list(movies.items())
    later, out = keys[1], keys[2]
    assert [one["status"] for one in items].count("pending") == 2
    assert not any(one.get("attempts") for one in items if one["status"] == "pending")
    assert (items[1]["status"], items[1]["lookup"]) == ("completed", "unknown")
    assert "no-match" in {one["kind"] for one in movies.reviews()[later]}
    listed = (movies.path / "outputs/movies_failed_lookups.csv").read_text()
    assert later in listed
    assert out not in listed
    assert (items[2]["status"], items[2]["skip_reason"]) == ("skipped", "never ask again")
    back = f"movie_queue_manager.py --home {movies.path} --reset-movie '{out}'"
    assert f"make it pending again with: python utilities/{back}" in shown.shown.replace("\r\n", "")
    assert f"x: never ask again, until python utilities/{back}" in asked[2]
    assert "never ask again" in movies.ok("--list", "--status", "skipped")
    (movies.movies / f"{Path(out).stem}.en.srt").write_text("1")
    movies.scan()  # that it has changed is no reason to ask again
    again = told(movies, "--all", "--fix", "none")
    assert "Processing 2 movies" in again
    assert "no-match" in {one["kind"] for one in movies.reviews()[later]}
    movies.ok("--reset-movie", out)
    assert movies.statuses()[out] == "pending"


def test_the_end_of_the_input_stops_as_q_does(movies: Movies) -> None:
    # As if this were typed; then there is nothing more to be read.
    invoke = functools.partialmethod(CliRunner.invoke, input="nonsense\n99\ni nothing\n1\n")
    with mock.patch.object(CliRunner, "invoke", invoke):
        done = movies.batch("--all", "--confirm-each")
    assert done.returncode == 130
    assert done.stdout.count("is not one of '1'") == 2
    assert "Invalid id." in done.stdout
    assert list(movies.statuses().values()).count("completed") == 1
    assert "in_progress" not in movies.statuses().values()


@pytest.mark.parametrize("number", some([signal.SIGINT, signal.SIGTERM], 2))
def test_a_signal_ends_a_question_at_once(movies: Movies, number: signal.Signals) -> None:
    shown = Terminal(movies, "--all", "--confirm-each")
    shown.await_(PROMPT)
    shown.process.send_signal(number)
    assert shown.end() == 130
    assert set(movies.statuses().values()) == {"pending"}


def test_a_report_tells_of_a_twin_that_came_later(
    stocked: tuple[Movies, MovieLibraryManifest],
) -> None:
    movies, _ = stocked
    told(movies, "--all", "--fix", "none")
    name = next(key for key, one in movies.items().items() if one.get("match") == "auto")
    (movies.movies / "Twin").mkdir()
    shutil.copy(movies.movies / name, movies.movies / "Twin" / name)
    assert "1 new" in movies.scan()
    before = movies.items()[name]
    assert "duplicate-movie" not in before.get("issues", {})
    out = told(movies, "--all", "--fix", "none")
    assert "Processing 1 movie" in out
    items = movies.items()
    assert all("duplicate-movie" in items[key]["issues"] for key in (name, "Twin"))
    same = ("match", "tmdb_id", "lookup", "title", "fingerprint")
    assert [items[name][field] for field in same] == [before[field] for field in same]
    kinds = {one["kind"] for one in movies.reviews()[name]}
    assert "duplicate-movie" in kinds
    table = (movies.path / "outputs" / "movies_library_scan.csv").read_text()
    assert table.count("duplicate-movie") == 2


def test_a_report_that_a_killed_batch_left_untrue_is_read_anew_by_the_next(movies: Movies) -> None:
    told(movies, "--all", "--fix", "none")
    path = movies.queue / "processing_queue.json"
    text = path.read_text()
    key, one = next((k, v) for k, v in movies.items().items() if v.get("collected"))
    path.write_text(text.replace(f'"collected": {one["collected"]}', '"collected": 99'))
    with item_checkout.open_checkout(movies.path, MOVIES, "hold_it", ClickConsole()) as other:
        other.claim([], [key])
        held = movies.batch("--all", "--fix", "none")
        assert (held.returncode, "brought up to date" in held.stderr) == (0, False), held.stderr
        assert movies.items()[key]["status"] == "in_progress"
        other.rescan_and_settle(key)
    assert "Nothing is pending." in told(movies, "--all", "--fix", "none")
    assert 99 not in {item.get("collected") for item in movies.items().values()}


def test_what_a_killed_batch_left_half_written_is_removed(movies: Movies) -> None:
    folder = movies.path / "outputs" / "movies"
    folder.mkdir(parents=True)
    old, young = folder / ".abcdefghijkl.tmp", folder / ".mnopqrstuvwx.tmp"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (0, 0))
    told(movies, "--batch-size", 1, "--offline", "--fix", "none")
    assert (old.exists(), young.exists()) == (False, True)


def test_where_nobody_hears_the_question_any_more_nothing_fails(movies: Movies) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        movies.command("process_movies", "--all", "--confirm-each"),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        env=environment(cinemas.asking(movies.url)),
    )
    os.close(theirs)
    assert done.returncode == 130, done.stderr
    assert set(movies.statuses().values()) == {"pending"}
