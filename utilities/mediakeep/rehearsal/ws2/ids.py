"""Parse the MBIDs of requests."""

from __future__ import annotations

import uuid

from mediakeep.rehearsal.reply import Refusal


def read(text: str) -> str:
    """Return an MBID in lower case; raise SimulatorHttpError if it is invalid."""
    try:
        mbid = str(uuid.UUID(text))
    except ValueError:
        mbid = ""
    if mbid != text.lower():
        raise Refusal(400, "Invalid mbid.")
    return mbid
