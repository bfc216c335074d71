"""Cue sheets, which split a whole disc in one audio file into tracks."""

from __future__ import annotations

import re
from pathlib import Path

_LARGEST = 1 << 20  # bytes; the longest disc has 99 tracks
_FILE = re.compile(rb"^\s*FILE\s", re.IGNORECASE | re.MULTILINE)
_TRACK = re.compile(rb"^\s*TRACK\s+\d+\s+AUDIO", re.IGNORECASE | re.MULTILINE)
_MARKS = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16


def parts_one_file(path: Path) -> bool:
    """Return whether a cue sheet splits a single file into several tracks; False if unreadable."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
    except OSError:
        return False
    if content.startswith(_MARKS):
        content = content.decode("utf-16", "replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")
    return len(_FILE.findall(content)) == 1 and len(_TRACK.findall(content)) > 1
