"""Superfluous duplicates of audio are found, and similar titles are noted."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePath

import msgspec
import pytest

from mediakeep.errors import NotAudio, Unreadable
from mediakeep.media.audio import essence
from mediakeep.media.audio.model import AudioProperties
from mediakeep.music import duplicate_audio, scan
from mediakeep.music.model import Artist
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import SampleTrack
from tests.music import paper, shelf, sounds


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "Vera"


def put(path: Path, *, take: int = 0, picture: str = "", **tags: str) -> Path:
    """Write a track of a second; those of one format and take have the same audio."""
    fields = {**shelf.HEALTHY, "album": path.parent.name, **tags}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        track_files.render_track(
            SampleTrack(PurePath(path.name), "chord", fields, picture, audio_number=take)
        )
    )
    return path


def song(path: Path, name: str, seconds: int = 20, **tags: str) -> Path:
    """Write a track of 20 seconds; those of one name and length have the same audio."""
    copy = path.parents[2] / "studio" / f"{name}.flac"
    sounds.flac(copy, {**shelf.HEALTHY, "album": path.parent.name, **tags}, seconds=seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(copy, path)
    return path


def read(artist: Path) -> Artist:
    return duplicate_audio.add_essence_hashes(scan.read_artist(artist), essence.compute_audio_hash)


def find_duplicates(artist: Path) -> dict[str, str]:
    return paper.list_artist_details("duplicate-track", read(artist))


def find_similar(artist: Path) -> dict[str, str]:
    return paper.list_artist_details("similar-track", read(artist))


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_copy_with_other_tags_in_the_same_album_is_found(artist: Path, suffix: str) -> None:
    put(artist / "Dawn" / f"a.{suffix}")
    put(artist / "Dawn" / f"b.{suffix}", title="Ballast, Remastered", picture="cover.jpg")
    put(artist / "Dawn" / f"c.{suffix}", take=1, title="Thaw")
    assert find_duplicates(artist) == {f"Dawn/b.{suffix}": f'same audio as "Dawn/a.{suffix}"'}


@pytest.mark.real_disk
def test_a_link_to_a_track_is_no_copy_of_it(artist: Path) -> None:
    track = song(artist / "Dawn" / "b.flac", "song")
    (artist / "Dawn" / "a.flac").symlink_to(track)
    (artist / "Dawn" / "c.flac").hardlink_to(track)
    (artist / "d.flac").symlink_to(track)
    assert find_duplicates(artist) == {}
    song(artist / "Dawn" / "e.flac", "song", title="Other")
    assert find_duplicates(artist) == {"Dawn/e.flac": 'same audio as "Dawn/a.flac"'}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_takes_of_one_sound_are_no_copies(artist: Path, suffix: str) -> None:
    for take in range(4):
        put(artist / "Dawn" / f"{take}.{suffix}", take=take)
    assert find_duplicates(artist) == {}


def test_every_copy_but_the_first_names_the_first_and_loose_ones_come_last(artist: Path) -> None:
    for place in ("Dawn/CD1/x.flac", "Dawn/CD2/b.flac", "Dawn/CD2/c.flac", "a/a.flac"):
        song(artist / place, "song", album="Dawn" if place[0] == "D" else "Dusk")
    (artist / "a" / "a.flac").rename(artist / "a.flac")
    assert find_duplicates(artist) == dict.fromkeys(
        ("Dawn/CD2/b.flac", "Dawn/CD2/c.flac", "a.flac"), 'same audio as "Dawn/CD1/x.flac"'
    )


def test_two_loose_tracks_can_be_copies_and_so_can_one_of_another_album(artist: Path) -> None:
    put(artist / "Dawn" / "a.mp3")
    put(artist / "b.mp3", album="Dusk", date="1999")
    put(artist / "c.ogg", title="One")
    put(artist / "d.ogg", title="Two")
    assert find_duplicates(artist) == {
        "b.mp3": 'same audio as "Dawn/a.mp3"',
        "d.ogg": 'same audio as "c.ogg"',
    }


@pytest.mark.parametrize(
    ("album", "date", "superfluous"),
    [
        ("Moorings", "1974", True),
        ("MOORINGS!", "1974-05-01", True),
        ("Moorings (Deluxe Edition)", "1974", False),
        ("Moorings", "2004", False),
        ("Best of 1974", "1974", False),
    ],
)
def test_two_folders_hold_copies_where_album_and_year_are_the_same(
    artist: Path, album: str, date: str, superfluous: bool
) -> None:
    put(artist / "Moorings" / "a.flac")
    put(artist / "Other" / "a.flac", album=album, date=date)
    expected = {"Other/a.flac": 'same audio as "Moorings/a.flac"'} if superfluous else {}
    assert find_duplicates(artist) == expected


def test_a_recording_on_an_album_and_a_compilation_is_no_copy(artist: Path) -> None:
    put(artist / "Moorings" / "a.mp3")
    put(artist / "The Best" / "a.mp3", date="1999")
    put(artist / "Sounds of the Coast" / "a.mp3", albumartist="Various Artists")
    assert find_duplicates(artist) == {}


def test_tracks_without_an_album_tag_are_bound_by_their_folder_alone(artist: Path) -> None:
    for place in ("Dawn/a.mp3", "Dusk/a.mp3", "Dusk/b.mp3"):
        put(artist / place, album=" ")
    assert find_duplicates(artist) == {"Dusk/b.mp3": 'same audio as "Dusk/a.mp3"'}


def test_two_editions_in_one_folder_may_share_a_recording(artist: Path) -> None:
    put(artist / "Both" / "a.mp3", album="Dawn")
    put(artist / "Both" / "b.mp3", album="Dawn (Deluxe Edition)", tracknumber="1/12")
    assert find_duplicates(artist) == {}
    put(artist / "Both" / "c.mp3", album="Dawn", tracknumber="7")
    assert find_duplicates(artist) == {"Both/c.mp3": 'same audio as "Both/a.mp3"'}


def test_truncated_audio_is_not_compared(artist: Path) -> None:
    for name in ("a", "b"):
        path = put(artist / "Dawn" / f"{name}.flac")
        path.write_bytes(path.read_bytes()[:-900])
    assert [bool(track.facts and track.facts.truncated) for track in read(artist).tracks] == [
        True,
        True,
    ]
    assert find_duplicates(artist) == {}


def test_pauses_between_songs_are_no_copies_and_long_silence_is(artist: Path) -> None:
    for number in (1, 2, 3):
        tags = {"title": "[silence]", "tracknumber": f"{number}/3"}
        song(artist / "Dawn" / f"{number}.flac", "pause", seconds=4, **tags)
    assert find_duplicates(artist) == {}
    for number in (1, 2, 3):
        song(artist / "Dawn" / f"{number}.flac", "silence", seconds=20)
    assert set(find_duplicates(artist)) == {"Dawn/2.flac", "Dawn/3.flac"}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_identical_copies_among_short_tracks_are_found(artist: Path, count: int) -> None:
    first = put(artist / "Dawn" / "01 Intro.mp3", tracknumber="1/9")
    copied = [first.with_name(f"01 Intro ({number}).mp3") for number in range(1, count)]
    for path in copied:
        shutil.copyfile(first, path)
    for number in range(2, 5):  # jingles that sound alike, and are none
        put(artist / "Dawn" / f"0{number}.mp3", title=f"Jingle {number}", tracknumber=f"{number}/9")
    names = {f"Dawn/{path.name}": 'same audio as "Dawn/01 Intro.mp3"' for path in copied}
    assert find_duplicates(artist) == names
    assert paper.list_artist_details("duplicate-number", read(artist)) == {}


def test_short_tracks_that_sound_alike_do_not_share_a_number_unseen(artist: Path) -> None:
    for number, title in enumerate(("Thaw", "Salt", "Kelp", "Rope"), 1):
        put(artist / "Dawn" / f"{title}.mp3", title=title, tracknumber=f"{min(number, 3)}/4")
    assert find_duplicates(artist) == {}
    details = paper.list_artist_details("duplicate-number", read(artist))
    assert details == {"Dawn": 'number 3 is used by "Kelp.mp3", "Rope.mp3"'}


@pytest.mark.parametrize("tags", [{"title": ""}, {"title": "[silence]"}])
def test_pauses_without_a_number_are_no_copies(artist: Path, tags: dict[str, str]) -> None:
    for name in "abc":
        put(artist / "Dawn" / f"{name}.mp3", tracknumber="", **tags)
    for disc in ("CD 1", "CD 2"):
        put(artist / "Live" / disc / "12.mp3", tracknumber="12", **{**tags, "album": "Live"})
        put(artist / "Live" / disc / "13.mp3", tracknumber="13", **{**tags, "album": "Live"})
    assert find_duplicates(artist) == {}


def test_only_what_may_be_a_copy_is_read(artist: Path) -> None:
    put(artist / "Dawn" / "a.mp3")
    put(artist / "Dawn" / "b.mp3", title="Thaw")
    put(artist / "Dawn" / "c.ogg")
    put(artist / "Dusk" / "a.mp3")
    (artist / "Dawn" / "d.mp3").write_bytes(b"")
    messages: list[str] = []

    def hash_of(path: Path) -> str:
        messages.append(path.name)
        return essence.compute_audio_hash(path)

    compared = duplicate_audio.add_essence_hashes(scan.read_artist(artist), hash_of)
    assert messages == ["a.mp3", "b.mp3"]
    assert [track.place for track in compared.tracks if track.essence] == [
        "Dawn/a.mp3",
        "Dawn/b.mp3",
    ]
    assert duplicate_audio.add_essence_hashes(compared, hash_of) == compared
    assert messages == ["a.mp3", "b.mp3"]


def test_an_artist_without_candidates_is_given_back_as_it_is(artist: Path) -> None:
    put(artist / "Dawn" / "a.mp3")
    whole = scan.read_artist(artist)
    assert duplicate_audio.find_possible_duplicates(whole) == set()
    assert duplicate_audio.add_essence_hashes(whole, essence.compute_audio_hash) is whole


def test_a_candidate_that_vanished_or_lost_its_sound_since_is_left_without_a_hash(
    artist: Path,
) -> None:
    for name in "abcd":
        put(artist / "Dawn" / f"{name}.flac")
    whole = scan.read_artist(artist)
    (artist / "Dawn" / "a.flac").unlink()
    (artist / "Dawn" / "b.flac").write_bytes(b"")
    with pytest.raises(Unreadable, match="No such file"):
        essence.compute_audio_hash(artist / "Dawn" / "a.flac")
    with pytest.raises(NotAudio):
        essence.compute_audio_hash(artist / "Dawn" / "b.flac")
    compared = duplicate_audio.add_essence_hashes(whole, essence.compute_audio_hash)
    assert [bool(track.essence) for track in compared.tracks] == [False, False, True, True]
    assert paper.list_artist_details("duplicate-track", compared) == {
        "Dawn/d.flac": 'same audio as "Dawn/c.flac"'
    }


def test_a_name_with_odd_bytes_is_hashed_too(artist: Path) -> None:
    name = shelf.odd_name(artist.parent)
    put(artist / "Dawn" / f"{name}.mp3")
    put(artist / "Dawn" / "z.mp3")
    assert len(find_duplicates(artist)) == 1


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_another_recording_of_one_title_and_length_is_similar(artist: Path, suffix: str) -> None:
    put(artist / "Dawn" / f"a.{suffix}")
    put(artist / "Dawn" / f"b.{suffix}", take=1, title="LOW TIDE!", tracknumber="2")
    put(artist / "Dawn" / f"c.{suffix}", take=2, title="Low Tide (Live)", tracknumber="3")
    put(artist / "Dawn" / f"d.{suffix}", take=3, artist="Anna", tracknumber="4")
    assert find_duplicates(artist) == {}
    assert find_similar(artist) == {f"Dawn/b.{suffix}": f'similar to "Dawn/a.{suffix}"'}


def test_a_copy_is_not_called_similar_as_well(artist: Path) -> None:
    put(artist / "Dawn" / "a.mp3")
    put(artist / "Dawn" / "b.mp3")
    assert set(find_duplicates(artist)) == {"Dawn/b.mp3"}
    assert find_similar(artist) == {}


def test_other_lengths_other_discs_and_pauses_are_not_similar(artist: Path) -> None:
    put(artist / "Dawn" / "a.mp3")
    song(artist / "Dawn" / "b.flac", "longer")
    for disc in ("1", "2"):
        put(artist / "Dusk" / f"{disc}.ogg", take=int(disc), discnumber=disc, tracknumber="1")
        put(artist / "Noon" / f"CD{disc}" / "a.opus", take=int(disc), album="Noon")
    for take, title in enumerate(("[silence]", "[Silence]", "Untitled", "Untitled", "", "")):
        put(artist / "Odd" / f"{take}.mp3", take=take, title=title, tracknumber=str(take))
    assert find_similar(artist) == {}


def test_lengths_may_differ_by_a_second_and_must_be_known() -> None:
    some = [
        msgspec.structs.replace(
            paper.track(number, title="Thaw"), facts=AudioProperties(format="MP3", duration=length)
        )
        for number, length in enumerate((200.0, 201.0, 202.1, 0.0, 0.0), 1)
    ]
    assert paper.list_details("similar-track", paper.album(*some)) == {
        some[1].place: f'similar to "{some[0].place}"'
    }
