"""A whole disc in one file with a cue sheet is no issue; a sheet of single files is ignored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz.model import Artist, Discography
from mediakeep.media import folder_listing
from mediakeep.music import scan
from mediakeep.music.artist_lookup import artist_query, collection
from mediakeep.music.matching import album_matcher
from tests.music import paper, shelf
from tests.music.matching import pressings
from tests.sampling import each_row

BARE = dict.fromkeys(shelf.HEALTHY)
IMAGE = {"title": None, "tracknumber": None}
MISSING = {"missing-title", "missing-track-number"}
ENTRY = '  TRACK 0{0} AUDIO\n    TITLE "Song {0}"\n    INDEX 01 0{0}:00:00\n'


def sheet(*files: str, each: int = 3) -> str:
    """Write a cue sheet that parts each file into so many tracks."""
    entries = "".join(map(ENTRY.format, range(1, each + 1)))
    return 'PERFORMER "Vera"\n' + "".join(f'FILE "{name}" WAVE\n{entries}' for name in files)


def put(folder: Path, name: str, **tags: str | None) -> None:
    shelf.put(folder / name, picture="cover.jpg", **tags)


@each_row("name", ["Dawn.cue", "Dawn.flac.cue", "DAWN.CUE", "other.cue"])
@each_row("tags", [IMAGE, BARE], ids=["of the disc", "none"])
def test_one_file_with_a_cue_sheet_is_no_fault(
    tmp_path: Path, name: str, tags: dict[str, str | None]
) -> None:
    album = tmp_path / "Vera" / "Dawn"
    put(album, "Dawn.flac", **tags)
    assert paper.list_kinds_on_disk(tmp_path / "Vera").keys() >= MISSING
    (album / name).write_text(sheet("CDImage.wav"))
    assert paper.list_kinds_on_disk(tmp_path / "Vera") == {}


@each_row("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_cue_sheet_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    album = tmp_path / "Vera" / "Dawn"
    put(album, "Dawn.flac", **IMAGE)
    text = sheet("Dawn.flac").replace("Song", "Thé").replace("\n", "\r\n")
    (album / "Dawn.cue").write_bytes(text.encode(encoding))
    assert paper.list_kinds_on_disk(tmp_path / "Vera") == {}


def test_each_disc_may_have_its_own(tmp_path: Path) -> None:
    album = tmp_path / "Vera" / "Dawn"
    for disc in ("CD1", "CD2"):
        put(album, f"{disc}.flac", **IMAGE)
        (album / f"{disc}.cue").write_text(sheet(f"{disc}.flac"))
    assert paper.list_kinds_on_disk(tmp_path / "Vera") == {}
    put(album, "Bonus.flac", **IMAGE)
    kinds = paper.list_kinds_on_disk(tmp_path / "Vera")
    assert kinds["missing-title"] == ["Dawn/Bonus.flac"]


@each_row("tracks", [2, 20])
def test_a_folder_is_searched_for_cue_sheets_once(
    tmp_path: Path, tracks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(tracks):
        shelf.put(tmp_path / "Vera" / "Dawn" / f"{number}.flac")
    walk, passes = folder_listing.walk_tree, []

    class Counted(tuple[folder_listing.ListedFile, ...]):
        def __iter__(self) -> Iterator[folder_listing.ListedFile]:
            passes.append(len(self))
            return super().__iter__()

    def counted(*args: object, **more: object) -> Iterator[folder_listing.ListedFolder]:
        for path in walk(*args, **more):  # type: ignore[arg-type]
            yield structs.replace(path, files=Counted(path.files))

    monkeypatch.setattr(folder_listing, "walk_tree", counted)
    assert len(list(scan.read_artist(tmp_path / "Vera").tracks)) == tracks
    assert 0 < passes.count(tracks) < 10


@each_row(
    "content",
    ["", "FILE", sheet("a.wav", "b.wav", each=1), sheet("a.wav", each=1), sheet("a.wav", "b.wav")],
    ids=["empty", "none", "a file for each track", "one track", "two files"],
)
def test_other_cue_sheets_say_nothing(tmp_path: Path, content: str) -> None:
    album = tmp_path / "Vera" / "Dawn"
    put(album, "Dawn.flac", **IMAGE)
    (album / "Dawn.cue").write_text(content)
    assert paper.list_kinds_on_disk(tmp_path / "Vera").keys() >= MISSING


def test_a_cue_sheet_of_another_name_says_nothing_of_several_files(tmp_path: Path) -> None:
    album = tmp_path / "Vera" / "Dawn"
    put(album, "a.flac", title=None)
    put(album, "b.flac", title=None, tracknumber="2/2")
    (album / "Dawn.cue").write_text(sheet("Dawn.wav"))
    assert set(paper.list_kinds_on_disk(tmp_path / "Vera")["missing-title"]) == {
        "Dawn/a.flac",
        "Dawn/b.flac",
    }


def test_nothing_is_called_missing_of_an_album_in_one_file(tmp_path: Path) -> None:
    folder = tmp_path / "Vera"
    put(folder / "Dawn", "Dawn.flac", album="Dawn", **IMAGE)
    release = pressings.release(pressings.group("Dawn"), pressings.DAWN)
    assert release.release_group
    known = Discography(
        artist=Artist(id=pressings.VERA.id, name="Vera"),
        groups=(release.release_group,),
        releases=(release,),
    )

    (folder / "Dawn" / "Dawn.cue").write_text(sheet("Dawn.flac"))
    artist = scan.read_artist(folder)
    assert album_matcher.match_albums(artist, known.releases) == {}
    owned = collection.compare_with_discography(artist, artist_query.build_query(artist), known)
    assert (owned.missing, owned.unknown_places) == ((), ())
