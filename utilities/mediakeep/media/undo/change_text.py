"""Describe a changed field in one line, the same for all kinds and commands."""

from __future__ import annotations

from collections.abc import Iterable

from mediakeep import path_text
from mediakeep.media.audio.tag_edits import PICTURES_FIELD
from mediakeep.media.undo.record import FieldChange


def format_change(place: str, field: str, change: FieldChange, image: str = "") -> str:
    """Format a change with its file and its reason; see also `format_change_briefly`."""
    return add_place_and_reason(place, format_change_briefly(field, change, image), change.reason)


def format_change_briefly(field: str, change: FieldChange, image: str = "") -> str:
    """Format a change without its file: field, old value and new value.

    `image` is the escaped path of the picture file that will be embedded, if known.
    """
    if field == PICTURES_FIELD:
        return f"cover {_format_picture_change(change, image)}"
    return f"{field} {_format_values(change.old)} -> {_format_values(change.new)}"


def add_place_and_reason(place: str, text: str, reason: str) -> str:
    """Return a line on a change: the file, what changes, and why."""
    return f"{path_text.to_printable(place)}: {text}{f' ({reason})' if reason else ''}"


def _format_picture_change(change: FieldChange, image: str) -> str:
    if not change.new:
        return "taken out"
    if image:
        name = path_text.to_printable(image.rpartition("/")[2])
        return f'{"another" if change.old else "nothing"} -> "{name}"'
    return "exchanged" if change.old else "put in"


def _format_values(values: Iterable[str]) -> str:
    return "; ".join(f'"{path_text.to_printable(text)}"' for text in values) or "nothing"
