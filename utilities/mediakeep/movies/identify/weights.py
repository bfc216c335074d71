"""The weights of movie matching, explained in docs/movie-matching.md.

Penalties are from 0 to 1; a movie that agrees with everything has a confidence of 1.
"""

from __future__ import annotations

import msgspec


class MovieMatchWeights(msgspec.Struct, frozen=True, kw_only=True):
    """All weights, thresholds and margins for matching movie files to movies at TMDb."""

    # Titles: parts of their distance.
    letters: float = 1.3  # times the share of letters that differ
    word: float = 0.4  # times the share of letters that differ in the word that differs most
    order: float = 0.03  # the same words in another order
    article: float = 0.01  # they differ by an article only
    sequel: float = 0.45  # other numbers: "Dawn" and "Dawn 2"
    first: float = 0.08  # other numbers, but only a 1 is added: "Dawn" and "Dawn: Part One"
    subtitle: float = 0.16  # one title is the other title with a subtitle
    other: float = 0.02  # a title for another country or language
    collection: float = 0.2  # without its collection's name, which no parent folder has
    spare: float = 0.03  # similar to another reading of the name
    piece: float = 0.12  # similar to a part of the name

    # Years, by their difference; larger ones are `far`.
    years: tuple[float, ...] = (0.0, 0.04, 0.17, 0.2, 0.2, 0.2)
    far: float = 0.4
    undated: float = 0.12  # the movie has no date
    yearless: float = 0.09  # the name has no year
    vague: float = 0.05  # the name has no year, and only one word

    # Runtimes, by their relative difference.
    near: float = 0.045  # runtimes that differ less are equal: films run 4 % faster on European TV
    apart: float = 0.2  # runtimes that differ this much get the full penalty
    runtime: float = 0.4  # the full penalty for a different runtime
    cut: float = 0.3  # factor for the runtime penalty, if the name has an edition
    untimed: float = 0.04  # the runtime of the file or of the movie is unknown
    bare: float = 0.12  # in addition, if the name is just a title and a year without brackets
    whole: float = 5.0  # minutes; a shorter file is only a piece of a longer movie
    scrap: float = 0.16  # the file is only a piece of a longer movie, or a home video

    episode: float = 0.3  # the name is that of an episode, such as "Nightjar - s01e01"

    # Thresholds.
    bar: float = 0.85  # the minimum confidence for accepting a movie
    margin: float = 0.05  # the lead in confidence over all others that an accepted movie needs
    sound: float = 0.95  # below this confidence, a search of a single year is followed by others
    shown: float = 0.55  # candidates below this confidence are listed only if there are no others
    gross: float = 0.5  # below this confidence an ID is doubted, if another ID's movie is accepted


WEIGHTS = MovieMatchWeights()
