"""Pages: 25 entities if nothing else is said, 100 at most, from an offset on."""

from __future__ import annotations

from dataclasses import dataclass

from mediakeep.rehearsal.reply import Question

LIMIT, CAP = 25, 100  # _limit_and_offset of the server


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for."""

    limit: int
    offset: int


def read(question: Question) -> Page:
    """Read limit and offset; what is no number counts as not given, as it does at MusicBrainz."""
    limit, offset = _number(question.one("limit")), _number(question.one("offset"))
    return Page(min(limit or LIMIT, CAP), offset)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
