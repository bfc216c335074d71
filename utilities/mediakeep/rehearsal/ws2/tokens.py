"""Split names into index words, without case and accents."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"\w+")


def split(text: str) -> tuple[str, ...]:
    """Split a text into words; a text of symbols only is one word."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = tuple(_WORD.findall(plain))
    return words or tuple(filter(None, ["".join(plain.split())]))
