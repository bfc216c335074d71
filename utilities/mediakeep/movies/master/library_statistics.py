"""The statistics of a movie library in the master report."""

from __future__ import annotations

from collections import Counter

import msgspec

from mediakeep import size_text
from mediakeep.counts import rank_counts
from mediakeep.issue import Severity
from mediakeep.movies.issue_kinds import KINDS_BY_NAME
from mediakeep.movies.master.comparisons import (
    ComparedMovie,
    DuplicateMovieGroups,
    IncompleteCollections,
    MovieComparisons,
)
from mediakeep.movies.master.counters import COVERAGE_ITEMS, MovieCounters

_MAX_VALUES = 100  # listed values


class MovieTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The total size of a movie library.

    `seconds` is the sum of the known runtimes, `decisions` the number of issues that need a
    decision by the user.
    """

    movies: int
    files: int
    seconds: float
    bytes: int
    decisions: int


class MovieValueCounts(msgspec.Struct, frozen=True):
    """How often each value of a property occurs.

    `distinct` is the number of different values, `movies` the number of movies with each value,
    most frequent first.
    """

    distinct: int
    movies: dict[str, int]


class MovieShare(msgspec.Struct, frozen=True):
    """The number and percentage of movies that have something, such as a poster."""

    movies: int
    percentage: float


class MovieLibraryStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """All statistics of a movie library."""

    totals: MovieTotals
    left_out: dict[str, int]  # movies of the queue that are left out, by reason
    unread: tuple[str, ...]  # movies whose record is missing or damaged
    matches: dict[str, int]
    decades: dict[str, int]
    genres: MovieValueCounts
    certificates: MovieValueCounts
    resolutions: MovieValueCounts
    video_codecs: MovieValueCounts
    hdr: MovieValueCounts
    containers: MovieValueCounts
    audio_codecs: MovieValueCounts
    audio_languages: MovieValueCounts
    subtitle_languages: MovieValueCounts
    editions: MovieValueCounts
    coverage: dict[str, MovieShare]
    issues: dict[str, dict[str, int]]  # by severity and kind
    duplicates: DuplicateMovieGroups
    collections: IncompleteCollections
    largest: tuple[ComparedMovie, ...]
    lowest: tuple[ComparedMovie, ...]


def build_statistics(
    tallies: MovieCounters,
    crossings: MovieComparisons,
    left_out: dict[str, int],
    unread: tuple[str, ...],
) -> MovieLibraryStatistics:
    """Build the statistics of a library from counters and comparisons of its movies."""
    counts, totals = tallies.counts, tallies.totals
    spreads = {
        name: _count_values(counts[name])
        for name, kind in MovieLibraryStatistics.__annotations__.items()
        if kind == MovieValueCounts.__name__
    }
    return MovieLibraryStatistics(
        totals=MovieTotals(
            movies=totals["movies"],
            files=totals["files"],
            seconds=round(tallies.seconds, 1),
            bytes=totals["bytes"],
            decisions=totals["decisions"],
        ),
        left_out=left_out,
        unread=unread,
        matches=dict(sorted(counts["matches"].items())),
        decades=dict(sorted(counts["decades"].items())),
        **spreads,
        coverage={
            name: MovieShare(number, size_text.compute_percentage(number, totals["movies"]))
            for name in COVERAGE_ITEMS
            for number in [counts["coverage"][name]]
        },
        issues=_group_by_severity(counts["issues"]),
        duplicates=crossings.find_duplicates(),
        collections=crossings.find_incomplete_collections(),
        largest=crossings.list_largest(),
        lowest=crossings.list_lowest(),
    )


def _count_values(counts: Counter[str]) -> MovieValueCounts:
    ranked = list(rank_counts(counts).items())
    return MovieValueCounts(len(ranked), dict(ranked[:_MAX_VALUES]))


def _group_by_severity(counts: Counter[str]) -> dict[str, dict[str, int]]:
    """Group the numbers of issues by severity, with the kinds in the order of their table."""
    order = {name: place for place, name in enumerate(KINDS_BY_NAME)}
    by_severity: dict[str, dict[str, int]] = {f"{severity}s": {} for severity in Severity}
    for key, number in counts.items():
        severity, _, kind = key.partition("/")
        by_severity[f"{severity}s"][kind] = number
    return {
        severity: dict(sorted(kinds.items(), key=lambda entry: (order.get(entry[0], 99), entry[0])))
        for severity, kinds in by_severity.items()
    }
