"""Compare titles without case and punctuation, and without trailing brackets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.music.checks import letters

_ASIDE = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\])\s*$")  # "(Deluxe Edition)" at the end


def title_key(title: str) -> str:
    """Return what two titles share that are exactly the same, but for case and punctuation."""
    return letters.loose(title)


@letters.remembered
def base(title: str) -> str:
    """Return a title without what stands in brackets at its end, as in "Album (Remastered)"."""
    short = _ASIDE.sub("", title)
    while short and short != title:
        title, short = short, _ASIDE.sub("", short)
    return title


def bases(titles: Iterable[str]) -> list[str]:
    """Return the bases of titles, each once: editions of an album differ in what is left out."""
    return list(dict.fromkeys(map(base, titles)))


def base_key(title: str) -> str:
    """Return what two titles share that are the same but for what stands in brackets."""
    return title_key(base(title))
