"""Copies are verified, resumed and refused with the name of the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mediakeep import atomic_files, file_copies
from mediakeep.errors import CopyDiffers, NotCopied, SourceChanged, WorkingFilesChanged
from mediakeep.file_copies import OnBytes
from mediakeep.workspace import folder_locks
from mediakeep.workspace.job_files import SOURCE_FILES
from mediakeep.workspace.manifest import (
    Check,
    build_manifest,
    find_differences,
    has_content,
    hash_file,
)
from mediakeep.workspace.verified_copy import copy_file, copy_to_source
from tests.workspace import trees


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return trees.make_tree(tmp_path / "Album")


@pytest.fixture
def source_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "Album_source"
    folder.mkdir()
    return folder


def test_content_times_modes_and_attributes_are_copied(album: Path, source_dir: Path) -> None:
    cover = album / "cover.jpg"
    cover.chmod(0o640)
    os.setxattr(cover, "user.note", b"mine")
    manifest = copy_to_source(album, source_dir)
    assert trees.contents(source_dir) == trees.contents(album)
    assert manifest == build_manifest(album) == build_manifest(source_dir)
    assert "empty" in manifest.folders
    assert f"CD2/{'caf'}\\xE9.flac" in {file.path for file in manifest.files}
    copy = (source_dir / "cover.jpg").stat()
    assert (copy.st_mode & 0o777, copy.st_mtime_ns) == (0o640, 10**18 + 7000)
    assert os.getxattr(source_dir / "cover.jpg", "user.note") == b"mine"


@pytest.mark.parametrize("supported", [True, False])
def test_large_files_are_copied_in_pieces_that_are_reported(
    album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, supported: bool
) -> None:
    monkeypatch.setattr(file_copies, "_KERNEL_CHUNK", 50_000)
    if not supported:
        monkeypatch.setattr(file_copies, "copy_in_kernel", lambda at, *_: at)
    counts: list[int] = []
    source, target = album / "CD1" / "01.flac", tmp_path / "copy.flac"
    copied = copy_file(source, target, tmp_path, counts.append)
    assert target.read_bytes() == source.read_bytes()
    assert sum(counts) == 3 * copied.size == 360_000
    pieces = [count for count in counts if count][:-2]  # the others are of hashes
    assert pieces == ([50_000, 50_000, 20_000] if supported else [120_000])


def test_finished_copies_are_kept_and_damaged_ones_are_made_again(
    album: Path, source_dir: Path
) -> None:
    manifest = copy_to_source(album, source_dir)
    kept, damaged = source_dir / "cover.jpg", source_dir / "CD1" / "01.flac"
    before = kept.stat().st_ino, damaged.stat().st_ino
    with damaged.open("r+b") as file:
        file.write(b"X")
    os.utime(damaged, ns=(0, 10**18 + 7000))
    assert copy_to_source(album, source_dir) == manifest
    assert kept.stat().st_ino == before[0]
    assert trees.contents(source_dir) == trees.contents(album)


def test_links_become_files_and_a_cycle_is_refused(album: Path, source_dir: Path) -> None:
    (album / "link.flac").symlink_to("CD1/01.flac")
    (album / "CD3").symlink_to("CD1")
    manifest = copy_to_source(album, source_dir)
    assert {"link.flac", "CD3/01.flac"} <= {file.path for file in manifest.files}
    assert not [path for path in source_dir.rglob("*") if path.is_symlink()]
    (album / "CD1" / "up").symlink_to("..")
    with pytest.raises(NotCopied, match="up not copied: it is a link to a folder that contains it"):
        copy_to_source(album, source_dir)


@pytest.mark.parametrize("kind", ["broken link", "pipe"])
def test_what_cannot_be_copied_is_named(kind: str, album: Path, source_dir: Path) -> None:
    if kind == "pipe":
        os.mkfifo(album / "odd")
    else:
        (album / "odd").symlink_to("nothing")
    with pytest.raises(NotCopied, match=r"Album/odd not copied: .*run again\."):
        copy_to_source(album, source_dir)


def test_a_source_that_changes_during_the_copy_is_named(
    album: Path, source_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = file_copies.copy_content

    def copy_and_change(old: int, new: int, on_bytes: OnBytes) -> None:  # as another program
        real(old, new, on_bytes)
        with (album / "CD1" / "01.flac").open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(file_copies, "copy_content", copy_and_change)
    with pytest.raises(SourceChanged, match=r"01\.flac not copied: another program changed it"):
        copy_to_source(album, source_dir)
    assert not (source_dir / "CD1" / "01.flac").exists()


def test_a_file_that_appears_during_the_copy_is_noticed(
    album: Path, source_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = file_copies.copy_content

    def copy_and_add(old: int, new: int, on_bytes: OnBytes) -> None:  # as another program
        real(old, new, on_bytes)
        (album / "new.flac").touch()

    monkeypatch.setattr(file_copies, "copy_content", copy_and_add)
    with pytest.raises(SourceChanged, match="files were added or removed"):
        copy_to_source(album, source_dir)


def test_a_copy_that_the_disk_changed_is_not_accepted(
    album: Path, source_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damage(handle: int) -> None:  # a failing disk, right after the sync
        os.pwrite(handle, b"X", 0)

    monkeypatch.setattr(atomic_files, "drop_cache", damage)
    with pytest.raises(CopyDiffers, match="Check the disk"):
        copy_to_source(album, source_dir)
    assert [path for path in source_dir.rglob("*") if path.is_file()] == []


def test_a_link_in_the_working_folder_leads_nowhere(
    album: Path, source_dir: Path, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").write_bytes(b"precious")
    (source_dir / "cover.jpg").symlink_to(victim / "precious")
    copy_to_source(album, source_dir)
    assert not (source_dir / "cover.jpg").is_symlink()
    (source_dir / "CD1" / "01.flac").unlink()
    (source_dir / "CD1").rmdir()
    (source_dir / "CD1").symlink_to(victim)
    with pytest.raises(WorkingFilesChanged, match="CD1 is not as recorded: it is no folder"):
        copy_to_source(album, source_dir)
    assert trees.contents(victim) == {"precious": b"precious"}


def test_two_processes_do_not_copy_to_one_folder(album: Path, source_dir: Path) -> None:
    with (
        folder_locks.lock_folder(source_dir),
        pytest.raises(NotCopied, match="another process is using it"),
    ):
        copy_to_source(album, source_dir)


def test_every_difference_from_a_manifest_is_found(album: Path, tmp_path: Path) -> None:
    SOURCE_FILES.save(tmp_path, build_manifest(album))
    manifest = SOURCE_FILES.require(tmp_path)
    assert list(find_differences(album, manifest)) == []
    (album / "CD1" / "01.flac").write_bytes(b"ONE" * 40_000)
    (album / "CD2" / trees.UNDECODABLE).unlink()
    (album / "cover.jpg").unlink()
    (album / "cover.jpg").symlink_to("CD1/01.flac")
    (album / "added.txt").touch()
    (album / "empty").rmdir()
    found = {(item.path.name, item.problem) for item in find_differences(album, manifest)}
    assert found == {
        ("01.flac", "changed"),
        (trees.UNDECODABLE, "missing"),
        ("cover.jpg", "no regular file"),
        ("added.txt", "added"),
        ("empty", "missing"),
    }
    by_size = {item.path.name for item in find_differences(album, manifest, Check.SIZE)}
    assert by_size == {name for name, _ in found} - {"01.flac"}


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"files":' * 100_000], ids=len)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    assert SOURCE_FILES.load(tmp_path) is None
    (tmp_path / "source.json").write_bytes(content)
    with pytest.raises(WorkingFilesChanged, match=r"source\.json .*Delete it"):
        SOURCE_FILES.load(tmp_path)


def test_a_file_has_a_hash_and_a_size_only_if_both_are_its_own(tmp_path: Path) -> None:
    path, link = tmp_path / "a", tmp_path / "link"
    path.write_bytes(b"abc")
    link.symlink_to(path)
    digest = hash_file(path)
    assert has_content(path)
    assert has_content(path, digest, 3)
    wrong = [(path, digest, 4), (path, "", 3), (link, digest, 3), (path / "b", None, None)]
    assert not any(has_content(*row) for row in (*wrong, (tmp_path, None, None)))
