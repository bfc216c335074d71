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
    first: float = 0.08  # only the number 1: "Dawn" and "Dawn: Part One"
    subtitle: float = 0.16  # one is the other with a subtitle
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
    near: float = 0.045  # equal up to here: films run 4 % faster on European television
    apart: float = 0.2  # the full penalty from here on
    runtime: float = 0.4  # the full penalty
    cut: float = 0.3  # factor for it, if the name has an edition
    untimed: float = 0.04  # the file's or the movie's is unknown
    bare: float = 0.12  # in addition, if the name is just a title and a year without brackets
    whole: float = 5.0  # minutes; a shorter file is only a piece of a longer movie
    scrap: float = 0.16  # it is such a piece, or a home video

    episode: float = 0.3  # the name is that of an episode, such as "Nightjar - s01e01"

    # Thresholds.
    bar: float = 0.85  # a movie is accepted from here on
    margin: float = 0.05  # the lead over all others that it needs
    sound: float = 0.95  # below this, a search of a single year is not the last one
    shown: float = 0.55  # candidates below this are listed only if there are no others
    gross: float = 0.5  # an ID is doubted below this, if another ID's movie is accepted


WEIGHTS = MovieMatchWeights()
