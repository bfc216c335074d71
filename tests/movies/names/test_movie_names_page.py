"""The page on names of movies is true: each of its examples is read as it says."""

from __future__ import annotations

import re
from pathlib import Path

from mediakeep.movies.names import name_parser
from mediakeep.movies.scan import library_scan
from tests.sampling import each_row

PAGE = Path(__file__).parents[3] / "docs" / "movie-names.md"


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its first two lines."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2]
    lines = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@each_row("row", rows("Names"))
def test_an_example_of_a_name_is_read_so(row: list[str]) -> None:
    file, folder, title, year, besides = row
    name = name_parser.parse_name(file.strip("`"), folder.strip("`"))
    assert (name.title, name.year) == (title, int(year))
    kind, _, value = besides.partition(": ")
    cells = {
        "edition": name.edition,
        "TMDb": str(name.tmdb_id or ""),
        "IMDb": name.imdb_id,
        "may be": value if value in name.others else "",
    }
    assert {key: text for key, text in cells.items() if text} == ({kind: value} if kind else {})


@each_row("row", rows("What is one movie"), ids=lambda row: row[0])
def test_an_example_of_a_library_holds_these_movies(row: list[str], tmp_path: Path) -> None:
    files, movies = (re.findall("`([^`]+)`", cell) for cell in row)
    for place in files:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    assert {movie.key for movie in library_scan.find_movies(tmp_path)} == set(movies)


def test_the_page_has_examples() -> None:
    assert len(rows("Names")) > 20
    assert len(rows("What is one movie")) > 5
