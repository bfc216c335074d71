"""What was changed beside movies is taken back by the same command, alone or with music."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app.subjects import registry
from mediakeep.kinds import Kind
from mediakeep.media.safewrite import atomic_replace, sidecar_file, write_tags
from mediakeep.media.safewrite.record_and_replace import UndoContext
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo.record import FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.movies.item import MOVIES
from mediakeep.outcome import Stamp
from mediakeep.queue import queue
from mediakeep.queue.queue import Queue
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from tests.commands.conftest import Home
from tests.music import shelf

FLAT, OWN = "Harbour Lights (1994).mkv", "Low Tide (2001)"
SESSION = "20251217_session_001"
OLD, NEW = b"<movie><title>Old</title></movie>", b"<movie><title>New</title></movie>"
POSTER = {"poster": FieldChange((), ("sha256:abc",), "missing-poster")}
TITLE = {"title": FieldChange(("Old",), ("New",), "nfo")}


@dataclass
class Shelf:
    """A home with a queue of music and one of movies, beside what was changed there."""

    home: Home
    movies: Path
    before: dict[Path, bytes] = field(default_factory=dict)

    def put(self, path: Path, data: bytes, key: str, session: str = SESSION) -> None:
        """Write a file beside a movie, as a batch does."""
        was = sidecar_file.read(path)
        with self.store() as store:
            desk = UndoContext(
                store, Stamp(session, key, 1, 1), atomic_replace.ReplaceRules(), MOVIES.name
            )
            assert sidecar_file.write(path, data, was, TITLE if was else POSTER, desk)

    def retitle(self, path: Path, session: str = SESSION) -> None:
        """Change a track, as a batch of music does."""
        with self.store() as store:
            stamp = Stamp(session, "Vera", 1, 1)
            assert write_tags.write(
                path, [SetField("title", ("Ebb",))], store, stamp, queue="music"
            )

    def store(self) -> contextlib.closing[UndoStore]:
        return contextlib.closing(UndoStore(self.home.path / "status" / "undo"))

    def undo(self, *words: object, code: int = 0) -> str:
        done = self.home.call("undo_changes", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if not code else done.stderr

    def data(self, *words: object) -> Any:
        return json.loads(self.undo("--json", *words))

    @property
    def track(self) -> Path:
        return self.home.music / "Vera" / "Dawn" / "01 Tide.flac"

    def now(self) -> dict[Path, bytes]:
        return {
            path: path.read_bytes()
            for folder in (self.movies, self.home.music)
            for path in folder.rglob("*")
            if path.is_file()
        }

    def changed(self) -> set[str]:
        """Name the files that are not as they were at first."""
        now = self.now()
        paths = now.keys() | self.before.keys()
        return {path.name for path in paths if now.get(path) != self.before.get(path)}

    def statuses(self, kind: Kind) -> dict[str, str]:
        with self.queue(kind) as one:
            return {key: item.status.value for key, item in one.state.items.items()}

    def queue(self, kind: Kind) -> contextlib.AbstractContextManager[Queue]:
        return Queue.open(queue.locate_queue(registry.queue_folder(self.home.path, kind)), kind)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Shelf]:
    """A track, a movie in the flat library and one in its own folder, with sidecars new and old."""
    home = Home(tmp_path / "home", tmp_path / "music")
    home.path.mkdir()
    made = Shelf(home, tmp_path / "movies")
    (made.movies / OWN).mkdir(parents=True)
    clip = VideoSpec(320, 180, 60.0)
    for path in (made.movies / FLAT, made.movies / OWN / f"{OWN}.mkv"):
        video_files.write_video(path, clip)
    (made.movies / OWN / "movie.nfo").write_bytes(OLD)
    shelf.put(made.track, title="Tide", artist="Vera", album="Dawn", tracknumber="1/1")
    home.scan()
    told = home.call("movie_queue_manager", "--scan", made.movies)
    assert told.returncode == 0, told.stderr
    made.before = made.now()
    made.put(made.movies / "Harbour Lights (1994)-poster.jpg", b"\xff\xd8\xffposter", FLAT)
    made.put(made.movies / OWN / "movie.nfo", NEW, OWN)
    made.retitle(made.track)
    return made


POSTER_NAME, NFO, TRACK = "Harbour Lights (1994)-poster.jpg", "movie.nfo", "01 Tide.flac"
ALL = {POSTER_NAME, NFO, TRACK}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("--movie", FLAT), {NFO, TRACK}),
        (("--movie", OWN.upper()), {POSTER_NAME, TRACK}),
        (("--artist", "Vera"), {POSTER_NAME, NFO}),
        (("--session", f"movies/{SESSION}"), {TRACK}),
        (("--session", f"music/{SESSION}"), {POSTER_NAME, NFO}),
        (("--session", SESSION, "--movie", OWN), {POSTER_NAME, TRACK}),
        (("--session", "last"), {POSTER_NAME, NFO}),
        (("--file", f"{OWN}/movie.nfo"), {POSTER_NAME, TRACK}),
        (("--file", "Vera"), {POSTER_NAME, NFO}),
        (("--since", "2h"), set()),
    ],
)
def test_what_is_meant_is_taken_back_and_nothing_else(
    place: Shelf, words: tuple[str, ...], left: set[str]
) -> None:
    assert place.changed() == ALL
    place.undo(*words)
    assert place.changed() == left


def test_changes_of_both_kinds_are_one_session_that_can_be_taken_back(place: Shelf) -> None:
    told = place.undo("--since", "2h").splitlines()
    assert f"{place.movies / POSTER_NAME}: removed (as before {SESSION})" in told
    assert any(f'{NFO}: title "New" -> "Old" (as before {SESSION})' in line for line in told)
    assert told[-2] == "Undid 3 changes in 3 files."
    session = told[-1].split()[-1]
    assert "_undo_changes_" in session
    assert place.changed() == set()
    place.undo("--session", session)
    assert place.changed() == ALL
    listed = place.data("--list")
    assert [one["took_back_of"] for one in listed if one["session"] == session] == [
        [f"movies/{SESSION}", f"music/{SESSION}"]
    ]


def test_two_sessions_of_one_name_are_told_apart(place: Shelf) -> None:
    told = place.undo("--session", SESSION, code=2)
    assert f'": "movies/{SESSION}", "music/{SESSION}"' in told
    assert place.changed() == ALL
    lines = place.undo("--list").splitlines()
    assert sorted(line.split("  ", 1)[1] for line in lines) == [
        f"movies/{SESSION}  2 files, 2 changes, 2 movies",
        f"music/{SESSION}  1 file, 1 change, 1 artist",
    ]
    assert place.data("--list", "--movie", OWN)[0]["queue"] == "movies"
    assert "changed no files of music" in place.undo(
        *("--session", f"movies/{SESSION}", "--artist", "Vera"), code=2
    )
    assert "Session music/x changed no files" in place.undo("--session", "music/x", code=2)


def test_an_edit_names_the_kind_if_its_session_has_the_name_of_another(place: Shelf) -> None:
    def edit(value: str) -> str:
        done = place.home.call("fix_metadata", "comment", place.track, value)
        assert done.returncode == 0, done.stderr
        return str(done.stdout.split()[-1])

    day, number = edit("one").rsplit("_", 1)
    assert number == "001"
    place.put(place.movies / OWN / "movie.nfo", b"<movie/>", OWN, f"{day}_002")
    label = edit("two")
    assert label == f"music/{day}_002"
    assert "Undid 1 change in 1 file." in place.undo("--session", label)


def test_a_session_of_its_own_name_needs_no_kind(place: Shelf) -> None:
    place.put(place.movies / OWN / "movie.nfo", b"<movie/>", OWN, "20251218_session_001")
    told = place.undo("--session", "20251218_session_001")
    assert (place.movies / OWN / "movie.nfo").read_bytes() == NEW
    session = told.split()[-1]
    assert place.undo("--session", session)
    assert (place.movies / OWN / "movie.nfo").read_bytes() == b"<movie/>"


def test_items_of_the_same_key_are_not_mixed_up(place: Shelf) -> None:
    folder = place.movies / "Vera"
    folder.mkdir()
    place.put(folder / "movie.nfo", NEW, "Vera")
    place.undo("--artist", "Vera")
    assert (folder / "movie.nfo").read_bytes() == NEW
    place.undo("--movie", "Vera")
    assert not (folder / "movie.nfo").exists()


def test_movies_are_taken_while_their_files_are_restored_and_given_back(place: Shelf) -> None:
    with place.queue(MOVIES) as other:
        other.begin_session()
        (claim,) = other.claim_by_key(FLAT)
        for words in (("--movie", FLAT), ("--since", "2h")):
            told = place.undo(*words, code=2)
            assert f"{FLAT} is being processed by session" in told
            assert "Nothing was changed." in told
        place.undo("--movie", OWN)
        assert place.changed() == {POSTER_NAME, TRACK}
        other.release([claim])
        other.end_session()
    place.undo("--since", "2h", "--movie", FLAT)
    assert set(place.statuses(MOVIES).values()) == {"pending"}


def test_a_movie_that_is_unknown_is_refused(place: Shelf) -> None:
    told = place.undo("--movie", "Vera", code=2)
    assert 'There is no movie named "Vera" in the queue.' in told
    assert "cannot be combined" in place.undo("--movie", FLAT, "--artist", "Vera", code=2)
    assert "--movie is empty" in place.undo("--movie", "", code=2)


def test_without_any_queue_files_are_restored_all_the_same(place: Shelf) -> None:
    for name in ("music", "movies"):
        (place.home.path / "status" / name).rename(place.home.path / f"{name}-gone")
    told = place.undo("--movie", "Vera", code=2)
    assert 'No changes recorded for a movie named "Vera".' in told
    place.undo("--movie", FLAT, "--dry-run")
    assert place.changed() == ALL
    place.undo("--since", "2h")
    assert place.changed() == set()
