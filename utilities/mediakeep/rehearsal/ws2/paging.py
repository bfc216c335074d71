"""Pages: 25 entities by default, at most 100, from an offset."""

from __future__ import annotations

from dataclasses import dataclass

from mediakeep.rehearsal.reply import Question

LIMIT, CAP = 25, 100  # _limit_and_offset of the server


@dataclass(frozen=True)
class Page:
    """The requested part of a list."""

    limit: int
    offset: int


def read(question: Question) -> Page:
    """Parse limit and offset; invalid numbers are ignored, as by MusicBrainz."""
    limit, offset = _number(question.one("limit")), _number(question.one("offset"))
    return Page(min(limit or LIMIT, CAP), offset)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
