"""Pages of a list: 25 entities by default, at most 100, from an offset."""

from __future__ import annotations

from dataclasses import dataclass

from mediakeep_simulator.http_types import SimulatorRequest

DEFAULT_LIMIT, MAX_LIMIT = 25, 100  # _limit_and_offset of the server


@dataclass(frozen=True)
class PageRequest:
    """The part of a list that a request asks for: an offset and a maximum number of entities."""

    limit: int
    offset: int


def parse_page(request: SimulatorRequest) -> PageRequest:
    """Parse limit and offset; invalid numbers are ignored, as by MusicBrainz."""
    limit, offset = (
        _parse_number(request.get_param("limit")),
        _parse_number(request.get_param("offset")),
    )
    return PageRequest(min(limit or DEFAULT_LIMIT, MAX_LIMIT), offset)


def _parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
