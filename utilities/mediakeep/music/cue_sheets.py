"""Cue sheets: text files that split an audio file of a whole disc into tracks."""

from __future__ import annotations

import re
from pathlib import Path

_MAX_BYTES = 1 << 20  # bytes; the longest disc has 99 tracks
_FILE_LINE = re.compile(rb"^\s*FILE\s", re.IGNORECASE | re.MULTILINE)
_TRACK_LINE = re.compile(rb"^\s*TRACK\s+\d+\s+AUDIO", re.IGNORECASE | re.MULTILINE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16


def splits_one_file(path: Path) -> bool:
    """Return whether a cue sheet splits one audio file into several tracks; False if unreadable."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
    except OSError:
        return False
    if content.startswith(_UTF16_MARKS):
        content = content.decode("utf-16", "replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")
    return len(_FILE_LINE.findall(content)) == 1 and len(_TRACK_LINE.findall(content)) > 1
