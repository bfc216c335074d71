"""Check the audio stream of a file for truncation and DRM.

Only header and tail are examined, in a few small reads. docs/issue-kinds.md ("Evidence of missing
sound") defines what counts as evidence.
"""

from __future__ import annotations

import struct

from mediakeep.media.evidence import Sound
from mediakeep.media.formats import Format
from mediakeep.media.source import Source
from mediakeep.media.streams import register

__all__ = ["Sound", "cut", "examine"]


def examine(source: Source, kind: Format) -> Sound:
    """Check the audio stream of an open file.

    A malformed header is no evidence, so whatever the bytes are, only an OSError of the disk can be
    raised. Each parser has its own limits, so the read limits of `source` are cleared.
    """
    source.unbind()
    try:
        return register.of(kind.name).examine(source)
    except (struct.error, IndexError):  # a truncated header
        return Sound(source.size)


def cut(source: Source, kind: Format) -> str:
    """Return the evidence that an unparsable file is truncated, as `check_stream` does, or ""."""
    return examine(source, kind).truncated
