"""Questions to MusicBrainz' search, in its Lucene syntax.

https://musicbrainz.org/doc/Indexed_Search_Syntax names the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST = 50  # letters of a text that are asked for

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


def artists(name: str) -> str:
    """Ask for the artists that bear a name, or have it as an alias."""
    return f"artist:{_phrase(name)} OR alias:{_phrase(name)}"


def _any(field: str, texts: Iterable[str]) -> str:
    """Twelve of the longest texts fit into the 8 KB that a web server takes as an address."""
    return " OR ".join(f"{field}:{_phrase(text)}" for text in texts)


def _phrase(text: str) -> str:
    """Quote a text; the beginning of a very long one finds it as well."""
    plain = " ".join(text.split())
    if len(plain) > _LONGEST:
        plain = plain[: _LONGEST + 1].rpartition(" ")[0] or plain[:_LONGEST]
    return '"' + _SPECIAL.sub(r"\\\1", plain) + '"'
