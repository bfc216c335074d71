"""Remove superfluous whitespace from texts; the rest of a text stays unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mediakeep.music.checks import letters

_WIDTHLESS = re.compile("[\u200b\u2060\ufeff]")
_RUN = re.compile(r"(?<=\S)\s{2,}(?=\S)")
_BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
# A no-break space is correct next to digits and French punctuation, not between words.
_NO_BREAK = re.compile(r"([^\s\d.«])[\u00a0\u202f](?=[^\s\d»?!:;%])")

# The order matters: a zero-width character may be between two spaces.
_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("a zero-width character", lambda text: _WIDTHLESS.sub("", text)),
    ("space at the start", str.lstrip),
    ("space at the end", str.rstrip),
    ("two spaces in a row", lambda text: _RUN.sub(_one, text)),
    ("a tab or line break", lambda text: _BREAK.sub(" ", text)),
    ("a no-break space", lambda text: _NO_BREAK.sub(r"\1 ", text)),
)


def tidied(text: str) -> str:
    """Return a text without superfluous whitespace; unchanged if nothing else would remain."""
    if text.isascii() and text == " ".join(text.split()):
        return text
    new = text
    for _, step in _STEPS:
        new = step(new)
    return new if letters.holds(new) else text


def oddities(text: str) -> Iterator[str]:
    """Yield what `clean_whitespace` removes from a text."""
    for name, step in _STEPS:
        new = step(text)
        if new != text:
            yield name
        text = new


def _one(run: re.Match[str]) -> str:
    """Keep one of several equal spaces, such as Japanese ones, else use a plain space."""
    return run[0][0] if len(set(run[0])) == 1 else " "
