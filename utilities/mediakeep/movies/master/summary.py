"""Format the statistics: a Markdown page, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mediakeep import files
from mediakeep.movies import languages, wording
from mediakeep.movies.master.crossings import Entry
from mediakeep.movies.master.statistics import Share, Statistics
from mediakeep.movies.outputs.report import NOTICE
from mediakeep.pages import page
from mediakeep.pages.page import counted

_MOST = 4  # values per line
_LISTED = 20  # entries per list of the page
_WIDTH = 60  # characters of a name

_COVERED = {
    "nfo": "NFO",
    "poster": "poster",
    "fanart": "fanart",
    "plot": "plot",
    "tmdb_id": "TMDb id",
    "imdb_id": "IMDb id",
    "certificate": "certificate",
    "subtitles": "subtitles",
}
_MATCHES = {
    "auto": "certain",
    "user": "chosen by you",
    "review": "to be decided",
    "unmatched": "not found",
    "not_looked_up": "not looked up",
}


def render(stats: Statistics, library: str) -> str:
    """Return the Markdown page."""
    return page.render(
        "movies.md.j2",
        told=stats,
        library=library,
        hours=page.playing_time(stats.totals.seconds),
        size=wording.size(stats.totals.bytes),
        matches=_named(stats.matches, _MATCHES),
        coverage=[(_COVERED[name], share) for name, share in stats.coverage.items()],
        spreads=_spreads(stats),
        largest=[_extreme(entry) for entry in stats.largest[:_LISTED]],
        lowest=[_extreme(entry) for entry in stats.lowest[:_LISTED]],
        listed=_LISTED,
        sized=wording.size,
        notice=NOTICE,
    )


def lines(stats: Statistics, library: str) -> list[str]:
    """Return lines that describe a library, without empty sections."""
    return [*_size(stats, library), *_holdings(stats), *_issues(stats), NOTICE]


def _size(stats: Statistics, library: str) -> Iterator[str]:
    totals = stats.totals
    yield f"Movie library {files.printable(library)}"
    yield f"{counted(totals.movies, 'movie')} in {counted(totals.files, 'file')}"
    yield f"  {page.playing_time(totals.seconds)} in {wording.size(totals.bytes)}"
    if stats.left_out:
        others = (f"{number:,} {why.replace('_', ' ')}" for why, number in stats.left_out.items())
        yield f"  not in the report: {', '.join(others)}"


def _holdings(stats: Statistics) -> Iterator[str]:
    if not stats.totals.movies:
        return
    matches = (f"{number:,} {name}" for name, number in _named(stats.matches, _MATCHES).items())
    yield f"  which movies they are: {', '.join(matches)}"
    for name, values in _spreads(stats)[:5]:
        if values:
            yield f"  {name.lower()}: {_most(values)}"
    shares = (f"{_COVERED[name]} {_share(share)}" for name, share in stats.coverage.items())
    yield f"  with {', '.join(shares)}"


def _issues(stats: Statistics) -> Iterator[str]:
    numbers = [(sum(kinds.values()), name) for name, kinds in stats.issues.items()]
    if any(number for number, _ in numbers):
        yield "Issues: " + ", ".join(f"{number:,} {name}" for number, name in numbers if number)
    if stats.issues["errors"] or stats.issues["warnings"]:
        yield f"  {_most(_ranked(stats.issues['errors'] | stats.issues['warnings']))}"
    if stats.duplicates.total:
        yield f"{counted(stats.duplicates.total, 'movie')} more than once"
        for same in stats.duplicates.listed[:2]:
            yield f"  {_short(same.copies[0].title)}: {same.movies:,} times"
    if stats.collections.with_gaps:
        have = "collection has" if stats.collections.with_gaps == 1 else "collections have"
        yield f"{stats.collections.with_gaps:,} of {stats.collections.total:,} {have} gaps"


def _spreads(stats: Statistics) -> list[tuple[str, Mapping[str, int]]]:
    return [
        ("Resolutions", stats.resolutions.movies),
        ("Decades", stats.decades),
        ("Genres", stats.genres.movies),
        ("Video codecs", stats.video_codecs.movies),
        ("HDR", stats.hdr.movies),
        ("Audio languages", _spoken(stats.audio_languages.movies)),
        ("Audio codecs", stats.audio_codecs.movies),
        ("Subtitle languages", _spoken(stats.subtitle_languages.movies)),
        ("Certificates", stats.certificates.movies),
        ("Containers", stats.containers.movies),
        ("Editions", stats.editions.movies),
    ]


def _spoken(counts: Mapping[str, int]) -> dict[str, int]:
    return {languages.name(code): number for code, number in counts.items()}


def _named(counts: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    return {name: counts[key] for key, name in names.items() if key in counts}


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def _most(counts: Mapping[str, int]) -> str:
    shown = [f"{_short(name)} {number:,}" for name, number in _ranked(counts).items()]
    more = len(shown) - _MOST
    return ", ".join(shown[:_MOST]) + (f", and {more:,} more" if more > 0 else "")


def _share(share: Share) -> str:
    return f"{share.percentage:g} %"


def _extreme(entry: Entry) -> tuple[str, str]:
    rate = f"{entry.megabits:g} Mbit/s" if entry.megabits else ""
    facts = ", ".join(filter(None, (entry.resolution, wording.size(entry.bytes), rate)))
    return f"{entry.title} ({entry.year})" if entry.year else entry.title, facts


def _short(text: str) -> str:
    shown = files.printable(text)
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"
