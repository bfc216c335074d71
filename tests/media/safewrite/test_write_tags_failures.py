"""The old file stays after any failure of mediakeep or of the disk."""

from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep import atomic_files
from mediakeep.errors import (
    DiskFull,
    MediakeepError,
    RecordNotWritten,
    VerificationFailed,
    WriteRefused,
)
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite import file_assembly
from mediakeep.media.safewrite.file_assembly import FilePart
from mediakeep.media.safewrite.write_tags import SetCover
from mediakeep.media.undo import reverse_patch
from mediakeep.media.undo.record import ReversePatch
from tests.crash import fuller
from tests.media import writable_files
from tests.media.failing_writes import FORMATS, TITLE, refused
from tests.queue.neighbour import context


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_whose_sound_differs_by_one_bit_never_takes_the_place(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = writable_files.put(music, name)
    real = file_assembly.write_parts

    def spoil(parts: list[FilePart], old: int, new: int) -> None:  # a bug of ours, or of the memory
        real(parts, old, new)
        data = os.pread(new, 1 << 20, 0)
        at = len(data) - 300 if b"mdat" not in data else data.index(b"mdat") + 99
        os.pwrite(new, bytes([data[at] ^ 1]), at)

    monkeypatch.setattr(file_assembly, "write_parts", spoil)
    refused(path, tmp_path, VerificationFailed, "audio data differs in the new copy")


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_that_does_not_tell_what_was_wanted_never_takes_the_place(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = writable_files.put(music, name)

    monkeypatch.setattr(adapter, "save_tags", lambda *_: None)  # a bug of ours
    refused(path, tmp_path, VerificationFailed, "wrong value in the new copy: title")


@pytest.mark.parametrize("name", FORMATS)
def test_a_change_that_could_not_be_taken_back_is_not_made(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = writable_files.put(music, name)
    real = reverse_patch.build

    # a bug of ours
    def mistaken(source: BoundedFile, kind: str) -> tuple[ReversePatch, dict[str, bytes]]:
        recipe, blobs = real(source, kind)
        raw = bytearray(zlib.decompress(recipe.raw))
        raw[-1] ^= 1
        return structs.replace(recipe, raw=zlib.compress(raw)), blobs

    monkeypatch.setattr(reverse_patch, "build", mistaken)
    refused(path, tmp_path, VerificationFailed, "the change cannot be undone from the new copy")


def test_a_disk_without_room_is_noticed_before_anything_is_written(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = writable_files.put(music, "flac")

    def full(folder: Path) -> os.statvfs_result:  # the true disk of a test is not to be filled
        return os.statvfs_result((4096, 4096, 100, 9, 9, 9, 9, 9, 0, 255))

    monkeypatch.setattr(os, "statvfs", full)
    refused(path, tmp_path, DiskFull, "Not enough disk space to write .* 36,864 are free")


def _write_limited(path: Path, home: Path, size: int, pipe: object) -> None:
    fuller.limit(size)
    try:
        writable_files.write(path, home, SetCover(writable_files.IMAGE, "image/png"))
        told = "written"
    except MediakeepError as error:
        told = f"{type(error).__name__}: {error}"
    pipe.send(told)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_becomes_full_amid_the_copy_costs_nothing(
    tmp_path: Path, music: Path, name: str
) -> None:
    """Limit the file size, which the system reports like a full disk."""
    path = writable_files.put(music, name)
    before = path.read_bytes()
    ours, theirs = context.Pipe()
    process = context.Process(target=_write_limited, args=(path, tmp_path, 100_000, theirs))
    process.start()
    told = ours.recv()
    process.join()
    assert told.startswith("DiskFull: Disk full while writing")
    assert path.read_bytes() == before
    assert list(music.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_sync_that_fails_leaves_the_old_file(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = writable_files.put(music, "mp3")

    def fail(_: int) -> None:  # no real disk can be made to fail
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic_files, "sync_data", fail)
    refused(path, tmp_path, DiskFull if number == errno.ENOSPC else WriteRefused)


def test_without_a_record_nothing_is_changed(tmp_path: Path, music: Path) -> None:
    path = writable_files.put(music, "mp3")
    (tmp_path / "status").mkdir()
    (tmp_path / "status" / "undo").write_text("a file where the folder should be")
    before = path.read_bytes()
    with pytest.raises(RecordNotWritten):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() == before
    assert list(music.iterdir()) == [path]
