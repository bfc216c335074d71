"""Archives and outputs: existing targets, changed working folders, and the quarantine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mediakeep.errors import TargetExists, WorkingFilesChanged
from mediakeep.workspace import publish, quarantine
from mediakeep.workspace.manifest import Manifest, build_manifest
from mediakeep.workspace.publish import ExistingPolicy, PublishRules
from tests.workspace import trees

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return trees.make_tree(tmp_path / "working" / "Album_processed")


@pytest.fixture
def manifest(album: Path) -> Manifest:
    return build_manifest(album)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The path of an output, which another one has."""
    return trees.make_tree(tmp_path / "out" / "Album.2", {"old.flac": b"old"})


def test_an_archive_contains_its_metadata(album: Path, manifest: Manifest, tmp_path: Path) -> None:
    rules = PublishRules(now=lambda: NOW)
    archive = tmp_path / "new" / "archive" / "Album"
    published = publish.copy_to_archive(album, archive, manifest, {"artist": "U2"}, rules)
    assert published == archive
    assert publish.is_published(archive, manifest)
    metadata = json.loads((archive / publish.METADATA_FILE).read_text())
    assert metadata["artist"] == "U2"
    assert metadata["archived"].startswith("2026-11-22T12")
    assert [file["path"] for file in metadata["files"]] == [file.path for file in manifest.files]


def test_a_restored_archive_can_be_archived_again(
    album: Path, manifest: Manifest, tmp_path: Path
) -> None:
    first = publish.copy_to_archive(album, tmp_path / "first", manifest, {})
    again = publish.copy_to_archive(first, tmp_path / "second", build_manifest(first), {})
    assert {publish.METADATA_FILE, f"_{publish.METADATA_FILE}"} <= set(trees.contents(again))


def test_an_existing_output_is_refused(album: Path, manifest: Manifest, target: Path) -> None:
    before = trees.contents(target.parent), trees.contents(album)
    with pytest.raises(TargetExists, match=r"Album\.2 exists already\."):
        publish.move_to_output(album, target, manifest)
    with pytest.raises(TargetExists):
        publish.copy_to_archive(album, target, manifest, {})
    assert (trees.contents(target.parent), trees.contents(album)) == before


def test_an_output_gets_another_name(album: Path, manifest: Manifest, target: Path) -> None:
    rules = PublishRules(ExistingPolicy.RENAME)
    published = publish.move_to_output(album, target, manifest, rules)
    assert published == target.with_name("Album.2 (2)")
    assert publish.move_to_output(album, target, manifest, rules) == published
    assert trees.contents(target)["old.flac"] == b"old"


def test_a_replaced_output_can_be_restored(
    album: Path, manifest: Manifest, target: Path, tmp_path: Path
) -> None:
    rules = PublishRules(ExistingPolicy.REPLACE, tmp_path, lambda: NOW)
    publish.move_to_output(album, target, manifest, rules)
    (entry,) = quarantine.list_entries(tmp_path)
    assert entry.original_path == target
    assert entry.id.startswith("20261122-")
    with pytest.raises(TargetExists):
        quarantine.restore_entry(tmp_path, entry)
    target.rename(target.with_name("moved"))
    assert quarantine.restore_entry(tmp_path, entry) == target
    assert trees.contents(target)["old.flac"] == b"old"
    assert quarantine.list_entries(tmp_path) == []


def test_files_of_the_quarantine_are_deleted_after_their_days(tmp_path: Path) -> None:
    for name, days in (("old", 31), ("new", 29)):
        (tmp_path / name).touch()
        moment = NOW - timedelta(days=days)
        quarantine.move_to_quarantine(tmp_path / name, tmp_path, "test", lambda at=moment: at)
    expired = quarantine.expire_entries(tmp_path, 30, lambda: NOW)
    assert [entry.original_path.name for entry in expired] == ["old"]
    assert [entry.original_path.name for entry in quarantine.list_entries(tmp_path)] == ["new"]


def test_what_a_killed_run_left_in_quarantine_expires(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entry = quarantine.move_to_quarantine(tmp_path / "file", tmp_path, "test")
    folder = tmp_path / quarantine.FOLDER / entry.id
    (folder / "content").rename(tmp_path / "file")  # as of a kill before the move
    assert quarantine.list_entries(tmp_path) == []
    quarantine.expire_entries(tmp_path, 30)
    assert folder.exists()
    quarantine.expire_entries(tmp_path, 30, lambda: datetime.now(UTC) + timedelta(days=31))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file"]


def test_a_damaged_record_of_the_quarantine_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    entry = quarantine.move_to_quarantine(tmp_path / "file", tmp_path, "test")
    (tmp_path / quarantine.FOLDER / entry.id / "record.json").write_text("{}")
    with pytest.raises(WorkingFilesChanged, match=r"record\.json .*named content"):
        quarantine.list_entries(tmp_path)


@pytest.mark.parametrize("kind", ["changed", "missing", "added", "link"])
def test_a_changed_working_folder_is_not_published(
    kind: str, album: Path, manifest: Manifest, tmp_path: Path
) -> None:
    path = album / "CD1" / "01.flac"
    if kind == "changed":
        path.write_bytes(b"ONE" * 40_000)
    elif kind == "added":
        (path := album / "added.flac").touch()
    else:
        path.rename(tmp_path / "elsewhere.flac")
        if kind == "link":
            path.symlink_to(tmp_path / "elsewhere.flac")
    before = trees.contents(album)
    for act in (
        lambda: publish.move_to_output(album, tmp_path / "out", manifest),
        lambda: publish.copy_to_archive(album, tmp_path / "out", manifest, {}),
    ):
        with pytest.raises(WorkingFilesChanged, match=f"{path.name} is not as recorded"):
            act()
    assert trees.contents(album) == before
    assert sorted(path.name for path in tmp_path.iterdir() if "mediakeep" in path.name) == []


def test_what_was_added_after_publishing_is_kept(
    album: Path, manifest: Manifest, tmp_path: Path
) -> None:
    publish.copy_to_archive(album, tmp_path / "out", manifest, {})
    (tmp_path / "out" / publish.METADATA_FILE).unlink()
    (album / "added.txt").write_text("mine")
    with pytest.raises(WorkingFilesChanged, match=r"added\.txt .*It is kept"):
        publish.move_to_output(album, tmp_path / "out", manifest)
    assert (album / "added.txt").read_text() == "mine"
