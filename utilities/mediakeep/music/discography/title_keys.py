"""Compare titles without case and punctuation, and without trailing brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.music.checks import letters

_ASIDE = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\])\s*$")  # "(Deluxe Edition)" at the end


def title_key(title: str) -> str:
    """Return the key of a title, without case and punctuation."""
    return letters.loose(title)


@letters.remembered
def base(title: str) -> str:
    """Return a title without trailing brackets, as in "Album (Remastered)"."""
    short = _ASIDE.sub("", title)
    while short and short != title:
        title, short = short, _ASIDE.sub("", short)
    return title


def bases(titles: Iterable[str]) -> list[str]:
    """Return the distinct titles without brackets; editions of an album often differ in them."""
    return list(dict.fromkeys(map(base, titles)))


def base_key(title: str) -> str:
    """Return the key of a title without trailing brackets."""
    return title_key(base(title))
