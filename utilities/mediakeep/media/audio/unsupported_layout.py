"""The error of parsers for files that cannot be written, and a text for damaged tags."""

from __future__ import annotations

DAMAGED_TAGS = "its tags are damaged; remove them with another program, then scan again"


class UnsupportedLayout(ValueError):
    """Raised if mediakeep cannot rewrite a file's structure; the message is a clause."""
