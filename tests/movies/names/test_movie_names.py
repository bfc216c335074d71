"""Names of movies are parsed as their table says; odd and hostile ones cost little."""

from __future__ import annotations

import itertools
import os
import unicodedata
from pathlib import Path

import msgspec
import pytest
from guessit.api import GuessItApi
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.movies.model import MovieName
from mediakeep.movies.names import name_parser, parts, title_parser
from tests.movies.names.table import ROWS, Row
from tests.sampling import each_row, some
from tests.work import count_calls

TITLES = (
    "Heat", "The Third Man", "Rear Window", "12 Angry Men", "Léon", "Сталкер", "七人の侍",
    "Se7en", "Spider-Man", "M", "Dr. No", "What's Up, Doc", "Blade Runner 2049", "8½",
    "The Italian Job", "Mission Impossible", "Uncut Gems", "Der Himmel über Berlin",
)  # fmt: skip
SHAPES = (
    "{title} ({year})", "{title} [{year}]", "{title} {year}", "{title} - {year}",
    "{title} ({year}) [1080p]", "{title} ({year}) - 4K", "{title} ({year}) {{tmdb-5}}",
    "{title} {year} 720p BluRay x264-GRP", "{title} ({year}) 1080p WEB-DL DD5.1 H.264",
    "{title} {year} GERMAN DL 1080p BluRay x264", "{dots}.{year}.1080p.BluRay.x264-GRP",
    "{dots}.{year}.PROPER.DVDRip.XviD", "{dots}.{year}.FRENCH.WEBRip", "{lines}_{year}_HDTV",
    "{title} ({year})-CD1", "[GRP] {title} ({year}) [BD]",
)  # fmt: skip


def read_as(row: Row) -> tuple[str, int, str]:
    name = name_parser.parse_name(row.file, row.folder)
    return name.title, name.year, name.edition


def test_a_name_means_what_the_table_says() -> None:
    parsed = {row: read_as(row) for row in ROWS}
    wrong = {
        row: name for row, name in parsed.items() if name != (row.title, row.year, row.edition)
    }
    assert wrong == {}


def test_the_table_is_long_enough_to_mean_anything() -> None:
    assert len({row.file + row.folder for row in ROWS}) >= 150


@pytest.mark.long
def test_titles_come_out_of_every_shape_of_name() -> None:
    wrong = []
    # One of four, so that each title and each shape is met.
    for number, (title, shape) in enumerate(itertools.product(TITLES, SHAPES)):
        if (number + number // len(SHAPES)) % 4:
            continue
        plain = title.replace("Dr. ", "Dr ").replace(",", "") if "." in shape[:8] else title
        dots, lines = plain.replace(" ", "."), title.replace(" ", "_")
        name = shape.format(title=title, year=1962, dots=dots, lines=lines)
        parsed = name_parser.parse_name(f"{name}.mkv")
        if (parsed.title, parsed.year) != (plain, 1962):
            wrong.append((name, parsed.title, parsed.year))
    assert wrong == []


# Ids

IDS = (
    ("tmdb", "603", 603, ""),
    ("tmdbid", "603", 603, ""),
    ("imdb", "tt0133093", 0, "tt0133093"),
    ("imdbid", "tt0133093", 0, "tt0133093"),
    ("imdbid", "0133093", 0, "tt0133093"),
    ("tvdb", "169", 0, ""),
    ("tvdbid", "169", 0, ""),
    ("TMDbId", "603", 603, ""),
    ("tmdbid", "none", 0, ""),
    ("imdb", "nm0000206", 0, ""),
    ("tmdb", "0", 0, ""),
    ("tmdb", "9" * 40, 0, ""),
)


@pytest.mark.parametrize(
    ("brackets", "sign"),
    some(((brackets, sign) for brackets in ("[]", "{}", "()") for sign in "=-"), 3),
)
def test_every_form_of_an_id_is_taken_out_of_the_name(brackets: str, sign: str) -> None:
    for form in IDS:
        see_an_id(brackets, sign, *form)


def see_an_id(brackets: str, sign: str, word: str, value: str, tmdb: int, imdb: str) -> None:
    mark = f"{brackets[0]}{word}{sign}{value}{brackets[1]}"
    for stem in (f"The Matrix (1999) {mark}", f"The Matrix {mark} (1999) - 1080p", f"{mark} x"):
        for file, folder in ((f"{stem}.mkv", ""), ("movie.mkv", stem)):
            name = name_parser.parse_name(file, folder)
            assert (name.tmdb_id, name.imdb_id) == (tmdb, imdb)
            assert word.lower() not in name.title.lower()
            assert name.title == ("x" if stem.endswith("x") else "The Matrix")


@each_row("text", ["[tt0133093]", "(tt0133093)", "{tt0133093}", "tt0133093"])
def test_an_id_of_imdb_speaks_for_itself(text: str) -> None:
    name = name_parser.parse_name(f"The Matrix (1999) {text}.mkv")
    assert (name.title, name.year, name.imdb_id) == ("The Matrix", 1999, "tt0133093")
    assert name_parser.parse_name(f"The Matrix {text}x.mkv").imdb_id in ("", "tt0133093")


@each_row(
    "mark",
    [
        "[tmdbid-603}", "{tmdb-603]", "(tmdb=603]", "[tmdbid-603", "tmdbid-603}",
        "[imdbid-tt0133093)", "[tt0133093}", "(tt0133093", "tt0133093]",
    ],
)  # fmt: skip
def test_an_id_in_brackets_that_do_not_match_is_not_believed(mark: str) -> None:
    for stem in (f"The Matrix (1999) {mark}", f"The Matrix {mark} (1999) - 1080p"):
        for file, folder in ((f"{stem}.mkv", ""), ("movie.mkv", stem)):
            name = name_parser.parse_name(file, folder)
            assert (name.tmdb_id, name.imdb_id) == (0, "")
            assert (name.title, name.year) == ("The Matrix", 1999)


@each_row(
    ("text", "tmdb", "imdb"),
    [
        ("(1999, tmdb-603)", 603, ""),
        ("tmdb-603 (1999)", 603, ""),
        ("[1080p] tmdbid=603", 603, ""),
        ("(1999) tt0133093 [x265]", 0, "tt0133093"),
        ("(1999; tt0133093)", 0, "tt0133093"),
        ("( tt0133093 ) (1999)", 0, "tt0133093"),
    ],
)
def test_an_id_next_to_other_brackets_is_believed(text: str, tmdb: int, imdb: str) -> None:
    name = name_parser.parse_name(f"The Matrix {text}.mkv")
    assert (name.title, name.tmdb_id, name.imdb_id) == ("The Matrix", tmdb, imdb)


@each_row("title", ["Smile :)", "8 1-2 )"])
def test_a_single_bracket_before_an_id_leaves_it_valid(title: str) -> None:
    assert name_parser.parse_name(f"{title} [tmdbid-603].mkv").tmdb_id == 603


def test_the_id_of_the_file_counts_before_that_of_its_folder() -> None:
    name = name_parser.parse_name("Heat [tmdbid-949].mkv", "Heat (1995) {tmdb-1} [imdb-tt0113277]")
    assert (name.tmdb_id, name.imdb_id, name.title, name.year) == (949, "tt0113277", "Heat", 1995)


# Folders, other titles


def test_the_folder_supplies_what_the_file_name_lacks() -> None:
    name = name_parser.parse_name("heat.mkv", "Heat (1995)")
    assert (name.title, name.year, name.source) == ("Heat", 1995, "folder")
    name = name_parser.parse_name("Heat (1995).mkv", "Films noirs")
    assert (name.title, name.year, name.source) == ("Heat", 1995, "file")
    assert name.others == ("Films noirs",)
    name = name_parser.parse_name("Heat.1995.1080p.mkv", "Heat")
    assert (name.title, name.year, name.source) == ("Heat", 1995, "file")


def test_other_meanings_of_a_name_are_reported() -> None:
    def others(file: str, folder: str = "") -> tuple[str, ...]:
        return name_parser.parse_name(file, folder).others

    assert others("Brazil aka Brasil (1985).mkv")[0] == "Brasil"
    assert others("Das Leben der Anderen (The Lives of Others) (2006).mkv")[0] == (
        "The Lives of Others"
    )
    assert {"Star Wars", "A New Hope"} <= set(others("Star Wars - A New Hope (1977).mkv"))
    assert "Death Race 2000" in others("Death.Race.2000.mkv")
    assert "2001 - A Space Odyssey" in others("2001 - A Space Odyssey.mkv")
    assert "The Good German" in others("The.Good.German.2006.1080p.mkv")
    assert "03. Alien" in others("03. Alien (1979).mkv")
    assert others("Heat (1995).mkv", "Heat (1995)") == ()


NOTHING = ("movie", "untitled", "VIDEO0001", "title_t00", "cd1", "00800", "1080p", "IMG_0001",
           "9f86d081884c7d659a2feaa0c55ad015", "...", "VTS_01_1")  # fmt: skip


@pytest.mark.parametrize("stem", NOTHING)
def test_a_name_that_says_nothing_gives_no_title(stem: str) -> None:
    name = name_parser.parse_name(f"{stem}.mkv")
    assert (name.title, name.year, name.source, name.others) == ("", 0, "", ())
    name = name_parser.parse_name(f"{stem} {{tmdb-5}}.mkv", "video")
    assert (name.title, name.tmdb_id) == ("", 5)


# Parts


@each_row("word", ["cd", "CD", "disc", "disk", "dvd", "part", "pt"])
def test_parts_are_recognized_in_every_spelling(word: str) -> None:
    for before, between in itertools.product([" ", ".", "-", "_", " - ", " ("], ["", *" .-_"]):
        stem = f"Heat (1995){before}{word}{between}2{')' * before.count('(')}"
        assert parts.parse_part_number(stem) == parts.NamePart("Heat (1995)", 2)
        assert name_parser.parse_name(f"{stem}.avi").title == "Heat"


@each_row("stem", ["Heat", "cd1", "Partisan 2", "Heat dvd9", "Department 7 x", ""])
def test_what_only_looks_like_a_part_is_none(stem: str) -> None:
    assert parts.parse_part_number(stem) is None


def test_a_part_without_a_year_before_it_may_be_a_movie() -> None:
    assert parts.parse_part_number("Dune Part 2") == parts.NamePart("Dune", 2, is_ambiguous=True)
    assert name_parser.parse_name("Dune Part 2.mkv").title == "Dune Part 2"
    assert parts.parse_part_number("Dune (1984) Part 2") == parts.NamePart("Dune (1984)", 2)


# Odd and hostile names


def test_a_decomposed_name_is_the_same_name() -> None:
    composed = "Amélie Ångström (2001).mkv"
    assert name_parser.parse_name(unicodedata.normalize("NFD", composed)) == name_parser.parse_name(
        composed
    )


def test_bytes_that_are_no_utf8_are_read_as_old_programs_wrote_them() -> None:
    assert name_parser.parse_name(os.fsdecode(b"Am\xe9lie (2001).mkv")).title == "Amélie"


HOSTILE = (
    "(" * 250, "[" * 125 + "]" * 125, "." * 250, "1999." * 50, "(1999)" * 40, "a.k.a. " * 35,
    "x264 " * 50, "-" * 250, "part1" * 50, "cd 1 " * 50, "S01E01." * 30, "tt1234567" * 27,
    "{tmdb-" * 40, "A.B." * 60, "a, the" * 40, "\u202e\x00\n\x1b[31m" * 20, "é" * 5000,
    "[REC" * 60, "Movie " * 10_000, "9" * 4000, "(a" * 125, "\udcff" * 200, "\ud800" * 9,
)  # fmt: skip


@pytest.mark.parametrize("number", some(range(len(HOSTILE)), 3))
def test_hostile_names_are_read_in_no_time(number: int) -> None:
    name = HOSTILE[number]
    name_parser.parse_name("warm.mkv")  # guessit takes a while to be imported

    def read() -> None:
        for file, folder in ((name, ""), (f"{name}.mkv", name), ("movie.mkv", name)):
            parsed = name_parser.parse_name(file, folder)
            assert msgspec.json.decode(msgspec.json.encode(parsed), type=MovieName) == parsed

    count_calls(read, 10_000_000)  # of guessit; an ordinary name makes 50,000


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_name_raises_anything(file: str, folder: str) -> None:
    parsed = name_parser.parse_name(file, folder)
    assert msgspec.json.decode(msgspec.json.encode(parsed), type=MovieName) == parsed
    assert parsed.year == 0 or title_parser.is_year(str(parsed.year))


def test_a_name_that_guessit_fails_on_is_its_own_title(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("an internal error has occurred in guessit")

    # No name is known that makes this version of guessit raise; others did.
    monkeypatch.setattr("guessit.api.parse_options", fail)
    for file, title, year in (
        ("Nightjar Lane (1995) 1080p.mkv", "Nightjar Lane", 1995),
        ("Nightjar.Lane.1995.mkv", "Nightjar Lane 1995", 0),
    ):
        name = name_parser.parse_name(file)
        assert (name.title, name.year) == (title, year)


def test_the_configuration_of_a_user_changes_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".guessit").mkdir()
    (tmp_path / ".guessit" / "options.json").write_text('{"expected_title": ["Lane 1995"]}')
    monkeypatch.setenv("HOME", f"{tmp_path}")
    assert (
        GuessItApi().guessit("Nightjar.Lane.1995.1080p.mkv")["title"] == "Lane 1995"
    )  # it is read otherwise
    title_parser._load_guessit.cache_clear()
    title_parser.find_properties.cache_clear()
    name = name_parser.parse_name("Nightjar.Lane.1995.1080p.mkv")
    assert (name.title, name.year) == ("Nightjar Lane", 1995)
