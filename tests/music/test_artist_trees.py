"""Unusual folders: odd names, symlink loops, special files and missing permissions."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.media import symlink_guard
from mediakeep.music import scan
from mediakeep.music.model import TrackFault
from tests.music import shelf
from tests.sampling import each_row


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
    artists = {artist.key: artist.fields["track_count"] for artist in scan.find_artists(root)}
    assert artists == {"Vera": 3, "Linked": 2}
    read = scan.read_artist(root / "Vera")
    assert [album.place for album in read.albums] == ["A link to Dusk", "Dawn"]
    assert {track.fault for track in read.tracks} == {None}


def test_what_is_mounted_in_an_artist_and_leads_up_to_the_library_is_not_walked(
    tmp_path: Path,
) -> None:
    root = tmp_path / "library"
    shelf.put_album(root / "Vera" / "Dawn", "One")
    shelf.put_album(root / "Anna" / "Dusk", "One")
    # To mount needs rights that a test has not. Of a mount point, the folder above lists another
    # inode than the folder itself.
    seen, dawn = (
        symlink_guard.VisitedFolders(root / "Vera"),
        symlink_guard.folder_identity(root / "Vera" / "Dawn"),
    )
    assert not seen.check_and_mark_visited(
        symlink_guard.FolderPath("Dawn", "Dawn", inode=dawn[1]), dawn
    )
    assert seen.check_and_mark_visited(
        symlink_guard.FolderPath("up", "up", inode=dawn[1]), symlink_guard.folder_identity(root)
    )
    assert not seen.check_and_mark_visited(
        symlink_guard.FolderPath("Anna", "Anna"), symlink_guard.folder_identity(root / "Anna")
    )


def test_names_of_every_kind_are_read_and_written_as_valid_text(tmp_path: Path) -> None:
    latin = shelf.odd_name(tmp_path)
    artist = tmp_path / latin
    odd = ("new\nline", "-rf", "n" * 250, "'\"`$(x)", "..", "a\\b", "\x1b[31m", latin, "=cmd")
    for name in odd:
        shelf.put(artist / f"{name} x" / f"{name}.mp3")
    read = scan.read_artist(artist)
    assert read.name == path_text.escape_path(latin)
    assert {track.fault for track in read.tracks} == {None}
    places = [track.place for track in read.tracks]
    assert len(places) == len(odd)
    for place in places:
        assert place.encode()
        assert (artist / path_text.unescape_path(place)).is_file()
    assert next(iter(scan.find_artists(tmp_path))).key == read.name


@each_row("odd", [True, False])
def test_a_name_of_255_bytes_is_read(tmp_path: Path, odd: bool) -> None:
    name = "é" * 125 + "x.mp3"
    if odd and "\udce9" in shelf.odd_name(tmp_path):  # else the disk takes UTF-8 only
        name = os.fsdecode(b"\xe9" * 251 + b".mp3")
    path = shelf.put(tmp_path / "Vera" / name)
    assert len(os.fsencode(path.name)) == 255
    (track,) = scan.read_artist(tmp_path / "Vera").tracks
    assert track.fault is None
    assert path_text.unescape_path(track.name) == name


def test_what_is_no_regular_file_becomes_a_track_with_its_reason(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put(artist / "good.mp3")
    os.mkfifo(artist / "pipe.mp3")
    (artist / "dangling.mp3").symlink_to("nowhere")
    (artist / "linked.mp3").symlink_to("good.mp3")
    read = {track.name: track for track in scan.read_artist(artist).tracks}
    assert read["pipe.mp3"].fault is TrackFault.UNREADABLE
    assert read["pipe.mp3"].reason == "it is not a regular file"
    assert read["dangling.mp3"].fault is TrackFault.UNREADABLE
    assert read["linked.mp3"].fault is None
    assert read["linked.mp3"].tags == read["good.mp3"].tags


def test_a_file_without_rights_is_one_bad_track(public: Path) -> None:
    artist = public / "Vera"
    shelf.put_album(artist, "One", "Two")
    scan.read_artist(artist)  # import all modules before the rights are dropped
    with shelf.deny_access(artist / "01 One.mp3"):
        read = {track.name: track for track in scan.read_artist(artist).tracks}
    assert read["01 One.mp3"].fault is TrackFault.UNREADABLE
    assert read["01 One.mp3"].reason == "Permission denied"
    assert read["02 Two.mp3"].fault is None


def test_a_folder_without_rights_is_the_artists_error_and_names_the_cure(public: Path) -> None:
    shelf.put_album(public / "Vera" / "Dawn", "One")
    shelf.put_album(public / "Anna" / "Dawn", "One")
    healthy = scan.read_artist(public / "Vera").fingerprint
    with shelf.deny_access(public / "Vera" / "Dawn"):
        with pytest.raises(Unreadable, match=r"Dawn: Permission denied\. .*chmod"):
            scan.read_artist(public / "Vera")
        artists = {artist.key: artist for artist in scan.find_artists(public)}
    assert set(artists) == {"Anna", "Vera"}
    assert artists["Vera"].fields == {"track_count": 0, "album_count": 0}
    assert artists["Vera"].fingerprint != healthy


def test_an_artist_that_refuses_is_found_with_no_counts(public: Path) -> None:
    shelf.put_album(public / "Vera" / "Dawn", "One")
    with shelf.deny_access(public / "Vera"):
        (artist,) = scan.find_artists(public)
        with pytest.raises(Unreadable, match="Permission denied"):
            scan.read_artist(public / "Vera")
    assert artist.fingerprint == scan.UNREADABLE_FINGERPRINT
    assert artist.fields == {"track_count": 0, "album_count": 0}


def test_an_artist_that_vanishes_during_the_scan_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Anna", "Bert", "Carl"):
        shelf.put_album(tmp_path / name / "Dawn", "One")
    known = symlink_guard.folder_identity

    def identity(path: str | Path) -> symlink_guard.FolderIdentity:
        if Path(path) == tmp_path / "Bert":
            shutil.rmtree(path)
        if Path(path) == tmp_path / "Carl":
            raise OSError(errno.ESTALE, "Stale file handle")
        return known(path)

    monkeypatch.setattr(symlink_guard, "folder_identity", identity)
    artists = {artist.key: artist.fingerprint for artist in scan.find_artists(tmp_path)}
    assert set(artists) == {"Anna", "Carl"}
    assert artists["Carl"] == scan.UNREADABLE_FINGERPRINT != artists["Anna"]


def test_a_root_that_refuses_is_named(public: Path) -> None:
    (public / "music").mkdir()
    with shelf.deny_access(public / "music"):
        for look in (scan.find_artists, scan.find_loose_tracks):
            with pytest.raises(Unreadable, match="music: Permission denied"):
                look(public / "music")


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
            scan.read_artist(artist)
        assert next(iter(scan.find_artists(tmp_path))).fields["track_count"] == 1
    finally:
        shutil.rmtree(artist)


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    for here, there in (("Dawn", "Dusk"), ("Dusk", "Dawn")):
        shelf.put(artist / here / "a.mp3")
        (artist / here / "other").symlink_to(artist / there)
        (artist / here / "CD 1").symlink_to(".")
    (artist / "ring.mp3").symlink_to("round.mp3")
    (artist / "round.mp3").symlink_to("ring.mp3")
    faults = {track.place: track.reason for track in scan.read_artist(artist).tracks}
    circle = "Too many levels of symbolic links"
    assert faults == {
        "ring.mp3": circle,
        "round.mp3": circle,
        "Dawn/a.mp3": "",
        "Dusk/a.mp3": "",
    }


def test_a_folder_that_may_be_listed_but_not_entered_holds_unreadable_tracks(public: Path) -> None:
    shelf.put(public / "Vera" / "good.mp3")
    shelf.put(public / "Vera" / "Dawn" / "a.mp3")
    shelf.put(public / "other.mp3")
    # import all modules before rights are dropped
    scan.read_artist(public / "Vera")
    (public / "Vera" / "Dawn").chmod(0o444)
    with shelf.deny_access(public / "other.mp3"):
        read = {track.place: track for track in scan.read_artist(public / "Vera").tracks}
    (public / "Vera" / "Dawn").chmod(0o755)
    assert read["good.mp3"].fault is None
    assert read["Dawn/a.mp3"].fault is TrackFault.UNREADABLE
    assert read["Dawn/a.mp3"].reason == "Permission denied"
