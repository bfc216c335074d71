"""Preselect the releases that an album may be, without pairing tracks."""

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


def plausible_tracklists(album: LocalAlbum, tracklists: Sequence[Tracklist]) -> list[Tracklist]:
    """Return the tracklists that have most in common with an album."""
    keys = {item.title.key for item in album.tracks if item.title}
    albums = {item.key for item in album.titles}
    recordings = frozenset[str]().union(*(item.recordings for item in album.tracks))
    isrcs = frozenset[str]().union(*(item.isrcs for item in album.tracks))
    seconds, scored = album.known_lengths, []
    for shape in tracklists:
        length_score = _count_common_lengths(seconds, shape.seconds) / len(album.tracks)
        # Many concerts have the same programme: the lengths distinguish them.
        score = 0.5 * length_score + max(
            len(keys & shape.keys) / len(album.tracks),
            len(recordings & shape.recordings) / len(album.tracks),
            len(isrcs & shape.isrcs) / len(album.tracks),
        )
        total = (
            score
            + 0.5 * _names_release(album, albums, shape)
            - 0.01 * _relative_size_difference(album, shape)
        )
        first = min(item.id for item in shape.releases)
        scored.append((total, first, shape))
    min_total = max(
        _MIN_SCORE, _MIN_SHARE_OF_BEST * max((total for total, *_ in scored), default=0.0)
    )
    best = (shape for total, _, shape in sorted(scored, key=_sort_key) if total >= min_total)
    return list(islice(_limit_per_group(album, best), MAX_CANDIDATES))


def _sort_key(scored: tuple[float, str, Tracklist]) -> tuple[float, str]:
    return -scored[0], scored[1]


def _limit_per_group(album: LocalAlbum, shapes: Iterable[Tracklist]) -> Iterator[Tracklist]:
    """Limit the tracklists per release group, except those named in the tags."""
    seen = Counter[str]()
    for shape in shapes:
        groups = {release.release_group.id for release in shape.releases if release.release_group}
        is_tagged = album.release and any(release.id == album.release for release in shape.releases)
        if is_tagged or any(seen[group] < _MAX_PER_GROUP for group in groups):
            seen.update(groups)
            yield shape


def _relative_size_difference(album: LocalAlbum, shape: Tracklist) -> float:
    """Return the difference in number of tracks, relative to the album."""
    return min(abs(len(shape.entries) - len(album.tracks)) / len(album.tracks), 5.0)


def _names_release(album: LocalAlbum, albums: set[str], shape: Tracklist) -> bool:
    """Return whether a release of the tracklist has the album's title or tagged MBID."""
    has_mbid = album.release in shape.mbids or album.group in shape.mbids
    return has_mbid or not albums.isdisjoint(shape.titles)


def _count_common_lengths(local: Sequence[float], remote: Sequence[float]) -> int:
    """Count the common lengths, each once; both lists are sorted."""
    count, at = 0, 0
    for seconds in local:
        at = bisect_left(remote, seconds - _CLOSE_LENGTH, at)
        if at < len(remote) and remote[at] <= seconds + _CLOSE_LENGTH:
            count += 1
            at += 1
    return count
