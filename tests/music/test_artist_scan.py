"""A library is listed without opening a file, an artist is read whole, and no folder is a trap."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediakeep import files
from mediakeep.errors import LibraryGone, Unreadable
from mediakeep.music import folders, scan
from mediakeep.music.model import Fault
from mediakeep.rehearsal import library
from tests.music import shelf


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def names(root: Path) -> list[str]:
    return [found.key for found in scan.library(root)]


def test_each_visible_folder_in_the_root_is_an_artist_with_its_counts(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "Vera Moss" / "Dawn", "One", "Two")
    shelf.put_album(tmp_path / "Vera Moss" / "Dusk" / "CD1", "One")
    shelf.put(tmp_path / "Vera Moss" / "Loose.MP3")
    shelf.put(tmp_path / "Anna" / "Album" / "a.flac")
    (tmp_path / "Empty").mkdir()
    (tmp_path / ".Trash").mkdir()
    shelf.put(tmp_path / "stray.mp3")
    (tmp_path / "notes.txt").write_text("x")
    found = list(scan.library(tmp_path))
    assert [(one.key, one.fields["track_count"], one.fields["album_count"]) for one in found] == [
        ("Anna", 1, 1),
        ("Empty", 0, 0),
        ("Vera Moss", 4, 3),
    ]
    assert found[2].path == str(tmp_path / "Vera Moss")
    assert scan.loose(tmp_path) == 1


def test_the_scan_of_a_library_opens_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = library.make(tmp_path / "library")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    monkeypatch.setattr("os.open", refuse)
    found = list(scan.library(tmp_path / "library"))
    assert len(found) == manifest.artists
    assert sum(one.fields["track_count"] for one in found) == manifest.tracks


def test_names_of_music_that_begin_with_dots_are_not_hidden(tmp_path: Path) -> None:
    for artist in ("...Trail of Dead", "..And Then Silence", ".5 Gray", ".cache", ".Trash-1000"):
        shelf.put(tmp_path / artist / "...And Justice for All" / "...One.mp3")
        shelf.put(tmp_path / artist / ".AppleDouble" / "One.mp3")
        shelf.put(tmp_path / artist / "Album" / "._One.mp3")
    found = list(scan.library(tmp_path))
    assert [one.key for one in found] == ["...Trail of Dead", "..And Then Silence", ".5 Gray"]
    assert [one.fields["track_count"] for one in found] == [1, 1, 1]


def test_a_missing_root_is_a_library_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(LibraryGone, match="missing"):
        scan.library(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryGone, match="missing"):
        scan.library(tmp_path / "file")


def test_a_fingerprint_is_the_same_until_a_file_changes(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put_album(artist / "Dawn", "One", "Two")
    first = scan.fingerprint(artist)
    assert next(iter(scan.library(tmp_path))).fingerprint == first
    assert scan.artist(artist).fingerprint == first
    (artist / "Dawn" / ".hidden").write_text("x")
    assert scan.fingerprint(artist) == first
    seen = {first}
    for change in (
        lambda: (artist / "Dawn" / "notes.txt").write_text("x"),
        lambda: os.utime(artist / "Dawn" / "01 One.mp3", ns=(1, 1)),
        lambda: os.truncate(artist / "Dawn" / "notes.txt", 0),
        lambda: (artist / "Dawn" / "notes.txt").rename(artist / "notes.txt"),
        lambda: (artist / "notes.txt").unlink(),
    ):
        change()
        seen.add(scan.fingerprint(artist))
    assert len(seen) == 6


def test_the_fingerprint_does_not_depend_on_where_the_library_lies(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "here" / "Vera" / "Dawn", "One")
    before = scan.fingerprint(tmp_path / "here" / "Vera")
    (tmp_path / "here").rename(tmp_path / "there")
    assert scan.fingerprint(tmp_path / "there" / "Vera") == before


def test_links_to_folders_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    root = tmp_path / "library"
    shelf.put_album(root / "Vera" / "Dawn", "One")
    shelf.put_album(tmp_path / "elsewhere" / "Dusk", "One", "Two")
    (root / "Vera" / "A link to Dusk").symlink_to(tmp_path / "elsewhere" / "Dusk")
    (root / "Vera" / "A link to Dawn").symlink_to(root / "Vera" / "Dawn")
    (root / "Vera" / "Dawn" / "up").symlink_to(root / "Vera")
    (root / "Vera" / "Dawn" / "library").symlink_to(root)
    (root / "Vera" / "Dawn" / "self").symlink_to("self")
    (root / "Also Vera").symlink_to(root / "Vera")
    (root / "Linked").symlink_to(tmp_path / "elsewhere")
    (root / "root again").symlink_to(root)
    found = {one.key: one.fields["track_count"] for one in scan.library(root)}
    assert found == {"Vera": 3, "Linked": 2}
    read = scan.artist(root / "Vera")
    assert [album.place for album in read.albums] == ["A link to Dusk", "Dawn"]
    assert {track.fault for track in read.tracks} == {None}


def test_albums_are_folders_with_audio_at_any_depth(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put_album(artist / "Box" / "Live" / "CD 1", "One")
    shelf.put_album(artist / "Dawn", "One", "Two")
    (artist / "Scans").mkdir()
    (artist / "Scans" / "a.jpg").write_bytes(b"x")
    shelf.put(artist / "Loose.opus")
    read = scan.artist(artist)
    assert [(album.place, len(album.tracks)) for album in read.albums] == [
        ("", 1),
        ("Box/Live/CD 1", 1),
        ("Dawn", 2),
    ]
    assert [track.place for track in read.tracks][-1] == "Dawn/02 Two.mp3"
    assert (read.name, read.path) == ("Vera", str(artist))


def test_names_of_every_kind_are_read_and_written_as_valid_text(tmp_path: Path) -> None:
    latin = shelf.odd_name(tmp_path)
    artist = tmp_path / latin
    odd = ("new\nline", "-rf", "n" * 250, "'\"`$(x)", "..", "a\\b", "\x1b[31m", latin, "=cmd")
    for name in odd:
        shelf.put(artist / f"{name} x" / f"{name}.mp3")
    read = scan.artist(artist)
    assert read.name == files.escape(latin)
    assert {track.fault for track in read.tracks} == {None}
    places = [track.place for track in read.tracks]
    assert len(places) == len(odd)
    for place in places:
        assert place.encode()
        assert (artist / files.unescape(place)).is_file()
    assert next(iter(scan.library(tmp_path))).key == read.name


def test_a_name_of_255_bytes_is_read(tmp_path: Path) -> None:
    path = shelf.put(tmp_path / "Vera" / ("é" * 125 + "x.mp3"))
    assert len(os.fsencode(path.name)) == 255
    assert [track.fault for track in scan.artist(tmp_path / "Vera").tracks] == [None]


def test_what_is_no_regular_file_becomes_a_track_with_its_reason(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put(artist / "good.mp3")
    os.mkfifo(artist / "pipe.mp3")
    (artist / "dangling.mp3").symlink_to("nowhere")
    (artist / "linked.mp3").symlink_to("good.mp3")
    read = {track.name: track for track in scan.artist(artist).tracks}
    assert read["pipe.mp3"].fault is Fault.UNREADABLE
    assert read["pipe.mp3"].reason == "it is no regular file"
    assert read["dangling.mp3"].fault is Fault.UNREADABLE
    assert read["linked.mp3"].fault is None
    assert read["linked.mp3"].tags == read["good.mp3"].tags


def test_a_file_without_rights_is_one_bad_track(public: Path) -> None:
    artist = public / "Vera"
    shelf.put_album(artist, "One", "Two")
    scan.artist(artist)  # whatever is imported on the way is, before the rights are dropped
    with shelf.refused(artist / "01 One.mp3"):
        read = {track.name: track for track in scan.artist(artist).tracks}
    assert read["01 One.mp3"].fault is Fault.UNREADABLE
    assert read["01 One.mp3"].reason == "Permission denied"
    assert read["02 Two.mp3"].fault is None


def test_a_folder_without_rights_is_the_artists_error_and_names_the_cure(public: Path) -> None:
    shelf.put_album(public / "Vera" / "Dawn", "One")
    shelf.put_album(public / "Anna" / "Dawn", "One")
    healthy = scan.fingerprint(public / "Vera")
    with shelf.refused(public / "Vera" / "Dawn"):
        with pytest.raises(Unreadable, match=r"Dawn: Permission denied\. .*chmod"):
            scan.artist(public / "Vera")
        found = {one.key: one for one in scan.library(public)}
    assert set(found) == {"Anna", "Vera"}
    assert found["Vera"].fields == {"track_count": 0, "album_count": 0}
    assert found["Vera"].fingerprint != healthy


def test_an_artist_that_refuses_is_found_with_no_counts(public: Path) -> None:
    shelf.put_album(public / "Vera" / "Dawn", "One")
    with shelf.refused(public / "Vera"):
        (found,) = scan.library(public)
        with pytest.raises(Unreadable, match="Permission denied"):
            scan.artist(public / "Vera")
    assert found.fingerprint == scan.UNREADABLE
    assert found.fields == {"track_count": 0, "album_count": 0}


def test_an_artist_that_vanishes_during_the_scan_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Anna", "Bert", "Carl"):
        shelf.put_album(tmp_path / name / "Dawn", "One")
    known = folders.identity

    def identity(path: str | Path) -> folders.Identity:
        if Path(path) == tmp_path / "Bert":
            shutil.rmtree(path)
        if Path(path) == tmp_path / "Carl":
            raise OSError(errno.ESTALE, "Stale file handle")
        return known(path)

    monkeypatch.setattr(folders, "identity", identity)
    found = {one.key: one.fingerprint for one in scan.library(tmp_path)}
    assert set(found) == {"Anna", "Carl"}
    assert found["Carl"] == scan.UNREADABLE != found["Anna"]


def test_a_root_that_refuses_is_named(public: Path) -> None:
    (public / "music").mkdir()
    with shelf.refused(public / "music"):
        for look in (scan.library, scan.loose):
            with pytest.raises(Unreadable, match="music: Permission denied"):
                look(public / "music")


def test_progress_is_told_track_by_track(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two")
    shelf.put_album(tmp_path / "Vera" / "Dusk", "One")
    told: list[tuple[int, int]] = []
    scan.artist(tmp_path / "Vera", lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_folders_nested_beyond_what_a_path_can_name_do_not_crash(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put(artist / "good.mp3")
    handle = os.open(artist, os.O_RDONLY)
    for _ in range(60):
        os.mkdir("d" * 100, dir_fd=handle)
        below = os.open("d" * 100, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
    try:
        with pytest.raises(Unreadable, match="shorter name"):
            scan.artist(artist)
        assert next(iter(scan.library(tmp_path))).fields["track_count"] == 1
    finally:
        shutil.rmtree(artist)
