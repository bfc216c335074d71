"""Questions to MusicBrainz' search, in its Lucene syntax.

https://musicbrainz.org/doc/Indexed_Search_Syntax names the fields.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

_LONGEST = 50  # letters of a text that are asked for

# Of words misspelt: a shorter one is asked for as it is, one of up to _SHORT with one edit.
_SHORTEST, _SHORT = 3, 5  # letters
_WORD = re.compile(r"[^\W_]+")
_PUNCTUATION = string.punctuation + "’‘“”…"

# All that stands for something in Lucene's query parser.
_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')


def releases_by_name(artist: str, titles: Iterable[str]) -> str:
    """Ask for the releases that bear an artist's name and one of several titles."""
    return f"artist:{_phrase(artist)} AND ({_any('release', titles)})"


def releases_by_id(artists: Iterable[str], titles: Iterable[str]) -> str:
    """Ask for the releases of artists, given by MBID, that bear one of several titles."""
    return f"({_any('arid', artists)}) AND ({_any('release', titles)})"


def releases_by_size(albums: Iterable[tuple[str, int]]) -> str:
    """Ask for the releases that bear one of several titles and have so many tracks at least.

    Ten of the longest titles fit into an address.
    """
    return " OR ".join(
        f"(release:{_phrase(title)} AND tracks:[{max(least, 1)} TO *])" for title, least in albums
    )


def releases_alike(artist: str, titles: Iterable[str]) -> str:
    """Ask for the releases of an artist that bear one of several titles, all misspelt perhaps.

    "" if the name or all titles are without a word.
    """
    by, wanted = _fuzzy("artist", artist), _any_fuzzy(titles)
    return f"{by} AND ({wanted})" if by and wanted else ""


def releases_by_id_alike(artist: str, titles: Iterable[str]) -> str:
    """Ask for the releases of an artist, given by MBID, of which the title may be misspelt."""
    wanted = _any_fuzzy(titles)
    return f"arid:{_phrase(artist)} AND ({wanted})" if wanted else ""


def artists(name: str) -> str:
    """Ask for the artists that bear a name, or have it as an alias."""
    return f"artist:{_phrase(name)} OR alias:{_phrase(name)}"


def _any(field: str, texts: Iterable[str]) -> str:
    """Twelve of the longest texts fit into the 8 KB that a web server takes as an address."""
    return " OR ".join(f"{field}:{_phrase(text)}" for text in texts)


def _any_fuzzy(titles: Iterable[str]) -> str:
    return " OR ".join(filter(None, (_fuzzy("release", title) for title in titles)))


def _fuzzy(field: str, text: str) -> str:
    """Ask for the words of a text, each as it may be misspelt; "" if it has none.

    Short words, and those that a search may take for two, as "don't", are left out if there are
    others: who sorts the answer compares the whole text.
    """
    plain = [word.strip(_PUNCTUATION) for word in _cut(text).casefold().split()]
    whole = [word for word in plain if len(word) >= _SHORTEST and _WORD.fullmatch(word)]
    words = whole or _WORD.findall(_cut(text).casefold())
    told = " AND ".join(f"{word}{_edits(word)}" for word in words)
    return f"{field}:({told})" if told else ""


def _edits(word: str) -> str:
    if len(word) < _SHORTEST:
        return ""
    return "~1" if len(word) <= _SHORT else "~2"


def _phrase(text: str) -> str:
    """Quote a text; the beginning of a very long one finds it as well."""
    return '"' + _SPECIAL.sub(r"\\\1", _cut(text)) + '"'


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > _LONGEST:
        plain = plain[: _LONGEST + 1].rpartition(" ")[0] or plain[:_LONGEST]
    return plain
