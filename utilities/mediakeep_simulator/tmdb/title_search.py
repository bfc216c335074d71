"""Search movies by title like TMDb: all words must match, and popular movies come first."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache

from mediakeep_simulator.tmdb.model import CatalogueMovie, MovieCatalogue

_WORD_PATTERN = re.compile(r"\w+")
_LATER_RELEASE = 5  # one movie of this number is released a year later in other countries

_EXACT_RANK, _PREFIX_RANK, _CONTAINED_RANK = range(3)


class TitleSearch:
    """Searches the movies of a catalogue by the words of all their titles."""

    def __init__(self, catalogue: MovieCatalogue) -> None:
        self._movies = catalogue.films
        # index of a movie, and its words separated by spaces
        self._titles: list[tuple[int, str]] = []
        self._titles_by_word: dict[str, set[int]] = defaultdict(set)  # indexes of titles by word
        for place, movie in enumerate(catalogue.films):
            for title in {" ".join(split_words(text)) for text in all_titles(movie)}:
                for word in title.split():
                    self._titles_by_word[word].add(len(self._titles))
                self._titles.append((place, title))

    def search(self, query: str, fits: Callable[[CatalogueMovie], bool]) -> list[CatalogueMovie]:
        """Return all movies that match a query and for which `fits` is true, best first.

        All words must occur in one title. A title equal to the query comes first, then titles that
        begin with it, then the others. Within these, popularity decides, not the year.
        """
        words = split_words(query)
        if not words:
            return []
        ranks: dict[int, int] = {}
        text = " ".join(words)
        for number in set.intersection(*(self._titles_by_word.get(word, set()) for word in words)):
            place, title = self._titles[number]
            rank = (
                _EXACT_RANK
                if title == text
                else _PREFIX_RANK
                if title.startswith(text)
                else _CONTAINED_RANK
            )
            ranks[place] = min(rank, ranks.get(place, _CONTAINED_RANK))
        kept = (place for place in ranks if fits(self._movies[place]))
        order = sorted(kept, key=lambda place: (ranks[place], -self._movies[place].popularity))
        return [self._movies[place] for place in order]


def all_titles(movie: CatalogueMovie) -> Iterable[str]:
    """Return all titles by which a movie is found."""
    yield movie.title
    yield movie.original_title
    yield from (title for _, title in movie.alternative_titles)
    yield from (text.title for text in movie.texts)


@lru_cache(maxsize=4096)
def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a title without case and accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(_WORD_PATTERN.findall(plain.replace("'", "").casefold()))


def release_dates(movie: CatalogueMovie) -> dict[str, str]:
    """Return the release dates of a movie by country."""
    if not movie.release_date:
        return {}
    later = str(int(movie.release_date[:4]) + 1) + movie.release_date[4:]
    home = movie.countries[0] if movie.countries else "US"
    other = later if movie.id % _LATER_RELEASE == 0 else movie.release_date
    others = {country: other for country in movie.certificates if country != home}
    return {home: movie.release_date, **others}
