"""Every audio file is a track, or it is counted and named as unsupported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep.media.audio.mp3 import mpeg_frames
from mediakeep.media.audio.tags import AudioProperties
from mediakeep.music import scan
from mediakeep.music.model import Artist, Track
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from tests.commands import hands
from tests.commands.conftest import Home
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.music import paper, shelf

UNREAD = ("tak", "dff", "mka", "ofr")
LAYER_2 = bytes.fromhex("FF FD 84 04")  # MPEG 1, layer II, 128 kbit/s, 44,100 Hz


def layer_2(seconds: float = 2.0) -> bytes:
    frame = mpeg_frames.parse_frame_header(LAYER_2)
    assert frame
    silent = LAYER_2 + bytes(frame.size - len(LAYER_2))
    return silent * round(seconds * frame.sample_rate / frame.samples)


@pytest.fixture
def dawn(tmp_path: Path) -> Path:
    """An album with one file of each sort: four are read, four are not, and one is a film."""
    album = tmp_path / "music" / "Vera" / "Dawn"
    shelf.put(album / "01 Tide.mp3")
    (album / "02 Ebb.mp4").write_bytes(shelf.render("m4a", title="Ebb"))
    (album / "03 Flood.mp2").write_bytes(tagging.id3v2(3) + layer_2())
    (album / "04 Flow.spx").write_bytes(small.whole("speex.ogg"))
    for number, suffix in enumerate(UNREAD, 5):
        (album / f"{number:02} Sea.{suffix}").write_bytes(b"tBaK" + bytes(99))
    video_files.write_video(album / "Live.mp4", VideoSpec(480, 270, 0.5, (("eng", 2),)))
    return album


@pytest.fixture
def home(dawn: Path, tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", tmp_path / "music")
    home.path.mkdir()
    return home


def read(album: Path) -> tuple[Artist, dict[str, Track]]:
    artist = scan.read_artist(album.parent)
    return artist, {track.name: track for track in artist.tracks}


def read_facts(track: Track) -> AudioProperties:
    assert track.facts
    return track.facts


def test_what_the_reader_can_is_read(dawn: Path) -> None:
    _, unread = read(dawn)
    assert list(unread) == ["01 Tide.mp3", "02 Ebb.mp4", "03 Flood.mp2", "04 Flow.spx"]
    assert read_facts(unread["02 Ebb.mp4"]).format == "MP4"
    assert unread["02 Ebb.mp4"].tags.title == ("Ebb",)
    assert read_facts(unread["03 Flood.mp2"]).format == "MP3"
    assert read_facts(unread["03 Flood.mp2"]).duration == pytest.approx(2.0, abs=0.1)
    assert read_facts(unread["04 Flow.spx"]).format == "Speex"
    assert "wrong-extension" not in paper.list_kinds_on_disk(dawn.parent)


def test_the_rest_is_counted_and_named_in_one_note(dawn: Path) -> None:
    artist, _ = read(dawn)
    assert artist.unread_files == tuple(f"Dawn/{n:02} Sea.{one}" for n, one in enumerate(UNREAD, 5))
    detail = paper.list_artist_details("unread-audio", artist)[""]
    assert detail.startswith("1 TAK, 1 DSDIFF, 1 Matroska, 1 OptimFROG: ")
    assert all(f"Sea.{suffix}" in detail for suffix in UNREAD)
    assert "Live.mp4" not in detail


def test_an_artist_without_such_files_has_no_note(tmp_path: Path) -> None:
    shelf.put(tmp_path / "Vera" / "Dawn" / "01 Tide.mp3")
    artist = scan.read_artist(tmp_path / "Vera")
    assert (artist.unread_files, paper.list_artist_details("unread-audio", artist)) == ((), {})


def test_a_damaged_mp4_is_named_and_is_no_track(dawn: Path) -> None:
    (dawn / "99 Broken.mp4").write_bytes(shelf.render("m4a")[:60])
    artist, unread = read(dawn)
    assert "99 Broken.mp4" not in unread
    assert "Dawn/99 Broken.mp4" in artist.unread_files


def test_a_film_is_no_music(tmp_path: Path) -> None:
    folder = tmp_path / "Harbour Lights (1994)"
    folder.mkdir()
    video_files.write_video(
        folder / "Harbour Lights (1994).mp4", VideoSpec(480, 270, 0.5, (("eng", 2),))
    )
    artist = scan.read_artist(folder)
    assert (list(artist.tracks), artist.unread_files) == ([], ())
    assert [item.fields for item in scan.find_artists(tmp_path)] == [
        {"track_count": 0, "album_count": 0}
    ]
    assert scan.find_loose_tracks(folder) == ()


def test_a_command_for_a_folder_writes_no_film(home: Home, dawn: Path) -> None:
    film = (dawn / "Live.mp4").read_bytes()
    (dawn / "04 Flow.spx").unlink()  # which is only read
    hands.ok(home, "fix_metadata", "genre", dawn, "Shanty")
    assert (dawn / "Live.mp4").read_bytes() == film
    for name in ("01 Tide.mp3", "02 Ebb.mp4", "03 Flood.mp2"):
        assert tags.read(dawn / name).tags.genres == ("Shanty",)
    hands.ok(home, "undo_changes", "--since", "1h")
    assert (dawn / "02 Ebb.mp4").read_bytes() == shelf.render("m4a", title="Ebb")


def test_scan_batch_report_and_summary_count_them(home: Home, dawn: Path) -> None:
    scanned = home.scan()
    assert "4 audio files skipped: mediakeep cannot read their formats." in scanned
    data = json.loads(home.ok("--scan", home.music, "--json"))
    assert data["unread"] == 4
    done = home.batch("--all")
    assert done.returncode == 0, done.stderr
    assert "4 audio files not read" in done.stdout
    assert home.snapshot()["artists"]["Vera"]["unread_count"] == 4
    assert "4 audio files not read" in home.ok("--show-summary")
    report = (home.path / "issues" / "music" / "Vera_library_issues.md").read_text()
    assert "unread-audio" in report
    assert "05 Sea.tak" in report


def test_without_such_files_nothing_is_said(home: Home, dawn: Path) -> None:
    shutil.rmtree(dawn)
    shelf.put(dawn / "01 Tide.mp3")
    assert "not read" not in home.scan()
    done = home.batch("--all")
    assert "not read" not in done.stdout + home.ok("--show-summary")
