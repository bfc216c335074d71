"""Clean texts of tags: repair mojibake and remove superfluous whitespace."""

from __future__ import annotations

from mediakeep.music.repairs import misreading, spacing


def mended(text: str) -> str:
    """Return a text as it is after all its safe repairs."""
    while (new := spacing.tidied(misreading.mended(text))) != text:
        text = new
    return text
