"""MBIDs as they are asked with."""

from __future__ import annotations

import uuid

from mediakeep.rehearsal.reply import Refusal


def read(text: str) -> str:
    """Read an MBID, in lower case; Refusal where the text is none."""
    try:
        found = str(uuid.UUID(text))
    except ValueError:
        found = ""
    if found != text.lower():
        raise Refusal(400, "Invalid mbid.")
    return found
