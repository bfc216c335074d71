"""Unchanged files are not opened again, and changed files are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.errors import NotAudio, Unreadable
from mediakeep.media import pictures
from mediakeep.media.audio import essence, tags
from mediakeep.media.cache import caching_reader, file_cache
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.media.cache.file_cache import FileCache
from mediakeep_samples.music import track_files
from tests.media.opened_files import listening
from tests.music import shelf
from tests.sampling import each_row

_DAY = 86_400


@pytest.fixture
def opens() -> Iterator[list[str]]:
    """The files opened during a test."""
    with listening() as opened:
        yield opened


def later() -> int:
    """A clock at which the test files are not racily clean."""
    return time.time_ns() + 60 * 10**9


def folder_of(path: Path) -> file_cache.FolderKey:
    facts = path.parent.stat()
    return facts.st_dev, facts.st_ino


def opened(folder: Path, clock: Callable[[], int] = later) -> CachingReader:
    return CachingReader(
        FileCache(folder / "cache" / caching_reader.FILE_NAME, caching_reader.parser_version()),
        clock,
    )


def read(folder: Path, path: Path, clock: Callable[[], int] = later) -> Any:
    """Read a file as a scan in a new process does."""
    index = opened(folder, clock)
    facts = path.stat()
    index.prefetch(folder_of(path), [facts])
    try:
        if path.suffix in (".jpg", ".png"):
            return index.read_image(str(path), facts)
        return index.read_track(str(path), facts)
    finally:
        index.commit()
        index.close()


def is_known(folder: Path, path: Path) -> bool:
    """Return True if another scan does not open the file; cache it otherwise."""
    with listening() as opened:
        read(folder, path)
    return str(path) not in opened


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_an_unchanged_file_is_not_opened_and_reads_the_same(
    tmp_path: Path, suffix: str, opens: list[str]
) -> None:
    path = shelf.put(tmp_path / f"a.{suffix}", picture="cover.jpg")
    expected = tags.read(path)
    opens.clear()
    assert read(tmp_path, path) == expected
    assert str(path) in opens
    opens.clear()
    assert read(tmp_path, path) == expected
    assert str(path) not in opens


def test_a_picture_is_remembered_too(tmp_path: Path, opens: list[str]) -> None:
    path = tmp_path / "cover.png"
    path.write_bytes(track_files.read_seed_file("cover.png"))
    assert read(tmp_path, path) == pictures.read_picture_info(path)
    opens.clear()
    assert read(tmp_path, path)[0] == "image/png"
    assert str(path) not in opens


@pytest.mark.parametrize("content", [b"<html>404</html>", b"tBaK" + bytes(600)])
def test_why_a_file_is_no_audio_is_remembered(
    tmp_path: Path, opens: list[str], content: bytes
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(NotAudio) as first:
        read(tmp_path, path)
    opens.clear()
    with pytest.raises(NotAudio) as second:
        read(tmp_path, path)
    assert (type(first.value), first.value.args) == (type(second.value), second.value.args)
    assert str(path) not in opens


def test_a_refusal_is_not_remembered(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    tags.read(path)  # import all modules before the rights are dropped
    index, facts = opened(tmp_path), path.stat()
    index.prefetch(folder_of(path), [facts])
    with shelf.deny_access(path), pytest.raises(Unreadable):
        index.read_track(str(path), facts)
    index.commit()
    assert index.read_track(str(path), facts) == tags.read(path)


def grow(path: Path) -> None:
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    with path.open("ab") as file:
        file.write(bytes(4))
    os.utime(path, ns=times)


def touch(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def rewrite_in_secret(path: Path) -> None:
    """Other content of the same size and mtime: only ctime differs."""
    facts = path.stat()
    time.sleep(0.02)  # more than one tick of a file system's clock
    path.write_bytes(path.read_bytes().replace(b"Low Tide", b"Old Tide"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_mtime_ns == facts.st_mtime_ns


def replace(path: Path) -> None:
    facts = path.stat()
    path.with_name("b").write_bytes(path.read_bytes())
    os.utime(path.with_name("b"), ns=(facts.st_atime_ns, facts.st_mtime_ns))
    path.with_name("b").replace(path)


@each_row("change", [grow, touch, rewrite_in_secret, replace])
def test_a_file_that_changed_in_anything_is_read_again(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = shelf.put(tmp_path / "a.flac")
    read(tmp_path, path)
    assert is_known(tmp_path, path)
    change(path)
    assert not is_known(tmp_path, path)
    assert read(tmp_path, path) == tags.read(path)
    assert is_known(tmp_path, path)


@pytest.mark.real_disk
def test_a_hard_link_of_another_extension_is_another_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(b"\0" * 5000 + shelf.render("mp3"))  # of which only an .mp3 may be sound
    os.link(path, tmp_path / "a.mp3")
    for name in ("a.ogg", "a.mp3", "a.ogg"):
        direct: Any = None
        try:
            direct = tags.read(tmp_path / name)
        except NotAudio:
            with pytest.raises(NotAudio):
                read(tmp_path, tmp_path / name)
        else:
            assert read(tmp_path, tmp_path / name) == direct


@each_row(("seconds", "known"), [(-3600, False), (0, False), (1, False), (3, True)])
def test_a_file_that_may_change_again_unnoticed_is_not_remembered(
    tmp_path: Path, seconds: int, known: bool
) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    changed = max(path.stat().st_mtime_ns, path.stat().st_ctime_ns)
    read(tmp_path, path, lambda: changed + seconds * 10**9)
    assert is_known(tmp_path, path) is known


def test_a_file_of_the_future_is_not_remembered(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    os.utime(path, (time.time() + 10 * _DAY,) * 2)
    read(tmp_path, path)
    assert not is_known(tmp_path, path)


def test_the_hash_of_a_sound_is_made_once_as_long_as_the_file_stays(tmp_path: Path) -> None:
    path, made = shelf.put(tmp_path / "a.opus"), list[Path]()

    def hashed() -> str:
        index, facts = opened(tmp_path), path.stat()
        index.prefetch(folder_of(path), [facts])
        index.read_track(str(path), facts)
        found = index.get_essence(
            path, lambda asked: (made.append(asked), essence.compute_audio_hash(asked))[1]
        )
        index.commit()
        index.close()
        return found

    first = hashed()
    assert (hashed(), made) == (first, [path])
    touch(path)
    assert (hashed(), made) == (first, [path, path])


def test_the_hash_of_a_sound_does_not_outlive_a_state_of_its_file(tmp_path: Path) -> None:
    path, now = shelf.put(tmp_path / "a.opus"), later()
    index = opened(tmp_path, lambda: now)
    for expected in ("the first", "the second"):
        index.prefetch(folder_of(path), [path.stat()])
        index.read_track(str(path), path.stat())
        assert index.get_essence(path, lambda _, made=expected: made) == expected
        touch(path)
        now = 0  # from when on nothing is remembered
    index.close()


@each_row(("changed", "known"), [(-(2**63), True), (-(2**63) - 1, False)])
def test_a_number_that_sqlite_cannot_hold_is_no_trouble(
    tmp_path: Path, changed: int, known: bool
) -> None:
    path = shelf.put(tmp_path / "a.mp3")
    numbers = list(path.stat())
    numbers[1:3] = [2**64 - 1, 2**63]  # inode and device, as some file systems count them
    facts = os.stat_result(numbers, {"st_mtime_ns": 1, "st_ctime_ns": changed})
    for _ in range(2):
        index = opened(tmp_path)
        index.prefetch((2**63, 2**64 - 1), [facts])
        found = bool(index._cached)
        assert index.read_track(str(path), facts) == tags.read(path)
        index.commit()
        index.close()
    assert found is known


def test_the_version_of_the_reader_follows_its_source(tmp_path: Path) -> None:
    compute_version = caching_reader.parser_version.__wrapped__  # not cached
    first = compute_version()
    assert compute_version() == first == caching_reader.parser_version()
    assert 0 < first < 2**31
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(caching_reader, "_source_files", lambda: [Path(__file__)])
        assert compute_version() != first
