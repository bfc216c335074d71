"""Tags with false sizes or endless compression cost neither time, memory nor audio."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import MediakeepError, Unreadable
from mediakeep.media import open_file
from mediakeep.media.audio import tags
from mediakeep.media.audio.tags import AudioFile, Tags
from mediakeep.media.bounded_file import BoundedFile
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.music import shelf
from tests.sampling import each_row
from tests.work import TooMuchWork, count_calls

MEGABYTE = 1 << 20
SOUND = track_files.read_seed_file("bell.mp3")
CALLS, MEMORY = 20_000, 200 * MEGABYTE  # the longest below takes 800 calls


def frame(name: bytes, data: bytes, flags: int = 0) -> bytes:
    return name + tagging.syncsafe(len(data)) + struct.pack(">H", flags) + data


def folded(name: bytes, size: int) -> bytes:
    """A compressed frame, of a text that is so long (id3.org, 2.4.0, 4.1.2)."""
    data = zlib.compress(b"\0" + b"a" * (size - 1), 1)
    return frame(name, tagging.syncsafe(size) + data, 0x0009)


def tag(*frames: bytes, flags: int = 0, version: int = 4) -> bytes:
    body = b"".join(frames)
    return b"ID3" + bytes([version, 0, flags]) + tagging.syncsafe(len(body)) + body


def put(folder: Path, data: bytes, suffix: str = "mp3") -> Path:
    path = folder / f"a.{suffix.rpartition('.')[2]}"
    path.write_bytes(data)
    return path


def memory_of(read: Callable[[], Any]) -> int:
    """Return the most bytes that something took at once."""
    tracemalloc.start()
    try:
        read()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def read_cheaply(path: Path) -> AudioFile:
    found: list[AudioFile] = []

    def read() -> None:
        with contextlib.suppress(MediakeepError):
            found.append(tags.read(path))

    count_calls(read, CALLS)
    assert memory_of(read) < MEMORY
    return found[0] if found else tags.read(path)


@pytest.mark.slow
def test_reading_without_bounds_would_be_noticed(tmp_path: Path) -> None:
    def careless() -> None:
        zlib.decompress(zlib.compress(bytes(210 * MEGABYTE), 1))

    def endless() -> None:
        place, data = -1, tag() * CALLS
        while (place := data.find(b"ID3", place + 1)) >= 0:
            pass

    assert memory_of(careless) > MEMORY
    with pytest.raises(TooMuchWork):
        count_calls(endless, CALLS)


def test_a_frame_that_unfolds_too_far_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    title, album = frame(b"TIT2", b"\3Low Tide"), folded(b"TALB", 50_000)
    data = tag(title, folded(b"TPE1", 17 * MEGABYTE), album) + SOUND
    assert read_cheaply(put(tmp_path, data)).tags == Tags(
        title=("Low Tide",), album=("a" * 49_999,)
    )


@pytest.mark.long
def test_all_frames_of_a_tag_together_unfold_to_a_bound(tmp_path: Path) -> None:
    large = [folded(b"TXXX", 15 * MEGABYTE)] * 6
    reading = read_cheaply(put(tmp_path, tag(*large, folded(b"TIT2", 2000)) + SOUND))
    assert reading.tags.title == ()
    reading = read_cheaply(put(tmp_path, tag(*large[:3], folded(b"TIT2", 2000)) + SOUND))
    assert reading.tags.title == ("a" * 1999,)


def test_a_text_without_end_is_cut(tmp_path: Path) -> None:
    reading = read_cheaply(put(tmp_path, tag(frame(b"COMM", b"\0eng\0" + b"a" * 900_000)) + SOUND))
    assert reading.raw == {"COMM": ["a" * 65_536]}


def sparse(path: Path, size: int, start: bytes, end: bytes) -> Path:
    """Write a file with a hole between two parts, which takes no room on the disk."""
    with path.open("wb") as file:
        file.write(start)
        file.seek(size)
        file.write(end)
    return path


@each_row("size", [100, 200])
def test_a_picture_of_100_megabytes_is_not_read(tmp_path: Path, size: int) -> None:
    data = b"\0image/jpeg\0\3\0" + track_files.read_seed_file("cover.jpg")
    picture = b"APIC" + tagging.syncsafe(size * MEGABYTE) + b"\0\0" + data
    title = frame(b"TIT2", b"\3Low Tide")
    whole = 10 + size * MEGABYTE + len(title) * 2
    start = b"ID3\4\0\0" + tagging.syncsafe(whole) + title + picture
    behind = 10 + len(title) + 10 + size * MEGABYTE
    path = sparse(tmp_path / "a.mp3", behind, start, title.replace(b"TIT2", b"TALB") + SOUND)
    reading = read_cheaply(path)
    assert (reading.tags.title, reading.tags.album) == (("Low Tide",), ("Low Tide",))
    (found,) = reading.tags.pictures
    assert (found.seen, found.width) == ("image/jpeg", 300)
    assert found.size == size * MEGABYTE - 14
    assert reading.facts.duration == pytest.approx(1, abs=0.1)


def test_a_tag_that_must_be_held_whole_is_left_out_beyond_64_megabytes(tmp_path: Path) -> None:
    for size, title in ((60, ("Low Tide",)), (70, ())):
        head = b"ID3\3\0\x80" + tagging.syncsafe(size * MEGABYTE)
        start = head + b"TIT2" + struct.pack(">IH", 9, 0) + b"\0Low Tide"
        path = sparse(tmp_path / "a.mp3", 10 + size * MEGABYTE, start, SOUND)
        reading = read_cheaply(path)
        assert reading.tags.title == title
        assert reading.facts.duration == pytest.approx(1, abs=0.1)


def changed(name: str, mark: bytes, new: bytes, ahead: int) -> bytes:
    """A sound whose tags are overwritten from a mark on."""
    data = small.whole(name)
    place = data.index(mark) + ahead
    return data[:place] + new + data[place + len(new) :]


BROKEN = {
    "id3-names.mp3": changed("mp3", b"ID3", b"\1\2\3\4" * 3, 10),
    "id3-size.mp3": changed("mp3", b"ID3", b"\x7f\x7f\x7f\x7f", 6),
    "id3-version.mp3": changed("mp3", b"ID3", b"\x09", 3),
    "ape-sizes.mp3": changed("tail.mp3", b"APETAGEX", b"\xff" * 8, 32),
    "entry.flac": changed("flac", b"title=", b"\xff\xff\xff\xff", -4),
    "count.flac": changed("tagged.flac", b"fLaC", b"\xff" * 4, 42 + 8),
    "item.m4a": changed("m4a", b"ilst", b"\0\0\0\1" + b"\xff" * 20, 4),
    "list.m4a": changed("m4a", b"ilst", b"\0\0\0\0", -4),
    "comments.ogg": changed("ogg", b"\3vorbis", b"\xff" * 4, 7),
    "comments.opus": changed("opus", b"OpusTags", b"\xff" * 4, 8),
    "id3.wav": changed("wav", b"id3 ", b"\xff" * 14, 8),
    "id3.dsf": changed("dsf", b"ID3", b"\xff" * 14, 0),
    "items.wv": changed("wv", b"APETAGEX", b"\xff" * 8, 32),
    "objects.wma": changed("wma", bytes.fromhex("40a4d0d207e3d211"), b"\xff" * 9, 24),
}


@each_row("name", BROKEN)
def test_sound_with_broken_tags_keeps_its_facts(tmp_path: Path, name: str) -> None:
    facts = read_cheaply(put(tmp_path, BROKEN[name], name)).facts
    assert facts.duration > 0
    assert facts.sample_rate > 0


@each_row("suffix", shelf.FORMATS)
@each_row("kept", [0, 3, 100, 3000])
def test_a_file_that_shrinks_while_it_is_read_is_refused_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, kept: int
) -> None:
    path = shelf.put(tmp_path / f"a.{suffix}", picture="cover.jpg")
    opened = open_file.open_regular_file

    def shrinking(asked: Path) -> Any:
        handle = opened(asked)
        with asked.open("r+b") as file:
            file.truncate(kept)
        return handle

    monkeypatch.setattr(open_file, "open_regular_file", shrinking)  # a race cannot be timed
    with contextlib.suppress(Unreadable):
        assert tags.read(path).facts.size == kept


@each_row("suffix", shelf.FORMATS)
def test_a_file_that_grows_while_it_is_read_is_read_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = shelf.put(tmp_path / f"a.{suffix}")
    size, fetched = path.stat().st_size, []
    pread = BoundedFile._read_bytes

    def growing(source: Any, *place: int) -> bytes:
        with path.open("ab") as file:
            file.write(bytes(1000))
        fetched.append(place)
        return pread(source, *place)

    monkeypatch.setattr(BoundedFile, "_read_bytes", growing)  # a race cannot be timed
    reading = tags.read(path)
    assert fetched
    assert (reading.facts.size, reading.tags.title) == (size, ("Low Tide",))
