"""How long it takes to match an artist of whom two hundred releases are known."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from msgspec import structs

from benchmarks import table
from benchmarks.matching_ours import Call
from mediakeep.lookups.musicbrainz.model import Medium, Release
from mediakeep.music.matching.weights import WEIGHTS
from mediakeep.music.model import Album

_RELEASES, _ALBUMS = 200, 20
_TIMES = 5
_APART = 40  # milliseconds by which the tracks of two editions differ


def show(calls: Sequence[Call]) -> None:
    """Match some albums with the releases of several artists, and with many editions of each."""
    several = _together(calls)
    editions = tuple(_editions(several.releases))[:_RELEASES]
    rows = [
        _row("of many albums", several),
        _row("ten editions of each of twenty albums", replace(several, releases=editions)),
    ]
    head = ("the releases are", "releases", "albums", "CPU s, cold", "CPU s, warm", "target")
    table.show("One artist with many releases", head, rows)


def _together(calls: Iterable[Call]) -> Call:
    """Put artists together until there are enough releases and albums."""
    releases: dict[str, Release] = {}
    albums: dict[str, Album] = {}
    calls = [call for call in calls if len(call.releases) > 1]
    for call in calls:
        releases |= {release_.id: release_ for release_ in call.releases}
        albums |= {f"{call.artist.name} {album.place}": album for album in call.artist.albums}
        if len(releases) >= _RELEASES and len(albums) >= _ALBUMS:
            break
    some = [structs.replace(album, place=place) for place, album in albums.items()][:_ALBUMS]
    artist = structs.replace(calls[0].artist, albums=tuple(some))
    return Call(artist, tuple(releases.values())[:_RELEASES], calls[0].named)


def _editions(releases: Iterable[Release]) -> Iterator[Release]:
    """Bring the first release of each group out ten times, a little longer each time."""
    groups = {release.release_group.id: release for release in releases if release.release_group}
    for release in groups.values():
        for number in range(_RELEASES // _ALBUMS):
            media = tuple(_longer(medium, number * _APART) for medium in release.media)
            yield structs.replace(release, id=f"{release.id} {number}", media=media)


def _longer(medium: Medium, more: int) -> Medium:
    tracks = (structs.replace(track, length=(track.length or 0) + more) for track in medium.tracks)
    return structs.replace(medium, tracks=tuple(tracks))


def _row(name: str, call: Call) -> list[str]:
    # In a process of its own, as it would be: nothing is remembered of any title.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        first, *more = pool.submit(_timed, call).result()
    facts = [name, f"{len(call.releases)}", f"{len(call.artist.albums)}"]
    return [*facts, f"{first:.2f}", table.spread(more), "0.5"]


def _timed(call: Call) -> list[float]:
    durations = []
    for _ in range(_TIMES):
        began = time.process_time()
        call.again(WEIGHTS)
        durations.append(time.process_time() - began)
    return durations
