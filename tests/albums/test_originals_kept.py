"""Originals that are rolled back, or whose only copy is a working folder."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from mediakeep.app.jobs import remove_files
from mediakeep.app.queue_admin import reset
from mediakeep.errors import WorkingFilesChanged
from mediakeep.item import Status
from mediakeep.queue import actions
from tests import job_home
from tests.albums.test_albums import ALBUM, OUTPUTS, SOURCES, check_published
from tests.albums.test_interrupted import ARCHIVED, interrupt
from tests.crash.tap import FileCall, Tap
from tests.job_kinds import AlbumHome


def test_an_original_with_a_metadata_file_is_restored_from_its_archive(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    (albums.library / ALBUM / "archive_metadata.json").write_text('{"files": []}')
    before = job_home.contents(albums.library)
    albums.convert(delete_original=True)
    assert job_home.names(albums.library) == []
    remove_files.roll_back(albums.context, ALBUM, albums.settings())
    assert job_home.contents(albums.library) == before


def test_a_rollback_that_was_killed_at_its_end_continues(
    albums: AlbumHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    albums.make(ALBUM)
    before = job_home.contents(albums.library)
    albums.convert(delete_original=True)
    skip_item = actions.skip_item

    def die(*args: object) -> object:
        if remove_files.ROLLED_BACK in args:
            os._exit(1)
        return skip_item(*args)  # type: ignore[arg-type]

    child = os.fork()
    if not child:
        try:
            monkeypatch.setattr(actions, "skip_item", die)  # killed between two steps
            remove_files.roll_back(albums.context, ALBUM, albums.settings())
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert albums.item(ALBUM).skip_reason == remove_files.UNFINISHED
    remove_files.roll_back(albums.context, ALBUM, albums.settings())
    assert albums.item(ALBUM).skip_reason == remove_files.ROLLED_BACK
    assert job_home.contents(albums.library) == before


def test_cleanup_keeps_the_only_copy_of_an_original(albums: AlbumHome) -> None:
    albums.make(ALBUM, damaged=1)
    albums.convert()
    assert albums.item(ALBUM).status is Status.ERROR
    original = albums.library / ALBUM
    original.rename(albums.root / "away")
    settings = albums.settings()
    assert remove_files.list_clean_up(albums.context, settings).lines == ["Nothing to clean up."]
    remove_files.clean_up(albums.context, settings)
    (source,) = albums.working.glob("*_source")
    assert job_home.contents(source) == job_home.contents(albums.root / "away")
    (albums.root / "away").rename(original)
    remove_files.clean_up(albums.context, settings)
    assert albums.working_folders() == []


def test_an_original_with_other_times_than_its_copy_is_deleted(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.output.mkdir()
    shutil.copytree(albums.library / ALBUM, albums.output / ALBUM)
    albums.convert(delete_original=True)
    assert albums.item(ALBUM).processing_stage == "failed_finalize"
    shutil.rmtree(albums.output / ALBUM)
    os.utime(albums.library / ALBUM / "01 T.flac", (0, 0))
    albums.reset(ALBUM, "finalizing")
    albums.process(delete_original=True)
    check_published(albums)
    assert list(albums.library.rglob("*.flac")) == []


def test_an_emptied_original_replaces_nothing(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    albums.reset(ALBUM)
    for track in (albums.library / ALBUM).glob("*.flac"):
        track.unlink()
    albums.process()
    assert (albums.item(ALBUM).status, albums.item(ALBUM).skip_reason) == (Status.SKIPPED, "empty")
    assert job_home.names(albums.output / ALBUM) == OUTPUTS
    assert job_home.names(albums.archive / ALBUM) == ARCHIVED


def test_an_album_whose_original_is_emptied_continues_with_its_copy(albums: AlbumHome) -> None:
    interrupt(albums)
    for track in (albums.library / ALBUM).glob("*.flac"):
        track.unlink()
    albums.process()
    check_published(albums)


def test_an_archive_with_that_of_another_album_is_not_replaced(albums: AlbumHome) -> None:
    albums.make("Art")
    albums.convert()
    shutil.rmtree(albums.library / "Art")
    albums.make(ALBUM)
    albums.convert()
    shutil.rmtree(albums.library / "Art")
    albums.make("Art", tracks=1)
    before = job_home.contents(albums.archive)
    albums.convert()
    item = albums.item("Art")
    assert item.processing_stage == "failed_archive"
    assert f"{albums.archive / ALBUM} exists already. It is in a folder" in item.error_message
    assert job_home.contents(albums.archive) == before


def test_an_original_is_restored_from_its_archive_if_its_copy_was_changed(
    albums: AlbumHome,
) -> None:
    albums.make(ALBUM)
    before = job_home.contents(albums.library)
    (albums.path / "mediakeep.toml").write_text(
        "[processing]\ncleanup_working_on_success = false\n"
    )
    albums.convert(delete_original=True)
    (copy,) = albums.working.glob("*_source/01 T.flac")
    copy.write_bytes(b"changed")
    with pytest.raises(WorkingFilesChanged, match="Nothing was removed"):
        remove_files.roll_back(albums.context, ALBUM, albums.settings())
    assert job_home.contents(albums.library) == before


def test_folders_that_a_deletion_empties_are_removed_below_the_library(
    albums: AlbumHome,
) -> None:
    albums.make("Art/Live/One", "Art/Two", tracks=1)
    before = job_home.contents(albums.library)
    albums.convert(delete_original=True)
    assert list(albums.library.iterdir()) == []
    for name in ("Art/Live/One", "Art/Two"):
        remove_files.roll_back(albums.context, name, albums.settings())
    assert job_home.contents(albums.library) == before


def test_an_original_with_a_link_is_kept_and_the_message_helps(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    track = albums.library / ALBUM / "02 T.flac"
    shutil.move(track, albums.root / "elsewhere.flac")
    track.symlink_to(albums.root / "elsewhere.flac")
    albums.convert(delete_original=True)
    item = albums.item(ALBUM)
    assert item.processing_stage == "failed_finalize"
    assert f"{track} is a link" in item.error_message
    assert "--retry-failed and --keep-original" in item.error_message
    assert job_home.names(albums.library / ALBUM) == SOURCES
    reset.reset_errors(albums.context)
    albums.process()
    check_published(albums)
    assert track.is_symlink()
    track.unlink()
    shutil.copyfile(albums.root / "elsewhere.flac", track)
    albums.prepare()
    albums.reset(ALBUM)
    albums.process(delete_original=True)
    check_published(albums)
    assert not (albums.library / ALBUM).exists()


def test_albums_without_their_deleted_originals_keep_their_outputs(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert(delete_original=True)
    albums.reset(ALBUM)
    albums.make("Art/Two")
    albums.prepare(mirror=True)
    albums.process(mirror=True)
    check_published(albums, "Art/Two")
    item = albums.item(ALBUM)
    assert (item.status, item.skip_reason) == (
        Status.SKIPPED,
        "its original was deleted; restore it with --rollback",
    )
    albums.prepare(mirror=True)
    assert job_home.names(albums.output / ALBUM) == OUTPUTS
    remove_files.roll_back(albums.context, ALBUM, albums.settings())
    assert job_home.names(albums.library / ALBUM) == SOURCES


def test_an_original_that_cannot_be_deleted_is_named(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.prepare()

    def refuse(call: FileCall) -> None:
        if ".mediakeep-deleted-" in call.target:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with Tap(refuse):
        albums.process(delete_original=True)
    message = albums.item(ALBUM).error_message
    assert message.startswith(f"{albums.library / ALBUM} not deleted: Permission denied. Grant")
    assert job_home.names(albums.library / ALBUM) == SOURCES
