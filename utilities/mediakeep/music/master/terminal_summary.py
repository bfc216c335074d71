"""Format the statistics of a music library as a few lines for terminals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mediakeep import path_text
from mediakeep.counts import rank_counts
from mediakeep.music.master.music_statistics import MusicStatistics, TrackShare
from mediakeep.pages.render import format_playing_time
from mediakeep.size_text import format_count, format_size

_MAX_VALUES = 4  # values shown per list
_COVERAGE_NAMES = {
    "date": "date",
    "genres": "genre",
    "albumartist": "album artist",
    "musicbrainz_recordingid": "recording MBID",
    "musicbrainz_albumid": "release MBID",
    "musicbrainz_artistid": "artist MBID",
    "replaygain": "ReplayGain",
}


def format_statistics(statistics: MusicStatistics) -> list[str]:
    """Describe a music library in lines of text; parts without data are left out."""
    return [
        *_size_lines(statistics),
        *_format_lines(statistics),
        *_tag_lines(statistics),
        *_issue_lines(statistics),
        *_cross_artist_lines(statistics),
    ]


def _size_lines(statistics: MusicStatistics) -> Iterator[str]:
    head, totals = statistics.head, statistics.totals
    sizes = (format_count(head.artists, "artist"), format_count(totals.albums, "album"))
    yield f"Music library {path_text.to_printable(head.library)}"
    yield f"{', '.join(sizes)}, {format_count(totals.tracks, 'track')}"
    yield f"  {format_playing_time(totals.seconds)} of music in {format_size(totals.bytes)}"
    if head.left_out:
        others = (
            f"{number:,} {reason.replace('_', ' ')}" for reason, number in head.left_out.items()
        )
        yield f"  not in the report: {', '.join(others)}"
    if unreadable := totals.tracks - totals.readable:
        yield f"  {format_count(unreadable, 'track')} cannot be read"


def _format_lines(statistics: MusicStatistics) -> Iterator[str]:
    if not statistics.formats:
        return
    yield "Formats"
    for audio_format in statistics.formats[:_MAX_VALUES]:
        rate = f", median {audio_format.median:,} kbit/s" if audio_format.median else ""
        facts = f"{format_count(audio_format.tracks, 'track')}, {format_size(audio_format.bytes)}"
        yield f"  {audio_format.format}: {facts}{rate}"
    if (remaining := len(statistics.formats) - _MAX_VALUES) > 0:
        yield f"  and {remaining} more"


def _tag_lines(statistics: MusicStatistics) -> Iterator[str]:
    if not statistics.totals.readable:
        return
    yield "Tags"
    if decades := _format_top_values(statistics.decades):
        yield f"  decades: {decades}"
    if genres := _format_top_values(statistics.genres.tracks):
        yield f"  genres: {genres}"
    albums = statistics.covers.albums
    without_cover = format_count(albums["none"], "album")
    confidences = ", ".join(
        f"{number:,} {name}" for name, number in statistics.matches.items() if number
    )
    yield (
        f"  covers: {_format_share(statistics.covers.tracks)} embedded, {without_cover} without any"
    )
    if confidences:
        yield f"  albums at MusicBrainz: {confidences}"
    shares = [
        f"{name} {_format_share(statistics.coverage[field])}"
        for field, name in _COVERAGE_NAMES.items()
    ]
    yield f"  with {', '.join(shares[:4])}"
    yield f"  with {', '.join(shares[4:])}"


def _issue_lines(statistics: MusicStatistics) -> Iterator[str]:
    numbers = [(sum(kinds.values()), name) for name, kinds in statistics.issues.items()]
    if not any(number for number, _ in numbers):
        return
    yield "Open issues: " + ", ".join(f"{n:,} {name.replace('_', ' ')}" for n, name in numbers if n)
    ranked = (
        statistics.issues["errors"]
        | statistics.issues["warnings"]
        | statistics.issues["taken_back"]
    )
    if ranked:
        yield f"  {_format_top_values(ranked)}"


def _cross_artist_lines(statistics: MusicStatistics) -> Iterator[str]:
    findings = [
        *_duplicate_lines(statistics),
        *_shared_album_lines(statistics),
        *_alias_lines(statistics),
    ]
    if findings:
        yield "Across artists"
        yield from findings


def _duplicate_lines(statistics: MusicStatistics) -> Iterator[str]:
    duplicates = statistics.duplicates
    if not duplicates.total:
        return
    proofs = ", ".join(
        f"{number:,} by {evidence}" for evidence, number in duplicates.by_evidence.items() if number
    )
    yield f"  {format_count(duplicates.total, 'recording')} more than once: {proofs}"
    for duplicate in duplicates.listed[:2]:
        first = duplicate.places[0]
        name = f"{path_text.shorten(first.artist)}: {path_text.shorten(first.title or first.path)}"
        yield f"    {name}, {duplicate.tracks:,} times"


def _shared_album_lines(statistics: MusicStatistics) -> Iterator[str]:
    shared = statistics.shared_albums
    if shared.total:
        yield f"  {format_count(shared.total, 'album')} in the folders of several artists"
        for album in shared.listed[:2]:
            yield f"    {path_text.shorten(album.title)}, {album.artists:,} artists"
    if statistics.compilations.total:
        yield f"  {format_count(statistics.compilations.total, 'compilation')}"


def _alias_lines(statistics: MusicStatistics) -> Iterator[str]:
    if statistics.aliases.total:
        yield f"  {format_count(statistics.aliases.total, 'artist')} under several names"
        for alias in statistics.aliases.listed[:3]:
            yield f"    {_join_names(list(alias.names))} ({alias.evidence})"


def _join_names(names: Sequence[str]) -> str:
    remaining = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return " / ".join(map(path_text.shorten, names[:3])) + remaining


def _format_top_values(numbers: Mapping[str, int]) -> str:
    ranked = list(rank_counts(numbers).items())
    return ", ".join(
        f"{path_text.shorten(name)} {number:,}" for name, number in ranked[:_MAX_VALUES]
    )


def _format_share(share: TrackShare) -> str:
    return f"{share.percentage:g} %"
