"""Select the releases that an album may be, by a quick comparison without pairing tracks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from mediakeep.music.matching.local_album import LocalAlbum
from mediakeep.music.matching.tracklists import Tracklist

MAX_CANDIDATES = 16  # tracklists: those of one album, and of similar ones
_MAX_PER_GROUP = 6  # tracklists per release group; the others are checked if it matches
_MIN_SCORE = 0.2  # share of tracks with a common title or length
_MIN_SHARE_OF_BEST = 0.5  # of the best score: many lengths are equal by chance
_CLOSE_LENGTH = 3.0  # seconds


def select_plausible_tracklists(
    album: LocalAlbum, tracklists: Sequence[Tracklist]
) -> list[Tracklist]:
    """Return the tracklists that share most titles, lengths or identifiers with an album."""
    keys = {item.title.key for item in album.tracks if item.title}
    albums = {item.key for item in album.titles}
    recordings = frozenset[str]().union(*(item.recordings for item in album.tracks))
    isrcs = frozenset[str]().union(*(item.isrcs for item in album.tracks))
    seconds, scored_tracklists = album.known_lengths, []
    for tracklist in tracklists:
        length_score = _count_common_lengths(seconds, tracklist.seconds) / len(album.tracks)
        # Many concerts have the same programme: the lengths distinguish them.
        score = 0.5 * length_score + max(
            len(keys & tracklist.keys) / len(album.tracks),
            len(recordings & tracklist.recordings) / len(album.tracks),
            len(isrcs & tracklist.isrcs) / len(album.tracks),
        )
        total = (
            score
            + 0.5 * _names_release(album, albums, tracklist)
            - 0.01 * _relative_size_difference(album, tracklist)
        )
        first = min(item.id for item in tracklist.releases)
        scored_tracklists.append((total, first, tracklist))
    min_total = max(
        _MIN_SCORE,
        _MIN_SHARE_OF_BEST * max((total for total, *_ in scored_tracklists), default=0.0),
    )
    best = (
        tracklist
        for total, _, tracklist in sorted(scored_tracklists, key=_sort_key)
        if total >= min_total
    )
    return list(islice(_limit_per_group(album, best), MAX_CANDIDATES))


def _sort_key(scored_tracklist: tuple[float, str, Tracklist]) -> tuple[float, str]:
    return -scored_tracklist[0], scored_tracklist[1]


def _limit_per_group(album: LocalAlbum, tracklists: Iterable[Tracklist]) -> Iterator[Tracklist]:
    """Yield a limited number of tracklists per release group, and those named in the tags."""
    seen = Counter[str]()
    for tracklist in tracklists:
        groups = {
            release.release_group.id for release in tracklist.releases if release.release_group
        }
        is_tagged = album.release and any(
            release.id == album.release for release in tracklist.releases
        )
        if is_tagged or any(seen[group] < _MAX_PER_GROUP for group in groups):
            seen.update(groups)
            yield tracklist


def _relative_size_difference(album: LocalAlbum, tracklist: Tracklist) -> float:
    """Return by how many tracks a release and an album differ, divided by the album's tracks."""
    return min(abs(len(tracklist.entries) - len(album.tracks)) / len(album.tracks), 5.0)


def _names_release(album: LocalAlbum, albums: set[str], tracklist: Tracklist) -> bool:
    """Return whether a release of the tracklist has the album's title or the MBID in its tags."""
    has_mbid = album.release in tracklist.mbids or album.group in tracklist.mbids
    return has_mbid or not albums.isdisjoint(tracklist.titles)


def _count_common_lengths(local: Sequence[float], remote: Sequence[float]) -> int:
    """Count the track lengths that both sorted lists have in common; each is counted once."""
    count, at = 0, 0
    for seconds in local:
        at = bisect_left(remote, seconds - _CLOSE_LENGTH, at)
        if at < len(remote) and remote[at] <= seconds + _CLOSE_LENGTH:
            count += 1
            at += 1
    return count
