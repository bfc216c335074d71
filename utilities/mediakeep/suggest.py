"""Proposals for a name that is not known: the known names nearest to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mediakeep import files

_MOST = 3  # names that are proposed
_SIMILAR = 0.6
_SHORTEST = 3  # characters of a name that is looked for within others


def suggest(name: str, known: Mapping[str, str], most: int = _MOST, slip: float = 0.0) -> str:
    """Return " Did you mean X or Y?" with at most so many names, or "" if nothing is near.

    `known` maps what a name is compared with, folded, to how it is written in the proposal. With
    `slip`, from 0 to 1 (difflib), only a name that is so similar is near, else also one that holds
    the name.
    """
    import difflib  # only for a name that is wrong

    wanted = files.fold(name)
    near = difflib.get_close_matches(wanted, known, n=most, cutoff=slip or _SIMILAR)
    if not near and not slip and len(wanted) >= _SHORTEST:
        near = [text for text in known if wanted in text]
    told = list(dict.fromkeys(known[text] for text in near))[:most]
    return f" Did you mean {' or '.join(told)}?" if told else ""


def did_you_mean(name: str, words: Iterable[str]) -> str:
    """Return " Did you mean X?" with the nearest of some words, or "" if none is near."""
    return suggest(name, {files.fold(word): word for word in words}, 1)
