"""Albums through all stages: normal, interrupted, partial, failing, cleaned up."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess

import mutagen
import pytest

from mediakeep.albums import process
from mediakeep.albums.item import ALBUMS, AlbumItem
from mediakeep.app.jobs import prepare_items, remove_files
from mediakeep.app.jobs.job_request import Preparation
from mediakeep.app.queue_admin import show
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.commands.console import ClickConsole
from mediakeep.errors import UsageError
from mediakeep.item import Status
from mediakeep.media.audio import essence
from mediakeep.media.encoding import pcm_source
from mediakeep.outcome import NO_PROGRESS, Outcome, Stamp, Work
from mediakeep.queue import readonly
from mediakeep.queue.history import index
from mediakeep.queue.queue import Queue
from mediakeep.queue.store import QueueChange
from mediakeep.runner import tasks
from tests import job_home, job_kinds
from tests.job_kinds import AlbumHome
from tests.media.encoding import sounds

ALBUM = "Art/One"
OUTPUTS = ["01 T.opus", "02 T.opus", "rip.log"]
SOURCES = ["01 T.flac", "02 T.flac", "rip.log"]


def check_published(albums: AlbumHome, name: str = ALBUM) -> None:
    """Check that output and archive of an album are whole, and that its item is completed."""
    assert job_home.names(albums.output / name) == OUTPUTS
    assert job_home.names(albums.archive / name) == [
        *SOURCES[:2],
        "archive_metadata.json",
        SOURCES[2],
    ]
    item = albums.item(name)
    assert (item.status, item.processing_stage) == (Status.COMPLETED, "completed")
    assert (item.working_source_path, item.working_processed_path) == ("", "")
    for track in (albums.output / name).glob("*.opus"):
        assert pcm_source.count_samples(track) == pytest.approx(
            job_kinds.SAMPLES * 480 / 441, abs=1
        )


def test_normal(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    before = job_home.contents(albums.library)
    assert albums.prepare() == ["New queue: 1 album, 2 tracks."]
    albums.process()
    check_published(albums)
    assert job_home.contents(albums.library) == before
    assert albums.working_folders() == []
    item, report = albums.item(ALBUM), albums.report(ALBUM)
    assert item.archive_path == str(albums.archive / ALBUM)
    assert item.playback_path == str(albums.output / ALBUM) == report["output"]
    assert (albums.path / item.report).read_text().startswith("# Art/One\n")
    (row, _) = report["tracks"]
    assert row["source_samples"] == job_kinds.SAMPLES
    assert row["samples"] == round(job_kinds.SAMPLES * 480 / 441)
    assert (row["attempts"], row["verified"], row["encoder"][:7]) == (1, "full", "libopus")
    assert row["size"] == (albums.output / ALBUM / "01 T.opus").stat().st_size
    assert row["settings"]["profile"]["name"] == "opus"
    track = mutagen.File(albums.output / ALBUM / "02 T.opus")
    assert (track["title"], track["album"], track["artist"]) == (["T 2"], ["One"], ["Art"])
    assert int(track["R128_ALBUM_GAIN"][0]) == int(track["R128_TRACK_GAIN"][0]) < 0
    metadata = json.loads((albums.archive / ALBUM / "archive_metadata.json").read_text())
    assert metadata["original"] == str(albums.library / ALBUM)
    assert len(metadata["files"]) == 3
    check_history(albums)


def check_history(albums: AlbumHome) -> None:
    """Check the sizes, the length and the cost of the only album in the history."""
    folder = albums.context.location.folder
    records = readonly.load_state_and_position(folder, ALBUMS).records
    query = (
        "SELECT facts FROM stages WHERE stage = 'finalizing'",
        "SELECT count(*), count(cpu_seconds), min(peak_memory) FROM processing_history",
        "SELECT peak_memory FROM albums",
        "SELECT sum(tracks), sum(converted) FROM processing_history",
    )
    (facts,), (runs, measured, least), (peak,), tracks = index.query_history_index(
        folder, lambda base: [base.execute(one).fetchone() for one in query], records, ALBUMS
    )
    assert runs == measured == 5
    assert tracks == (2, 2)  # reports add up the first, so each track is in it once
    assert peak >= least > 1_000_000
    sizes = {
        name: sum(path.stat().st_size for path in place.glob("[!.]*"))
        for name, place in (
            ("input_bytes", albums.library / ALBUM),
            ("output_bytes", albums.output / ALBUM),
        )
    }
    assert json.loads(facts)["audio_seconds"] == pytest.approx(
        2 * job_kinds.SAMPLES / sounds.RATE, abs=0.01
    )
    assert sizes == {name: json.loads(facts)[name] for name in sizes}


def test_several_albums_with_discs_and_lossy_tracks(albums: AlbumHome) -> None:
    albums.make("A/One", "B/Two/CD 1", "B/Two/CD 2")
    (albums.library / "B" / "Two" / "CD 2" / "01 T.flac").unlink()
    sounds.convert(albums.master, albums.library / "A" / "One" / "01 T.mp3", "mp3-v0")
    shutil.copyfile(albums.master, albums.library / "stray.flac")
    lines = albums.prepare()
    assert lines[0] == "New queue: 2 albums, 6 tracks."
    assert "1 audio file in" in lines[1]
    assert "stray.flac" in lines[1]
    albums.process()
    assert job_home.names(albums.output) == [
        *("A/One/01 T.mp3", "A/One/01 T.opus", "A/One/02 T.opus", "A/One/rip.log"),
        *("B/Two/CD 1/01 T.opus", "B/Two/CD 1/02 T.opus", "B/Two/CD 1/rip.log"),
        *("B/Two/CD 2/02 T.opus", "B/Two/CD 2/rip.log"),
    ]
    copies = (folder / "A/One/01 T.mp3" for folder in (albums.output, albums.library))
    assert len(set(map(essence.compute_audio_hash, copies))) == 1


def test_partial_an_album_with_a_bad_track_keeps_its_good_ones(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=3, damaged=1)
    albums.convert(attempts=2)
    item = albums.item(ALBUM)
    assert (item.status, item.processing_stage) == (Status.ERROR, "failed_convert")
    assert item.error_message.startswith("1 of 3 tracks not converted. 01 T.flac: ")
    assert "_source" not in item.error_message  # the path in the working folders
    assert (job_home.names(albums.output), job_home.names(albums.archive)) == ([], [])
    good = list(albums.working.glob("*_processed/*.opus"))
    assert sorted(path.name for path in good) == ["02 T.opus", "03 T.opus"]
    report = albums.report(ALBUM)
    assert report["status"] == "failed_convert"
    assert "01 T.flac" in report["message"]
    before = {path: path.stat().st_ino for path in good}
    albums.reset(ALBUM)
    shutil.copyfile(albums.library / ALBUM / "02 T.flac", albums.library / ALBUM / "01 T.flac")
    albums.convert()
    assert albums.item(ALBUM).status is Status.COMPLETED
    kept = {path.stat().st_ino for path in (albums.output / ALBUM).glob("*.opus")}
    assert set(before.values()) < kept  # the good tracks were not encoded again


def test_rules_for_a_folder_fit_untagged_albums(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    track = mutagen.File(albums.library / ALBUM / "01 T.flac")
    track.delete()
    (albums.path / "mediakeep.toml").write_text(
        '[[rules]]\nfolder = "Art/*"\naction = "encode"\nprofile = "alac"\n'
    )
    albums.convert()
    assert job_home.names(albums.output / ALBUM) == ["01 T.m4a", "rip.log"]


@pytest.mark.parametrize("content", [b"", b"fLaC", b"<html>", None])
def test_a_damaged_track_is_not_tried_again(albums: AlbumHome, content: bytes | None) -> None:
    albums.make(ALBUM, damaged=1)
    if content is not None:
        (albums.library / ALBUM / "01 T.flac").write_bytes(content)
    albums.convert(attempts=3)
    item = albums.item(ALBUM)
    assert (item.status, item.attempts) == (Status.ERROR, {"converting": 1})
    assert item.processing_stage == "failed_convert"
    assert "1 of 2 tracks not converted. 01 T.flac: " in item.error_message
    if content is None:  # the others have no audio, and so no part
        assert albums.report(ALBUM)["tracks"][0]["error"].startswith("is damaged: ")
    attempts = [len(path.read_bytes()) for path in albums.working.glob("*_state/attempts/*")]
    assert attempts == [1]  # of the healthy track


def test_keep_going_publishes_the_good_tracks_but_deletes_nothing(albums: AlbumHome) -> None:
    albums.make(ALBUM, damaged=1)
    albums.convert(keep_going=True, delete_original=True)
    item = albums.item(ALBUM)
    assert (item.status, item.failed_tracks) == (Status.COMPLETED, 1)
    assert job_home.names(albums.output / ALBUM) == OUTPUTS[1:]
    assert job_home.names(albums.library / ALBUM) == SOURCES
    lost = "1 track not converted"
    assert show.show_list(albums.context).lines == [f"completed    {ALBUM}  ({lost})"]
    assert f"  {lost}" in show.show_summary(albums.context).lines


@pytest.mark.parametrize("on_failure", [True, False])
@pytest.mark.parametrize("on_success", [True, False])
def test_clean_up_by_setting(albums: AlbumHome, on_success: bool, on_failure: bool) -> None:
    albums.make("Art/Good", "Art/Bad")
    (albums.library / "Art" / "Bad" / "01 T.flac").write_bytes(b"fLaC")
    (albums.path / "mediakeep.toml").write_text(
        "[processing]\n"
        f"cleanup_working_on_success = {str(on_success).lower()}\n"
        f"cleanup_working_on_failure = {str(on_failure).lower()}\n"
    )
    albums.convert()
    kept = sum(1 for keep in (not on_success, not on_failure) if keep)
    assert albums.working_folders().count("source") == kept
    assert albums.item("Art/Good").status is Status.COMPLETED
    bad = albums.item("Art/Bad")
    assert (bad.status, bad.processing_stage) == (Status.ERROR, "failed_convert")
    assert bool(bad.working_source_path) is not on_failure


def test_archive_failure(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.archive.write_text("not a folder")
    albums.convert(delete_original=True)
    item = albums.item(ALBUM)
    assert (item.status, item.processing_stage) == (Status.ERROR, "failed_archive")
    assert job_home.names(albums.output) == []
    assert job_home.names(albums.library / ALBUM) == SOURCES
    albums.archive.unlink()
    albums.reset(ALBUM)
    albums.process(delete_original=True)
    check_published(albums)
    assert not (albums.library / ALBUM).exists()


@pytest.mark.needs("mount")
def test_a_read_only_archive(albums: AlbumHome, request: pytest.FixtureRequest) -> None:
    albums.make(ALBUM)
    albums.archive.mkdir(mode=0o500)
    if os.geteuid() == 0:  # modes do not bind root
        mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(albums.archive)]
        subprocess.run(mount, check=True)
        request.addfinalizer(lambda: subprocess.run(["umount", albums.archive], check=True))
    albums.convert(delete_original=True)
    item = albums.item(ALBUM)
    assert (item.status, item.processing_stage) == (Status.ERROR, "failed_archive")
    assert "archive" in item.error_message
    assert job_home.names(albums.library / ALBUM) == SOURCES
    assert job_home.names(albums.output) == []


@pytest.mark.parametrize(
    "changed", [{"parked": "No room"}, {"out_of_space": None}], ids=["by the field", "older queue"]
)
def test_disk_space_an_album_waits_until_there_is_enough(
    albums: AlbumHome, monkeypatch: pytest.MonkeyPatch, changed: dict[str, object]
) -> None:
    albums.make(ALBUM)
    albums.prepare()
    real = os.statvfs
    with monkeypatch.context() as patch:  # a full disk would need root to be made
        patch.setattr(os, "statvfs", lambda path: _Full(real(path)))
        result = albums.process()
    assert (result.parked, result.done_count) == (1, 0)
    item = albums.item(ALBUM)
    assert (item.status, item.attempts) == (Status.PENDING, 0)
    assert "Not enough disk space: needs " in item.parked
    assert albums.working_folders() == []
    with albums.context.open_queue() as queue:
        queue.commit(lambda _: QueueChange("edit", {ALBUM: changed}))
    albums.prepare()
    albums.process()
    check_published(albums)
    assert not albums.item(ALBUM).out_of_space


class _Full:
    def __init__(self, real: os.statvfs_result) -> None:
        self.f_bavail, self.f_frsize, self.f_blocks = 0, real.f_frsize, real.f_blocks


def test_an_original_is_deleted_only_after_archive_and_output_are_verified(
    albums: AlbumHome,
) -> None:
    albums.make(ALBUM)
    albums.prepare()
    with pytest.raises(UsageError, match="verify"):
        albums.process(verify="none", delete_original=True)
    with pytest.raises(UsageError, match="archive"):
        albums.process(archive_dir=None, delete_original=True)
    albums.process(delete_original=True)
    check_published(albums)
    assert not (albums.library / ALBUM).exists()
    assert albums.item(ALBUM).original_deleted
    assert albums.prepare() == ["0 albums on disk: no changes."]


def test_an_original_that_changed_after_its_copy_is_not_deleted(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.archive.write_text("not a folder")
    albums.convert(delete_original=True)
    albums.archive.unlink()
    (albums.library / ALBUM / "01 T.flac").write_bytes(b"changed")
    albums.reset(ALBUM, to="archiving")
    albums.process(delete_original=True)
    item = albums.item(ALBUM)
    assert item.processing_stage == "failed_finalize"
    assert "01 T.flac" in item.error_message
    assert (albums.library / ALBUM / "01 T.flac").read_bytes() == b"changed"


def test_an_original_is_not_deleted_if_its_tracks_were_not_verified(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.archive.write_text("not a folder")
    albums.convert(verify="none")
    albums.archive.unlink()
    albums.reset(ALBUM, to="archiving")
    albums.process(delete_original=True)
    assert "was not verified" in albums.item(ALBUM).error_message
    assert job_home.names(albums.library / ALBUM) == SOURCES


@pytest.mark.parametrize("existing", ["refuse", "rename", "replace"])
def test_an_existing_output(albums: AlbumHome, existing: str) -> None:
    albums.make(ALBUM)
    (albums.output / ALBUM).mkdir(parents=True)
    (albums.output / ALBUM / "mine").write_text("mine")
    albums.convert(existing=existing)
    item = albums.item(ALBUM)
    if existing == "refuse":
        assert item.processing_stage == "failed_finalize"
        assert job_home.names(albums.output) == ["Art/One/mine"]
    elif existing == "rename":
        assert job_home.names(albums.output)[3:] == ["Art/One/mine"]
        assert item.playback_path == str(albums.output / "Art" / "One (2)")
    else:
        check_published(albums)
        assert job_home.quarantined(albums.output) == [str(albums.output / ALBUM)]
        (record,) = albums.output.glob(".mediakeep-quarantine/*/record.json")
        record.write_text(record.read_text().replace('"date": "20', '"date": "19'))
        albums.process()
        assert job_home.quarantined(albums.output) == []  # it was kept for long enough


def test_a_mirror_follows_its_library_and_opens_no_file_without_need(albums: AlbumHome) -> None:
    albums.make("Art/One", "Art/Two", *(f"Art/{n}" for n in range(3, 12)), tracks=1)
    assert albums.list_opened(mirror=True, profile="keep") != []
    assert albums.list_opened(mirror=True, profile="keep") == []
    shutil.rmtree(albums.library / "Art" / "Two")
    job_kinds.tag(albums.library / "Art" / "One" / "01 T.flac", title="New")
    lines = albums.prepare(mirror=True, profile="keep")
    assert lines[-1] == "Outputs of vanished sources moved to quarantine: Art/Two."
    albums.process(mirror=True, profile="keep")
    assert not (albums.output / "Art" / "Two").exists()
    new = mutagen.File(albums.output / "Art" / "One" / "01 T.flac")
    assert new["title"] == ["New"]
    assert job_home.quarantined(albums.output) == [
        str(albums.output / "Art" / name) for name in ("One", "Two")
    ]


def test_a_removed_output_is_named_and_a_mirror_makes_it_again(albums: AlbumHome) -> None:
    albums.make(ALBUM, "Art/Two", tracks=1)
    albums.convert()
    before = job_home.names(albums.output)
    shutil.rmtree(albums.output / ALBUM)
    hint = "To make them again, add --mirror, or --album NAME for one."
    line = albums.prepare()[-1]
    assert line == f"Missing outputs: Art/One. {hint}"
    careful, preparation = (
        ManagerContext(albums.path, ALBUMS, ClickConsole()),
        Preparation(albums.settings(mirror=True)),
    )
    for prepare in (prepare_items.prepare, lambda *args: prepare_items.preview(*args).refusal):
        (line,) = prepare(careful, preparation).lines
        assert line.endswith("folder is mounted. To make them again, add --yes.")
    assert albums.item(ALBUM).status is Status.COMPLETED
    preview = prepare_items.preview(albums.context, preparation)
    assert preview.state.items[ALBUM].status is Status.PENDING
    assert albums.prepare(mirror=True)[-1] == "Missing outputs are made again: Art/One."
    assert albums.process(mirror=True).claimed == 1
    assert job_home.names(albums.output) == before
    assert albums.prepare(mirror=True) == ["2 albums on disk: no changes."]


def test_a_mirror_counts_the_missing_outputs_of_each_output_folder(
    albums: AlbumHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    albums.make(*(f"Art/{n}" for n in range(11)), tracks=1)
    albums.prepare()
    paths = {f"Art/{n}": albums.output / f"Art/{n}" for n in range(10)}
    paths["Art/10"] = albums.root / "card" / "Art" / "10"
    with Queue.open(albums.context.location, ALBUMS) as queue:
        done = {
            key: {"status": Status.COMPLETED, "folder": key, "playback_path": str(path)}
            for key, path in paths.items()
        }
        queue.commit(lambda _: QueueChange("edit", done))
    for path in paths.values():
        path.mkdir(parents=True)
    careful = ManagerContext(albums.path, ALBUMS, ClickConsole())
    preparation = Preparation(albums.settings(mirror=True))

    def prepare() -> str:
        lines = prepare_items.prepare(careful, preparation).lines
        return "".join(line for line in lines if line.startswith("Missing"))

    shutil.rmtree(albums.root / "card")
    assert prepare().startswith("Missing outputs: Art/10. Check that their folder is mounted.")
    with monkeypatch.context() as failing:
        lost = OSError(errno.ENOTCONN, "lost")
        lstat = os.lstat

        def fail(path: str) -> os.stat_result:
            if "card" in str(path):
                raise lost
            return lstat(path)

        failing.setattr(os, "lstat", fail)
        assert not prepare()
    paths["Art/10"].mkdir(parents=True)
    paths["Art/3"].rmdir()
    assert prepare() == "Missing outputs are made again: Art/3."


def test_names_of_any_bytes(albums: AlbumHome) -> None:
    albums.make("Art/One", tracks=1)
    artist, track = os.fsdecode(b"A\xff\n'x"), os.fsdecode(b"\xfe [1] %s")
    folder = (albums.library / "Art").rename(albums.library / artist) / "One"
    (folder / "01 T.flac").rename(folder / f"{track}.flac")
    before = job_home.contents(albums.library)
    albums.convert(delete_original=True)
    assert job_home.names(albums.output) == [f"{artist}/One/rip.log", f"{artist}/One/{track}.opus"]
    (key,) = albums.context.read_state().items
    remove_files.roll_back(albums.context, key, albums.settings())
    assert job_home.contents(albums.library) == before


def test_an_album_whose_folder_is_missing_is_skipped(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    item = AlbumItem(status=Status.IN_PROGRESS, path=str(albums.root / "none"), output_name="x")
    work = Work(item, Stamp("session", "x", 2, 2), "preparing")
    with process.open_worker(albums.settings()) as worker:
        result = tasks.check_result(worker(work, NO_PROGRESS), work)
    assert isinstance(result, Outcome)
    assert (result.state, result.data["skip_reason"]) == (Status.SKIPPED, "vanished")


def test_a_rollback_restores_a_deleted_original(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    before = job_home.contents(albums.library)
    albums.convert(delete_original=True)
    assert job_home.names(albums.library) == []
    remove_files.roll_back(albums.context, ALBUM, albums.settings())
    assert job_home.contents(albums.library) == before
    assert job_home.names(albums.output) == job_home.names(albums.archive) == []
    assert albums.item(ALBUM).skip_reason == "rolled back"
    albums.reset(ALBUM)
    albums.process()
    check_published(albums)


def test_several_profiles_of_one_album_coexist(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.convert()
    mp3 = albums.root / "{profile}"
    albums.prepare(ALBUM, profile="mp3-v0", output_dir=mp3)
    albums.process()  # the added album has its own profile and folder
    check_published(albums)
    assert job_home.names(albums.root / "mp3-v0") == ["Art/One/01 T.mp3", "Art/One/02 T.mp3", *RIP]
    assert albums.prepare(mirror=True) == ["1 album on disk: no changes."]
    check_published(albums)


RIP = ["Art/One/rip.log"]


def test_a_changed_album_replaces_its_renamed_output(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    (albums.output / ALBUM).mkdir(parents=True)
    (albums.output / ALBUM / "mine.txt").write_text("mine")
    renamed = f"{albums.output / ALBUM} (2)"
    for title in ("Old", "New"):
        job_kinds.tag(albums.library / ALBUM / "01 T.flac", title=title)
        albums.convert(existing="rename")
        assert albums.item(ALBUM).playback_path == renamed
    assert job_home.names(albums.output) == [
        *(f"{ALBUM} (2)/{name}" for name in OUTPUTS),
        f"{ALBUM}/mine.txt",
    ]
    assert mutagen.File(f"{renamed}/01 T.opus")["title"] == ["New"]
    assert job_home.quarantined(albums.output) == [renamed]


def test_files_that_are_not_copied_are_listed_with_hidden_ones(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    folder = albums.library / ALBUM
    (folder / ".thumbs").mkdir()
    for name in (".thumbs/1.jpg", ".hidden.txt", "sums.md5", "._01 T.flac", "cover.jpg"):
        (folder / name).write_bytes(b"?")
    albums.convert()
    listed = {one["path"]: one["reason"] for one in albums.report(ALBUM)["not_copied"]}
    hidden = "it is hidden, ignored, or a file of the operating system"
    assert listed == {
        "sums.md5": "it has checksums of the source files",
        **dict.fromkeys((".hidden.txt", ".thumbs/1.jpg", "._01 T.flac"), hidden),
    }
    assert set(listed) < set(job_home.names(albums.archive / ALBUM))
