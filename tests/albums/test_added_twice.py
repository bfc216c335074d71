"""Albums that are added although the queue has them, and batches of added albums only."""

from __future__ import annotations

import shutil

import pytest

from mediakeep.albums.item import ALBUMS
from mediakeep.app.batch.batch_request import BatchOptions, BatchRequest
from mediakeep.app.jobs.job_batch import JobBatch
from mediakeep.app.jobs.job_request import Preparation, Selection
from mediakeep.app.queue_admin import show
from mediakeep.commands.display import batch_output
from mediakeep.errors import UsageError
from mediakeep.item import Status
from mediakeep.runner.batch_config import BatchConfig
from tests import job_home
from tests.albums.test_albums import OUTPUTS
from tests.job_kinds import AlbumHome


def run_added(albums: AlbumHome, *names: str, dry_run: bool = False) -> int:
    """Add albums and process them only, as a job command does; return the exit code."""
    settings = albums.settings()
    request = BatchRequest(ALBUMS, settings=settings)
    options = BatchOptions(albums.path, request, dry_run, False, BatchConfig(size=1), False)
    paths = tuple(albums.library / name for name in names)
    job = JobBatch(
        albums.context, options, Preparation(settings, add=paths), Selection(only_added=True)
    )
    with batch_output.open_output(options) as output:
        return job.run((), output)


def statuses(albums: AlbumHome) -> dict[str, str]:
    return {item.name: item.status.value for item in albums.context.read_state().items.values()}


def test_an_album_is_added_once_and_its_item_is_reused(albums: AlbumHome) -> None:
    albums.make("Art/One")
    assert albums.prepare("Art/One") == ["Added 1 album: One."]
    assert albums.prepare("Art/One") == ["One is in the queue already."]
    albums.process()
    (key,) = albums.context.read_state().items
    (line,) = albums.prepare("Art/One")
    assert line == f"One is already done: {albums.item(key).playback_path}."
    (albums.library / "Art/One/notes.txt").write_text("new")
    (albums.library / "Art/One/02 T.flac").unlink()
    assert albums.prepare("Art/One") == ["One is in the queue already, and pending again."]
    (item,) = albums.context.read_state().items.values()
    assert (item.status, getattr(item, "track_count", 0)) == (Status.PENDING, 1)
    assert item.added_date
    assert albums.prepare("Art/One", profile="flac") == ["Added 1 album: One."]


def test_a_batch_of_added_albums_leaves_all_others(
    albums: AlbumHome, capsys: pytest.CaptureFixture[str]
) -> None:
    albums.make("Art/One", "Art/Two", "Art/Three")
    albums.prepare("Art/Three")
    assert run_added(albums, "Art/One", "Art/Two", dry_run=True) == 0
    assert "[2/2]" in capsys.readouterr().out
    assert statuses(albums) == {"Three": "pending"}
    assert run_added(albums, "Art/One", "Art/Two") == 0
    assert statuses(albums) == {"Three": "pending", "One": "completed", "Two": "completed"}
    capsys.readouterr()
    assert run_added(albums, "Art/One", "Art/Three") == 0
    assert "One is already done: " in capsys.readouterr().out
    assert set(statuses(albums).values()) == {"completed"}


def test_an_album_that_another_item_has_deleted_does_not_end_the_batch(albums: AlbumHome) -> None:
    albums.make("Art/One", "Art/Two")
    albums.prepare()
    albums.prepare("Art/One", profile="flac")
    albums.process(delete_original=True)
    found = sorted(item.status.value for item in albums.context.read_state().items.values())
    assert found == ["completed", "completed", "skipped"]


@pytest.mark.parametrize("was_reset", [False, True])
def test_a_mirror_keeps_the_output_of_an_album_that_another_item_has_deleted(
    albums: AlbumHome, was_reset: bool
) -> None:
    albums.make("Art/One", "Art/Two")
    albums.convert()
    albums.prepare("Art/One", profile="flac", output_dir=albums.root / "flac")
    albums.process(delete_original=True)
    if was_reset:
        albums.reset("Art/One")
        albums.process()
    assert not (albums.library / "Art/One").exists()
    albums.prepare(mirror=True)
    assert job_home.names(albums.output / "Art/One") == OUTPUTS


SECOND = {"profile": "mp3-v0", "mirror": True}
MP3 = ["01 T.mp3", "02 T.mp3", "rip.log"]


def test_a_run_with_other_settings_names_what_is_done_with_the_first_ones(
    albums: AlbumHome,
) -> None:
    albums.make("Art/One", "Art/Two", "Art/Three")
    second = {"profile": "mp3-v0", "output_dir": albums.root / "mp3"}
    for name in ("Art/One", "Art/Two"):
        albums.prepare(name, output_dir=albums.root / "{profile}")
    albums.process()
    line = albums.prepare("Art/Three", **second)[-1]
    hint = "Add --also to have both; they need two output folders."
    done, wanted = f"opus in {albums.root}/opus", f"mp3-v0 in {albums.root}/mp3"
    assert line == f"Done in {done}, but not in {wanted}: 2 of 3. {hint}"
    lines = albums.prepare(output_dir=albums.root / "opus")
    assert lines == ["3 albums on disk: no changes."]
    line = albums.prepare(profile="flac", output_dir=albums.root / "opus")[-1]
    assert line.startswith("Done in opus in")


@pytest.mark.long
def test_a_mirror_in_a_second_profile_follows_the_library(albums: AlbumHome) -> None:
    albums.make("Art/One", "Art/Two", "Art/Three", "Art/Four")
    albums.convert()
    first = job_home.contents(albums.output)
    second = {**SECOND, "output_dir": albums.root / "mp3"}
    with pytest.raises(UsageError, match="another output folder"):
        albums.prepare(profile="mp3-v0", also=True)
    albums.convert(**second, also=True)
    assert job_home.names(albums.root / "mp3/Art/One") == MP3
    assert job_home.contents(albums.output) == first
    counts = show.show_summary(albums.context).lines[1]
    assert counts.endswith("8 of 8 albums completed (100.0%), from 4 sources")
    (albums.library / "Art/One/02 T.flac").unlink()
    shutil.rmtree(albums.library / "Art/Two")
    albums.make("Art/Five")
    albums.convert(**second)  # also without --also: the first twin keeps profile and folder
    assert job_home.names(albums.root / "mp3/Art/One") == ["01 T.mp3", "rip.log"]
    assert job_home.names(albums.output / "Art/One") == ["01 T.opus", "rip.log"]
    for folder in (albums.output, albums.root / "mp3"):
        assert not (folder / "Art/Two").exists()
    assert job_home.names(albums.root / "mp3/Art/Five") == MP3
    assert not (albums.output / "Art/Five").exists()
    albums.convert(mirror=True, also=True)
    assert job_home.names(albums.output / "Art/Five") == OUTPUTS
    assert set(statuses(albums).values()) == {"completed", "skipped"}
