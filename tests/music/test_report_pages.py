"""docs/reports.md shows what mediakeep writes today about four made libraries.

Where a report was changed on purpose: `python -m tests.music.showcase > docs/reports.md`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediakeep.pages import step_parts
from tests.music import showcase

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return showcase.page(tmp_path_factory.mktemp("messes"))


@pytest.mark.long
def test_the_page_shows_four_reports_as_they_are_written_today(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page


@pytest.mark.long
def test_the_same_library_gives_the_same_bytes_at_any_path(page: str, tmp_path: Path) -> None:
    assert showcase.page(tmp_path / "elsewhere") == page


def test_a_neglected_collection_shows_most_kinds_and_stays_readable(page: str) -> None:
    report = page.split("```")[1]
    kinds = set(re.findall(r"\*\*([a-z0-9]+(?:-[a-z0-9]+)+)\*\*", report))
    assert len(kinds) > 12
    assert len(report.splitlines()) < 140
    heads = re.findall(r"^## (.*)$", report.partition("<details>")[0], re.MULTILINE)
    assert heads == [*step_parts.PART_TITLES, "Repaired"]
    commands = report.partition("## One command each")[2].partition("## By hand")[0]
    assert all("To accept: `" in step for step in re.split(r"\n\d+\. ", commands)[1:])
    assert report.count("To accept: `") == commands.count("To accept: `")


def test_a_well_kept_box_set_gets_a_page_that_fits_a_screen(page: str) -> None:
    report = page.split("```")[3]
    assert "**1 error and 1 warning, in 1 of 2 albums.**" in report
    assert len(report.splitlines()) < 30


def test_an_artist_who_was_looked_up_shows_albums_of_every_kind_the_doubtful_first(
    page: str,
) -> None:
    report = page.split("```")[7]
    assert (
        "**Albums here: 1 certain, 1 certain except the edition, 1 unsure, 1 unknown.**" in report
    )
    order = [
        "\nUnsure:",
        "\nCertain except the edition:",
        "\nUnknown:",
        "\n| Certain |",
        " release groups missing",
    ]
    places = [report.index(words) for words in order]
    assert places == sorted(places)
    assert "--mbid MBID`" in report
    assert len(report.partition("<details>")[0].splitlines()) < 40
