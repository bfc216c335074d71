"""The table of placeholders is consistent, and its documentation matches the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from mediakeep.music.repairs import covers, proposals
from mediakeep.music.repairs.safe import SAFE_REPAIRS
from mediakeep.music.text import placeholders
from tests.sampling import each_row

PAGE = (Path(__file__).parents[3] / "docs" / "repairs.md").read_text(encoding="utf-8")
GROUPS = {
    "titles": placeholders.TITLES,
    "titles, with a number": frozenset(placeholders.NUMBERED_TITLE_WORDS),
    "artists": placeholders.ARTISTS,
    "albums": placeholders.ALBUMS,
    "folders": placeholders.FOLDERS,
}
ASKED: list[tuple[Callable[[str], bool], frozenset[str]]] = [
    (placeholders.is_placeholder_title, placeholders.TITLES),
    (placeholders.is_placeholder_artist, placeholders.ARTISTS),
    (placeholders.is_placeholder_album, placeholders.ALBUMS),
    (placeholders.is_placeholder_folder, placeholders.FOLDERS),
    (placeholders.is_placeholder_genre, placeholders.GENRES),
]


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> dict[str, str]:
    """Return the rows of a section's table, by their first column."""
    matches = re.findall(r"^\| `?([^|`]+?)`? \| (.+) \|$", section(title), re.MULTILINE)
    return {first: rest for first, rest in matches if first not in ("Kind", "Of", "---")}


def test_the_page_lists_the_kinds_that_are_repaired_and_proposed() -> None:
    assert list(rows("What is repaired by itself")) == list(SAFE_REPAIRS)
    assert rows("What is proposed").keys() == proposals.PROPOSAL_FUNCTIONS.keys()


def test_the_page_lists_the_placeholders_that_the_code_knows() -> None:
    cells = {of: re.findall("`([^`]+)`", words) for of, words in rows("Placeholders").items()}
    assert cells == {of: sorted(words) for of, words in GROUPS.items()}


def test_the_page_shows_how_large_a_picture_is_embedded() -> None:
    text = section("What is repaired by itself")
    assert f"at most {covers.MAX_EMBEDDED_BYTES >> 20} MiB" in text
    assert f"at least {covers.MIN_PIXELS} pixels" in text


@each_row(("is_requested", "known"), ASKED)
def test_a_placeholder_is_recognized_in_any_case_and_only_whole(
    is_requested: Callable[[str], bool], known: frozenset[str]
) -> None:
    for text in known:
        for written in (text, text.upper(), text.title(), f" {text}\t"):
            assert is_requested(written), written
        assert not is_requested(f"{text} of mine"), text
        assert not is_requested(f"my {text}"), text


@each_row("word", placeholders.NUMBERED_TITLE_WORDS)
def test_a_numbered_title_is_a_placeholder(word: str) -> None:
    for number in ("1", "01", "112"):
        for written in (f"{word} {number}", f"{word}{number}", f"{word.upper()}_{number}"):
            assert placeholders.is_placeholder_title(written), written
    for written in (word, f"{word} one", f"{word} 1234", f"{word} 1 2", f"the {word} 1"):
        assert not placeholders.is_placeholder_title(written) or written in placeholders.TITLES, (
            written
        )


@each_row(
    "title", ["Untitled", "Unknown", "None", "?", "Various", "No Title", "Null", "Track", "Title"]
)
def test_a_word_used_as_song_title_is_no_title_placeholder(title: str) -> None:
    assert not placeholders.is_placeholder_title(title)


@each_row("album", ["Untitled", "Unknown", "?", "Various", "Singles", "Music"])
def test_a_word_used_as_album_title_is_no_album_placeholder(album: str) -> None:
    assert not placeholders.is_placeholder_album(album)


def test_various_artists_are_no_unknown_ones() -> None:
    assert not placeholders.is_placeholder_artist("Various Artists")
    assert not placeholders.is_placeholder_artist("Various")
