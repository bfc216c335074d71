"""Parse the MBIDs of requests."""

from __future__ import annotations

import uuid

from mediakeep_simulator.http_types import SimulatorHttpError


def parse_mbid(text: str) -> str:
    """Return an MBID in lower case; raise SimulatorHttpError if it is invalid."""
    try:
        mbid = str(uuid.UUID(text))
    except ValueError:
        mbid = ""
    if mbid != text.lower():
        raise SimulatorHttpError(400, "Invalid mbid.")
    return mbid
