"""How much everything weighs that tells which movie is meant; docs/movie-matching.md tells of it.

What is taken off runs from 0 to 1; a movie of which all agrees keeps 1, its confidence.
"""

from __future__ import annotations

import msgspec


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """All weights, bars and margins of the search for a movie."""

    # Of two titles: parts of their distance.
    letters: float = 1.3  # times the share of letters that differ
    word: float = 0.4  # times the share of letters that differ in the word that differs most
    order: float = 0.03  # the same words in another order
    article: float = 0.01  # the same but for an article
    sequel: float = 0.45  # other numbers: "Dawn" and "Dawn 2"
    first: float = 0.08  # only the number 1: "Dawn" and "Dawn: Part One"
    subtitle: float = 0.16  # one goes on where the other ends
    other: float = 0.02  # it is a title in another country or language
    collection: float = 0.2  # it lacks the name of its collection, which no folder around it bears
    spare: float = 0.03  # it is like another reading of the name
    piece: float = 0.12  # it is like a part of the name

    # Of the years, by how many they differ; more than that is `far`.
    years: tuple[float, ...] = (0.0, 0.04, 0.17, 0.2, 0.2, 0.2)
    far: float = 0.4
    undated: float = 0.12  # the movie has no date
    yearless: float = 0.09  # the name has no year
    vague: float = 0.05  # the name has no year, and but one word

    # Of the running times, by the share that they differ by.
    near: float = 0.045  # up to here they are the same; films run 4 % faster on European television
    apart: float = 0.2  # from here on all is taken off
    runtime: float = 0.4  # all of it
    cut: float = 0.3  # times that, where the name tells of an edition
    untimed: float = 0.04  # the file's or the movie's is not known
    bare: float = 0.12  # besides, where the name is a title and a year without brackets, no more
    whole: float = 5.0  # minutes; what is shorter is no more than a piece of a longer movie
    scrap: float = 0.16  # it is such a piece, or a film of one's own

    episode: float = 0.3  # the name is that of an episode, as "Nightjar - s01e01"

    # What is certain.
    bar: float = 0.85
    margin: float = 0.05  # by which it is ahead of every other
    sound: float = 0.95  # with less, no search is the last one that knows but one year
    shown: float = 0.55  # what has less is not thought of, and only listed where nothing else is
    gross: float = 0.5  # what an id says is doubted below this, if another id's movie is accepted


WEIGHTS = Weights()
