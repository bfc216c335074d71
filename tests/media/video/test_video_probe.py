"""MediaInfo probes videos if it is installed, within limits, and opens no other files."""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media.video import discs, mediainfo
from mediakeep.media.video.model import AudioStream, VideoInfo, VideoStream
from mediakeep.media.video.probe import probe_video
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from tests.sampling import each_row
from tests.work import count_calls

FILM = VideoSpec(1920, 800, 5400.0, (("ger", 6), ("eng", 2)), ("fre",), "hdr10", "Harbour Lights")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "Harbour Lights (1994).mkv"
    video_files.write_video(path, FILM)
    return path


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide pymediainfo, as if the extra were not installed."""
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    mediainfo.is_available.cache_clear()
    yield
    mediainfo.is_available.cache_clear()


@each_row(
    ("suffix", "container", "subtitles"),
    [(".mp4", "mp4", "mov_text"), (".m4v", "mp4", "mov_text"), (".mkv", "matroska", "subrip")],
)
def test_streams_are_told_in_the_words_of_kodi(
    tmp_path: Path, suffix: str, container: str, subtitles: str
) -> None:
    path = tmp_path / f"a{suffix}"
    video_files.write_video(path, FILM)
    found = probe_video(path)
    assert (found.container, found.duration, found.title) == (container, 5400.0, "Harbour Lights")
    assert (found.size, found.by, found.truncated) == (path.stat().st_size, "mediainfo", "")
    (picture,) = found.video
    assert (picture.codec, picture.width, picture.height) == ("h264", 1920, 800)
    assert (picture.aspect, picture.hdr, picture.bit_depth) == (2.4, "hdr10", 8)
    sound = [(one.codec, one.language, one.channels) for one in found.audio]
    assert sound == [("aac", "ger", 6), ("aac", "eng", 2)]
    assert [(one.codec, one.language) for one in found.subtitles] == [(subtitles, "fre")]


def test_without_mediainfo_the_frame_alone_is_told(film: Path, alone: None) -> None:
    size = film.stat().st_size
    assert probe_video(film) == VideoInfo("matroska", size=size)
    with film.open("r+b") as handle:
        handle.truncate(size - 10)
    assert probe_video(film) == VideoInfo(
        "matroska", size=size - 10, truncated="it lacks 10 bytes at its end"
    )


def test_what_lost_its_end_is_told_with_what_is_left(film: Path) -> None:
    with film.open("r+b") as handle:
        handle.truncate(film.stat().st_size - 10)
    found = probe_video(film)
    assert found.truncated == "it lacks 10 bytes at its end"
    assert [one.codec for one in found.video] == ["h264"]


@each_row("content", [b"", b"no film\n" * 100, bytes(9999), b"\x1aE\xdf\xa3"])
def test_what_is_no_film_has_no_streams(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    found = probe_video(path)
    assert (found.size, found.video, found.audio) == (len(content), (), ())


def test_an_image_of_a_disc_is_told_by_its_size_only(tmp_path: Path) -> None:
    path = tmp_path / "a.iso"
    path.write_bytes(b"x" + bytes(32_768) + b"CD001" + bytes(900))
    assert probe_video(path) == VideoInfo("iso", size=path.stat().st_size)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mkv")
    (tmp_path / "loop.mkv").symlink_to("loop.mkv")
    (tmp_path / "folder.mkv").mkdir()
    for name in ("pipe.mkv", "loop.mkv", "folder.mkv", "gone.mkv"):
        with pytest.raises(Unreadable):
            probe_video(tmp_path / name)


def test_no_reference_in_a_file_is_followed(tmp_path: Path, film: Path) -> None:
    """Control: by itself MediaInfo reads the files that a playlist names."""
    texts = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{film}\n#EXT-X-ENDLIST\n",
        "list.mpd": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>'
        f"<AdaptationSet><Representation><BaseURL>{film}</BaseURL></Representation>"
        "</AdaptationSet></Period></MPD>",
        "list.mkv": f"file://{film}\n",
    }
    masks = ("", "<!--free-->", "\ufeff", "\n", "<!--" + f"G{' ' * 191}" * 4 + "-->")
    for (name, text), mask in itertools.product(texts.items(), masks):
        (tmp_path / name).write_text(mask + text)
        found = probe_video(tmp_path / name)
        assert (found.video, found.audio) == ((), ()), (name, mask)


def test_mediainfo_gets_no_more_bytes_nor_time_than_a_film_needs(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Greedy(io.BytesIO):
        total = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            Greedy.total += len(data)
            return data

    monkeypatch.setattr(mediainfo, "MAX_BYTES", 1 << 20)
    packets = (b"\x47" + bytes(187)) * (8 << 20 >> 7)  # 12 MB of empty packets
    mediainfo.read_tracks(Greedy(packets))
    assert 0 < Greedy.total <= (1 << 20) + (1 << 16)
    times = iter([0.0, *[1000.0] * 9])
    late = mediainfo.read_tracks(io.BytesIO(film.read_bytes()), lambda: next(times))
    assert "Video" not in {track["@type"] for track in late or []}


def test_a_damaged_film_is_no_error(film: Path) -> None:
    """Probe in a child process, because a crash would end this one."""
    data = film.read_bytes()
    for place in range(40, 1200, 29):
        spoilt = bytearray(data)
        spoilt[place : place + 3] = b"\xff\x7f\x00"
        film.write_bytes(spoilt)
        assert probe_video(film).size == len(spoilt)


# Disc folders


def test_the_parts_of_the_largest_titles_of_a_dvd_are_one_film(tmp_path: Path) -> None:
    folder = tmp_path / "Harbour Lights (1994)" / "video_ts"
    folder.mkdir(parents=True)
    parts = (
        video_files.render_video(FILM, ".mp4"),
        video_files.render_video(VideoSpec(720, 576, 60.0), ".mp4"),
    )
    for name, content in {
        "VTS_01_1.VOB": parts[1],
        "VTS_02_0.VOB": parts[0] * 9,  # the menu
        "vts_02_2.vob": parts[1],
        "VTS_02_1.VOB": parts[0],
        "VIDEO_TS.IFO": b"DVDVIDEO-VMG",
    }.items():
        (folder / name).write_bytes(content)
    for place in (folder, folder.parent):
        found = discs.probe_disc(place)
        assert (found.duration, found.size) == (5460.0, sum(map(len, parts)))
        assert [one.width for one in found.video] == [1920]


def test_the_largest_stream_of_a_blu_ray_is_its_film(tmp_path: Path) -> None:
    folder = tmp_path / "BDMV" / "STREAM"
    folder.mkdir(parents=True)
    video_files.write_video(folder / "00001.m2ts", VideoSpec(720, 576, 60.0))
    video_files.write_video(folder / "00800.m2ts", FILM)
    (folder / "notes.txt").write_bytes(bytes(1 << 20))
    for place in (tmp_path, tmp_path / "BDMV"):
        found = discs.probe_disc(place)
        assert (found.duration, found.video[0].width) == (5400.0, 1920)


def test_a_folder_without_a_film_of_a_disc_is_refused(tmp_path: Path) -> None:
    (tmp_path / "VIDEO_TS").mkdir()
    (tmp_path / "BDMV").write_bytes(b"a file")
    with pytest.raises(Unreadable, match="contains no DVD or Blu-ray movie"):
        discs.probe_disc(tmp_path)
    with pytest.raises(Unreadable):
        discs.probe_disc(tmp_path / "gone")


def test_looking_reads_little_and_starts_no_process(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe_video(film)  # loads the library
    got, read = [], mediainfo._LimitedFile.read
    forbidden = mock.Mock(side_effect=AssertionError)

    def noted(limited: mediainfo._LimitedFile, length: int) -> bytes:
        got.append(data := read(limited, length))
        return data

    monkeypatch.setattr(mediainfo._LimitedFile, "read", noted)
    monkeypatch.setattr(os, "posix_spawn", forbidden)
    monkeypatch.setattr(subprocess, "Popen", forbidden)
    count_calls(lambda: probe_video(film), 5_000)  # it takes 500
    assert 0 < sum(map(len, got)) <= 2 * film.stat().st_size
    monkeypatch.undo()
    assert probe_video(film).audio[0] == AudioStream("aac", "ger", 6, default=True)
    assert VideoStream() == VideoStream(codec="")
