"""Suggest similar names for an unknown name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mediakeep import path_text

_MAX_PROPOSALS = 3  # suggested names
_CUTOFF = 0.6
_MIN_SUBSTRING = 3  # characters of a name that is searched for within others


def suggest_names(
    name: str, known: Mapping[str, str], most: int = _MAX_PROPOSALS, slip: float = 0.0
) -> str:
    """Return " Did you mean X or Y?" with at most `most` similar names, or "" if none is similar.

    `known` maps normalized names to their display form. `slip` is the minimum similarity from 0 to
    1 (difflib ratio). If it is 0, names that contain `name` are suggested too.
    """
    import difflib  # deferred: only needed for unknown names

    wanted = path_text.normalize_name(name)
    near = difflib.get_close_matches(wanted, known, n=most, cutoff=slip or _CUTOFF)
    if not near and not slip and len(wanted) >= _MIN_SUBSTRING:
        near = [text for text in known if wanted in text]
    names = list(dict.fromkeys(known[text] for text in near))[:most]
    return f" Did you mean {' or '.join(names)}?" if names else ""


def suggest_closest_name(name: str, words: Iterable[str]) -> str:
    """Return " Did you mean X?" with the most similar word, or "" if none is similar."""
    return suggest_names(name, {path_text.normalize_name(word): word for word in words}, 1)
