"""Compute penalties on a movie's confidence, for its titles, its year and its runtime."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.lookups.tmdb.model import Movie, MovieSummary
from mediakeep.movies.identify import clues, short_titles, titles
from mediakeep.movies.identify.clues import MovieClues, NameReading
from mediakeep.movies.identify.weights import MovieMatchWeights


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
        in_folder = any(short_titles.matches_folder_name(name, movie) for name in clue.folders)
        cost = weights.other if in_folder else weights.collection
        yield from (
            (title, cost)
            for title in short_titles.find_short_titles(movie, dict.fromkeys(all_titles))
        )


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
