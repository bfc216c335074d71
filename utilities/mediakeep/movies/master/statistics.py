"""The statistics of a library of movies."""

from __future__ import annotations

from collections import Counter

import msgspec

from mediakeep.issue import Severity
from mediakeep.movies.kinds import BY_NAME
from mediakeep.movies.master.crossings import Collections, Crossings, Duplicates, Entry
from mediakeep.movies.master.tallies import COVERED, Tallies

_FEW = 100  # values of anything that are told


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The size of it all; seconds of what is known, and the issues that wait for a person."""

    movies: int
    files: int
    seconds: float
    bytes: int
    decisions: int


class Spread(msgspec.Struct, frozen=True):
    """How many different values there are, and how many movies have each, most first."""

    distinct: int
    movies: dict[str, int]


class Share(msgspec.Struct, frozen=True):
    """How many movies have something."""

    movies: int
    percentage: float


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is told of a library."""

    totals: Totals
    left_out: dict[str, int]  # movies of the queue that are not in it, by why
    unread: tuple[str, ...]  # movies whose record is gone or damaged
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
    """Put together what was counted and compared."""
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
    """Give the kinds of each severity, those of the table in its order."""
    order = {name: place for place, name in enumerate(BY_NAME)}
    told: dict[str, dict[str, int]] = {f"{severity}s": {} for severity in Severity}
    for both, number in counts.items():
        severity, _, kind = both.partition("/")
        told[f"{severity}s"][kind] = number
    return {
        severity: dict(sorted(kinds.items(), key=lambda one: (order.get(one[0], 99), one[0])))
        for severity, kinds in told.items()
    }


def _share(movies: int, all_of_them: int) -> Share:
    """Return a share in per cent with one decimal; 100.0 only when it is all, 0.0 when none."""
    if movies in (0, all_of_them):
        return Share(movies, 100.0 if movies else 0.0)
    return Share(movies, min(max(round(100 * movies / all_of_them, 1), 0.1), 99.9))
