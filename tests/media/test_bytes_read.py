"""Of a large file a few KB are read: the header, the tail and the tags, whatever the format."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NotAudio
from mediakeep.media import open_file, pictures
from mediakeep.media.audio import tags
from mediakeep_samples.music import track_files
from tests.media import large_files as large
from tests.sampling import each_row

MOST = 512 * 1024  # bytes, apart from tags and pictures
USUAL = 96 * 1024
FEW = 8  # times that the system is asked for bytes
COMMON = {"vbr.mp3": 3, "cbr.mp3": 3, "first.m4a": 2, "last.m4a": 3, "flac": 3, "ogg": 3, "opus": 3}


class Meter:
    """Counts every byte that Python asks the system for, by whatever way, and how often."""

    def __init__(self) -> None:
        self.bytes = self.calls = 0

    def file(self, name: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        """Open a file as `open` does, through a raw file that counts."""
        if mode != "rb":
            return _OPEN(name, mode, *rest, **more)
        return io.BufferedReader(_Counting(self, name, opener=more.get("opener")))

    def pread(self, handle: int, size: int, offset: int) -> bytes:
        return self.count(_PREAD(handle, size, offset))

    def read(self, handle: int, size: int) -> bytes:
        return self.count(_READ(handle, size))

    def count(self, data: bytes) -> bytes:
        self.bytes += len(data)
        self.calls += 1
        return data


class _Counting(io.FileIO):
    def __init__(self, meter: Meter, name: Any, opener: Any) -> None:
        super().__init__(name, "rb", opener=opener)
        self._meter = meter

    def readinto(self, buffer: Any, /) -> int | None:
        count = super().readinto(buffer)
        self._meter.bytes += count or 0
        self._meter.calls += 1
        return count

    def readall(self) -> bytes:
        return self._meter.count(super().readall() or b"")


_OPEN, _PREAD, _READ = builtins.open, os.pread, os.read


def metered(monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any], path: Path) -> Meter:
    """Read a file, and return what that took."""
    meter = Meter()
    with monkeypatch.context() as patch:  # the ways to the system, so that none is left out
        patch.setattr(builtins, "open", meter.file)
        patch.setattr(io, "open", meter.file)
        patch.setattr(os, "pread", meter.pread)
        patch.setattr(os, "read", meter.read)
        read(path)
    return meter


def counted(monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any], path: Path) -> int:
    """Return how many bytes reading a file took."""
    return metered(monkeypatch, read, path).bytes


@each_row("name", large.FILES)
def test_a_large_file_is_read_at_its_ends_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(large.FILES[name]())
    assert path.stat().st_size >= large.SIZE
    meter = metered(monkeypatch, tags.read, path)
    assert 0 < meter.bytes <= USUAL < MOST
    assert 0 < meter.calls <= COMMON.get(name, FEW)
    reading = tags.read(path)
    assert reading.facts.payload > 5_000_000
    assert reading.facts.truncated == ""
    assert reading.tags.title or name in ("seven.mpc",)


def test_a_search_for_sound_gives_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp3"
    for content in (bytes(4_000_000), b"\xff\xfb\x90\x64 no sound" * 300_000, b"\xff" * 4_000_000):
        path.write_bytes(content + large.FILES["cbr.mp3"]())

        def refused(path: Path) -> None:
            with pytest.raises(NotAudio):
                tags.read(path)

        assert counted(monkeypatch, refused, path) <= MOST


def test_a_large_picture_file_is_read_at_its_beginning_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cover.jpg"
    path.write_bytes(track_files.read_seed_file("cover.jpg") + bytes(4_000_000))
    assert counted(monkeypatch, pictures.read_picture_info, path) <= 16_384


def whole(path: Path) -> None:
    with open_file.open_regular_file(path) as handle:
        assert handle.read()


def in_pieces(path: Path) -> None:
    with open_file.open_regular_file(path) as handle:
        while handle.read(1000):
            pass


def by_number(path: Path) -> None:
    with open_file.open_regular_file(path) as handle:
        assert os.pread(handle.fileno(), large.SIZE, 0)


def bare(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    assert os.read(number, large.SIZE)
    os.close(number)


@each_row("read", [whole, in_pieces, by_number, bare, Path.read_bytes])
def test_reading_all_of_a_file_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any]
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(bytes(large.SIZE))
    meter = metered(monkeypatch, read, path)
    assert meter.bytes >= large.SIZE
    assert meter.calls >= 1
