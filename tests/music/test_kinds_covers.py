"""Missing, invalid, small and external covers are found in every format."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from mediakeep.music import scan
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import TrackContent
from tests.media import mutations_sounds as small
from tests.music import paper, shelf, sounds

KINDS = {"missing-cover", "cover-not-image", "cover-too-small", "external-cover-not-embedded"}
ERROR_PAGE = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n"


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    (tmp_path / "Vera" / "Dawn").mkdir(parents=True)
    return tmp_path / "Vera"


def find_cover_issues(artist: Path) -> dict[str, list[str]]:
    """Give the kinds about covers with the albums of each."""
    return {
        kind: where for kind, where in paper.list_kinds_on_disk(artist).items() if kind in KINDS
    }


def find_detail(kind: str, artist: Path) -> str:
    (detail,) = paper.list_artist_details(kind, scan.read_artist(artist)).values()
    return detail


def embed_cover(path: Path, image: bytes) -> Path:
    """Embed any bytes as the front cover of a healthy track."""
    shelf.put(path)
    if path.suffix == ".mp3":
        tags = ID3(path)
        tags.add(APIC(encoding=3, mime="image/jpeg", type=3, data=image))
        tags.save(path)
    elif path.suffix == ".m4a":
        audio = MP4(path)
        audio["covr"] = [MP4Cover(image)]
        audio.save()
    else:
        picture = Picture()
        picture.type, picture.mime, picture.data = 3, "image/jpeg", image
        _embed_block(path, picture)
    return path


def _embed_block(path: Path, picture: Picture) -> None:
    if path.suffix == ".flac":
        flac = FLAC(path)
        flac.add_picture(picture)
        flac.save()
        return
    ogg = OggVorbis(path) if path.suffix == ".ogg" else OggOpus(path)
    ogg["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    ogg.save()


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_an_album_without_any_picture_is_found_once(artist: Path, suffix: str) -> None:
    for name in ("a", "b"):
        shelf.put(artist / "Dawn" / f"{name}.{suffix}")
    assert find_cover_issues(artist) == {"missing-cover": ["Dawn"]}
    assert find_detail("missing-cover", artist) == ""


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("picture", track_files.PICTURE_NAMES)
def test_one_embedded_picture_is_the_cover_of_the_album(
    artist: Path, suffix: str, picture: str
) -> None:
    shelf.put(artist / "Dawn" / f"a.{suffix}")
    shelf.put(artist / "Dawn" / f"b.{suffix}", picture=picture)
    assert find_cover_issues(artist) == {}


@pytest.mark.parametrize("name", ["wma", "ape", "dsf", "wav", "aiff", "mpc", "wv"])
def test_pictures_in_the_lesser_formats_are_covers_where_they_have_one(
    artist: Path, name: str
) -> None:
    (artist / "Dawn" / f"a.{name}").write_bytes(small.whole(name))
    assert find_cover_issues(artist) == ({"missing-cover": ["Dawn"]} if name == "wma" else {})


@pytest.mark.parametrize("name", small.PICTURES)
def test_any_picture_file_in_the_folder_is_a_cover(artist: Path, name: str) -> None:
    file = f"Folder.{name.rpartition('.')[2].upper()}"
    (artist / "Dawn" / file).write_bytes(small.whole(name))
    shelf.put(artist / "Dawn" / "a.mp3")
    assert find_cover_issues(artist) == {"external-cover-not-embedded": ["Dawn"]}
    assert find_detail("external-cover-not-embedded", artist) == f'"{file}"'


@pytest.mark.parametrize("name", ["empty.jpg", "cover.txt", ".hidden.jpg", "Scans/cover.jpg"])
def test_an_empty_hidden_or_distant_picture_is_no_cover(artist: Path, name: str) -> None:
    path = artist / "Dawn" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"" if name == "empty.jpg" else track_files.read_seed_file("cover.jpg"))
    shelf.put(artist / "Dawn" / "a.mp3")
    assert find_cover_issues(artist) == {"missing-cover": ["Dawn"]}


def test_an_album_of_which_nothing_can_be_read_is_not_said_to_lack_a_cover(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3", content=TrackContent.NOTHING)
    assert paper.list_kinds_on_disk(artist) == {"empty-file": ["Dawn/a.mp3"]}


def test_the_discs_of_an_album_share_covers_whichever_folder_holds_them(artist: Path) -> None:
    for disc in ("CD1", "Disc 02 - Live", "Box/CD 3"):
        shelf.put(artist / "Dawn" / disc / "a.mp3")
    shelf.put(artist / "Dusk" / "CD1" / "a.mp3")
    shelf.put(artist / "Dusk" / "CD2" / "a.mp3", picture="cover.jpg")
    shelf.put(artist / "Noon" / "CD1" / "a.mp3")
    shelf.put(artist / "Noon" / "CD2" / "a.mp3")
    shelf.put(artist / "Noon" / "Bonus" / "a.mp3")
    for place in ("Dawn", "Noon/CD2"):
        (artist / place / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    assert find_cover_issues(artist) == {
        "external-cover-not-embedded": ["Dawn", "Noon"],
        "missing-cover": ["Dawn/Box", "Noon/Bonus"],
    }


def test_discs_right_in_the_artists_folder_share_the_picture_next_to_them(artist: Path) -> None:
    for place in ("CD1", "CD2", "Noon"):
        shelf.put(artist / place / "a.mp3")
    (artist / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    assert find_cover_issues(artist) == {
        "external-cover-not-embedded": ["CD1", "CD2"],
        "missing-cover": ["Noon"],
    }


def test_loose_tracks_need_no_cover(artist: Path) -> None:
    shelf.put(artist / "loose.mp3")
    (artist / "cover.jpg").write_bytes(ERROR_PAGE)
    assert find_cover_issues(artist) == {}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_an_embedded_error_page_is_no_picture(artist: Path, suffix: str) -> None:
    embed_cover(artist / "Dawn" / f"a.{suffix}", ERROR_PAGE)
    embed_cover(artist / "Dawn" / f"b.{suffix}", ERROR_PAGE)
    embed_cover(artist / "Dawn" / f"c.{suffix}", track_files.read_seed_file("cover.jpg"))
    assert find_cover_issues(artist) == {"cover-not-image": ["Dawn"]}
    assert find_detail("cover-not-image", artist) == "2 embedded pictures"


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_an_embedded_picture_of_no_bytes_is_none(artist: Path, suffix: str) -> None:
    embed_cover(artist / "Dawn" / f"a.{suffix}", b"")
    assert find_cover_issues(artist) == {"missing-cover": ["Dawn"]}


def test_picture_files_that_are_none_are_named(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3", picture="cover.png")
    shelf.put(artist / "Dawn" / "CD1" / "a.mp3")
    (artist / "Dawn" / "cover.jpg").write_bytes(ERROR_PAGE)
    # of another format
    (artist / "Dawn" / "good.jpg").write_bytes(track_files.read_seed_file("cover.png"))
    (artist / "Dawn" / "CD1" / "back.png").write_bytes(bytes(100))
    assert find_cover_issues(artist) == {"cover-not-image": ["Dawn"]}
    assert find_detail("cover-not-image", artist) == '"cover.jpg", "back.png"'


def test_an_error_page_is_all_there_is(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3")
    (artist / "Dawn" / "cover.jpg").write_bytes(ERROR_PAGE)
    assert find_cover_issues(artist) == {"cover-not-image": ["Dawn"]}


def test_an_unreadable_picture_is_no_cover_and_reported(public: Path) -> None:
    artist = public / "Vera"
    shelf.put_album(artist / "Dawn", "One")
    assert find_cover_issues(artist) == {"external-cover-not-embedded": ["Dawn"]}
    with shelf.deny_access(artist / "Dawn" / "cover.jpg"):
        assert find_cover_issues(artist) == {"missing-cover": ["Dawn"]}
        told = find_detail("missing-cover", artist)
    assert told == '"cover.jpg" cannot be read: Permission denied'


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize(
    ("width", "height", "small_one"), [(299, 299, True), (300, 300, False), (1000, 299, True)]
)
def test_a_cover_is_too_small_where_its_shorter_side_is(
    artist: Path, suffix: str, width: int, height: int, small_one: bool
) -> None:
    embed_cover(artist / "Dawn" / f"a.{suffix}", sounds.png(width, height))
    assert find_cover_issues(artist) == ({"cover-too-small": ["Dawn"]} if small_one else {})
    if small_one:
        told = find_detail("cover-too-small", artist)
        assert told == f"the largest has {width} x {height} pixels"


def test_the_largest_picture_of_an_album_counts_wherever_it_is(artist: Path) -> None:
    embed_cover(artist / "Dawn" / "a.mp3", sounds.png(120, 120))
    (artist / "Dawn" / "folder.png").write_bytes(sounds.png(200, 250))
    assert find_cover_issues(artist) == {"cover-too-small": ["Dawn"]}
    assert find_detail("cover-too-small", artist) == "the largest has 200 x 250 pixels"
    (artist / "Dawn" / "cover.png").write_bytes(sounds.png(300, 301))
    assert find_cover_issues(artist) == {}


def test_a_picture_of_unknown_size_is_not_called_small(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3")
    (artist / "Dawn" / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(40))
    assert find_cover_issues(artist) == {"external-cover-not-embedded": ["Dawn"]}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_cover_in_the_folder_only_is_noted_once_an_album(artist: Path, suffix: str) -> None:
    for name in ("a", "b"):
        shelf.put(artist / "Dawn" / f"{name}.{suffix}")
    (artist / "Dawn" / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    assert find_cover_issues(artist) == {"external-cover-not-embedded": ["Dawn"]}
    shelf.put(artist / "Dawn" / f"b.{suffix}", picture="cover.png")
    assert find_cover_issues(artist) == {}


def test_a_wrong_embedded_picture_does_not_replace_the_one_in_the_folder(artist: Path) -> None:
    embed_cover(artist / "Dawn" / "a.mp3", ERROR_PAGE)
    (artist / "Dawn" / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    assert find_cover_issues(artist) == {
        "cover-not-image": ["Dawn"],
        "external-cover-not-embedded": ["Dawn"],
    }


def test_no_sound_is_asked_for_a_picture_that_cannot_be_read_itself(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3", content=TrackContent.TEXT)
    (artist / "Dawn" / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    assert find_cover_issues(artist) == {}
