"""Shorten titles by the name of the movie's collection, as in the names inside its folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mediakeep.lookups.tmdb.model import Movie
from mediakeep.movies.identify import titles

# How names of collections end at TMDb, and how folders are named after them.
_COLLECTION_SUFFIX = re.compile(
    r"[\s,:(\[–—-]*(?:(?:film|movie)s?[ -]?)?(?:the )?(?:complete )?"
    r"(?:collection|trilogy|quadrilogy|tetralogy|saga|series|anthology|boxset|box set|movies|films"
    r"|filmreihe|reihe|trilogie|quadrilogie|sammlung|collezione|colecci[oó]n|cole[cç][aã]o|samling)"
    r"(?:[\s)\]]|\(?[0-9-]+\)?)*$",
    re.IGNORECASE,
)
_LEADING_JOINT = re.compile(
    r"^(?:[\W_]+|and the\b|and\b|und (?:der|die|das)\b|und\b|et\b)+", re.IGNORECASE
)


def strip_collection_suffix(name: str) -> str:
    """Return the name of a collection or folder without "Collection" and similar words."""
    return _COLLECTION_SUFFIX.sub("", name).strip()


def find_short_titles(movie: Movie, all_titles: Iterable[str]) -> Iterator[str]:
    """Yield a short form of each title that starts with the name of the movie's collection.

    "The Lord of the Rings: The Two Towers" is shortened to "The Two Towers".
    """
    name = strip_collection_suffix(movie.collection.name) if movie.collection else ""
    if not name:
        return
    for title in all_titles:
        if title.casefold().startswith(name.casefold()) and not title[len(name) :][:1].isalnum():
            short_title = _LEADING_JOINT.sub("", title[len(name) :])
            if any(map(str.isalpha, short_title)):
                yield short_title


def matches_folder_name(folder: str, movie: Movie) -> bool:
    """Return True if a folder is named after the collection of a movie."""
    if not movie.collection:
        return False
    names = (
        strip_collection_suffix(folder.replace("_", " ").replace(".", " ")),
        strip_collection_suffix(movie.collection.name),
    )
    folder_key, collection_key = (titles.parse_title(name)[0].key for name in names)
    return bool(folder_key) and folder_key == collection_key
