"""Format the statistics of a movie library: a Markdown page, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mediakeep import path_text, size_text
from mediakeep.counts import rank_counts
from mediakeep.movies import language_names
from mediakeep.movies.master.comparisons import ComparedMovie
from mediakeep.movies.master.library_statistics import MovieLibraryStatistics, MovieShare
from mediakeep.movies.outputs.movie_report import ATTRIBUTION
from mediakeep.pages import render
from mediakeep.size_text import format_count

_MAX_VALUES = 4  # values per line
_MAX_ENTRIES = 20  # entries per list of the page

_COVERAGE_LABELS = {
    "nfo": "NFO",
    "poster": "poster",
    "fanart": "fanart",
    "plot": "plot",
    "tmdb_id": "TMDb id",
    "imdb_id": "IMDb id",
    "certificate": "certificate",
    "subtitles": "subtitles",
}
_MATCH_LABELS = {
    "auto": "certain",
    "user": "chosen by you",
    "review": "to be decided",
    "unmatched": "not found",
    "not_looked_up": "not looked up",
}


def render_page(stats: MovieLibraryStatistics, library: str) -> str:
    """Return the Markdown page with the statistics of a movie library."""
    return render.render_template(
        "movies.md.j2",
        told=stats,
        library=library,
        hours=render.format_playing_time(stats.totals.seconds),
        size=size_text.format_size(stats.totals.bytes),
        matches=_apply_labels(stats.matches, _MATCH_LABELS),
        coverage=[(_COVERAGE_LABELS[name], share) for name, share in stats.coverage.items()],
        spreads=_list_distributions(stats),
        largest=[_format_extreme(entry) for entry in stats.largest[:_MAX_ENTRIES]],
        lowest=[_format_extreme(entry) for entry in stats.lowest[:_MAX_ENTRIES]],
        listed=_MAX_ENTRIES,
        sized=size_text.format_size,
        notice=ATTRIBUTION,
    )


def format_lines(stats: MovieLibraryStatistics, library: str) -> list[str]:
    """Return a few lines of statistics for a terminal, without empty sections."""
    return [
        *_format_size(stats, library),
        *_format_contents(stats),
        *_format_issues(stats),
        ATTRIBUTION,
    ]


def _format_size(stats: MovieLibraryStatistics, library: str) -> Iterator[str]:
    totals = stats.totals
    yield f"Movie library {path_text.to_printable(library)}"
    yield f"{format_count(totals.movies, 'movie')} in {format_count(totals.files, 'file')}"
    playing_time = render.format_playing_time(totals.seconds)
    yield f"  {playing_time} in {size_text.format_size(totals.bytes)}"
    if stats.left_out:
        others = (f"{number:,} {why.replace('_', ' ')}" for why, number in stats.left_out.items())
        yield f"  not in the report: {', '.join(others)}"


def _format_contents(stats: MovieLibraryStatistics) -> Iterator[str]:
    if not stats.totals.movies:
        return
    matches = (
        f"{number:,} {name}" for name, number in _apply_labels(stats.matches, _MATCH_LABELS).items()
    )
    yield f"  which movies they are: {', '.join(matches)}"
    for name, values in _list_distributions(stats)[:5]:
        if values:
            yield f"  {name.lower()}: {_format_most_frequent(values)}"
    shares = (
        f"{_COVERAGE_LABELS[name]} {_format_share(share)}" for name, share in stats.coverage.items()
    )
    yield f"  with {', '.join(shares)}"


def _format_issues(stats: MovieLibraryStatistics) -> Iterator[str]:
    numbers = [(sum(kinds.values()), name) for name, kinds in stats.issues.items()]
    if any(number for number, _ in numbers):
        yield "Issues: " + ", ".join(f"{number:,} {name}" for number, name in numbers if number)
    if stats.issues["errors"] or stats.issues["warnings"]:
        counts = rank_counts(stats.issues["errors"] | stats.issues["warnings"])
        yield f"  {_format_most_frequent(counts)}"
    if stats.duplicates.total:
        yield f"{format_count(stats.duplicates.total, 'movie')} more than once"
        for same in stats.duplicates.listed[:2]:
            yield f"  {path_text.shorten(same.copies[0].title)}: {same.movies:,} times"
    if stats.collections.with_gaps:
        have = "collection has" if stats.collections.with_gaps == 1 else "collections have"
        yield f"{stats.collections.with_gaps:,} of {stats.collections.total:,} {have} gaps"


def _list_distributions(stats: MovieLibraryStatistics) -> list[tuple[str, Mapping[str, int]]]:
    return [
        ("Resolutions", stats.resolutions.movies),
        ("Decades", stats.decades),
        ("Genres", stats.genres.movies),
        ("Video codecs", stats.video_codecs.movies),
        ("HDR", stats.hdr.movies),
        ("Audio languages", _name_languages(stats.audio_languages.movies)),
        ("Audio codecs", stats.audio_codecs.movies),
        ("Subtitle languages", _name_languages(stats.subtitle_languages.movies)),
        ("Certificates", stats.certificates.movies),
        ("Containers", stats.containers.movies),
        ("Editions", stats.editions.movies),
    ]


def _name_languages(counts: Mapping[str, int]) -> dict[str, int]:
    return {language_names.language_name(code): number for code, number in counts.items()}


def _apply_labels(counts: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    return {name: counts[key] for key, name in names.items() if key in counts}


def _format_most_frequent(counts: Mapping[str, int]) -> str:
    shown = [
        f"{path_text.shorten(name)} {number:,}" for name, number in rank_counts(counts).items()
    ]
    more = len(shown) - _MAX_VALUES
    return ", ".join(shown[:_MAX_VALUES]) + (f", and {more:,} more" if more > 0 else "")


def _format_share(share: MovieShare) -> str:
    return f"{share.percentage:g} %"


def _format_extreme(entry: ComparedMovie) -> tuple[str, str]:
    rate = f"{entry.megabits:g} Mbit/s" if entry.megabits else ""
    facts = ", ".join(filter(None, (entry.resolution, size_text.format_size(entry.bytes), rate)))
    return f"{entry.title} ({entry.year})" if entry.year else entry.title, facts
