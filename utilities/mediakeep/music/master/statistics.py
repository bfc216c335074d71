"""The statistics of a library: counts, and findings across artists."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

import msgspec

from mediakeep.music.master import aliases, counting, duplicates, shared
from mediakeep.music.master.aliases import Aliases
from mediakeep.music.master.crossings import Crossings
from mediakeep.music.master.duplicates import Duplicates
from mediakeep.music.master.shared import Compilations, SharedAlbums
from mediakeep.music.master.tallies import Spread, Tallies
from mediakeep.music.matching.verdict import Sure

FORMAT = 1
_BANDS = (64, 96, 128, 160, 192, 224, 256, 320)  # lower bounds of the bit rate bands, kbit/s
_FEW = 100  # values listed per property


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The library, the time, and the artists included."""

    format: int = FORMAT
    written: str  # UTC
    library: str
    artists: int
    left_out: dict[str, int]  # artists of the queue left out of the report, by reason
    unread: tuple[str, ...]  # artists whose audit is missing or damaged


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the library; seconds of readable tracks, bytes if known."""

    albums: int
    tracks: int
    readable: int
    seconds: float
    bytes: int
    audio_bytes: int
    lossless: int  # tracks
    truncated: int
    protected: int


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One format; bit rates in kbit/s, of the tracks where it is known."""

    format: str
    tracks: int
    seconds: float
    bytes: int
    lowest: int
    median: int
    highest: int
    bands: dict[str, int]  # "128-159": tracks


class Share(msgspec.Struct, frozen=True):
    """The number and percentage of readable tracks with something."""

    tracks: int
    percentage: float


class Covers(msgspec.Struct, frozen=True, kw_only=True):
    """Albums by the place of their covers, and tracks with an embedded picture."""

    albums: dict[str, int]
    tracks: Share


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """All statistics of a library."""

    head: Head
    totals: Totals
    formats: tuple[Format, ...]
    codecs: Spread
    sample_rates: Spread
    bit_depths: Spread
    channels: Spread
    containers: Spread
    years: dict[str, int]
    decades: dict[str, int]
    genres: Spread
    covers: Covers
    coverage: dict[str, Share]
    matches: dict[str, int]  # albums by confidence of their match
    faults: dict[str, int]
    issues: dict[str, dict[str, int]]  # by severity and kind
    duplicates: Duplicates
    shared_albums: SharedAlbums
    compilations: Compilations
    aliases: Aliases


def of(head: Head, tallies: Tallies, crossings: Crossings, limit: int) -> Statistics:
    """Compute the statistics; lists have at most `limit` entries."""
    totals = _totals(tallies)
    years = {str(year): number for year, number in tallies.all("years").items() if year}
    decades: dict[str, int] = {}
    for year, number in years.items():
        decades[f"{year[:3]}0s"] = decades.get(f"{year[:3]}0s", 0) + number
    crossings.index()
    return Statistics(
        head=head,
        totals=totals,
        formats=_formats(tallies),
        codecs=tallies.spread("codecs", _FEW),
        sample_rates=tallies.spread("sample_rates", _FEW),
        bit_depths=tallies.spread("bit_depths", _FEW),
        channels=tallies.spread("channels", _FEW),
        containers=tallies.spread("containers", _FEW),
        years=years,
        decades=decades,
        genres=tallies.spread("genres", limit),
        covers=_covers(tallies, totals.readable),
        coverage=_coverage(tallies, totals.readable),
        matches=_matches(tallies),
        faults=_counts(tallies, "faults"),
        issues={
            name: tallies.spread(name, _FEW).tracks
            for name in ("errors", "warnings", "taken_back", "notes")
        },
        duplicates=duplicates.find(crossings, limit),
        shared_albums=shared.albums(crossings, limit),
        compilations=shared.compilations(crossings, limit),
        aliases=aliases.find(crossings, limit),
    )


def _counts(tallies: Tallies, what: str) -> dict[str, int]:
    return {str(value): int(number) for value, number in tallies.all(what).items()}


def _matches(tallies: Tallies) -> dict[str, int]:
    counts = _counts(tallies, "matches")
    return {sure.value: counts.get(sure.value, 0) for sure in Sure}


def _totals(tallies: Tallies) -> Totals:
    counts = _counts(tallies, "totals")
    return Totals(
        seconds=counts.get("milliseconds", 0) / 1000,
        **{name: counts.get(name, 0) for name in Totals.__struct_fields__ if name != "seconds"},
    )


def _formats(tallies: Tallies) -> tuple[Format, ...]:
    return tuple(
        _format(name, tracks, tallies)
        for name, tracks in tallies.spread("formats", _FEW).tracks.items()
    )


def _format(name: str, tracks: int, tallies: Tallies) -> Format:
    rates = {int(rate): number for rate, number in tallies.all(f"bitrates {name}").items() if rate}
    sums = _counts(tallies, f"sums {name}")
    return Format(
        format=name,
        tracks=tracks,
        seconds=sums["milliseconds"] / 1000,
        bytes=sums["bytes"],
        lowest=min(rates, default=0),
        median=_median(rates),
        highest=max(rates, default=0),
        bands=_bands(rates),
    )


def _median(counts: Mapping[int, int]) -> int:
    """Return the lower median of sorted values, given with their frequencies; 0 if empty."""
    half = (sum(counts.values()) + 1) // 2
    sums = zip(counts, accumulate(counts.values()), strict=True)
    return next((value for value, so_far in sums if so_far >= half), 0)


def _bands(rates: Mapping[int, int]) -> dict[str, int]:
    """Count bit rates by band."""
    bands: dict[str, int] = {}
    for rate, number in rates.items():
        low = max((begin for begin in _BANDS if begin <= rate), default=0)
        high = min((begin for begin in _BANDS if begin > rate), default=0)
        name = f"{low}-{high - 1}" if high else f"{low} and more"
        bands[name] = bands.get(name, 0) + number
    return bands


def _covers(tallies: Tallies, readable: int) -> Covers:
    albums = dict.fromkeys(counting.COVERS, 0) | _counts(tallies, "covered_albums")
    tracks = _counts(tallies, "coverage").get(counting.PICTURES, 0)
    return Covers(albums=albums, tracks=_share(tracks, readable))


def _coverage(tallies: Tallies, readable: int) -> dict[str, Share]:
    counts = _counts(tallies, "coverage")
    fields = (*counting.COVERED, counting.REPLAYGAIN)
    return {field: _share(counts.get(field, 0), readable) for field in fields}


def _share(tracks: int, readable: int) -> Share:
    """Return a percentage with one decimal; 100.0 only for all, 0.0 only for none."""
    if tracks in (0, readable):
        return Share(tracks, 100.0 if tracks else 0.0)
    return Share(tracks, min(max(round(100 * tracks / readable, 1), 0.1), 99.9))
