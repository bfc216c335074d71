"""The statistics for people: a page of Markdown, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mediakeep import files
from mediakeep.movies import languages, wording
from mediakeep.movies.master.crossings import Entry
from mediakeep.movies.master.statistics import Share, Statistics
from mediakeep.movies.outputs.report import NOTICE
from mediakeep.pages import page
from mediakeep.pages.page import counted

_MOST = 4  # values that a line tells
_LISTED = 20  # entries of a list on the page
_WIDTH = 60  # letters of a name

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


def render(told: Statistics, library: str) -> str:
    """Write the page."""
    return page.render(
        "movies.md.j2",
        told=told,
        library=library,
        hours=page.playing_time(told.totals.seconds),
        size=wording.size(told.totals.bytes),
        matches=_named(told.matches, _MATCHES),
        coverage=[(_COVERED[name], share) for name, share in told.coverage.items()],
        spreads=_spreads(told),
        largest=[_extreme(one) for one in told.largest[:_LISTED]],
        lowest=[_extreme(one) for one in told.lowest[:_LISTED]],
        listed=_LISTED,
        sized=wording.size,
        notice=NOTICE,
    )


def lines(told: Statistics, library: str) -> list[str]:
    """Describe a library; what there is nothing of is left out."""
    return [*_size(told, library), *_holdings(told), *_issues(told), NOTICE]


def _size(told: Statistics, library: str) -> Iterator[str]:
    totals = told.totals
    yield f"Movie library {files.printable(library)}"
    yield f"{counted(totals.movies, 'movie')} in {counted(totals.files, 'file')}"
    yield f"  {page.playing_time(totals.seconds)} in {wording.size(totals.bytes)}"
    if told.left_out:
        others = (f"{number:,} {why.replace('_', ' ')}" for why, number in told.left_out.items())
        yield f"  not in the report: {', '.join(others)}"


def _holdings(told: Statistics) -> Iterator[str]:
    if not told.totals.movies:
        return
    matches = (f"{number:,} {name}" for name, number in _named(told.matches, _MATCHES).items())
    yield f"  which movies they are: {', '.join(matches)}"
    for name, values in _spreads(told)[:5]:
        if values:
            yield f"  {name.lower()}: {_most(values)}"
    shares = (f"{_COVERED[name]} {_share(share)}" for name, share in told.coverage.items())
    yield f"  with {', '.join(shares)}"


def _issues(told: Statistics) -> Iterator[str]:
    numbers = [(sum(kinds.values()), name) for name, kinds in told.issues.items()]
    if any(number for number, _ in numbers):
        yield "Issues: " + ", ".join(f"{number:,} {name}" for number, name in numbers if number)
    if told.issues["errors"] or told.issues["warnings"]:
        yield f"  {_most(_ranked(told.issues['errors'] | told.issues['warnings']))}"
    if told.duplicates.total:
        yield f"{counted(told.duplicates.total, 'movie')} more than once"
        for same in told.duplicates.listed[:2]:
            yield f"  {_short(same.copies[0].title)}: {same.movies:,} times"
    if told.collections.with_gaps:
        have = "collection has" if told.collections.with_gaps == 1 else "collections have"
        yield f"{told.collections.with_gaps:,} of {told.collections.total:,} {have} gaps"


def _spreads(told: Statistics) -> list[tuple[str, Mapping[str, int]]]:
    return [
        ("Resolutions", told.resolutions.movies),
        ("Decades", told.decades),
        ("Genres", told.genres.movies),
        ("Video codecs", told.video_codecs.movies),
        ("HDR", told.hdr.movies),
        ("Audio languages", _spoken(told.audio_languages.movies)),
        ("Audio codecs", told.audio_codecs.movies),
        ("Subtitle languages", _spoken(told.subtitle_languages.movies)),
        ("Certificates", told.certificates.movies),
        ("Containers", told.containers.movies),
        ("Editions", told.editions.movies),
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


def _extreme(one: Entry) -> tuple[str, str]:
    rate = f"{one.megabits:g} Mbit/s" if one.megabits else ""
    facts = ", ".join(filter(None, (one.resolution, wording.size(one.bytes), rate)))
    return f"{one.title} ({one.year})" if one.year else one.title, facts


def _short(text: str) -> str:
    shown = files.printable(text)
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"
