"""Clean texts of tags: repair mojibake and remove superfluous whitespace."""

from __future__ import annotations

from mediakeep.music.text import mojibake, whitespace


def clean_text(text: str) -> str:
    """Return a text as it is after all its safe repairs."""
    while (new := whitespace.clean_whitespace(mojibake.repair_mojibake(text))) != text:
        text = new
    return text
