"""Rate the candidates for a movie, without any requests.

The confidence starts at 1, and each contradiction is deducted. It depends on what is known of a
candidate: search results have titles and a date, details have all titles and the runtime.

Penalties are for the titles, the year and the runtime. Titles are also compared in short forms,
without the name of the movie's collection, as in the names inside its folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import Movie, MovieSummary
from mediakeep.movies.identify import clues, titles
from mediakeep.movies.identify.clues import MovieClues, NameReading
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.identify.weights import WEIGHTS, MovieMatchWeights

_ROUNDING_ERROR = 1e-6  # tolerance for figures rounded to three decimals
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


def rate_candidate(
    clues: MovieClues,
    summary: MovieSummary,
    movie: Movie | None = None,
    weights: MovieMatchWeights = WEIGHTS,
) -> MovieCandidate:
    """Return a candidate for a movie with its confidence from 0 to 1.

    Without the candidate's details, the runtime is not compared.
    """
    nearest, against = compute_name_penalties(clues, summary, movie, weights)
    if movie or not clues.minutes:
        against["runtime"] = compute_runtime_penalty(clues, movie, weights)
    if clues.episode:
        against["episode"] = weights.episode
    against = {name: round(value, 3) for name, value in against.items() if value}
    return MovieCandidate(
        hit=summary,
        confidence=round(max(0.0, 1.0 - sum(against.values())), 3),
        director=", ".join(movie.directors[:2]) if movie else "",
        runtime=movie.runtime if movie else 0,
        title=nearest,
        against=against,
    )


def rank_candidates(candidates: Iterable[MovieCandidate]) -> list[MovieCandidate]:
    """Sort candidates by confidence, best first.

    Equal ones are sorted by popularity, which has no other effect.
    """
    return sorted(
        candidates, key=lambda rated: (-rated.confidence, -rated.hit.popularity, rated.hit.id)
    )


def decide_status(
    best_first: Sequence[MovieCandidate], weights: MovieMatchWeights = WEIGHTS
) -> MatchStatus:
    """Return the match status for sorted candidates, which says if the first is accepted."""
    if not best_first or best_first[0].confidence < weights.shown:
        return MatchStatus.UNMATCHED
    if best_first[0].confidence < weights.bar or find_close_candidates(best_first, weights):
        return MatchStatus.REVIEW
    return MatchStatus.AUTO


def find_close_candidates(
    best_first: Sequence[MovieCandidate], weights: MovieMatchWeights = WEIGHTS
) -> list[MovieCandidate]:
    """Return the candidates whose confidence is too close to that of the first one."""
    min_confidence = best_first[0].confidence - weights.margin if best_first else 1.0
    return [
        other for other in best_first[1:] if other.confidence > min_confidence + _ROUNDING_ERROR
    ]


def compute_name_penalties(
    clue: MovieClues, summary: MovieSummary, movie: Movie | None, weights: MovieMatchWeights
) -> tuple[str, dict[str, float]]:
    """Return the title nearest to the name, and the penalties by the keys "title" and "year".

    Title and year are weighed together, because the year may be a part of the title.
    """
    candidates = [*_list_titles(summary, movie, weights), *_list_short_titles(clue, movie, weights)]
    options = [
        (title, {"title": min(_title_penalty(reading, title, weights) + cost, 1.0), "year": year})
        for reading in clues.list_name_readings(clue, weights)
        for year in [_year_penalty(reading, summary, movie, weights)]
        for title, cost in candidates
    ]
    return min(options, key=lambda option: sum(option[1].values()), default=("", {"title": 1.0}))


def compute_runtime_penalty(
    clue: MovieClues, movie: Movie | None, weights: MovieMatchWeights
) -> float:
    """Return the penalty for a different runtime, which grows with the difference."""
    if not clue.minutes or movie is None or not movie.runtime:
        return weights.untimed + (weights.bare if clue.bare else 0.0)
    if clue.minutes < weights.whole <= movie.runtime:
        return weights.scrap
    difference = abs(clue.minutes / movie.runtime - 1)
    share = (difference - weights.near) / (weights.apart - weights.near)
    penalty = weights.runtime * min(max(share, 0.0), 1.0)
    return penalty * weights.cut if clue.edition else penalty


def _list_titles(
    summary: MovieSummary, movie: Movie | None, weights: MovieMatchWeights
) -> Iterator[tuple[str, float]]:
    """Yield all titles of a movie, each with the penalty for its type of title."""
    main_titles = [summary.title, summary.original_title]
    main_titles += [movie.title, movie.original_title] if movie else []
    yield from ((title, 0.0) for title in dict.fromkeys(main_titles) if title)
    if movie:
        others = [translation.title for translation in movie.translations]
        others += [alternative.title for alternative in movie.alternative_titles]
        yield from ((title, weights.other) for title in dict.fromkeys(others) if title)


def _list_short_titles(
    clue: MovieClues, movie: Movie | None, weights: MovieMatchWeights
) -> Iterator[tuple[str, float]]:
    """Yield the movie's titles without its collection's name, each with a penalty.

    Within a collection's folder, names often leave that out.
    """
    if movie and movie.collection:
        all_titles = (
            movie.title,
            movie.original_title,
            *(text.title for text in movie.translations),
        )
        in_folder = any(matches_folder_name(name, movie) for name in clue.folders)
        cost = weights.other if in_folder else weights.collection
        yield from ((title, cost) for title in find_short_titles(movie, dict.fromkeys(all_titles)))


def _title_penalty(reading: NameReading, title: str, weights: MovieMatchWeights) -> float:
    return titles.title_distance(reading.title, title, weights) + reading.penalty


def _year_penalty(
    reading: NameReading, summary: MovieSummary, movie: Movie | None, weights: MovieMatchWeights
) -> float:
    if not reading.year:
        return weights.yearless + (weights.vague if titles.is_single_word(reading.title) else 0.0)
    if not summary.year:
        return weights.undated
    difference = abs(reading.year - summary.year)
    if 1 < difference < len(weights.years) and movie and _was_released_in(movie, reading.year):
        difference = 1
    return weights.years[difference] if difference < len(weights.years) else weights.far


def _was_released_in(movie: Movie, year: int) -> bool:
    """Return True if a movie was released in a given year in any country."""
    return any(release.date.startswith(str(year)) for release in movie.certificates)


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
