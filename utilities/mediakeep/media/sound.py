"""Where the audio of a file lies, whether its end is missing, and what locks it.

Header and tail alone are looked at, in a few small reads. What counts as evidence stands in
docs/issue-kinds.md, "Evidence of missing sound".
"""

from __future__ import annotations

import struct

from mediakeep.media.evidence import Sound
from mediakeep.media.formats import Format
from mediakeep.media.source import Source
from mediakeep.media.streams import register

__all__ = ["Sound", "cut", "examine"]


def examine(source: Source, kind: Format) -> Sound:
    """Look at the audio of an open file.

    A header that makes no sense tells nothing, so whatever the bytes are only the disk's own
    OSError can be raised. Each walk has bounds of its own; those of the source are lifted.
    """
    source.unbind()
    try:
        return register.of(kind.name).examine(source)
    except (struct.error, IndexError):  # a header that is cut short
        return Sound(source.size)


def cut(source: Source, kind: Format) -> str:
    """Say how a file that could not be parsed is certainly cut off, as examine does, or ""."""
    return examine(source, kind).truncated
