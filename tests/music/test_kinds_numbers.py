"""Duplicate and unusual track numbers are found, consistent formats are not."""

from __future__ import annotations

from pathlib import Path

from mutagen.flac import FLAC
from mutagen.id3 import ID3, TPOS, TRCK
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from mediakeep.music.model import Album
from tests.music import paper, shelf
from tests.music.paper import album, disc, join_albums, numbered, track
from tests.sampling import each_row

VORBIS = {"flac": FLAC, "ogg": OggVorbis, "opus": OggOpus}


# Doubles


def test_a_number_that_two_tracks_have_is_reported_with_their_names() -> None:
    whole = album(*numbered(1, 2, 3).tracks, track("03", title="Other", name="x.mp3"))
    detail = paper.find_detail("duplicate-number", whole)
    assert detail == 'number 3 is used by "3 Nine Lanterns.mp3", "x.mp3"'
    assert paper.find_detail("track-gap", numbered(1, 2, 2, 4, 5)) is not None  # one song, twice


def test_a_duplicate_at_the_missing_number_is_no_gap() -> None:
    whole = album(*numbered(1, 2, 4).tracks, track(2, title="Other", name="x.mp3"))
    assert paper.find_detail("duplicate-number", whole) is not None
    assert paper.find_detail("track-gap", whole) is None


@each_row(
    "whole",
    [
        numbered(1, 2, 3),
        numbered("A1", "B1", "A2"),
        album(*disc(1, 1, 2), *disc(2, 1, 2)),
        join_albums(numbered(1, 2), numbered(1, 2, format="FLAC")),
        join_albums(numbered(1, 2, format="MP4"), numbered(1, 2, format="MP4", lossless=True)),
        numbered("0", "0", "00"),
        numbered("", "", ""),
        join_albums(numbered(1, album="One"), numbered(1, album="Two"), numbered(1, album="Three")),
    ],
)
def test_numbers_that_are_no_doubles(whole: Album) -> None:
    assert paper.find_detail("duplicate-number", whole) is None


def test_vinyl_sides_can_be_doubles_too() -> None:
    detail = paper.find_detail("duplicate-number", numbered("A1", "a1", "A2"))
    assert detail is not None
    assert detail.startswith("number A1 is used by")


def test_copies_bit_for_bit_are_no_doubles() -> None:
    import msgspec

    track_, two = track(1, name="a.mp3"), track(1, name="b.mp3")
    copies = [msgspec.structs.replace(both, essence="same") for both in (track_, two)]
    assert paper.find_detail("duplicate-number", album(*copies)) is None
    assert paper.find_detail("duplicate-number", album(*copies, track(1, name="c.mp3"))) is not None


def test_loose_tracks_have_neither_gaps_nor_doubles() -> None:
    loose = album(*numbered(1, 1, 5, 7).tracks, place="")
    for kind in ("track-gap", "duplicate-number"):
        assert paper.find_detail(kind, loose) is None


# Ways of writing


@each_row(
    ("text", "told"),
    [
        ("Track 3", '"Track 3" should be "3"'),
        ("3 of 12", '"3 of 12" should be "3"'),
        ("#3", '"#3" should be "3"'),
        ("3.", '"3." should be "3"'),
        (" 3", '" 3" should be "3"'),
        ("03-12", '"03-12"'),
        ("three", '"three"'),
        ("A1-2", '"A1-2"'),
        ("1.5", '"1.5"'),
        ("３", '"３"'),
        ("-1", '"-1" should be "1"'),
        ("CD1 Track 03", '"CD1 Track 03"'),
    ],
)
def test_a_number_that_is_not_written_plainly_is_found(text: str, told: str) -> None:
    (detail,) = paper.list_details(
        "track-number-format", album(track(1), track(text, name="x.mp3"))
    ).items()
    assert detail == ("Dawn/x.mp3", told)
    loose = album(track(text, name="x.mp3"), place="")
    assert list(paper.list_details("track-number-format", loose).values()) == [told]


@each_row(
    "numbers",
    [
        *((1, 2, 3), ("01", "02", "03"), ("001", "002", "010", "100"), ("1", "10", "11")),
        *(("01", "02", "10"), ("A1", "A2", "AA1", "1A", "B"), ("0", "01"), ("00", "1"), ("", " ")),
        *(("09", "10", "11"), (9, 10, 11)),
    ],
)
def test_numbers_written_plainly_are_left_alone(numbers: tuple[object, ...]) -> None:
    assert paper.list_details("track-number-format", numbered(*numbers)) == {}


@each_row(
    ("numbers", "odd"),
    [
        (("01", "02", "3"), {"3"}),
        (("1", "2", "03"), {"03"}),
        (("1", "02"), {"02"}),
        (("01", "2", "03", "4", "10"), {"01", "03"}),
    ],
)
def test_the_rarer_way_of_padding_is_found(numbers: tuple[str, ...], odd: set[str]) -> None:
    details = paper.list_details("track-number-format", numbered(*numbers))
    assert {place.removeprefix("Dawn/").split()[0] for place in details} == odd
    assert all("others on the disc are written" in told for told in details.values())


def test_padding_is_compared_within_one_disc_and_format_only() -> None:
    discs = album(*disc(1, "01", "02"), *disc(2, "1", "2"))
    formats = join_albums(numbered("01", "02", format="FLAC"), numbered(1, 2, format="MP4"))
    loose = album(*numbered("01", "02", 3).tracks, place="")
    for whole in (discs, formats, loose):
        assert paper.list_details("track-number-format", whole) == {}


# Files


def test_gaps_doubles_and_odd_numbers_are_found_in_files_of_each_format(tmp_path: Path) -> None:
    for suffix in shelf.FORMATS:
        folder = tmp_path / "Vera" / suffix
        shelf.put_album(folder, *paper.TITLES[:9], suffix=suffix)
        shelf.put(
            folder / f"05 Hemp and Tar.{suffix}", title="Hemp", album=suffix, tracknumber="6/9"
        )
        (folder / f"03 Gulls Over Quarry Lane.{suffix}").unlink()
    kinds = paper.list_kinds_on_disk(tmp_path / "Vera")
    assert sorted(kinds["duplicate-number"]) == sorted(shelf.FORMATS)
    assert sorted(kinds["track-gap"]) == sorted(shelf.FORMATS)
    assert "track-number-format" not in kinds


@each_row("suffix", VORBIS)
def test_a_total_in_the_numbers_field_is_found_where_it_has_its_own(
    tmp_path: Path, suffix: str
) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two", "Three", suffix=suffix)
    path = tmp_path / "Vera" / "Dawn" / f"02 Two.{suffix}"
    audio = VORBIS[suffix](path)
    del audio["tracktotal"]
    audio["TRACKNUMBER"] = "2/3"
    audio.save()
    kinds = paper.list_kinds_on_disk(tmp_path / "Vera")
    assert kinds["track-number-format"] == [f"Dawn/02 Two.{suffix}"]
    assert "track-gap" not in kinds


@each_row("suffix", ["mp3", "m4a"])
def test_a_total_behind_the_number_is_how_it_should_be_elsewhere(
    tmp_path: Path, suffix: str
) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two", "Three", suffix=suffix)
    assert paper.list_kinds_on_disk(tmp_path / "Vera").keys() <= {"external-cover-not-embedded"}


@each_row("suffix", ["mp3", "flac"])
def test_numbers_in_words_and_in_padding_are_found_in_files(tmp_path: Path, suffix: str) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "One", "Two", "Three", "Four", suffix=suffix)
    for name, text in (("02 Two", "Track 2"), ("03 Three", "03")):
        path = tmp_path / "Vera" / "Dawn" / f"{name}.{suffix}"
        if suffix == "mp3":
            tags = ID3(path)
            tags.add(TRCK(text=[text]))
            tags.save()
        else:
            flac = FLAC(path)
            flac["tracknumber"] = text
            flac.save()
    kinds = paper.list_kinds_on_disk(tmp_path / "Vera")
    assert kinds["track-number-format"] == [f"Dawn/02 Two.{suffix}", f"Dawn/03 Three.{suffix}"]


def test_disc_numbers_of_files_keep_discs_apart(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / "Vera" / "Dawn" / f"CD{number}"
        shelf.put_album(folder, "One", "Two", "Three", album="Dawn")
        for path in folder.glob("*.mp3"):
            tags = ID3(path)
            tags.add(TPOS(text=[f"{number}/2"]))
            tags.save()
        shelf.put_album(tmp_path / "Vera" / "Dusk", "One", suffix="m4a")
    audio = MP4(tmp_path / "Vera" / "Dusk" / "01 One.m4a")
    audio["disk"] = [(1, 2)]
    audio.save()
    assert not paper.list_kinds_on_disk(tmp_path / "Vera").keys() & {
        "duplicate-number",
        "track-gap",
    }
