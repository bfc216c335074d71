"""Sizes as text."""

from __future__ import annotations

from mediakeep import size_text

SIZES = {
    0: "0 B",
    999: "999 B",
    1000: "1.0 KB",
    3_149_999_999: "3.1 GB",
    99_949_999: "99.9 MB",
    99_950_000: "100 MB",
    734_003_200: "734 MB",
    999_600_000: "1.0 GB",
    8 * 10**15: "8,000 TB",
}


def test_sizes_are_shown_in_decimal_units_with_three_digits() -> None:
    assert {number: size_text.format_size(number) for number in SIZES} == SIZES
