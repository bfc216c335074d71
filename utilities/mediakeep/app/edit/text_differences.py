"""The differences between the old and the new value of a field."""

from __future__ import annotations

import difflib
from collections.abc import Iterator


def compare_texts(old: str, new: str) -> Iterator[tuple[bool, str, str]]:
    """Yield the parts of two texts in order: whether they are equal, the old part, the new part."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for word, start, end, begin, stop in matcher.get_opcodes():
        yield word == "equal", old[start:end], new[begin:stop]
