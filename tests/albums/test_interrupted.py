"""Albums that are killed, whose working folders are lost, and whose working files are changed."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import mutagen
import pytest

from mediakeep.app.jobs import remove_files
from mediakeep.item import Status
from tests import job_home, job_kinds
from tests.albums.test_albums import ALBUM, OUTPUTS, SOURCES, check_published
from tests.job_kinds import AlbumHome
from tests.media.encoding import sounds
from tests.media.transfer import tagged_sources

ARCHIVED = [*SOURCES[:2], "archive_metadata.json", SOURCES[2]]


def interrupt(albums: AlbumHome) -> tuple[Path, Path]:
    """Kill a batch when it finishes the second of two tracks; return the working folders."""
    albums.make(ALBUM)
    albums.prepare()
    assert albums.kill_at(1, "/02 T.opus")
    (source,) = albums.working.glob("*_source")
    (processed,) = albums.working.glob("*_processed")
    assert job_home.names(processed)[-1] == "01 T.opus"
    assert source.name.startswith("Art - One [")
    return source, processed


def resume_line(albums: AlbumHome) -> str:
    """Return the only line of the log on a resumed album."""
    (line,) = [line for line in albums.log().splitlines() if "Resume: " in line]
    return line.partition("Resume: ")[2].partition('"')[0]


def test_interrupted_only_the_remaining_tracks_are_converted(albums: AlbumHome) -> None:
    interrupt(albums)
    albums.process()
    check_published(albums)
    assert resume_line(albums).endswith("the remaining tracks are converted (1 of 2 are done)")
    assert "1 of 2 tracks: Already converted (skipped)" in albums.log()
    assert [row["attempts"] for row in albums.report(ALBUM)["tracks"]] == [1, 2]


def test_working_folders_lost_processed_only(albums: AlbumHome) -> None:
    _, processed = interrupt(albums)
    shutil.rmtree(processed)
    albums.process()
    check_published(albums)
    assert resume_line(albums) == "only _source exists, so all tracks are converted again"
    assert [row["attempts"] for row in albums.report(ALBUM)["tracks"]] == [2, 2]


def test_working_folders_lost_source_only(albums: AlbumHome) -> None:
    source, _ = interrupt(albums)
    shutil.rmtree(source)
    albums.process()
    check_published(albums)
    assert resume_line(albums) == "_source is gone, so the original is copied again"
    assert [row["attempts"] for row in albums.report(ALBUM)["tracks"]] == [1, 2]


def test_working_folders_lost_both(albums: AlbumHome) -> None:
    interrupt(albums)
    shutil.rmtree(albums.working)
    albums.process()
    check_published(albums)
    assert resume_line(albums) == "the working folders are gone, so it begins with the original"


def test_working_folders_lost_and_the_original_too(albums: AlbumHome) -> None:
    interrupt(albums)
    shutil.rmtree(albums.working)
    shutil.rmtree(albums.library / ALBUM)
    albums.process()
    item = albums.item(ALBUM)
    assert (item.status, item.skip_reason) == (
        Status.SKIPPED,
        "its working folders and its original are gone",
    )
    assert resume_line(albums) == item.skip_reason
    assert job_home.names(albums.output) == job_home.names(albums.archive) == []


def test_without_resume_from_working_an_album_begins_with_its_original(albums: AlbumHome) -> None:
    source, _ = interrupt(albums)
    (source / "mine.txt").write_text("mine")
    (albums.path / "mediakeep.toml").write_text("[processing]\nresume_from_working = false\n")
    albums.process()
    check_published(albums)
    assert resume_line(albums).startswith("its working folders were set aside")
    assert str(source) in job_home.quarantined(albums.working)


def test_an_original_that_changes_meanwhile_is_copied_again(albums: AlbumHome) -> None:
    interrupt(albums)
    job_kinds.tag(albums.library / ALBUM / "01 T.flac", title="New")
    (albums.library / ALBUM / "rip.log").unlink()
    albums.convert()
    assert resume_line(albums) == "the original has changed, so it is copied again"
    assert job_home.names(albums.output / ALBUM) == OUTPUTS[:2]
    assert mutagen.File(albums.output / ALBUM / "01 T.opus")["title"] == ["New"]


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (lambda source, _: (source / "02 T.flac").write_bytes(b"fLaC"), "02 T.flac"),
        (lambda _, processed: (processed / "mine.txt").write_text("mine"), "mine.txt is not as"),
    ],
    ids=["source", "processed"],
)
def test_tampered_working_folders_are_noticed(albums: AlbumHome, tamper, why: str) -> None:  # type: ignore[no-untyped-def]
    tamper(*interrupt(albums))
    albums.process()
    item = albums.item(ALBUM)
    assert item.processing_stage == "failed_convert"
    assert why in item.error_message
    assert job_home.names(albums.output) == job_home.names(albums.archive) == []


def test_a_changed_output_is_converted_again(albums: AlbumHome) -> None:
    _, processed = interrupt(albums)
    (processed / "01 T.opus").write_bytes(b"OggS")
    albums.process()
    check_published(albums)


@pytest.mark.parametrize("match", ["/02 T.opus", "/output/Art"])
def test_damaged_working_files_are_made_again(albums: AlbumHome, match: str) -> None:
    albums.make(ALBUM)
    albums.prepare()
    assert albums.kill_at(1, match)
    (state,) = albums.working.glob("*_state")
    (state / "enrichment.json").touch()
    for path in filter(Path.is_file, state.rglob("*")):
        if path.name not in ("owner.json", "source.json", "processed.json"):
            path.write_bytes(b"[\0\xff" * 100_000)
    albums.process()
    check_published(albums)
    for name in OUTPUTS[:2]:
        assert "r128_track_gain" in mutagen.File(albums.output / ALBUM / name)


@pytest.mark.long
@pytest.mark.parametrize("match", ["/02 T.opus", "/archive/Art", "/output/Art"])
def test_an_album_that_continues_with_another_profile_is_converted_again(
    albums: AlbumHome, match: str
) -> None:
    albums.make(ALBUM)
    albums.prepare()
    assert albums.kill_at(1, match)
    albums.process(profile="mp3-v0", output_dir=albums.root / "mp3")
    assert resume_line(albums) == "its profile has changed, so its tracks are converted again"
    assert job_home.names(albums.output) == []
    assert job_home.names(albums.root / "mp3" / ALBUM) == ["01 T.mp3", "02 T.mp3", "rip.log"]
    assert albums.report(ALBUM)["profile"] == "mp3-v0"


def test_an_album_that_is_published_is_completed_in_its_profile(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.prepare()
    assert albums.kill_at(3, "/output/Art")
    assert job_home.names(albums.output / ALBUM) == OUTPUTS
    albums.process(profile="mp3-v0", output_dir=albums.root / "mp3")
    check_published(albums)
    assert albums.report(ALBUM)["profile"] == "opus"
    assert job_home.names(albums.root / "mp3") == []


def test_a_kill_while_an_original_is_deleted_leaves_no_part_for_a_scan(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.prepare()
    before = job_home.contents(albums.library)
    assert albums.kill_at(3, ".mediakeep-deleted-", delete_original=True)
    assert [name.split("/")[1][:10] for name in job_home.names(albums.library)] == [
        ".mediakeep"
    ] * 2
    assert albums.prepare() == ["0 albums on disk: no changes."]
    remove_files.roll_back(albums.context, ALBUM, albums.settings())
    assert job_home.contents(albums.library) == before
    albums.reset(ALBUM)
    albums.process(delete_original=True)
    check_published(albums)
    assert job_home.names(albums.library) == []


@pytest.mark.slow
def test_a_copied_track_with_new_tags_is_whole_after_any_kill(albums: AlbumHome) -> None:
    albums.make(ALBUM, tracks=1)
    track = albums.library / ALBUM / "01 T.flac"
    sounds.convert(track, track.with_suffix(".mp3"), "mp3-v0")
    track.unlink()
    (albums.library / ALBUM / "cover.png").write_bytes(tagged_sources.BACK)
    albums.convert(enrich=True)
    expected = job_home.contents(albums.output)
    assert expected[f"{ALBUM}/01 T.mp3"].count(tagged_sources.BACK) == 1
    for call in itertools.count(1):
        shutil.rmtree(albums.output)
        albums.reset(ALBUM)
        killed = albums.kill_at(call, "_processed/", enrich=True)
        assert job_home.names(albums.output) == [] or job_home.contents(albums.output) == expected
        albums.process(enrich=True)
        assert job_home.contents(albums.output) == expected
        if not killed:
            break
    assert call > 5


def test_working_files_with_other_times_are_judged_by_their_content(albums: AlbumHome) -> None:
    albums.make(ALBUM)
    albums.archive.write_text("not a folder")
    albums.convert()
    albums.archive.unlink()
    for path in albums.working.glob("*_[sp]*/*.*"):
        os.utime(path, (0, 0))
    albums.reset(ALBUM, "archiving")
    albums.process()
    check_published(albums)
