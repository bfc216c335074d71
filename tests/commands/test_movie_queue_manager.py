"""The movie queue's manager: the same actions as music's, over items that are files or folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mediakeep_samples.movies import video_files, video_spec
from tests.commands.cinemas import Movies

NAMES = ("Harbour of Glass (1987).mp4", "The Last Ferry (2003).mp4", "Ember Street (1999).mp4")


@pytest.fixture
def movies(tmp_path: Path) -> Movies:
    """Three movies right in a folder, and one in a folder of its own, with two parts."""
    (tmp_path / "home").mkdir()
    library = tmp_path / "movies"
    parts = library / "Salt Road (1971)"
    parts.mkdir(parents=True)
    for name in NAMES:
        video_files.write_video(library / name, video_spec.VideoSpec())
    for part in (1, 2):
        video_files.write_video(parts / f"Salt Road (1971)-cd{part}.mp4", video_spec.VideoSpec())
    return Movies(tmp_path / "home", tmp_path / "music", library)


def test_a_scan_counts_movies_and_the_files_that_they_are_made_of(movies: Movies) -> None:
    assert movies.scan() == "New queue: 4 movies, 5 files.\n"
    assert set(movies.statuses()) == {*NAMES, "Salt Road (1971)"}
    assert movies.items()["Salt Road (1971)"]["file_count"] == 2
    assert movies.scan() == "4 movies on disk: no changes.\n"


def test_a_folder_without_movies_is_refused_in_their_words(movies: Movies, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("no movie")
    done = movies.manage("--scan", tmp_path / "other")
    assert done.returncode == 2
    assert "holds no movies. Nothing was changed." in done.stderr


def test_a_scan_names_the_sidecars_that_fit_no_movie(movies: Movies) -> None:
    for name in ("Harbour of Glas (1987).nfo", "Harbour of Glass (1987).nfo"):
        (movies.movies / name).write_text("<movie/>")
    assert "1 sidecar fits no movie: 'Harbour of Glas (1987).nfo'.\n" in movies.scan()
    for number in range(6):
        (movies.movies / f"gone{number}-poster.jpg").write_bytes(b"")
    shown = movies.scan()
    assert "7 sidecars fit no movie: 'Harbour of Glas (1987).nfo', gone0-poster.jpg" in shown
    assert "gone3-poster.jpg, and 2 more (--json names all)." in shown
    told = json.loads(movies.ok("--scan", movies.movies, "--json"))
    assert told["orphan_sidecars"][-1] == "gone5-poster.jpg"
    assert len(told["orphan_sidecars"]) == 7


def test_a_scan_names_the_videos_that_it_leaves_out(movies: Movies) -> None:
    for name in ("The DNA Sample.mkv", "trailer 7.mkv", "sample.mkv", "Gone Trailer.mkv"):
        (movies.movies / name).write_bytes(b"")
    (movies.movies / "Sample").mkdir()
    for number in range(4):
        (movies.movies / "Sample" / f"{number}.mkv").write_bytes(b"")
    shown = movies.scan()
    assert "7 video files in " in shown
    assert (
        " belong to no movie and are skipped: 'Gone Trailer.mkv', Sample/0.mkv, Sample/1.mkv,"
        " Sample/2.mkv, Sample/3.mkv, and 2 more (--json names all).\n"
    ) in shown
    (movies.movies / "x.strm").touch()
    assert "8 files in " in movies.scan()
    (movies.movies / "x.strm").unlink()
    told = json.loads(movies.ok("--scan", movies.movies, "--json"))
    assert told["left_out"] == 7
    assert told["left_out_files"][-2:] == ["The DNA Sample.mkv", "sample.mkv"]


def test_without_a_queue_the_manager_of_movies_is_named(movies: Movies) -> None:
    done = movies.manage("--show-summary")
    assert done.returncode == 2
    assert "There is no movies queue" in done.stderr
    assert "movie_queue_manager.py --home" in done.stderr


def test_a_movie_that_is_a_file_changes_vanishes_and_returns(movies: Movies) -> None:
    movies.scan()
    for name in NAMES:
        movies.ok("--mark-completed", name)
    first, second, third = (movies.movies / name for name in NAMES)
    with first.open("ab") as grown:
        grown.write(b"\0" * 100)
    aside = second.rename(movies.path / "aside")
    third.rename(movies.movies / "Ember Street (1999) [1080p].mp4")
    done = movies.manage("--scan", movies.movies)
    assert done.returncode == 2, "two of four have vanished"
    told = movies.ok("--scan", movies.movies, "--yes")
    assert told == "3 movies on disk: 1 new, 1 changed, 2 vanished.\n"
    assert movies.statuses()[first.name] == "pending"
    assert movies.items()[first.name]["note"] == "it changed on disk since it was last done"
    assert movies.items()[second.name]["skip_reason"] == "vanished"
    aside.rename(second)
    assert "1 returned" in movies.scan()
    assert movies.statuses()[second.name] == "completed"


def test_a_library_of_files_is_followed_where_it_was_moved(movies: Movies, tmp_path: Path) -> None:
    movies.scan()
    movies.ok("--mark-completed", NAMES[0])
    new = movies.movies.rename(tmp_path / "films")
    refused = movies.manage("--scan", new)
    assert "use --relocate" in refused.stderr
    refused = movies.manage("--scan", new, env={"MEDIAKEEP_PROGRAM": "mediakeep"})
    assert f"run: mediakeep movies queue relocate --home {movies.path} {new};" in refused.stderr
    assert "4 with a new path" in movies.ok("--relocate", new)
    paths = {key: item["path"] for key, item in movies.items().items()}
    assert paths == {key: str(new / key) for key in paths}
    assert movies.statuses()[NAMES[0]] == "completed"


def test_a_reset_and_a_rescan_keep_a_persons_word(movies: Movies) -> None:
    movies.scan()
    path = movies.queue / "processing_queue.json"
    told = json.loads(path.read_text())
    told["movies"][NAMES[0]] |= {"match": "user", "tmdb_id": 603, "status": "completed"}
    path.write_text(json.dumps(told))
    assert "1 of 4 movies completed" in movies.ok("--show-summary")
    word = {"match": "user", "tmdb_id": 603}
    movies.ok("--reset-movie", NAMES[0].upper())
    assert movies.items()[NAMES[0]].items() >= {"status": "pending", **word}.items()
    with (movies.movies / NAMES[0]).open("ab") as grown:
        grown.write(b"\0")
    assert "1 changed" in movies.scan()
    assert movies.items()[NAMES[0]].items() >= word.items()
    told = movies.ok("--show-movie", NAMES[0])
    assert "  tmdb id: 603\n" in told
    assert "  match: user\n" in told
    assert "is valid" in movies.ok("--validate-queue")


def test_a_word_that_is_none_is_refused_by_its_name(movies: Movies) -> None:
    movies.scan()
    path = movies.queue / "processing_queue.json"
    path.write_text(path.read_text().replace('"file_count": 2', '"match": "surely"'))
    done = movies.manage("--list")
    assert done.returncode == 3
    assert "Salt Road" in done.stderr
    assert "surely" in done.stderr
