"""A file is replaced whole or not at all, and keeps all that is not its content."""

from __future__ import annotations

import errno
import os
import shutil
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep import files
from mediakeep.errors import (
    ChangedMeanwhile,
    MediakeepError,
    NoRoom,
    ReadOnlyFormat,
    RecordNotWritten,
    Refused,
    Unreadable,
    Unverified,
)
from mediakeep.media import safewrite, swap, tags
from mediakeep.media.edits import writers
from mediakeep.media.safewrite import Cover, Edit, Rules
from mediakeep.media.source import Source, Span
from mediakeep.media.splices import pieces
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.undoing import recipes
from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.record import Recipe
from tests.crash import fuller
from tests.media import shelves
from tests.music import shelf
from tests.queue.neighbour import context

TITLE = Edit("title", ("Ebb",))
FORMATS = ["mp3", "m4a", "flac", "ogg", "opus"]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def refused(path: Path, home: Path, kind: type[MediakeepError], match: str = ".") -> None:
    """Nothing of the file or its folder may change, and nothing may count as done."""
    before = path.read_bytes(), swap.identity(path.stat()), sorted(path.parent.iterdir())
    with pytest.raises(kind, match=match):
        shelves.write(path, home, TITLE)
    after = path.read_bytes(), swap.identity(path.stat()), sorted(path.parent.iterdir())
    assert after == before
    assert [entry for entry in shelves.store(home).find(Query()) if entry.state == "done"] == []


# What stays


@pytest.mark.parametrize("name", FORMATS)
def test_mode_and_attributes_stay_and_the_time_is_new(tmp_path: Path, name: str) -> None:
    path = shelves.put(tmp_path, name)
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18))
    try:
        os.setxattr(path, "user.note", b"mine")
        marked = True
    except (OSError, AttributeError):  # a file system or a system without them
        marked = False
    shelves.write(path, tmp_path, TITLE)
    assert path.stat().st_mode & 0o7777 == 0o640
    assert path.stat().st_mtime_ns > 10**18
    assert not marked or os.getxattr(path, "user.note") == b"mine"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_time_stays_where_that_is_set(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "mp3")
    os.utime(path, ns=(10**18, 10**18 + 7))
    shelves.write(path, tmp_path, TITLE, rules=Rules(keep_mtime=True))
    assert path.stat().st_mtime_ns == 10**18 + 7


def test_a_symbolic_link_stays_one(tmp_path: Path, music: Path) -> None:
    path = shelves.put(music, "flac")
    link = tmp_path / "link.flac"
    link.symlink_to(path)
    written = shelves.write(link, tmp_path, TITLE)
    assert link.is_symlink()
    assert tags.read(path).tags.title == ("Ebb",)
    assert written.record.path == str(path.resolve())


def test_a_file_with_several_names_is_left_alone_unless_told_otherwise(
    tmp_path: Path, music: Path
) -> None:
    path = shelves.put(music, "flac")
    (music / "b.flac").hardlink_to(path)
    refused(path, tmp_path, Refused, "it has 2 names .*Set hardlinks to")
    shelves.write(path, tmp_path, TITLE, rules=Rules(hardlinks="break"))
    assert tags.read(path).tags.title == ("Ebb",)
    assert tags.read(music / "b.flac").tags.title == ("Low Tide",)


def test_a_name_that_is_not_utf8_is_written_and_recorded(tmp_path: Path, music: Path) -> None:
    path = music / (shelf.odd_name(music) + ".mp3")
    path.write_bytes(shelves.whole("mp3"))
    written = shelves.write(path, tmp_path, TITLE)
    assert written.record.path == files.escape(path.resolve())
    assert tags.read(path).tags.title == ("Ebb",)


# Who may not


@pytest.fixture
def nobody() -> Iterator[None]:
    """Drop the rights of root, whom no mode keeps out."""
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(shelf.NOBODY)
    yield
    if privileged:
        os.seteuid(0)


@pytest.fixture
def locked(music: Path, tmp_path: Path) -> Iterator[Path]:
    """A file of this user's in a folder that only its owner could write to."""
    path = shelves.put(music, "mp3")
    (tmp_path / "home").mkdir()
    if os.geteuid() == 0:
        os.chown(path, shelf.NOBODY, -1)
        os.chown(tmp_path / "home", shelf.NOBODY, -1)
    for one in (tmp_path, *tmp_path.parents):
        if one.owner() == "root" and str(one).startswith("/tmp/"):
            one.chmod(one.stat().st_mode | 0o055)
    yield path
    music.chmod(0o755)
    path.chmod(0o644)


def test_a_read_only_folder_is_told(tmp_path: Path, locked: Path, nobody: None) -> None:
    if locked.parent.owner() == locked.owner():
        locked.parent.chmod(0o555)
    refused(locked, tmp_path / "home", Refused, "may not write to .*/music")


def test_a_read_only_file_is_left_alone_though_its_folder_could_be_written(
    tmp_path: Path, locked: Path
) -> None:
    locked.parent.chmod(0o777)
    locked.chmod(0o444)
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(shelf.NOBODY)
    try:
        refused(locked, tmp_path / "home", Refused, r"may not write to .*\.mp3")
    finally:
        if privileged:
            os.seteuid(0)


def test_the_owner_stays_or_nothing_is_written(tmp_path: Path, locked: Path) -> None:
    locked.parent.chmod(0o777)
    locked.chmod(0o666)
    if os.geteuid() != 0:  # whose file cannot be another's: it is written as any
        shelves.write(locked, tmp_path / "home", TITLE)
        return
    shelves.write(locked, tmp_path / "home", TITLE)
    assert locked.stat().st_uid == shelf.NOBODY
    os.chown(locked, 12345, 12345)
    shutil.rmtree(tmp_path / "home" / "status")
    os.seteuid(shelf.NOBODY)
    try:
        before = locked.read_bytes()
        with pytest.raises(Refused, match="Operation not permitted"):
            shelves.write(locked, tmp_path / "home", Edit("title", ("Flood",)))
    finally:
        os.seteuid(0)
    assert locked.read_bytes() == before
    assert [one.name for one in locked.parent.iterdir()] == ["a.mp3"]


def test_what_is_no_file_or_gone_is_told(tmp_path: Path, music: Path) -> None:
    loop = music / "a.mp3"
    loop.symlink_to(loop)
    os.mkfifo(music / "b.mp3")
    for path in (music / "gone.mp3", loop, music / "b.mp3", music):
        with pytest.raises(Unreadable):
            shelves.write(path, tmp_path, TITLE)


# What others do meanwhile


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: object) -> None:
    """Act when the new file is written and checked, right before the old one is replaced."""
    real = swap.Original.is_unchanged

    def check(original: swap.Original) -> bool:
        act(original.path)  # type: ignore[operator]
        return real(original)

    monkeypatch.setattr(swap.Original, "is_unchanged", check)


def append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"TAG".ljust(128, b"\0"))


def overwrite_with_the_same_size(path: Path) -> None:
    time.sleep(0.01)
    with path.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x55")


def replace_by_another(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes() + b"x")
    other.replace(path)


@pytest.mark.parametrize("act", [append, overwrite_with_the_same_size, replace_by_another])
@pytest.mark.parametrize("name", FORMATS)
def test_what_another_program_wrote_meanwhile_is_kept(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str, act: object
) -> None:
    path = shelves.put(music, name)
    meanwhile(monkeypatch, act)
    with pytest.raises(ChangedMeanwhile, match="another program changed it"):
        shelves.write(path, tmp_path, TITLE)
    assert path.read_bytes() != shelves.whole(name)
    assert tags.read(path).tags.title != ("Ebb",)
    assert list(music.iterdir()) == [path]
    (entry,) = shelves.store(tmp_path).find(Query())
    assert entry.state == "void"


def test_a_file_that_vanishes_meanwhile_does_not_come_back(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelves.put(music, "mp3")
    meanwhile(monkeypatch, Path.unlink)
    with pytest.raises(ChangedMeanwhile):
        shelves.write(path, tmp_path, TITLE)
    assert list(music.iterdir()) == []


# What goes wrong with us


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_whose_sound_differs_by_one_bit_never_takes_the_place(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = shelves.put(music, name)
    real = pieces.write

    def spoil(parts: list[Piece], old: int, new: int) -> None:  # a bug of ours, or of the memory
        real(parts, old, new)
        data = os.pread(new, 1 << 20, 0)
        at = len(data) - 300 if b"mdat" not in data else data.index(b"mdat") + 99
        os.pwrite(new, bytes([data[at] ^ 1]), at)

    monkeypatch.setattr(pieces, "write", spoil)
    refused(path, tmp_path, Unverified, "the sound was not the same")


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_that_does_not_tell_what_was_wanted_never_takes_the_place(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = shelves.put(music, name)

    def forget(_path: Path, source: Source, *_: object) -> list[Piece]:  # a bug of ours
        return [Span(0, source.size)]

    monkeypatch.setattr(writers, "pieces", forget)
    refused(path, tmp_path, Unverified, "title did not hold what was wanted")


@pytest.mark.parametrize("name", FORMATS)
def test_a_change_that_could_not_be_taken_back_is_not_made(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = shelves.put(music, name)
    real = recipes.make

    def mistaken(source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:  # a bug of ours
        recipe, blobs = real(source, kind)
        raw = bytearray(zlib.decompress(recipe.raw))
        raw[-1] ^= 1
        return structs.replace(recipe, raw=zlib.compress(raw)), blobs

    monkeypatch.setattr(recipes, "make", mistaken)
    refused(path, tmp_path, Unverified, "nothing led back to the old one")


def test_a_leftover_of_a_killed_process_is_swept_when_it_is_old(tmp_path: Path) -> None:
    path = shelves.put(tmp_path, "mp3")
    old, young = tmp_path / ".aaaaaaaaaaaa.tmp", tmp_path / ".bbbbbbbbbbbb.tmp"
    for one in (old, young):
        one.write_bytes(b"half a file")
    os.utime(old, (time.time() - 4000,) * 2)
    shelves.write(path, tmp_path, TITLE)
    assert not old.exists()
    assert young.exists()


# No room


def test_a_disk_without_room_is_noticed_before_anything_is_written(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelves.put(music, "flac")

    def full(folder: Path) -> os.statvfs_result:  # the true disk of a test is not to be filled
        return os.statvfs_result((4096, 4096, 100, 9, 9, 9, 9, 9, 0, 255))

    monkeypatch.setattr(os, "statvfs", full)
    refused(path, tmp_path, NoRoom, "There is no room to write .* 36,864 are free")


def _write_limited(path: Path, home: Path, size: int, pipe: object) -> None:
    fuller.limit(size)
    try:
        shelves.write(path, home, Cover(shelves.IMAGE, "image/png"))
        told = "written"
    except MediakeepError as error:
        told = f"{type(error).__name__}: {error}"
    pipe.send(told)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_becomes_full_amid_the_copy_costs_nothing(
    tmp_path: Path, music: Path, name: str
) -> None:
    """No file may grow beyond a limit: the system says so as it does of a full disk."""
    path = shelves.put(music, name)
    before = path.read_bytes()
    ours, theirs = context.Pipe()
    process = context.Process(target=_write_limited, args=(path, tmp_path, 100_000, theirs))
    process.start()
    told = ours.recv()
    process.join()
    assert told.startswith("NoRoom: The disk became full while")
    assert path.read_bytes() == before
    assert list(music.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_sync_that_fails_leaves_the_old_file(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = shelves.put(music, "mp3")

    def fail(_: int) -> None:  # no real disk can be made to fail
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "sync_data", fail)
    refused(path, tmp_path, NoRoom if number == errno.ENOSPC else Refused)


def test_without_a_record_nothing_is_changed(tmp_path: Path, music: Path) -> None:
    path = shelves.put(music, "mp3")
    (tmp_path / "status").mkdir()
    (tmp_path / "status" / "undo").write_text("a file where the folder should be")
    before = path.read_bytes()
    with pytest.raises(RecordNotWritten):
        shelves.write(path, tmp_path, TITLE)
    assert path.read_bytes() == before
    assert list(music.iterdir()) == [path]


def test_damaged_tags_are_left_alone(tmp_path: Path, music: Path) -> None:
    path = shelves.put(music, "flac")
    data = bytearray(path.read_bytes())
    at = data.index(b"title=")  # before which its length stands
    data[at - 4 : at] = b"\xff\xff\xff\x7f"
    path.write_bytes(data)
    with pytest.raises(ReadOnlyFormat, match="its tags are damaged"):
        shelves.write(path, tmp_path, TITLE)
    assert path.read_bytes() == data


def test_large_files_are_copied_alike_with_and_without_the_help_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = bytes.fromhex("fffb9064") + bytes(413)
    found = []
    for helped in (True, False):
        path = tmp_path / f"{helped}.mp3"
        path.write_bytes(frames * 9000)
        if not helped:

            def refuse(*_: object) -> int:  # most file systems can
                raise OSError(errno.EXDEV, "Invalid cross-device link")

            monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
        shelves.write(path, tmp_path, TITLE)
        found.append(path.read_bytes())
    assert found[0] == found[1]
    assert found[0].endswith(frames * 9000)
    assert safewrite.due(path, [TITLE]) == {}
