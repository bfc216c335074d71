"""Folders that several albums or homes have published: what belongs to others is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mediakeep.app.jobs import remove_files
from mediakeep.errors import UsageError
from mediakeep.item import Status
from mediakeep.workspace import folder_owners
from tests import job_home, job_kinds
from tests.albums.test_albums import ALBUM, OUTPUTS, SOURCES, check_published
from tests.job_kinds import AlbumHome


@pytest.fixture
def other(albums: AlbumHome) -> AlbumHome:
    """Another home and library, with the same output and archive folder."""
    folders = {"output_dir": albums.output, "archive_dir": albums.archive}
    return AlbumHome(albums.root / "other", {**folders, "existing": "replace"})


def roll_back_album(albums: AlbumHome, name: str = ALBUM) -> list[str]:
    return remove_files.roll_back(albums.context, name, albums.settings()).lines


def list_owners(folder: Path) -> list[str]:
    return [Path(owner.home).parent.name for owner in folder_owners.read_owners(folder)]


def test_a_rollback_keeps_the_folders_of_another_home(albums: AlbumHome, other: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    other.make(ALBUM, tracks=3)
    other.convert()
    before = job_home.contents(albums.output), job_home.contents(albums.archive)
    lines = roll_back_album(albums)
    owner = f"it belongs to the conversion of {other.library / ALBUM} (home {other.path})"
    assert lines[1:] == [
        f"Kept: {albums.output / ALBUM}: {owner}",
        f"Kept: {albums.archive / ALBUM}: {owner}",
    ]
    assert (job_home.contents(albums.output), job_home.contents(albums.archive)) == before
    assert [line.partition(":")[0] for line in roll_back_album(other)[1:]] == (
        ["Moved to quarantine"] * 2
    )
    assert job_home.names(albums.output) == job_home.names(albums.archive) == []


def test_a_rollback_keeps_the_folders_of_another_album(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    shutil.copytree(albums.library, albums.root / "more")
    job_kinds.tag(albums.root / "more" / ALBUM / "01 T.flac", title="Other")
    albums.prepare(f"../more/{ALBUM}", existing="replace")
    albums.process(existing="replace")
    (key,) = set(albums.context.read_state().items) - {ALBUM}
    assert albums.item(key).playback_path == albums.item(ALBUM).playback_path
    assert [line[:4] for line in roll_back_album(albums)[1:]] == ["Kept", "Kept"]
    assert job_home.names(albums.output / ALBUM) == OUTPUTS
    assert [line[:5] for line in roll_back_album(albums, key)[1:]] == ["Moved", "Moved"]


def test_a_moved_home_keeps_its_albums(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    albums.path.rename(albums.root / "moved")
    moved = _MovedHome(albums.root)
    job_kinds.tag(albums.library / ALBUM / "01 T.flac", title="New")
    moved.convert()
    check_published(moved)
    assert list_owners(albums.output / ALBUM) == [albums.root.name]
    assert [line[:5] for line in roll_back_album(moved)[1:]] == ["Moved", "Moved"]


class _MovedHome(AlbumHome):
    @property
    def path(self) -> Path:
        return self.root / "moved"


def test_an_album_does_not_replace_what_belongs_to_another_home(
    albums: AlbumHome, other: AlbumHome
) -> None:
    albums.make(ALBUM)
    albums.convert()
    other.make(ALBUM, tracks=3)
    other.convert()
    before = job_home.contents(albums.output)
    job_kinds.tag(albums.library / ALBUM / "01 T.flac", title="New")
    albums.convert(archive_dir=None)
    item = albums.item(ALBUM)
    assert (item.status, item.processing_stage) == (Status.ERROR, "failed_finalize")
    assert "exists already" in item.error_message
    assert job_home.contents(albums.output) == before


def test_a_mirror_keeps_what_belongs_to_another_home(albums: AlbumHome, other: AlbumHome) -> None:
    albums.make(ALBUM, *(f"Art/{n}" for n in range(9)), tracks=1)
    albums.convert(profile="keep")
    other.make(ALBUM)
    other.convert()
    shutil.rmtree(albums.library / ALBUM)
    lines = albums.prepare(mirror=True)
    assert lines[-1].startswith(f"Kept: {albums.output / ALBUM}: it belongs to the conversion of ")
    assert job_home.names(albums.output / ALBUM) == OUTPUTS
    assert albums.item(ALBUM).playback_path == ""
    assert remove_files.remove_outputs(albums.context, albums.settings(mirror=True)).lines == []


def test_an_archive_of_several_profiles_is_kept_until_the_last_is_rolled_back(
    albums: AlbumHome,
) -> None:
    albums.make(ALBUM)
    albums.convert()
    mp3 = albums.root / "{profile}"
    albums.prepare(ALBUM, profile="mp3-v0", output_dir=mp3)
    albums.process()
    (key,) = set(albums.context.read_state().items) - {ALBUM}
    job_kinds.tag(albums.library / ALBUM / "01 T.flac", title="New")
    albums.prepare()
    albums.reset(key)
    albums.process()  # each replaces the common archive, or finds it
    assert [albums.item(name).status for name in (ALBUM, key)] == [Status.COMPLETED] * 2
    assert len(folder_owners.read_owners(albums.archive / ALBUM)) == 2
    assert len(job_home.quarantined(albums.archive)) == 1
    kept, *rest = reversed(roll_back_album(albums))
    assert kept.startswith(f"Kept: {albums.archive / ALBUM}: ")
    assert kept.endswith(", too")
    assert rest[0] == f"Moved to quarantine: {albums.output / ALBUM}"
    roll_back_album(albums, key)
    assert job_home.names(albums.archive) == job_home.names(albums.root / "mp3-v0") == []


def test_an_original_is_not_restored_from_the_archive_of_another_album(
    albums: AlbumHome, other: AlbumHome
) -> None:
    albums.make(ALBUM)
    albums.convert(delete_original=True)
    other.make(ALBUM, tracks=3)
    other.convert()
    with pytest.raises(UsageError, match=r"cannot be restored.*quarantine"):
        roll_back_album(albums)
    assert job_home.names(albums.library) == []


def test_equal_folders_of_two_homes_belong_to_both(albums: AlbumHome, other: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert(profile="keep")
    shutil.copytree(albums.library, other.library)
    other.path.mkdir()
    other.convert(profile="keep")
    assert list_owners(albums.output / ALBUM) == [albums.root.name, "other"]
    assert [line[:4] for line in roll_back_album(albums)[1:]] == ["Kept"] * 2
    assert list_owners(albums.output / ALBUM) == ["other"]
    assert job_home.names(albums.output / ALBUM) == SOURCES


def test_an_album_that_was_published_before_is_converted_without_its_owners(
    albums: AlbumHome,
) -> None:
    albums.make(ALBUM)
    albums.convert(profile="keep")
    next_home = AlbumHome(albums.root / "next")
    next_home.path.mkdir(parents=True)
    albums.output.rename(next_home.library)
    before = job_home.contents(next_home.library)
    next_home.convert(delete_original=True)
    check_published(next_home)
    assert not (next_home.library / ALBUM).exists()
    roll_back_album(next_home)
    assert job_home.contents(next_home.library) == before


def kill_after_move(albums: AlbumHome) -> Path:
    """Kill a batch after it has published an album in a folder; return the output."""
    first = albums.root / "first"
    albums.make(ALBUM)
    albums.prepare()
    assert albums.kill_at(3, "first/Art", output_dir=first)
    assert job_home.names(first / ALBUM) == OUTPUTS
    assert not albums.item(ALBUM).playback_path
    return first / ALBUM


def test_an_output_is_found_in_its_folder_if_that_was_not_recorded(albums: AlbumHome) -> None:
    output = kill_after_move(albums)
    albums.process()
    item = albums.item(ALBUM)
    assert (item.status, item.playback_path) == (Status.COMPLETED, str(output))
    assert (job_home.names(output), job_home.names(albums.output)) == (OUTPUTS, [])


def test_a_rollback_finds_an_output_that_was_not_recorded(albums: AlbumHome) -> None:
    output = kill_after_move(albums)
    assert f"Moved to quarantine: {output}" in roll_back_album(albums)
    assert job_home.names(output.parent) == []


def test_a_new_conversion_goes_to_the_new_folder(albums: AlbumHome) -> None:
    (albums.path / "mediakeep.toml").parent.mkdir(parents=True)
    (albums.path / "mediakeep.toml").write_text(
        "[processing]\ncleanup_working_on_success = false\n"
    )
    albums.make(ALBUM)
    albums.convert(profile="keep", archive_dir=albums.root / "first")
    albums.reset(ALBUM, "converting")
    albums.process(profile="keep", output_dir=albums.root / "new")
    assert job_home.names(albums.root / "new" / ALBUM) == SOURCES
    assert albums.item(ALBUM).archive_path == str(albums.archive / ALBUM)


def test_an_output_that_was_not_recorded_is_replaced_at_its_place(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    (albums.output / ALBUM).mkdir(parents=True)
    (albums.output / ALBUM / "mine").write_text("mine")
    link = albums.library / ALBUM / "link.txt"
    link.symlink_to("rip.log")
    albums.convert(existing="rename", delete_original=True)
    assert albums.item(ALBUM).processing_stage == "failed_finalize"
    link.unlink()
    albums.prepare()
    albums.reset(ALBUM)
    albums.process(existing="rename", delete_original=True)
    assert albums.item(ALBUM).playback_path == f"{albums.output / ALBUM} (2)"
    assert job_home.quarantined(albums.output) == [f"{albums.output / ALBUM} (2)"]


def test_another_profile_does_not_replace_an_output_in_the_same_folder(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    albums.prepare(ALBUM, profile="mp3-v0")
    albums.process()
    (key,) = set(albums.context.read_state().items) - {ALBUM}
    assert "exists already" in albums.item(key).error_message
    assert job_home.names(albums.output / ALBUM) == OUTPUTS


def test_the_quarantine_of_an_added_album_with_its_own_folder_expires(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    own = albums.root / "{profile}"
    albums.prepare(ALBUM, profile="keep", output_dir=own)
    albums.process()
    (key,) = albums.context.read_state().items
    job_kinds.tag(albums.library / ALBUM / "01 T.flac", title="New")
    albums.reset(key)
    albums.process()
    (record,) = (albums.root / "keep").glob(".mediakeep-quarantine/*/record.json")
    record.write_text(record.read_text().replace('"date": "20', '"date": "19'))
    albums.process()
    assert job_home.quarantined(albums.root / "keep") == []


def test_a_rollback_keeps_equal_folders_that_the_user_had_before(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert(profile="keep")
    user = AlbumHome(albums.root / "user")
    without_owners = shutil.ignore_patterns(".mediakeep-*")
    for name in ("home", "library", "output", "archive"):
        ignore = shutil.ignore_patterns("*") if name == "home" else without_owners
        shutil.copytree(albums.root / name, user.root / name, ignore=ignore)
    user.convert(profile="keep")
    assert user.item(ALBUM).status is Status.COMPLETED
    assert list_owners(user.output / ALBUM) == list_owners(user.archive / ALBUM) == []
    assert [line[:4] for line in roll_back_album(user)[1:]] == ["Kept"] * 2
    assert job_home.names(user.output / ALBUM) == SOURCES
    assert job_home.names(user.archive / ALBUM) == job_home.names(albums.archive / ALBUM)


def test_an_original_is_kept_if_its_archive_is_a_folder_of_the_user(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    shutil.copytree(albums.library, albums.archive)
    albums.convert(delete_original=True)
    assert "not an archive that mediakeep has made" in albums.item(ALBUM).error_message
    assert job_home.names(albums.library / ALBUM) == SOURCES


def test_the_archive_of_a_deleted_original_is_not_replaced(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert(profile="keep", delete_original=True)
    before = job_home.contents(albums.archive)
    albums.make(ALBUM, tracks=3)
    albums.reset(ALBUM)
    albums.process(profile="keep")
    assert "exists already" in albums.item(ALBUM).error_message
    assert job_home.contents(albums.archive) == before
    albums.reset(ALBUM)
    albums.process(profile="keep", existing="rename")
    item = albums.item(ALBUM)
    assert (item.archive_path, item.original_deleted) == (f"{albums.archive / ALBUM} (2)", False)
    assert job_home.contents(albums.archive / ALBUM) == {
        name.removeprefix(f"{ALBUM}/"): data for name, data in before.items()
    }
