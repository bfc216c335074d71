"""A library is listed without opening files, and an artist is read completely."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

import pytest
from mutagen.flac import FLAC

from mediakeep.errors import LibraryMissing
from mediakeep.media import folder_listing
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.music import scan
from mediakeep_samples.music import music_library
from tests.music import shelf
from tests.sampling import each_row


def test_each_visible_folder_in_the_root_is_an_artist_with_its_counts(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "Vera Moss" / "Dawn", "One", "Two")
    shelf.put_album(tmp_path / "Vera Moss" / "Dusk" / "CD1", "One")
    shelf.put(tmp_path / "Vera Moss" / "Loose.MP3")
    shelf.put(tmp_path / "Anna" / "Album" / "a.flac")
    (tmp_path / "Empty").mkdir()
    (tmp_path / ".Trash").mkdir()
    shelf.put(tmp_path / "stray.mp3")
    (tmp_path / "notes.txt").write_text("x")
    artists = list(scan.find_artists(tmp_path))
    assert [
        (item.key, item.fields["track_count"], item.fields["album_count"]) for item in artists
    ] == [
        ("Anna", 1, 1),
        ("Vera Moss", 4, 3),
    ]
    assert artists[1].path == str(tmp_path / "Vera Moss")
    assert len(scan.find_loose_tracks(tmp_path)) == 1


def test_the_scan_of_a_library_opens_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = music_library.make_library(tmp_path / "library")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    monkeypatch.setattr("os.open", refuse)
    artists = list(scan.find_artists(tmp_path / "library"))
    assert len(artists) == manifest.artists
    assert sum(item.fields["track_count"] for item in artists) == manifest.tracks


def test_names_of_music_that_begin_with_dots_are_not_hidden(tmp_path: Path) -> None:
    for artist in ("...Trail of Dead", "..And Then Silence", ".5 Gray", ".cache", ".Trash-1000"):
        shelf.put(tmp_path / artist / "...And Justice for All" / "...One.mp3")
        shelf.put(tmp_path / artist / ".AppleDouble" / "One.mp3")
        shelf.put(tmp_path / artist / "Album" / "._One.mp3")
    artists = list(scan.find_artists(tmp_path))
    assert [item.key for item in artists] == ["...Trail of Dead", "..And Then Silence", ".5 Gray"]
    assert [item.fields["track_count"] for item in artists] == [1, 1, 1]


def test_a_missing_root_is_a_library_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing, match="missing"):
        scan.find_artists(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryMissing, match="missing"):
        scan.find_artists(tmp_path / "file")


def test_a_fingerprint_is_the_same_until_a_file_changes(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put_album(artist / "Dawn", "One", "Two")
    first = scan.read_artist(artist).fingerprint
    assert next(iter(scan.find_artists(tmp_path))).fingerprint == first
    (artist / "Dawn" / ".hidden").write_text("x")
    assert scan.read_artist(artist).fingerprint == first
    seen = {first}
    for change in (
        lambda: (artist / "Dawn" / "notes.txt").write_text("x"),
        lambda: os.utime(artist / "Dawn" / "01 One.mp3", ns=(1, 1)),
        lambda: os.truncate(artist / "Dawn" / "notes.txt", 0),
        lambda: (artist / "Dawn" / "notes.txt").rename(artist / "notes.txt"),
        lambda: (artist / "notes.txt").unlink(),
    ):
        change()
        seen.add(scan.read_artist(artist).fingerprint)
    assert len(seen) == 6


def test_the_fingerprint_does_not_depend_on_the_librarys_path(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "here" / "Vera" / "Dawn", "One")
    before = scan.read_artist(tmp_path / "here" / "Vera").fingerprint
    (tmp_path / "here").rename(tmp_path / "there")
    assert scan.read_artist(tmp_path / "there" / "Vera").fingerprint == before


@each_row(
    ("names", "digest"),
    [
        (("a.mp3", "b.txt", "Dawn/a.mp3"), "20f3d103f91de06e177d"),
        (
            ("a.mp3", "\uffee.mp3", "b\udc80.mp3", "b\xe9.mp3", "Dawn/\xe9.mp3"),
            "0e3ea04f214c0eae3d3a",
        ),
    ],
)
def test_a_fingerprint_is_the_same_in_all_versions(names: tuple[str, ...], digest: str) -> None:
    # Were it another, every artist of every library would count as changed.
    facts = os.stat_result([0] * 10, {"st_mtime_ns": 1_700_000_000_123_456_789})
    listed = []  # in memory, as not every system takes such names
    for above in ("", "Dawn"):
        own = [name.rpartition("/")[2] for name in names if name.rpartition("/")[0] == above]
        files = tuple(ListedFile(name, "", 1, facts) for name in own)
        listed.append(ListedFolder("", above, files=files))
    assert folder_listing.compute_folders_fingerprint(listed) == digest


def test_albums_are_folders_with_audio_at_any_depth(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put_album(artist / "Box" / "Live", "One", "Two")
    shelf.put_album(artist / "Dawn", "One", "Two")
    (artist / "Scans").mkdir()
    (artist / "Scans" / "a.jpg").write_bytes(b"x")
    shelf.put(artist / "Loose.opus")
    read = scan.read_artist(artist)
    assert [(album.place, len(album.tracks)) for album in read.albums] == [
        ("", 1),
        ("Box/Live", 2),
        ("Dawn", 2),
    ]
    assert [track.place for track in read.tracks][-1] == "Dawn/02 Two.mp3"
    assert (read.name, read.path) == ("Vera", str(artist))


def test_the_folders_of_discs_belong_to_the_album_above_them(tmp_path: Path) -> None:
    artist = tmp_path / "Vera"
    shelf.put_album(artist / "Box" / "Live" / "CD 1", "One")
    shelf.put_album(artist / "Box" / "Live" / "CD 2" / "Side A", "One", "Two")
    shelf.put_album(artist / "Box" / "Live" / "Bonus", "One")
    shelf.put(artist / "Box" / "Live" / "Intro.mp3")
    shelf.put(artist / "CD 1" / "Disc 2" / "a.mp3")
    read = scan.read_artist(artist)
    assert [(album.place, len(album.tracks), len(album.images)) for album in read.albums] == [
        ("Box/Live", 4, 2),
        ("Box/Live/Bonus", 1, 1),
        ("CD 1", 1, 0),
    ]
    assert [track.place for track in read.albums[0].tracks] == [
        "Box/Live/Intro.mp3",
        "Box/Live/CD 1/01 One.mp3",
        "Box/Live/CD 2/Side A/01 One.mp3",
        "Box/Live/CD 2/Side A/02 Two.mp3",
    ]
    (item,) = scan.find_artists(tmp_path)
    assert item.fields == {"track_count": 6, "album_count": 3}


@each_row(
    ("folder", "places", "albums"),
    [
        ("Vera - Dawn (1974)", ["a.mp3", "b.mp3"], [("", True)]),
        ("Vera - Dawn", ["CD1/a.mp3", "CD2/a.mp3", "b.mp3"], [("", True)]),
        ("Vera - Dawn", ["CD1/a.mp3", "CD2/a.mp3"], [("", True)]),
        ("Vera - Discography", ["a.mp3", "Dawn/a.mp3"], [("", False), ("Dawn", False)]),
        ("Vera - Discography", ["Dawn/a.mp3"], [("Dawn", False)]),
        ("Vera", ["a.mp3", "b.mp3"], [("", False)]),
        ("Vera", ["CD1/a.mp3", "CD2/a.mp3"], [("CD1", False), ("CD2", False)]),
        ("1974 - Moorings", ["a.mp3", "b.mp3"], [("", True)]),  # as the album in the tags
        ("Velvet Harbour", ["a.mp3", "b.mp3"], [("", False)]),  # as the artist there
    ],
)
def test_a_folder_that_has_the_name_of_an_album_is_that_album(
    tmp_path: Path, folder: str, places: list[str], albums: list[tuple[str, bool]]
) -> None:
    for place in places:
        shelf.put(tmp_path / folder / place)
    (tmp_path / folder / "Scans").mkdir()
    (tmp_path / folder / "Scans" / "front.jpg").write_bytes(b"x")
    artist = scan.read_artist(tmp_path / folder)
    assert [(album.place, album.in_library_root) for album in artist.albums] == albums
    (listed,) = scan.find_artists(tmp_path)
    assert (listed.key, listed.fields["album_count"]) == (folder, len(albums))


def test_progress_counts_listed_tracks_then_read_tracks(
    tmp_path: Path,
) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two")
    shelf.put_album(tmp_path / "Vera" / "Dusk", "One")
    told: list[tuple[int, int]] = []
    scan.read_artist(tmp_path / "Vera", lambda done, of: told.append((done, of)))
    # The first word comes from the artist's own folder: on a slow share it is a sign of life.
    assert told == [(0, 0), (0, 2), (0, 3), (1, 3), (2, 3), (3, 3)]


def test_an_artist_without_audio_is_read_and_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "Vera" / "Scans").mkdir(parents=True)
    (tmp_path / "Vera" / "Scans" / "a.jpg").write_bytes(b"x")
    told: list[tuple[int, int]] = []
    read = scan.read_artist(tmp_path / "Vera", lambda done, of: told.append((done, of)))
    assert read.albums == ()
    assert told == [(0, 0), (0, 0)]


@each_row(
    "names",
    [
        ("Dawn (Disc 1)", "Dawn (Disc 2)"),
        ("Dawn [CD1]", "Dawn [CD2]"),
        ("Dawn - Disc 1", "dawn CD 02"),
        tuple(f"Dawn (Disc {number})" for number in (1, 2, 9, 10)),
    ],
)
@each_row("above", ["", "Box/"])
def test_discs_in_folders_next_to_each_other_are_one_album(
    tmp_path: Path, names: tuple[str, ...], above: str
) -> None:
    artist = tmp_path / "Vera"
    for name in names:
        shelf.put_album(artist / f"{above}{name}", "One", "Two", album="Dawn")
    shelf.put_album(artist / f"{above}Dawn", "One")
    (one, other) = sorted(scan.read_artist(artist).albums, key=lambda album: len(album.tracks))
    assert one.place == f"{above}Dawn"
    assert other.place == f"{above}{names[0]}"
    assert other.sibling_folders == tuple(sorted(f"{above}{name}" for name in names[1:]))
    assert len(other.tracks) == 2 * len(names)
    assert len(other.images) == len(names)
    (item,) = scan.find_artists(tmp_path)
    assert item.fields == {"track_count": 2 * len(names) + 1, "album_count": 2}


@each_row(
    "folders",
    [
        {"Dawn (Disc 1)": {}, "Dusk (Disc 2)": {}},
        {"Dawn (Disc 1)": {}, "Dawn [CD1]": {}, "Dawn (Disc 2)": {}},
        {"Dawn 1": {}, "Dawn 2": {}},
        {"CD 1": {}, "CD 2": {}},
        {"Dawn (Disc 1)": {"album": "Dawn"}, "Dawn (Disc 2)": {"album": "Dusk"}},
        {
            "Dawn (Disc 1)": {"album": "Dawn", "mbid": str(UUID(int=1))},
            "Dawn (Disc 2)": {"album": "Dawn", "mbid": str(UUID(int=2))},
        },
    ],
    ids=["titles", "two of one disc", "no discs", "no title", "album tags", "MBIDs"],
)
def test_other_folders_next_to_each_other_are_albums_of_their_own(
    tmp_path: Path, folders: dict[str, dict[str, str]]
) -> None:
    artist = tmp_path / "Vera"
    for name, marks in folders.items():
        counts = dict(marks)
        mbid = counts.pop("mbid", "")
        shelf.put_album(artist / name, "One", "Two", suffix="flac", **{"album": "Dawn", **counts})
        for path in (artist / name).glob("*.flac") if mbid else ():
            file = FLAC(path)
            file["musicbrainz_albumid"] = mbid
            file.save()
    assert {album.place for album in scan.read_artist(artist).albums} == folders.keys()
