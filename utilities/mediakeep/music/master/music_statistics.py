"""The statistics of a music library: counts, and findings across artists."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

import msgspec

from mediakeep import size_text
from mediakeep.music.master import (
    artist_aliases,
    artist_counts,
    duplicate_recordings,
    shared_albums,
)
from mediakeep.music.master.artist_aliases import ArtistAliases
from mediakeep.music.master.counters import MusicCounters, TopValues
from mediakeep.music.master.cross_artist import SharedTracksIndex
from mediakeep.music.master.duplicate_recordings import DuplicateRecordings
from mediakeep.music.master.shared_albums import Compilations, SharedAlbums
from mediakeep.music.matching.match_result import MatchConfidence

FORMAT = 1
_BAND_STARTS = (64, 96, 128, 160, 192, 224, 256, 320)  # lower bounds of the bit rate bands, kbit/s
_MAX_VALUES = 100  # values listed per property


class StatisticsScope(msgspec.Struct, frozen=True, kw_only=True):
    """What statistics are about: the library, the time, and the artists included."""

    format: int = FORMAT
    written: str  # UTC
    library: str
    artists: int
    left_out: dict[str, int]  # artists of the queue left out of the report, by reason
    unread: tuple[str, ...]  # artists whose audit is missing or damaged


class MusicTotals(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a library: artists, albums, tracks, seconds and bytes.

    Seconds are those of readable tracks; bytes only count where known.
    """

    albums: int
    tracks: int
    readable: int
    seconds: float
    bytes: int
    audio_bytes: int
    lossless: int  # tracks
    truncated: int
    protected: int


class FormatStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """The tracks of one audio format; bit rates are in kbit/s, of tracks where it is known."""

    format: str
    tracks: int
    seconds: float
    bytes: int
    lowest: int
    median: int
    highest: int
    bands: dict[str, int]  # "128-159": tracks


class TrackShare(msgspec.Struct, frozen=True):
    """The number of readable tracks that have some property, and their percentage."""

    tracks: int
    percentage: float


class CoverStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """The number of albums by where their covers are, and of tracks with an embedded picture."""

    albums: dict[str, int]
    tracks: TrackShare


class MusicStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """All statistics of a library."""

    head: StatisticsScope
    totals: MusicTotals
    formats: tuple[FormatStatistics, ...]
    codecs: TopValues
    sample_rates: TopValues
    bit_depths: TopValues
    channels: TopValues
    containers: TopValues
    years: dict[str, int]
    decades: dict[str, int]
    genres: TopValues
    covers: CoverStatistics
    coverage: dict[str, TrackShare]
    matches: dict[str, int]  # albums by confidence of their match
    faults: dict[str, int]
    issues: dict[str, dict[str, int]]  # by severity and kind
    duplicates: DuplicateRecordings
    shared_albums: SharedAlbums
    compilations: Compilations
    aliases: ArtistAliases


def compute_statistics(
    head: StatisticsScope,
    counters: MusicCounters,
    cross_artist_index: SharedTracksIndex,
    limit: int,
) -> MusicStatistics:
    """Compute all statistics of a library; each list has at most `limit` entries."""
    totals = _build_totals(counters)
    years = {str(year): number for year, number in counters.all_values("years").items() if year}
    decades: dict[str, int] = {}
    for year, number in years.items():
        decades[f"{year[:3]}0s"] = decades.get(f"{year[:3]}0s", 0) + number
    cross_artist_index.create_indexes()
    return MusicStatistics(
        head=head,
        totals=totals,
        formats=_list_formats(counters),
        codecs=counters.top_values("codecs", _MAX_VALUES),
        sample_rates=counters.top_values("sample_rates", _MAX_VALUES),
        bit_depths=counters.top_values("bit_depths", _MAX_VALUES),
        channels=counters.top_values("channels", _MAX_VALUES),
        containers=counters.top_values("containers", _MAX_VALUES),
        years=years,
        decades=decades,
        genres=counters.top_values("genres", limit),
        covers=_build_covers(counters, totals.readable),
        coverage=_build_coverage(counters, totals.readable),
        matches=_match_counts(counters),
        faults=_int_counts(counters, "faults"),
        issues={
            name: counters.top_values(name, _MAX_VALUES).tracks
            for name in ("errors", "warnings", "taken_back", "notes")
        },
        duplicates=duplicate_recordings.find_duplicates(cross_artist_index, limit),
        shared_albums=shared_albums.find_shared_albums(cross_artist_index, limit),
        compilations=shared_albums.find_compilations(cross_artist_index, limit),
        aliases=artist_aliases.find_aliases(cross_artist_index, limit),
    )


def _int_counts(counters: MusicCounters, category: str) -> dict[str, int]:
    return {str(value): int(number) for value, number in counters.all_values(category).items()}


def _match_counts(counters: MusicCounters) -> dict[str, int]:
    counts = _int_counts(counters, "matches")
    return {sure.value: counts.get(sure.value, 0) for sure in MatchConfidence}


def _build_totals(counters: MusicCounters) -> MusicTotals:
    counts = _int_counts(counters, "totals")
    return MusicTotals(
        seconds=counts.get("milliseconds", 0) / 1000,
        **{
            name: counts.get(name, 0) for name in MusicTotals.__struct_fields__ if name != "seconds"
        },
    )


def _list_formats(counters: MusicCounters) -> tuple[FormatStatistics, ...]:
    return tuple(
        _build_format(name, tracks, counters)
        for name, tracks in counters.top_values("formats", _MAX_VALUES).tracks.items()
    )


def _build_format(name: str, tracks: int, counters: MusicCounters) -> FormatStatistics:
    rates = {
        int(rate): number
        for rate, number in counters.all_values(f"bitrates {name}").items()
        if rate
    }
    sums = _int_counts(counters, f"sums {name}")
    return FormatStatistics(
        format=name,
        tracks=tracks,
        seconds=sums["milliseconds"] / 1000,
        bytes=sums["bytes"],
        lowest=min(rates, default=0),
        median=_weighted_median(rates),
        highest=max(rates, default=0),
        bands=_count_by_band(rates),
    )


def _weighted_median(counts: Mapping[int, int]) -> int:
    """Return the lower median of values, given with how often each occurs; 0 if there are none."""
    half = (sum(counts.values()) + 1) // 2
    sums = zip(counts, accumulate(counts.values()), strict=True)
    return next((value for value, so_far in sums if so_far >= half), 0)


def _count_by_band(rates: Mapping[int, int]) -> dict[str, int]:
    """Count tracks by ranges of bit rates, such as "128-159" kbit/s."""
    bands: dict[str, int] = {}
    for rate, number in rates.items():
        low = max((begin for begin in _BAND_STARTS if begin <= rate), default=0)
        high = min((begin for begin in _BAND_STARTS if begin > rate), default=0)
        name = f"{low}-{high - 1}" if high else f"{low} and more"
        bands[name] = bands.get(name, 0) + number
    return bands


def _build_covers(counters: MusicCounters, readable: int) -> CoverStatistics:
    albums = dict.fromkeys(artist_counts.COVERS, 0) | _int_counts(counters, "covered_albums")
    tracks = _int_counts(counters, "coverage").get(artist_counts.PICTURES, 0)
    return CoverStatistics(albums=albums, tracks=_build_share(tracks, readable))


def _build_coverage(counters: MusicCounters, readable: int) -> dict[str, TrackShare]:
    counts = _int_counts(counters, "coverage")
    fields = (*artist_counts.COVERED, artist_counts.REPLAYGAIN)
    return {field: _build_share(counts.get(field, 0), readable) for field in fields}


def _build_share(tracks: int, readable: int) -> TrackShare:
    return TrackShare(tracks, size_text.compute_percentage(tracks, readable))
