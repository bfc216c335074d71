"""Words with their times: grouped to captions, and the headings among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep.media.encoding.captions import Caption

_MAX_TEXT = 84  # characters of a caption: two lines
_MAX_PAUSE = 1.0  # seconds within a caption
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_HEADING = re.compile(r"\s*(?:#+\s+(?P<marked>.+)|(?P<named>(?:chapter|part)\b.*))", re.IGNORECASE)


class Word(msgspec.Struct, frozen=True):
    """A word with its punctuation, and its times in seconds."""

    text: str
    start: float
    end: float


def parse_heading(line: str) -> str:
    """Return the title in a line such as "# Title" or "Chapter 1", or "" if it is no heading."""
    match = _HEADING.fullmatch(line)
    return (match["marked"] or match["named"]).strip() if match else ""


def group_captions(words: Iterable[Word]) -> Iterator[Caption]:
    """Yield captions of at most two lines; one ends with its sentence, or before a pause."""
    held: list[Word] = []
    for word in words:
        length = sum(len(one.text) + 1 for one in held) + len(word.text)
        if held and (
            _SENTENCE_END.search(held[-1].text)
            or length > _MAX_TEXT
            or word.start - held[-1].end > _MAX_PAUSE
        ):
            yield _join(held)
            held = []
        held.append(word)
    if held:
        yield _join(held)


def _join(words: Sequence[Word]) -> Caption:
    start = round(words[0].start * 1000)
    end = max(start + 1, round(words[-1].end * 1000))
    return Caption(start, end, " ".join(one.text for one in words))
