"""Compare titles without case and punctuation, and with or without brackets at their end."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.music.text import compare_text

# "(Deluxe Edition)" at the end
_TRAILING_BRACKETS = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\])\s*$")


def title_key(title: str) -> str:
    """Return the key of a title, without case and punctuation."""
    return compare_text.comparison_key(title)


@compare_text.cache_by_text
def base_title(title: str) -> str:
    """Return a title without trailing brackets, as in "Album (Remastered)"."""
    short = _TRAILING_BRACKETS.sub("", title)
    while short and short != title:
        title, short = short, _TRAILING_BRACKETS.sub("", short)
    return title


def unique_base_titles(titles: Iterable[str]) -> list[str]:
    """Return the distinct titles without brackets; editions of an album often differ in them."""
    return list(dict.fromkeys(map(base_title, titles)))


def base_title_key(title: str) -> str:
    """Return the key of a title without trailing brackets."""
    return title_key(base_title(title))
