"""Genres that stand for no genre: what rippers and shops write when they know none."""

from __future__ import annotations

# Compared casefolded and without the white space around, whole: "Other" is one, "Other Folk" not.
GENRES = frozenset(
    {
        *("unknown", "unknown genre", "<unknown>", "(unknown)", "[unknown]", "genre unknown"),
        *("other", "others", "misc", "misc.", "miscellaneous", "various", "varied"),
        *("genre", "no genre", "none", "(none)", "<none>", "null", "nil", "undefined"),
        *("unclassifiable", "unclassified", "uncategorized", "unspecified", "not available"),
        *("n/a", "na", "n.a.", "tba", "tbd", "?", "??", "???", "-", "--", "---", ".", "..", "..."),
        *("default", "general", "music", "audio", "mp3"),
    }
)


def is_genre(text: str) -> bool:
    """Tell whether a genre is only a placeholder."""
    return text.strip().casefold() in GENRES
