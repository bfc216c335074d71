"""The cells of a terminal that text takes, and texts that are cut to fit."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.views import display_width
from tests.sampling import each_row

WIDTHS = {
    "": 0,
    "abc": 3,
    "山口百恵": 8,
    "ｆｕｌｌ": 8,
    "ﾊﾝｶｸ": 4,
    "한국": 4,
    "\u1112\u1161\u11ab": 2,  # a syllable of Hangul in its parts
    "e\u0301": 1,
    "か\u3099": 2,
    "🎵": 2,
    "❤": 1,
    "❤\ufe0f": 2,
    "█─…": 3,
    "Sigur Rós": 9,
}


@each_row(("text", "width"), WIDTHS.items())
def test_a_text_takes_its_cells(text: str, width: int) -> None:
    assert display_width.text_width(text) == width


@each_row(
    ("text", "most", "cut"),
    [
        ("Velvet Harbour", 20, "Velvet Harbour"),
        ("Velvet Harbour", 14, "Velvet Harbour"),
        ("Velvet Harbour", 8, "Velvet…"),
        ("Velvet Harbour", 9, "Velvet H…"),
        ("山口百恵", 6, "山口…"),
        ("山口百恵", 5, "山口…"),
        ("cafe\u0301 noir", 5, "cafe\u0301…"),
        ("of 12,345 items", 7, "of…"),
        ("1,234,567", 5, "…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_a_text_is_cut_between_characters_and_never_within_a_number(
    text: str, most: int, cut: str
) -> None:
    assert display_width.truncate_to_cells(text, most) == cut


@given(st.text(), st.integers(0, 30), st.sampled_from(["…", "..."]))
def test_a_cut_text_fits_and_is_a_beginning(text: str, most: int, ending: str) -> None:
    short = display_width.truncate_to_cells(text, most, ending)
    assert display_width.text_width(short) <= most
    if short != text and most >= display_width.text_width(ending):
        assert short.endswith(ending)
        prefix = short.removesuffix(ending)
        assert text.startswith(prefix)
        digits = re.escape(prefix[-1:]) if prefix[-1:].isdecimal() else ""
        assert not digits or not text[len(prefix) : len(prefix) + 1].isdecimal()


@given(st.text(max_size=20))
def test_a_padded_text_fills_its_cells(text: str) -> None:
    assert display_width.text_width(display_width.pad_to_cells(text, 60)) == 60
    assert display_width.pad_to_cells(text, 60).startswith(text)
