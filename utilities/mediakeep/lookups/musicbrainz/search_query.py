"""Build search queries for MusicBrainz, in Lucene syntax.

Fields: https://musicbrainz.org/doc/Indexed_Search_Syntax
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

_MAX_CHARS = 50  # characters of a text used in a query
_MAX_LENGTH_DIFFERENCE = 10  # seconds

# Words in fuzzy searches: shorter ones match exactly, those up to the second with one edit.
_MIN_FUZZY_CHARS, _ONE_EDIT_CHARS = 3, 5  # characters
_WORD = re.compile(r"[^\W_]+")
_PUNCTUATION = string.punctuation + "’‘“”…"

# Special characters of Lucene's query parser.
_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')


def releases_by_name(artist: str, titles: Iterable[str]) -> str:
    """Return a query for releases with an artist's name and one of several titles."""
    return f"artist:{_quote_phrase(artist)} AND ({_match_any('release', titles)})"


def releases_by_id(artists: Iterable[str], titles: Iterable[str]) -> str:
    """Return a query for releases of artists, given by MBID, with one of several titles."""
    return f"({_match_any('arid', artists)}) AND ({_match_any('release', titles)})"


def releases_by_size(albums: Iterable[tuple[str, int]]) -> str:
    """Return a query for releases by title and minimum number of tracks.

    `albums` are pairs of both; a release has to match one of them. Ten titles of the maximum length
    fit into a URL.
    """
    return " OR ".join(
        f"(release:{_quote_phrase(title)} AND tracks:[{max(least, 1)} TO *])"
        for title, least in albums
    )


def recordings_by_title(albums: Iterable[tuple[Iterable[tuple[str, float]], int]]) -> str:
    """Return a query for recordings on albums with a minimum number of tracks.

    `albums` are pairs of a few tracks, each with title and seconds, and that number. A recording
    has to match one track; if its length is known, they differ by ten seconds at most.
    """
    return " OR ".join(
        f"(({' OR '.join(_match_recording(*track) for track in tracks)})"
        f" AND tracksrelease:[{max(least, 1)} TO *])"
        for tracks, least in albums
    )


def _match_recording(title: str, seconds: float) -> str:
    first, last = (round(seconds) + step * _MAX_LENGTH_DIFFERENCE for step in (-1, 1))
    length = f" AND dur:[{max(first, 0) * 1000} TO {last * 1000}]" if seconds else ""
    return f"(recording:{_quote_phrase(title)}{length})"


def releases_by_name_fuzzy(artist: str, titles: Iterable[str]) -> str:
    """Return a query for releases by artist name and titles, both possibly misspelt.

    Return "" if the name or all titles contain no word.
    """
    by, wanted = _match_fuzzy("artist", artist), _match_any_fuzzy(titles)
    return f"{by} AND ({wanted})" if by and wanted else ""


def releases_by_id_fuzzy(artist: str, titles: Iterable[str]) -> str:
    """Return a query for releases of artists, given by MBID, with possibly misspelt titles.

    Return "" if all titles contain no word.
    """
    wanted = _match_any_fuzzy(titles)
    return f"arid:{_quote_phrase(artist)} AND ({wanted})" if wanted else ""


def artists_by_name(name: str) -> str:
    """Return a query for artists by name or alias."""
    return f"artist:{_quote_phrase(name)} OR alias:{_quote_phrase(name)}"


def _match_any(field: str, texts: Iterable[str]) -> str:
    """Return a query for texts of a field that contain any of the phrases.

    Twelve phrases of the maximum length fit into a URL of 8 KB.
    """
    return " OR ".join(f"{field}:{_quote_phrase(text)}" for text in texts)


def _match_any_fuzzy(titles: Iterable[str]) -> str:
    return " OR ".join(filter(None, (_match_fuzzy("release", title) for title in titles)))


def _match_fuzzy(field: str, text: str) -> str:
    """Return a query for the words of a text in a field, each possibly misspelt.

    Return "" if the text has no words. Short words, and words that the index may split, such as
    "don't", are omitted if there are others: the caller compares the whole text anyway.
    """
    plain = [word.strip(_PUNCTUATION) for word in _shorten(text).casefold().split()]
    whole = [word for word in plain if len(word) >= _MIN_FUZZY_CHARS and _WORD.fullmatch(word)]
    words = whole or _WORD.findall(_shorten(text).casefold())
    terms = " AND ".join(f"{word}{_edit_distance(word)}" for word in words)
    return f"{field}:({terms})" if terms else ""


def _edit_distance(word: str) -> str:
    if len(word) < _MIN_FUZZY_CHARS:
        return ""
    return "~1" if len(word) <= _ONE_EDIT_CHARS else "~2"


def _quote_phrase(text: str) -> str:
    """Return a text as a quoted phrase of a query; a long text is shortened."""
    return '"' + _SPECIAL.sub(r"\\\1", _shorten(text)) + '"'


def _shorten(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(plain) > _MAX_CHARS:
        plain = plain[: _MAX_CHARS + 1].rpartition(" ")[0] or plain[:_MAX_CHARS]
    return plain
