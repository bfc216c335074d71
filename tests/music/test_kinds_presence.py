"""Missing tags and placeholders are found in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.music import scan
from mediakeep.music.text import placeholders
from tests.music import paper, shelf

BLANKS = (" ", "\t \n", "\u200b", "\u00a0", " \u200b ")
NEEDED = [
    ("title", "missing-title"),
    ("artist", "missing-artist"),
    ("album", "missing-album"),
    ("albumartist", "missing-albumartist"),
    ("date", "missing-date"),
    ("tracknumber", "missing-track-number"),
    ("genre", "missing-genre"),
]


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "Vera"


def put(path: Path, **tags: str | None) -> None:
    shelf.put(path, picture="cover.jpg", **tags)


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize(("tag", "kind"), NEEDED)
def test_a_tag_that_is_not_there_is_the_only_issue(
    artist: Path, suffix: str, tag: str, kind: str
) -> None:
    put(artist / "Dawn" / f"a.{suffix}", **{tag: None})
    put(artist / "Dawn" / f"b.{suffix}", tracknumber="2/9", title="Ballast")
    assert paper.list_kinds_on_disk(artist) == {kind: [f"Dawn/a.{suffix}"]}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("tag", ["title", "artist", "album", "albumartist", "genre"])
def test_a_blank_text_is_a_missing_one_and_no_white_space_next_to(
    artist: Path, suffix: str, tag: str
) -> None:
    for number, blank in enumerate(BLANKS, 1):
        named = {"title": paper.TITLES[number], "tracknumber": str(number), tag: blank}
        put(artist / "Dawn" / f"{number}.{suffix}", **named)
    places = [f"Dawn/{number}.{suffix}" for number in range(1, len(BLANKS) + 1)]
    assert paper.list_kinds_on_disk(artist) == {f"missing-{tag}": places}


def test_all_that_a_track_without_tags_lacks_is_reported(artist: Path) -> None:
    for suffix in shelf.FORMATS:
        put(artist / "Dawn" / f"a.{suffix}", **dict.fromkeys(shelf.HEALTHY))
    missing = {kind for _, kind in NEEDED} - {"missing-albumartist"}  # of what album?
    assert set(paper.list_kinds_on_disk(artist)) == missing | {"mixed-formats"}


def test_an_album_artist_alone_is_no_artist_and_an_artist_alone_no_album_artist(
    artist: Path,
) -> None:
    put(artist / "Dawn" / "a.mp3", artist=None)
    put(artist / "Dusk" / "a.mp3", albumartist=None)
    assert paper.list_kinds_on_disk(artist) == {
        "missing-artist": ["Dawn/a.mp3"],
        "missing-albumartist": ["Dusk/a.mp3"],
    }


def test_a_loose_track_needs_no_album_artist(artist: Path) -> None:
    put(artist / "loose.mp3", albumartist=None)
    put(artist / "CD1" / "a.mp3", albumartist=None)
    assert paper.list_kinds_on_disk(artist) == {"missing-albumartist": ["CD1/a.mp3"]}


def test_a_date_of_zeros_is_none_and_an_original_date_is_enough(artist: Path) -> None:
    for number, date in enumerate(("0000", "0000-00-00", "unknown", "1974", "74", "1974-05"), 1):
        named = {"tracknumber": str(number), "title": paper.TITLES[number]}
        put(artist / "Dawn" / f"{number}.flac", date=date, **named)
    put(artist / "Dusk" / "a.ogg", date=None, originaldate="1974")
    put(artist / "Dusk" / "b.opus", date=" ", originaldate="0000", tracknumber="2", title="Thaw")
    assert paper.list_artist_details("missing-date", scan.read_artist(artist)) == {
        "Dawn/1.flac": 'the date is "0000"',
        "Dawn/2.flac": 'the date is "0000-00-00"',
        "Dawn/3.flac": 'the date is "unknown"',
        "Dusk/b.opus": 'the date is " "',
    }


@pytest.mark.parametrize(
    ("suffix", "number", "missing"),
    [
        ("flac", "A1", False),
        ("mp3", "A1", False),
        ("flac", "0", False),
        ("mp3", "/12", True),
        ("m4a", "0/12", True),
        ("m4a", "3/0", False),
        ("ogg", " ", True),
    ],
)
def test_a_side_of_vinyl_is_a_track_number_and_a_total_alone_is_none(
    artist: Path, suffix: str, number: str, missing: bool
) -> None:
    put(artist / "Dawn" / f"a.{suffix}", tracknumber=number)
    assert ("missing-track-number" in paper.list_kinds_on_disk(artist)) is missing


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("genre", ["Unknown", "OTHER", " misc ", "Genre", "<unknown>", "n/a"])
def test_a_placeholder_genre_is_found(artist: Path, suffix: str, genre: str) -> None:
    put(artist / "Dawn" / f"a.{suffix}", genre=genre)
    details = paper.list_artist_details("placeholder-genre", scan.read_artist(artist))
    assert details == {f"Dawn/a.{suffix}": f'the genre is "{genre}"'}
    assert "missing-genre" not in paper.list_kinds_on_disk(artist)


def test_every_placeholder_is_recognized_in_any_case() -> None:
    assert len(placeholders.GENRES) > 40
    for genre in placeholders.GENRES:
        for written in (genre, genre.upper(), genre.title(), f" {genre}\t"):
            assert (
                paper.find_detail("placeholder-genre", paper.numbered(1, genres=written))
                is not None
            )


@pytest.mark.parametrize(
    "genre", ["Other Folk", "Generative", "Unknown Pleasures", "No Wave", "12", "Musical", "New"]
)
def test_a_genre_that_only_resembles_a_placeholder_is_left_alone(artist: Path, genre: str) -> None:
    put(artist / "Dawn" / "a.flac", genre=genre)
    assert paper.list_kinds_on_disk(artist) == {}


def test_only_placeholder_genres_are_named() -> None:
    several = paper.numbered(1, genres=("Folk", "Other", "n/a"))
    assert paper.find_detail("placeholder-genre", several) == 'the genre is "Other", "n/a"'


def test_no_genre_at_all_is_no_placeholder(artist: Path) -> None:
    put(artist / "Dawn" / "a.flac", genre=None)
    assert paper.list_kinds_on_disk(artist) == {"missing-genre": ["Dawn/a.flac"]}
