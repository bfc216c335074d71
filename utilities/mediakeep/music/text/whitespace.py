"""Remove superfluous whitespace from texts; the rest of a text stays unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mediakeep.music.text import compare_text

_ZERO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
_SPACE_RUN = re.compile(r"(?<=\S)\s{2,}(?=\S)")
_LINE_BREAK_OR_TAB = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
# A no-break space is correct next to digits and French punctuation, not between words.
_NO_BREAK_SPACE = re.compile(r"([^\s\d.«])[\u00a0\u202f](?=[^\s\d»?!:;%])")

# The order matters: a zero-width character may be between two spaces.
_CLEANUP_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("a zero-width character", lambda text: _ZERO_WIDTH.sub("", text)),
    ("space at the start", str.lstrip),
    ("space at the end", str.rstrip),
    ("two spaces in a row", lambda text: _SPACE_RUN.sub(_collapse_run, text)),
    ("a tab or line break", lambda text: _LINE_BREAK_OR_TAB.sub(" ", text)),
    ("a no-break space", lambda text: _NO_BREAK_SPACE.sub(r"\1 ", text)),
)


def clean_whitespace(text: str) -> str:
    """Return a text without superfluous spaces and invisible characters.

    If nothing else would remain, the text is returned unchanged.
    """
    if text.isascii() and text == " ".join(text.split()):
        return text
    new = text
    for _, step in _CLEANUP_STEPS:
        new = step(new)
    return new if compare_text.has_text(new) else text


def describe_whitespace(text: str) -> Iterator[str]:
    """Yield a description of each thing that `clean_whitespace` removes from a text."""
    for name, step in _CLEANUP_STEPS:
        new = step(text)
        if new != text:
            yield name
        text = new


def _collapse_run(run: re.Match[str]) -> str:
    """Keep one of several equal spaces, such as Japanese ones, else use a plain space."""
    return run[0][0] if len(set(run[0])) == 1 else " "
