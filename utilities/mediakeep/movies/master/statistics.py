"""The statistics of a movie library."""

from __future__ import annotations

from collections import Counter

import msgspec

from mediakeep.issue import Severity
from mediakeep.movies.kinds import BY_NAME
from mediakeep.movies.master.crossings import Collections, Crossings, Duplicates, Entry
from mediakeep.movies.master.tallies import COVERED, Tallies

_FEW = 100  # listed values


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the library; seconds of known runtimes, and the issues that need a decision."""

    movies: int
    files: int
    seconds: float
    bytes: int
    decisions: int


class Spread(msgspec.Struct, frozen=True):
    """The number of distinct values, and of movies with each value, most frequent first."""

    distinct: int
    movies: dict[str, int]


class Share(msgspec.Struct, frozen=True):
    """The number and percentage of movies that have something."""

    movies: int
    percentage: float


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """All statistics of a library."""

    totals: Totals
    left_out: dict[str, int]  # movies of the queue that are left out, by reason
    unread: tuple[str, ...]  # movies whose record is missing or damaged
    matches: dict[str, int]
    decades: dict[str, int]
    genres: Spread
    certificates: Spread
    resolutions: Spread
    video_codecs: Spread
    hdr: Spread
    containers: Spread
    audio_codecs: Spread
    audio_languages: Spread
    subtitle_languages: Spread
    editions: Spread
    coverage: dict[str, Share]
    issues: dict[str, dict[str, int]]  # by severity and kind
    duplicates: Duplicates
    collections: Collections
    largest: tuple[Entry, ...]
    lowest: tuple[Entry, ...]


def of(
    tallies: Tallies, crossings: Crossings, left_out: dict[str, int], unread: tuple[str, ...]
) -> Statistics:
    """Build the statistics from counters and comparisons."""
    counts, totals = tallies.counts, tallies.totals
    spreads = {
        name: _spread(counts[name])
        for name, kind in Statistics.__annotations__.items()
        if kind == Spread.__name__
    }
    return Statistics(
        totals=Totals(
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
        coverage={name: _share(counts["coverage"][name], totals["movies"]) for name in COVERED},
        issues=_issues(counts["issues"]),
        duplicates=crossings.duplicates(),
        collections=crossings.collections(),
        largest=crossings.largest(),
        lowest=crossings.lowest(),
    )


def _spread(counts: Counter[str]) -> Spread:
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return Spread(len(ranked), dict(ranked[:_FEW]))


def _issues(counts: Counter[str]) -> dict[str, dict[str, int]]:
    """Group the counts by severity, with the kinds in the order of their table."""
    order = {name: place for place, name in enumerate(BY_NAME)}
    by_severity: dict[str, dict[str, int]] = {f"{severity}s": {} for severity in Severity}
    for key, number in counts.items():
        severity, _, kind = key.partition("/")
        by_severity[f"{severity}s"][kind] = number
    return {
        severity: dict(sorted(kinds.items(), key=lambda entry: (order.get(entry[0], 99), entry[0])))
        for severity, kinds in by_severity.items()
    }


def _share(movies: int, total: int) -> Share:
    """Return a percentage with one decimal; 100.0 only for all movies, 0.0 only for none."""
    if movies in (0, total):
        return Share(movies, 100.0 if movies else 0.0)
    return Share(movies, min(max(round(100 * movies / total, 1), 0.1), 99.9))
