"""The differences between the old and the new value of a field."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

_MAX_COMPARED = 1_000  # characters


def compare_texts(old: str, new: str) -> Iterator[tuple[bool, str, str]]:
    """Yield the parts of two texts in order: whether they are equal, the old part, the new part.

    Long texts are one part, as the time to compare them grows with its square.
    """
    if max(len(old), len(new)) > _MAX_COMPARED:
        yield old == new, old, new
        return
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for word, start, end, begin, stop in matcher.get_opcodes():
        yield word == "equal", old[start:end], new[begin:stop]
