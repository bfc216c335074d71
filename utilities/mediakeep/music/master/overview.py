"""The statistics in a few lines for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from mediakeep import files
from mediakeep.music.master.statistics import Share, Statistics
from mediakeep.pages.page import counted, playing_time

_MOST = 4  # values that are told of anything
_UNITS = ("KB", "MB", "GB", "TB")
_WIDTH = 60  # letters of a name
_COVERED = {
    "date": "date",
    "genres": "genre",
    "albumartist": "album artist",
    "musicbrainz_recordingid": "recording MBID",
    "musicbrainz_albumid": "release MBID",
    "musicbrainz_artistid": "artist MBID",
    "replaygain": "ReplayGain",
}


def lines(told: Statistics) -> list[str]:
    """Describe a library; what there is nothing of is left out."""
    return [*_size(told), *_sound(told), *_tags(told), *_issues(told), *_across(told)]


def _size(told: Statistics) -> Iterator[str]:
    head, totals = told.head, told.totals
    sizes = (counted(head.artists, "artist"), counted(totals.albums, "album"))
    yield f"Music library {files.printable(head.library)}"
    yield f"{', '.join(sizes)}, {counted(totals.tracks, 'track')}"
    yield f"  {playing_time(totals.seconds)} of music in {_bytes(totals.bytes)}"
    if head.left_out:
        others = (f"{number:,} {why.replace('_', ' ')}" for why, number in head.left_out.items())
        yield f"  not in the report: {', '.join(others)}"
    if unreadable := totals.tracks - totals.readable:
        yield f"  {counted(unreadable, 'track')} cannot be read"


def _sound(told: Statistics) -> Iterator[str]:
    if not told.formats:
        return
    yield "Formats"
    for one in told.formats[:_MOST]:
        rate = f", {one.median:,} kbit/s in the middle" if one.median else ""
        yield f"  {one.format}: {counted(one.tracks, 'track')}, {_bytes(one.bytes)}{rate}"
    if (more := len(told.formats) - _MOST) > 0:
        yield f"  and {more} more"


def _tags(told: Statistics) -> Iterator[str]:
    if not told.totals.readable:
        return
    yield "Tags"
    if decades := _most(told.decades):
        yield f"  decades: {decades}"
    if genres := _most(told.genres.tracks):
        yield f"  genres: {genres}"
    albums = told.covers.albums
    bare = counted(albums["none"], "album")
    sure = ", ".join(f"{number:,} {name}" for name, number in told.matches.items() if number)
    yield f"  covers: {_share(told.covers.tracks)} embedded, {bare} without any"
    if sure:
        yield f"  albums at MusicBrainz: {sure}"
    shares = [f"{name} {_share(told.coverage[field])}" for field, name in _COVERED.items()]
    yield f"  with {', '.join(shares[:4])}"
    yield f"  with {', '.join(shares[4:])}"


def _issues(told: Statistics) -> Iterator[str]:
    numbers = [(sum(kinds.values()), name) for name, kinds in told.issues.items()]
    if not any(number for number, _ in numbers):
        return
    yield "Open issues: " + ", ".join(f"{n:,} {name.replace('_', ' ')}" for n, name in numbers if n)
    ranked = told.issues["errors"] | told.issues["warnings"] | told.issues["taken_back"]
    if ranked:
        yield f"  {_most(ranked)}"


def _across(told: Statistics) -> Iterator[str]:
    found = [*_duplicates(told), *_shared(told), *_aliases(told)]
    if found:
        yield "Across artists"
        yield from found


def _duplicates(told: Statistics) -> Iterator[str]:
    found = told.duplicates
    if not found.total:
        return
    proofs = ", ".join(
        f"{number:,} by {how}" for how, number in found.by_evidence.items() if number
    )
    yield f"  {counted(found.total, 'recording')} more than once: {proofs}"
    for one in found.listed[:2]:
        first = one.places[0]
        name = f"{_short(first.artist)}: {_short(first.title or first.path)}"
        yield f"    {name}, {one.tracks:,} times"


def _shared(told: Statistics) -> Iterator[str]:
    if told.shared_albums.total:
        yield f"  {counted(told.shared_albums.total, 'album')} in the folders of several artists"
        for one in told.shared_albums.listed[:2]:
            yield f"    {_short(one.title)}, {one.artists:,} artists"
    if told.compilations.total:
        yield f"  {counted(told.compilations.total, 'compilation')}"


def _aliases(told: Statistics) -> Iterator[str]:
    if told.aliases.total:
        yield f"  {counted(told.aliases.total, 'artist')} under several names"
        for one in told.aliases.listed[:3]:
            yield f"    {_names(list(one.names))} ({one.evidence})"


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
    """Write bytes in decimal units, as disks are sold."""
    if number < 1000:
        return counted(round(number), "byte")
    power = min(int(math.log10(number) / 3 + 1e-9), len(_UNITS))
    return f"{number / 1000**power:,.1f} {_UNITS[power - 1]}"
