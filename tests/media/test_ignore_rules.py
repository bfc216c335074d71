"""Scans ignore system folders, patterns of the setting, and patterns of .mediakeepignore files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from mediakeep.albums import subject as albums
from mediakeep.audiobooks.sources import find_books
from mediakeep.errors import Unreadable, UsageError
from mediakeep.item import ScannedItem
from mediakeep.media import folder_listing, ignore_rules
from mediakeep.media.ignore_rules import IgnoreSettings
from mediakeep.media.video import video_files
from mediakeep.movies.scan import library_scan as movies
from mediakeep.music import scan as music
from tests.sampling import each_row

SYSTEM = (
    *("#recycle", "@eaDir", "@Recycle", "lost+found", "$RECYCLE.BIN", "System Volume Information"),
    *(".Trash-1000", ".Trashes", ".AppleDouble", "@Recently-Snapshot", "__MACOSX"),
)


def put(top: Path, *places: str) -> None:
    for place in places:
        (top / place).parent.mkdir(parents=True, exist_ok=True)
        (top / place).write_bytes(b"x")


def places(top: Path, *patterns: str) -> set[str]:
    """Return the files that a walk finds."""
    walked = folder_listing.walk_tree(top, ignored=ignore_rules.parse_settings(",".join(patterns)))
    return {folder.relative_path_of(file.name) for folder in walked for file in folder.files}


@each_row("name", SYSTEM)
def test_folders_of_systems_are_no_items_and_are_not_walked_into(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"{name}/a.mp3", f"Vera/{name}/b.mp3", "Vera/Dawn/c.mp3")
    found = list(music.find_artists(tmp_path))
    assert [(one.key, one.fields["track_count"]) for one in found] == [("Vera", 1)]
    assert [track.place for track in music.read_artist(tmp_path / "Vera").tracks] == ["Dawn/c.mp3"]
    put(tmp_path / "films", f"{name}/Alien (1979).mkv", f"Heat (1995)/{name}/x.mkv")
    put(tmp_path / "films", "Heat (1995)/Heat (1995).mkv")
    assert [one.key for one in movies.find_movies(tmp_path / "films")] == ["Heat (1995)"]


def test_the_byte_order_mark_of_an_editor_is_no_part_of_the_first_pattern(tmp_path: Path) -> None:
    put(tmp_path, "Samples/a.mp3", "Vera/b.mp3")
    (tmp_path / ignore_rules.FILE_NAME).write_bytes(b"\xef\xbb\xbfSamples\r\n")
    assert places(tmp_path) == {"Vera/b.mp3"}


def test_a_folder_without_music_is_no_artist_and_one_that_refuses_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "Scans/cover.jpg", "Texts/Deeper/notes.txt", "Vera/a.mp3", "Other/a.mka")
    (tmp_path / "Empty" / "Deeper").mkdir(parents=True)
    assert [artist.key for artist in music.find_artists(tmp_path)] == ["Other", "Vera"]
    listed = folder_listing._scan_folder

    def refuse(path: str | Path, rules: ignore_rules.IgnoreRules) -> folder_listing._Listing:
        if str(path).endswith("Deeper"):
            raise PermissionError(13, "Permission denied")
        return listed(path, rules)

    monkeypatch.setattr(folder_listing, "_scan_folder", refuse)
    assert [artist.key for artist in music.find_artists(tmp_path)] == [
        "Empty",
        "Other",
        "Texts",
        "Vera",
    ]


def test_patterns_of_the_setting_fit_names_at_any_depth_and_ends_of_paths(tmp_path: Path) -> None:
    top = tmp_path / "samples" / "music"
    put(top, "a.mp3", "a.bak", "Live/b.mp3", "Vera/Live/c.mp3", "Vera/samples/d.mp3", "Vera/e.bak")
    everything = {"a.mp3", "a.bak", "Live/b.mp3", "Vera/Live/c.mp3", "Vera/samples/d.mp3"}
    everything |= {"Vera/e.bak"}
    assert places(top) == everything
    assert places(top, "*.bak") == everything - {"a.bak", "Vera/e.bak"}
    assert places(top, "Live/") == everything - {"Live/b.mp3", "Vera/Live/c.mp3"}
    assert places(top, "Vera/Live") == everything - {"Vera/Live/c.mp3"}
    assert places(top / "Vera", "Vera/Live") == {"samples/d.mp3", "e.bak"}
    assert places(top, f"{top}/Live") == everything - {"Live/b.mp3"}
    # The library lies below a folder of that name, which does not matter.
    assert places(top, "samples") == everything - {"Vera/samples/d.mp3"}
    assert places(top, "*.bak", "Live") == {"a.mp3", "Vera/samples/d.mp3"}


def test_a_file_of_patterns_holds_for_its_folder_and_below_as_git_reads_it(tmp_path: Path) -> None:
    put(tmp_path, "a.mp3", "b.bak", "Vera/a.mp3", "Vera/Live/b.mp3", "Vera/Dawn/c.bak", "Ana/d.bak")
    (tmp_path / ".mediakeepignore").write_text("# ours\n\n*.bak\n/a.mp3\n")
    assert places(tmp_path) == {"Vera/a.mp3", "Vera/Live/b.mp3"}
    (tmp_path / "Vera" / ".mediakeepignore").write_text("Live/\n!c.bak\n")
    assert places(tmp_path) == {"Vera/a.mp3", "Vera/Dawn/c.bak"}
    assert places(tmp_path / "Vera") == {"a.mp3", "Dawn/c.bak"}, "read alone as in a scan of all"
    assert places(tmp_path / "Ana") == set()
    assert [artist.key for artist in music.find_artists(tmp_path)] == ["Vera"]
    assert (
        music.read_artist(tmp_path / "Vera").fingerprint
        == next(music.find_artists(tmp_path)).fingerprint
    )


def test_an_exception_in_a_file_goes_over_the_setting(tmp_path: Path) -> None:
    put(tmp_path, "a.bak", "b.bak")
    (tmp_path / ".mediakeepignore").write_text("!b.bak\n")
    assert places(tmp_path, "*.bak") == {"b.bak"}


def test_movies_beside_others_ignore_alike_in_a_scan_and_alone(tmp_path: Path) -> None:
    put(tmp_path, "Alien (1979).mkv", "Heat (1995).mkv", "Heat (1995).de.srt")
    before = {movie.key: movie.fingerprint for movie in movies.find_movies(tmp_path)}
    (tmp_path / ".mediakeepignore").write_text("Alien*\n*.srt\n")
    (found,) = movies.find_movies(tmp_path)
    assert found.key == "Heat (1995).mkv"
    assert found.fingerprint != before["Heat (1995).mkv"]
    path = tmp_path / "Heat (1995).mkv"
    assert movies.read_movie(path, found.key, tmp_path).fingerprint == found.fingerprint
    given = ignore_rules.parse_settings("Heat*")
    assert list(movies.find_movies(tmp_path, given)) == []
    assert movies.find_unassigned_files(tmp_path) == ((), ())


@pytest.mark.real_disk
@each_row(
    "scan", [music.find_artists, movies.find_movies, albums.find_albums, find_books.find_books]
)
def test_links_out_of_a_library_can_be_refused_by_every_scan(
    tmp_path: Path, scan: Callable[..., Iterable[ScannedItem]]
) -> None:
    names = ("01.mp3", "Alien (1979).mkv")
    library = tmp_path / "music"
    put(library, *(f"Vera/{name}" for name in names))
    put(tmp_path / "disk2", *(f"Vera/{name}" for name in names), "02.mp3")
    before = list(scan(library))
    for place, target in {"Else": "Vera", "Vera/More": "Vera", "Vera/02.mp3": "02.mp3"}.items():
        (library / place).symlink_to(tmp_path / "disk2" / target)
    (library / "Vera" / "03.mp3").symlink_to(library / "Vera" / "01.mp3")
    assert [one.fingerprint for one in scan(library)] != [one.fingerprint for one in before]
    (library / "Vera" / "03.mp3").unlink()
    refused = ignore_rules.parse_settings("", "refuse")
    assert list(scan(library, refused)) == before
    links = ["Else", "Vera/02.mp3", "Vera/More"]
    assert folder_listing.find_refused_links(library, refused) == links
    assert folder_listing.find_refused_links(library, ignore_rules.NOTHING) == []
    assert [ignore_rules.is_ignored(library / one, library, refused) for one in links] == [True] * 3
    assert [one.name for one in video_files.find_videos(library, {".mp3"}, refused)] == ["01.mp3"]


@pytest.mark.real_disk
def test_links_within_a_library_are_followed_also_for_one_of_its_items(tmp_path: Path) -> None:
    """Else the fingerprint of the worker differed from that of the scan."""
    put(tmp_path, "music/Vera/Dawn/01.mp3", "music/Heat (1995)/Heat.mkv", "disk2/a.mkv")
    library, refused = tmp_path / "music", ignore_rules.parse_settings("", "refuse")
    (library / "Tide").mkdir()
    (library / "Tide" / "Dawn").symlink_to(library / "Vera" / "Dawn")
    (library / "Tide" / "Dusk").symlink_to(tmp_path / "disk2")
    scanned = {one.key: one.fingerprint for one in music.find_artists(library, refused)}
    artist = music.read_artist(library / "Tide", ignored=refused)
    assert artist.fingerprint == scanned["Tide"]
    assert [track.place for track in artist.tracks] == ["Dawn/01.mp3"]
    assert (artist.refused_links, artist.outside_links) == (
        ("Dusk",),
        {"Dusk": str(tmp_path / "disk2")},
    )
    film = library / "Heat (1995)"
    for name, target in {"a.mkv": tmp_path / "disk2" / "a.mkv", "b.srt": film / "Heat.mkv"}.items():
        (film / name).symlink_to(target)
    (found,) = movies.find_movies(library, refused)
    read = movies.read_movie(film, found.key, library, refused)
    assert (read.fingerprint, len(read.videos)) == (found.fingerprint, 1)


def test_the_patterns_are_those_of_the_user_also_if_links_are_refused() -> None:
    refused = ignore_rules.parse_settings("*.bak", "refuse")
    assert refused == IgnoreSettings(("*.bak",), refuses_links=True)
    music, films = refused.for_library(Path("/music")), refused.for_library(Path("/films"))
    assert (music.library, music.patterns, films.library) == ("/music/", ("*.bak",), "/films/")
    assert music.for_library(Path("/films")) == music
    assert refused.for_library(None) == refused
    stored = msgspec.json.encode(msgspec.to_builtins(music))
    assert msgspec.json.decode(stored, type=IgnoreSettings) == music


def test_videos_below_a_folder_are_passed_over_alike(tmp_path: Path) -> None:
    put(tmp_path, "a.mkv", "old/b.mkv", "@eaDir/c.mkv", "new/d.mkv", "new/e.mkv")
    (tmp_path / "new" / ".mediakeepignore").write_text("e.mkv\n")
    found = video_files.find_videos(tmp_path, {".mkv"}, ignore_rules.parse_settings("old"))
    assert [str(one.relative_to(tmp_path)) for one in found] == ["a.mkv", "new/d.mkv"]


@each_row(
    ("place", "patterns", "ignored"),
    [
        ("Vera/Live/a.mp3", "", False),
        ("#recycle", "", True),
        ("#recycle/Vera", "", True),
        ("Vera/Live/a.mp3", "Live/", True),
        ("Vera/Live/a.mp3", "Vera", True),
        ("Vera", "Live", False),
    ],
)
def test_it_is_told_of_a_path_whether_it_is_ignored(
    tmp_path: Path, place: str, patterns: str, ignored: bool
) -> None:
    put(tmp_path, "Vera/Live/a.mp3", "#recycle/Vera/a.mp3")
    given = ignore_rules.parse_settings(patterns)
    assert ignore_rules.is_ignored(tmp_path / place, tmp_path, given) is ignored
    assert ignore_rules.is_ignored(tmp_path / place, tmp_path / place, given) is False


def test_bad_patterns_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'Invalid pattern "!a" in the setting ignore'):
        ignore_rules.parse_settings("*.bak, !a")
    with pytest.raises(UsageError, match=r"Invalid pattern .* in the setting ignore"):
        ignore_rules.parse_settings("\\")
    put(tmp_path, "a.mp3")
    (tmp_path / ".mediakeepignore").write_text("*.bak\n!\n")
    with pytest.raises(Unreadable, match=r'\.mediakeepignore: line 2 is not a valid pattern, "!"'):
        places(tmp_path)
    (tmp_path / ".mediakeepignore").unlink()
    (tmp_path / ".mediakeepignore").mkdir()
    with pytest.raises(Unreadable, match=r"\.mediakeepignore"):
        places(tmp_path)
