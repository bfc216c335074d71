"""extract_video_metadata.py tells what videos hold, and what is wrong with them costs no others."""

from __future__ import annotations

import csv
import functools
import json
import os
import signal
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app.movies import probe_pool, video_report
from mediakeep.media.video.model import VideoInfo
from mediakeep.outcome import Outcome, Progress, Work, Worker
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from tests import documents
from tests.commands.cinemas import inline
from tests.commands.conftest import Home

PAGE = Path(__file__).parents[2] / "docs" / "extract-video-metadata.md"
FILM = VideoSpec(1920, 800, 5400.0, (("ger", 6), ("eng", 2)), ("fre",), "hdr10", "Harbour Lights")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home without a queue, beside two films and what is none."""
    (tmp_path / "home").mkdir()
    folder = tmp_path / "movies" / "Low Tide (2001)"
    folder.mkdir(parents=True)
    video_files.write_video(folder.parent / "Harbour Lights (1994).mkv", FILM)
    video_files.write_video(folder / "Low Tide (2001).MP4", VideoSpec(720, 576, 60.0))
    (folder / ".hidden.mp4").write_bytes(b"hidden")
    (folder / "notes.txt").write_text("a note")
    return Home(tmp_path / "home", tmp_path / "movies")


def extracted(home: Home, *words: object, code: int = 0) -> str:
    with inline(probe_pool):
        done = home.call("extract_video_metadata", *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert code or not done.stderr
    return done.stdout if code != 2 else done.stderr


def written(home: Home, stem: str) -> dict[str, Any]:
    path = home.path / "outputs" / f"{stem}_video_metadata.json"
    return dict(json.loads(path.read_text()))


def test_a_film_is_told_for_people(home: Home) -> None:
    path = home.music / "Harbour Lights (1994).mkv"
    lines = extracted(home, path).splitlines()
    assert lines[0].startswith(f"{path}: Matroska, 1 h 30 min, ")
    assert lines[1:] == [
        "  title: Harbour Lights",
        "  video: 1080p h264, 1920 x 800, HDR10, 8 bits",
        "  audio: ger aac, 5.1, default",
        "  audio: eng aac, stereo",
        "  subtitles: fre subrip",
    ]
    assert not (home.path / "outputs").exists()


def test_a_folder_is_read_with_all_below_it_and_each_film_once(home: Home) -> None:
    told = json.loads(extracted(home, "--json", home.music, home.music / "Low Tide (2001)"))
    assert told["paths"] == [str(home.music), str(home.music / "Low Tide (2001)")]
    assert [Path(one["path"]).name for one in told["videos"]] == [
        *("Harbour Lights (1994).mkv", "Low Tide (2001).MP4")
    ]
    assert [one["facts"]["duration"] for one in told["videos"]] == [5400.0, 60.0]
    assert told["written"] == []


def test_the_copy_of_a_disc_is_one_film(home: Home) -> None:
    folder = home.music / "Disc" / "VIDEO_TS"
    folder.mkdir(parents=True)
    for number in (1, 2):
        video_files.write_video(folder / f"VTS_01_{number}.VOB", VideoSpec(720, 576, 60.0))
    told = json.loads(extracted(home, "--json", home.music / "Disc"))
    assert [(one["path"], one["facts"]["duration"]) for one in told["videos"]] == [
        (str(home.music / "Disc"), 120.0)
    ]


def test_json_and_csv_are_written_under_a_name(home: Home) -> None:
    told = extracted(home, "--output-name", "Films", home.music)
    stem = home.path / "outputs" / "Films_video_metadata"
    assert told.endswith(f"Written: {stem}.json\nWritten: {stem}.csv\n")
    assert written(home, "Films")["videos"][0]["facts"]["title"] == "Harbour Lights"
    with open(f"{stem}.csv", encoding="utf-8", newline="") as text:
        first, second = csv.DictReader(text)
    assert (first["video"], first["width"], second["height"]) == (
        *("1080p h264, 1920 x 800, HDR10, 8 bits", "1920", "576"),
    )
    assert first["audio"] == "ger aac, 5.1, default; eng aac, stereo"
    extracted(home, "--output-name", "Films", "--quiet", home.music)
    other = home.music / "Low Tide (2001)"
    assert "is about other paths" in extracted(home, "--output-name", "Films", other, code=2)
    assert written(home, "Films")["paths"] == [str(home.music)]
    extracted(home, "--output-name", "One", "--json-only", other)
    assert not (home.path / "outputs" / "One_video_metadata.csv").exists()


def test_no_cell_is_a_formula(home: Home) -> None:
    video_files.write_video(home.music / "a.mkv", VideoSpec(720, 576, 60.0, title="=1+1"))
    extracted(home, "--output-name", "a", home.music / "a.mkv")
    assert "'=1+1" in (home.path / "outputs" / "a_video_metadata.csv").read_text()


@pytest.mark.parametrize("words", [("gone.mkv",), ()])
def test_what_is_not_there_is_refused(home: Home, words: tuple[str, ...]) -> None:
    extracted(home, *words, code=2)


@pytest.mark.parametrize(
    "words", [("--json", "--quiet"), ("--json-only",)], ids=["json and quiet", "json-only"]
)
def test_words_that_contradict_each_other_are_refused(home: Home, words: tuple[str, ...]) -> None:
    extracted(home, *words, home.music, code=2)


def test_a_folder_without_videos_is_refused(home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no videos" in extracted(home, tmp_path / "empty", code=2)


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(home: Home) -> None:
    os.mkfifo(home.music / "a pipe.mkv")
    film = home.music / "Harbour Lights (1994).mkv"
    with film.open("r+b") as handle:
        handle.truncate(film.stat().st_size - 10)
    done = home.call("extract_video_metadata", "--json", home.music)
    assert done.returncode == 1
    assert f"{film} is truncated: it lacks 10 bytes at its end." in done.stderr
    assert "a pipe.mkv" in done.stderr
    assert [load["facts"] is None for load in json.loads(done.stdout)["videos"]] == [
        *(False, True, False)
    ]


def test_without_mediainfo_it_is_said_and_not_fatal(home: Home, tmp_path: Path) -> None:
    """A module that cannot be imported stands before the true one."""
    (tmp_path / "pymediainfo.py").write_text("raise ImportError('not installed')\n")
    done = home.run("extract_video_metadata", home.music, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0
    assert done.stderr.startswith("MediaInfo is not installed: ")
    assert "pip install 'mediakeep[video]'" in done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(": ")[2].split(",")[0] for line in lines] == ["Matroska", "MP4"]


def dying(name: str) -> AbstractContextManager[Worker]:
    """Open a worker whose process ends by a signal at one file, as native code may make it."""

    def look(work: Work, _: Progress) -> Outcome:
        if work.item.path.endswith(name):
            os.kill(os.getpid(), signal.SIGSEGV)
        return Outcome(facts={"facts": {"size": 9}})

    return nullcontext(look)


@pytest.mark.parametrize(
    ("names", "workers"), [("abc", 1), pytest.param("abcd", 2, marks=pytest.mark.slow)]
)
def test_a_file_that_ends_the_process_costs_no_other(
    tmp_path: Path, names: str, workers: int
) -> None:
    paths = [tmp_path / f"{name}.mkv" for name in names]
    found = list(probe_pool.probe_all(paths, workers, functools.partial(dying, "b.mkv")))
    assert [one.path for one in found] == paths
    assert [one.facts is None for one in found] == [name == "b" for name in names]
    assert found[1].error.startswith(f"MediaInfo failed on {paths[1]}: ")


def sleeping() -> AbstractContextManager[Worker]:
    """Open a worker that is kept busy for ever."""
    return nullcontext(lambda _work, _told: time.sleep(600))  # type: ignore[arg-type,return-value]


def test_a_file_that_takes_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_pool, "PROBE_TIMEOUT", 0.5)
    (found,) = probe_pool.probe_all([tmp_path / "a.mkv"], 1, sleeping)
    assert "longer than 0.5 seconds" in found.error


def test_the_page_tells_the_fields_and_the_columns(home: Home) -> None:
    extracted(home, "--output-name", "Films", "--quiet", home.music)
    told = written(home, "Films")
    assert documents.column(PAGE, "## The files") == {*told, *told["videos"][0]}
    assert documents.column(PAGE, "### Facts") == set(VideoInfo.__struct_fields__)
    assert documents.column(PAGE, "### The CSV") == {"path", *video_report.CSV_COLUMNS, "trouble"}
