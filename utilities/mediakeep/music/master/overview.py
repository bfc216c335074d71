"""The statistics as a few lines for terminals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from mediakeep import files
from mediakeep.music.master.statistics import Share, Statistics
from mediakeep.pages.page import counted, playing_time

_MOST = 4  # values shown per list
_UNITS = ("KB", "MB", "GB", "TB")
_WIDTH = 60  # maximum characters of a name
_COVERED = {
    "date": "date",
    "genres": "genre",
    "albumartist": "album artist",
    "musicbrainz_recordingid": "recording MBID",
    "musicbrainz_albumid": "release MBID",
    "musicbrainz_artistid": "artist MBID",
    "replaygain": "ReplayGain",
}


def lines(statistics: Statistics) -> list[str]:
    """Describe a library; empty parts are left out."""
    return [
        *_size(statistics),
        *_sound(statistics),
        *_tags(statistics),
        *_issues(statistics),
        *_across(statistics),
    ]


def _size(statistics: Statistics) -> Iterator[str]:
    head, totals = statistics.head, statistics.totals
    sizes = (counted(head.artists, "artist"), counted(totals.albums, "album"))
    yield f"Music library {files.printable(head.library)}"
    yield f"{', '.join(sizes)}, {counted(totals.tracks, 'track')}"
    yield f"  {playing_time(totals.seconds)} of music in {_bytes(totals.bytes)}"
    if head.left_out:
        others = (f"{number:,} {why.replace('_', ' ')}" for why, number in head.left_out.items())
        yield f"  not in the report: {', '.join(others)}"
    if unreadable := totals.tracks - totals.readable:
        yield f"  {counted(unreadable, 'track')} cannot be read"


def _sound(statistics: Statistics) -> Iterator[str]:
    if not statistics.formats:
        return
    yield "Formats"
    for audio_format in statistics.formats[:_MOST]:
        rate = f", median {audio_format.median:,} kbit/s" if audio_format.median else ""
        facts = f"{counted(audio_format.tracks, 'track')}, {_bytes(audio_format.bytes)}"
        yield f"  {audio_format.format}: {facts}{rate}"
    if (more := len(statistics.formats) - _MOST) > 0:
        yield f"  and {more} more"


def _tags(statistics: Statistics) -> Iterator[str]:
    if not statistics.totals.readable:
        return
    yield "Tags"
    if decades := _most(statistics.decades):
        yield f"  decades: {decades}"
    if genres := _most(statistics.genres.tracks):
        yield f"  genres: {genres}"
    albums = statistics.covers.albums
    without_cover = counted(albums["none"], "album")
    confidences = ", ".join(
        f"{number:,} {name}" for name, number in statistics.matches.items() if number
    )
    yield f"  covers: {_share(statistics.covers.tracks)} embedded, {without_cover} without any"
    if confidences:
        yield f"  albums at MusicBrainz: {confidences}"
    shares = [f"{name} {_share(statistics.coverage[field])}" for field, name in _COVERED.items()]
    yield f"  with {', '.join(shares[:4])}"
    yield f"  with {', '.join(shares[4:])}"


def _issues(statistics: Statistics) -> Iterator[str]:
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
        yield f"  {_most(ranked)}"


def _across(statistics: Statistics) -> Iterator[str]:
    findings = [*_duplicates(statistics), *_shared(statistics), *_aliases(statistics)]
    if findings:
        yield "Across artists"
        yield from findings


def _duplicates(statistics: Statistics) -> Iterator[str]:
    duplicates = statistics.duplicates
    if not duplicates.total:
        return
    proofs = ", ".join(
        f"{number:,} by {evidence}" for evidence, number in duplicates.by_evidence.items() if number
    )
    yield f"  {counted(duplicates.total, 'recording')} more than once: {proofs}"
    for duplicate in duplicates.listed[:2]:
        first = duplicate.places[0]
        name = f"{_short(first.artist)}: {_short(first.title or first.path)}"
        yield f"    {name}, {duplicate.tracks:,} times"


def _shared(statistics: Statistics) -> Iterator[str]:
    shared = statistics.shared_albums
    if shared.total:
        yield f"  {counted(shared.total, 'album')} in the folders of several artists"
        for album in shared.listed[:2]:
            yield f"    {_short(album.title)}, {album.artists:,} artists"
    if statistics.compilations.total:
        yield f"  {counted(statistics.compilations.total, 'compilation')}"


def _aliases(statistics: Statistics) -> Iterator[str]:
    if statistics.aliases.total:
        yield f"  {counted(statistics.aliases.total, 'artist')} under several names"
        for alias in statistics.aliases.listed[:3]:
            yield f"    {_names(list(alias.names))} ({alias.evidence})"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return " / ".join(map(_short, names[:3])) + more


def _most(numbers: Mapping[str, int]) -> str:
    ranked = sorted(numbers.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{_short(name)} {number:,}" for name, number in ranked[:_MOST])


def _share(share: Share) -> str:
    return f"{share.percentage:g} %"


def _short(text: str) -> str:
    shown = files.printable(text)
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"


def _bytes(number: float) -> str:
    """Format bytes in decimal units."""
    if number < 1000:
        return counted(round(number), "byte")
    power = min(int(math.log10(number) / 3 + 1e-9), len(_UNITS))
    return f"{number / 1000**power:,.1f} {_UNITS[power - 1]}"
