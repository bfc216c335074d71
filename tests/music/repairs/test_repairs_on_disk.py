"""Safe repairs of real files resolve the issues, and a second run writes nothing."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TIT2, TPE1, TRCK
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from mediakeep.music import diagnose, scan
from mediakeep.music.repairs.safe import SAFE_REPAIRS
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import TrackContent
from tests.media import mutations_sounds as small
from tests.music import paper, shelf
from tests.music.repairs import disk

VORBIS = {"flac": FLAC, "ogg": OggVorbis, "opus": OggOpus}


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "music" / "Velvet Harbour"


def open_kinds(folder: Path) -> set[str]:
    return {
        issue.kind for issue in diagnose.find_issues(scan.read_artist(folder), "x")
    } & SAFE_REPAIRS.keys()


def write_aac(path: Path, title: str) -> None:
    """Write a raw AAC file, which mediakeep only reads, with a title."""
    path.write_bytes(small.whole("aac"))
    tags = ID3(path)
    tags.setall("TIT2", [TIT2(encoding=3, text=[title])])
    tags.save(path)


def list_times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_texts_credits_and_covers_are_fixed_and_the_second_run_writes_nothing(
    artist: Path, tmp_path: Path, suffix: str
) -> None:
    shelf.put_album(artist / "Dawn", "Low Tide", "Ballast", "Thaw", suffix=suffix)
    odd = {"title": "BjÃ¶rk ", "artist": "Velvet  Harbour", "genre": "\u200bFolk"}
    shelf.put(artist / "Dawn" / f"02 Ballast.{suffix}", **odd, album="Dawn", tracknumber="2/3")
    shelf.put(artist / "Dawn" / f"03 Thaw.{suffix}", albumartist=None, title="Thaw", album="Dawn")
    kinds = {"mojibake", "whitespace", "missing-albumartist", "external-cover-not-embedded"}
    assert open_kinds(artist) == kinds
    disk.repair(artist, tmp_path)
    assert open_kinds(artist) == set()
    before = list_times(artist)
    assert disk.repair(artist, tmp_path) == ()
    assert list_times(artist) == before
    second = next(track for track in scan.read_artist(artist).tracks if track.name.startswith("02"))
    assert second.tags.title == ("Björk",)
    assert second.tags.genres == ("Folk",)
    assert second.tags.pictures[0].size == len(track_files.read_seed_file("cover.jpg"))


@pytest.mark.parametrize("suffix", VORBIS)
def test_a_total_gets_its_own_field_where_the_format_has_one(
    artist: Path, tmp_path: Path, suffix: str
) -> None:
    for number in (1, 2, 3):
        path = artist / "Dawn" / f"{number}.{suffix}"
        named = {"title": paper.TITLES[number], "album": "Dawn", "tracknumber": f"{number}/3"}
        shelf.put(path, picture="cover.jpg", **named)
        audio = VORBIS[suffix](path)
        del audio["tracktotal"]
        audio["tracknumber"] = [f"{number:02}/3"]
        audio.save()
    disk.repair(artist, tmp_path)
    assert open_kinds(artist) == set()
    audio = VORBIS[suffix](artist / "Dawn" / f"2.{suffix}")
    assert (audio["tracknumber"], audio["tracktotal"]) == (["02"], ["3"])
    assert disk.repair(artist, tmp_path) == ()


@pytest.mark.parametrize(
    ("suffix", "text"), [("mp3", "Track 3"), ("flac", "3 of 9"), ("ogg", "#3"), ("opus", "No. 3")]
)
def test_a_number_among_words_is_parted_from_them(
    artist: Path, tmp_path: Path, suffix: str, text: str
) -> None:
    for number in (1, 2, 3):
        path = artist / "Dawn" / f"{number}.{suffix}"
        named = {"title": paper.TITLES[number], "album": "Dawn", "tracknumber": f"{number:02}"}
        shelf.put(path, picture="cover.jpg", **named)
    if suffix == "mp3":
        tags = ID3(path)
        tags.add(TRCK(encoding=3, text=[text]))
        tags.save(path)
    else:
        audio = VORBIS[suffix](path)
        audio["tracknumber"] = [text]
        del audio["tracktotal"]
        audio.save()
    disk.repair(artist, tmp_path)
    assert open_kinds(artist) == set()
    last = list(scan.read_artist(artist).tracks)[2].tags
    assert last.track == "03"
    assert last.track_total == ("9" if "of" in text else "")


def test_what_only_id3v1_holds_is_lifted_and_padded_like_its_neighbours(
    artist: Path, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        path = artist / "Dawn" / f"{number}.mp3"
        named = {"title": paper.TITLES[number], "album": "Dawn", "tracknumber": f"{number:02}"}
        shelf.put(path, picture="cover.jpg", **named)
    sound = track_files.read_seed_file("bell.mp3")
    fields = [(b"Nine Lanterns ", 30), (b"Velvet Harbour", 30), (b"Dawn", 30), (b"1974", 4)]
    texts = b"".join(text.strip().ljust(size, b"\0") for text, size in fields)
    path.write_bytes(sound + b"TAG" + texts + bytes(29) + b"\x03" + b"\x50")
    assert "id3v1-only" in open_kinds(artist)
    disk.repair(artist, tmp_path)
    assert open_kinds(artist) == set()
    lifted = list(scan.read_artist(artist).tracks)[2]
    assert lifted.container.startswith("ID3v2")
    assert (lifted.tags.title, lifted.tags.track) == (("Nine Lanterns",), "03")
    assert lifted.tags.albumartist == ("Velvet Harbour",)
    assert disk.repair(artist, tmp_path) == ()


def test_several_texts_of_one_field_are_all_kept(artist: Path, tmp_path: Path) -> None:
    path = shelf.put(artist / "Dawn" / "1.mp3", picture="cover.jpg", album="Dawn")
    tags = ID3(path)
    tags.add(TPE1(encoding=3, text=["Velvet Harbour ", "BjÃ¶rk"]))
    tags.add(TIT2(encoding=3, text=["Low Tide"]))
    tags.save(path)
    disk.repair(artist, tmp_path)
    (track,) = scan.read_artist(artist).tracks
    assert track.tags.artist == ("Velvet Harbour", "Björk")


def test_a_file_that_is_broken_or_only_read_stays_as_it_is(artist: Path, tmp_path: Path) -> None:
    folder = artist / "Dawn"
    odd = {**shelf.HEALTHY, "title": " BjÃ¶rk "}
    shelf.put(folder / "1.mp3", title="Thaw", picture="cover.jpg")
    for name, content in (("2.flac", TrackContent.CUT), ("3.mp3", TrackContent.TEXT)):
        track = track_files.SampleTrack(PurePath(name), "drops", odd, content=content)
        (folder / name).write_bytes(track_files.render_track(track))
    write_aac(folder / "4.aac", " BjÃ¶rk ")
    assert "mojibake" in open_kinds(artist)
    before = list_times(artist)
    assert disk.repair(artist, tmp_path) == ()
    assert list_times(artist) == before
