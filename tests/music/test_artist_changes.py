"""Changes while an artist is read: files are read in their current state, or skipped."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media.audio.formats import AUDIO_SUFFIXES
from mediakeep.music import scan
from mediakeep.music.model import Artist, TrackFault
from tests.music import shelf
from tests.sampling import each_row


def read_while(artist: Path, change: Callable[[], object]) -> Artist:
    """Read an artist; the change comes after all is listed, and before anything is opened."""
    of = sum(path.suffix in AUDIO_SUFFIXES for path in artist.rglob("*"))
    done: list[bool] = []

    def progress(read: int, listed: int) -> None:
        if (read, listed) == (0, of) and not done:
            done.append(True)
            change()

    found = scan.read_artist(artist, progress)
    assert done
    return found


def test_a_file_that_vanishes_before_its_turn_is_passed_over(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put_album(artist / "Dawn", "One", "Two")
    shelf.put(artist / "Dawn" / "Dusk" / "a.mp3")
    before = scan.read_artist(artist).fingerprint
    gone = (artist / "Dawn" / "01 One.mp3", artist / "Dawn" / "Dusk" / "a.mp3")
    read = read_while(artist, lambda: [path.unlink() for path in gone])
    assert [track.place for track in read.tracks] == ["Dawn/02 Two.mp3"]
    assert [album.place for album in read.albums] == ["Dawn"]
    # As it was listed: so the next scan sees that something has changed since.
    assert read.fingerprint == before != scan.read_artist(artist).fingerprint


def test_a_cover_that_vanishes_before_its_turn_is_passed_over(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One")
    cover = tmp_path / "Vera" / "Dawn" / "cover.jpg"
    (album,) = read_while(tmp_path / "Vera", cover.unlink).albums
    assert [track.fault for track in album.tracks] == [None]
    assert album.images == ()


def test_a_share_that_is_lost_during_the_scan_is_no_empty_album(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two")
    with pytest.raises(Unreadable, match="Dawn: No such file or directory"):
        read_while(tmp_path / "Vera", lambda: shutil.rmtree(tmp_path / "Vera" / "Dawn"))


def test_a_file_of_which_the_disk_says_nothing_any_more_has_not_vanished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two")
    bad = tmp_path / "Vera" / "Dawn" / "01 One.mp3"

    def failing(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def told(path: str | Path, **how: bool) -> os.stat_result:
            if path in (bad, str(bad)):
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            return look(path, **how)

        return told

    def fail() -> None:  # nobody can make a disk fail for one file alone
        for name in ("stat", "lstat"):
            monkeypatch.setattr(os, name, failing(getattr(os, name)))

    read = {track.name: track for track in read_while(tmp_path / "Vera", fail).tracks}
    assert (read[bad.name].fault, read[bad.name].reason) == (
        TrackFault.UNREADABLE,
        "Input/output error",
    )
    assert read["02 Two.mp3"].fault is None


def test_what_a_link_leads_to_vanishes_and_the_link_stays(tmp_path: Path) -> None:
    target = shelf.put(tmp_path / "store" / "a.mp3")
    (tmp_path / "Vera").mkdir()
    (tmp_path / "Vera" / "a.mp3").symlink_to(target)
    (track,) = read_while(tmp_path / "Vera", target.unlink).tracks
    assert (track.fault, track.reason) == (TrackFault.UNREADABLE, "No such file or directory")


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "Vera" / "a.mp3")

    def change() -> None:
        path.unlink()
        os.mkfifo(path)

    (track,) = read_while(tmp_path / "Vera", change).tracks
    assert (track.fault, track.reason) == (TrackFault.UNREADABLE, "it is not a regular file")


def test_a_file_that_grows_or_shrinks_before_its_turn_is_read_as_it_is_then(tmp_path: Path) -> None:
    whole = shelf.render("flac")
    artist = tmp_path / "Vera"
    shelf.put(artist / "last.mp3")
    paths = [artist / f"{name}.flac" for name in ("grows", "shrinks", "nothing")]

    def change() -> None:
        for path, size in zip(paths, (len(whole), len(whole) - 900, 0), strict=True):
            path.write_bytes(whole[:size])

    for path in paths:
        path.write_bytes(whole[: len(whole) // 2])
    read = {track.name: track for track in read_while(artist, change).tracks}
    grown, shrunk, nothing = (read[path.name] for path in paths)
    assert grown.facts
    assert (grown.facts.size, grown.facts.truncated) == (len(whole), "")
    assert shrunk.facts
    assert shrunk.facts.truncated
    assert nothing.fault is TrackFault.NOT_AUDIO
    assert read["last.mp3"].fault is None


@each_row("suffix", shelf.FORMATS)
def test_a_file_that_is_written_all_the_while_breaks_nothing(tmp_path: Path, suffix: str) -> None:
    whole = shelf.render(suffix, picture="cover.jpg")
    path = tmp_path / "Vera" / f"a.{suffix}"
    shelf.put(path)
    over, written = threading.Event(), [0]

    def write() -> None:
        while not over.is_set():
            with path.open("wb", buffering=0) as handle:
                for at in range(0, len(whole), 500):
                    handle.write(whole[at : at + 500])
                    written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [scan.read_artist(tmp_path / "Vera") for _ in range(60)]
    finally:
        over.set()
        writer.join()
    assert written[0] > 5
    assert all(len(list(read.tracks)) == 1 for read in seen)
    path.write_bytes(whole)
    (track,) = scan.read_artist(tmp_path / "Vera").tracks
    assert track.fault is None
    assert track.tags.title == ("Low Tide",)
