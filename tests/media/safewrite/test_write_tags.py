"""A file is replaced atomically, and keeps its metadata."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.errors import ReadOnlyFormat, WriteRefused
from mediakeep.media.audio import tags
from mediakeep.media.safewrite import atomic_replace, write_tags
from mediakeep.media.safewrite.write_tags import SetField, WriteRules
from tests.media import writable_files
from tests.media.failing_writes import FORMATS, TITLE, copy_by_hand, refused
from tests.music import shelf


@pytest.mark.real_disk
@pytest.mark.parametrize("name", FORMATS)
def test_mode_and_attributes_stay_and_the_time_is_new(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18))
    try:
        os.setxattr(path, "user.note", b"mine")
        marked = True
    except (OSError, AttributeError):  # a file system or a system without them
        marked = False
    writable_files.write(path, tmp_path, TITLE)
    assert path.stat().st_mode & 0o7777 == 0o640
    assert path.stat().st_mtime_ns > 10**18
    assert not marked or os.getxattr(path, "user.note") == b"mine"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_time_stays_where_that_is_set(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    os.utime(path, ns=(10**18, 10**18 + 7))
    writable_files.write(path, tmp_path, TITLE, rules=WriteRules(keep_mtime=True))
    assert path.stat().st_mtime_ns == 10**18 + 7


def test_a_symbolic_link_stays_one(tmp_path: Path, music: Path) -> None:
    path = writable_files.put(music, "flac")
    link = tmp_path / "link.flac"
    link.symlink_to(path)
    written = writable_files.write(link, tmp_path, TITLE)
    assert link.is_symlink()
    assert tags.read(path).tags.title == ("Ebb",)
    assert written.record.path == str(path.resolve())


@pytest.mark.real_disk
def test_a_file_with_several_names_is_left_alone_unless_told_otherwise(
    tmp_path: Path, music: Path
) -> None:
    path = writable_files.put(music, "flac")
    (music / "b.flac").hardlink_to(path)
    refused(path, tmp_path, WriteRefused, "it has 2 names .*Set hardlinks to")
    writable_files.write(path, tmp_path, TITLE, rules=WriteRules(hardlinks="break"))
    assert tags.read(path).tags.title == ("Ebb",)
    assert tags.read(music / "b.flac").tags.title == ("Low Tide",)


def test_a_name_that_is_not_utf8_is_written_and_recorded(tmp_path: Path, music: Path) -> None:
    path = music / (shelf.odd_name(music) + ".mp3")
    path.write_bytes(writable_files.whole("mp3"))
    written = writable_files.write(path, tmp_path, TITLE)
    assert written.record.path == path_text.escape_path(path.resolve())
    assert tags.read(path).tags.title == ("Ebb",)


def test_a_leftover_of_a_killed_process_is_swept_when_it_is_old(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    old, young = tmp_path / ".aaaaaaaaaaaa.tmp", tmp_path / ".bbbbbbbbbbbb.tmp"
    for one in (old, young):
        one.write_bytes(b"half a file")
    os.utime(old, (time.time() - 4000,) * 2)
    writable_files.write(path, tmp_path, TITLE)
    assert not old.exists()
    assert young.exists()


def test_a_folder_is_looked_through_once_by_each_process(tmp_path: Path) -> None:
    path = writable_files.put(tmp_path, "mp3")
    writable_files.write(path, tmp_path, TITLE)
    old = tmp_path / ".aaaaaaaaaaaa.tmp"
    old.write_bytes(b"half a file")
    os.utime(old, (time.time() - 4000,) * 2)
    writable_files.write(path, tmp_path, SetField("title", ("Flood",)))
    assert old.exists()
    atomic_replace._remove_stale_once.cache_clear()  # as in a process that has just begun
    writable_files.write(path, tmp_path, TITLE)
    assert not old.exists()


def test_damaged_tags_are_left_alone(tmp_path: Path, music: Path) -> None:
    path = writable_files.put(music, "flac")
    data = bytearray(path.read_bytes())
    at = data.index(b"title=")  # before which its length stands
    data[at - 4 : at] = b"\xff\xff\xff\x7f"
    path.write_bytes(data)
    with pytest.raises(ReadOnlyFormat, match="its tags are damaged"):
        writable_files.write(path, tmp_path, TITLE)
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
            copy_by_hand(monkeypatch)
        writable_files.write(path, tmp_path, TITLE)
        found.append(path.read_bytes())
    assert found[0] == found[1]
    assert found[0].endswith(frames * 9000)
    assert write_tags.pending_changes(path, [TITLE]) == {}
