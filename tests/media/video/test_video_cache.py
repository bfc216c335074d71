"""The video cache returns results until a file changes, and errors in it do no harm."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media.video import mediainfo, video_cache
from mediakeep.media.video.probe import probe_video
from mediakeep.media.video.video_cache import FILE_NAME, VideoCache
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec

LATER = 10_000_000_000  # ns; later than the minimum age of a cached file


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "a.mkv"
    video_files.write_video(path, VideoSpec(720, 576, 60.0))
    return path


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were probed, recorded by a spy."""
    paths: list[Path] = []

    def spy(path: Path) -> object:
        paths.append(path)
        return probe_video(path)

    monkeypatch.setattr(video_cache, "probe_video", spy)
    return paths


@contextlib.contextmanager
def opened(folder: Path, days: int = 0) -> Iterator[VideoCache]:
    later = LATER + days * 86_400_000_000_000
    with contextlib.closing(VideoCache(folder / FILE_NAME, lambda: time.time_ns() + later)) as one:
        yield one


def test_an_unchanged_video_is_looked_into_once(
    tmp_path: Path, film: Path, looked: list[Path]
) -> None:
    first = probe_video(film)
    for _ in range(3):
        with opened(tmp_path) as one:
            assert [one.get_info(film), one.get_info(film)] == [first, first]
            one.commit()
    assert looked == [film]


@pytest.mark.parametrize("how", ["written", "appended", "replaced", "same size and time"])
def test_a_changed_video_is_looked_into_again(
    tmp_path: Path, film: Path, looked: list[Path], how: str
) -> None:
    other = video_files.render_video(VideoSpec(1280, 720, 60.0), ".mkv")
    with opened(tmp_path) as one:
        one.get_info(film)
    before = film.stat()
    time.sleep(0.01)
    if how == "appended":
        with film.open("ab") as handle:
            handle.write(b"more")
    elif how == "replaced":
        beside = film.with_suffix(".new")
        beside.write_bytes(other)
        beside.replace(film)
    else:
        size = before.st_size
        film.write_bytes(other if how == "written" else other[:size].ljust(size, b"\0"))
        if how != "written":
            os.utime(film, ns=(before.st_atime_ns, before.st_mtime_ns))
    with opened(tmp_path) as one:
        assert one.get_info(film) == probe_video(film)
    assert looked == [film, film]


def test_one_that_was_written_just_now_is_looked_into_again(
    tmp_path: Path, film: Path, looked: list[Path]
) -> None:
    for _ in range(2):
        with contextlib.closing(VideoCache.open(tmp_path)) as one:
            one.get_info(film)
    assert looked == [film, film]


def test_what_was_found_without_mediainfo_is_looked_into_again_with_it(
    tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:  # as without the extra
        patched.setitem(sys.modules, "pymediainfo", None)
        patched.setattr(mediainfo, "pymediainfo_version", lambda: "")
        mediainfo.is_available.cache_clear()
        with opened(tmp_path) as one:
            assert one.get_info(film).by == ""
    mediainfo.is_available.cache_clear()
    with opened(tmp_path) as one:
        full = one.get_info(film)
        assert full.by == "mediainfo"
    monkeypatch.setattr(mediainfo, "pymediainfo_version", lambda: "")  # removed again
    with opened(tmp_path) as one:
        assert one.get_info(film) == full
    # a newer one may know more
    monkeypatch.setattr(mediainfo, "pymediainfo_version", lambda: "99.0")
    film.unlink()
    with opened(tmp_path) as one, pytest.raises(Unreadable):
        one.get_info(film)


@pytest.mark.parametrize("harm", ["deleted", "junk", "bit", "folder"])
def test_a_spoilt_index_costs_no_more_than_another_look(
    tmp_path: Path, film: Path, looked: list[Path], harm: str
) -> None:
    with opened(tmp_path) as one:
        first = one.get_info(film)
    path = tmp_path / FILE_NAME
    data = path.read_bytes()
    path.unlink()
    if harm == "junk":
        path.write_bytes(b"no database" * 99)
    elif harm == "bit":
        path.write_bytes(data.replace(b"matroska", b"matrosks"))
    elif harm == "folder":
        path.mkdir()
    with opened(tmp_path) as one:
        assert one.get_info(film) == first
    assert looked == [film, film]


def test_what_was_not_seen_for_long_is_dropped(
    tmp_path: Path, film: Path, looked: list[Path]
) -> None:
    other = tmp_path / "b.mkv"
    video_files.write_video(other, VideoSpec(720, 576, 30.0))
    with opened(tmp_path) as one:
        one.get_info(film), one.get_info(other)
    for days in (60, 120):
        with opened(tmp_path, days) as one:
            one.get_info(film)
    with opened(tmp_path, 121) as one:
        one.get_info(film), one.get_info(other)
    assert looked == [film, other, other]


def test_the_film_of_a_disc_is_known_too(tmp_path: Path, looked: list[Path]) -> None:
    folder = tmp_path / "VIDEO_TS"
    folder.mkdir()
    for number in (1, 2):
        video_files.write_video(folder / f"VTS_01_{number}.VOB", VideoSpec(720, 576, 60.0))
    for _ in range(2):
        with opened(tmp_path) as one:
            assert one.get_disc_info(tmp_path).duration == 120.0
    assert len(looked) == 2
