"""The releases that an album may be at all, found without pairing tracks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from mediakeep.music.matching.evidence import Here
from mediakeep.music.matching.shapes import Shape

KEPT = 16  # shapes: those of one album, and of what resembles it
_EACH = 6  # shapes of one release group: the others are looked at where it is the one
_LEAST = 0.2  # of the tracks that have a title or a length in common
_SHARE = 0.5  # of what the best has in common: by chance many lengths are alike
_NEAR = 3.0  # seconds


def kept(here: Here, known: Sequence[Shape]) -> list[Shape]:
    """Return the shapes that have most in common with an album."""
    keys = {one.title.key for one in here.tracks if one.title}
    albums = {one.key for one in here.titles}
    recordings = frozenset[str]().union(*(one.recordings for one in here.tracks))
    isrcs = frozenset[str]().union(*(one.isrcs for one in here.tracks))
    seconds, marks = here.seconds, []
    for shape in known:
        long = _lengths(seconds, shape.seconds) / len(here.tracks)
        # Of many concerts with one programme the lengths tell.
        mark = 0.5 * long + max(
            len(keys & shape.keys) / len(here.tracks),
            len(recordings & shape.recordings) / len(here.tracks),
            len(isrcs & shape.isrcs) / len(here.tracks),
        )
        likely = mark + 0.5 * _is_named(here, albums, shape) - 0.01 * _surplus(here, shape)
        first = min(one.id for one in shape.releases)
        marks.append((likely, first, shape))
    least = max(_LEAST, _SHARE * max((likely for likely, *_ in marks), default=0.0))
    best = (shape for likely, _, shape in sorted(marks, key=_rank) if likely >= least)
    return list(islice(_few_of_each(here, best), KEPT))


def _rank(mark: tuple[float, str, Shape]) -> tuple[float, str]:
    return -mark[0], mark[1]


def _few_of_each(here: Here, shapes: Iterable[Shape]) -> Iterator[Shape]:
    """Pass over what is left of a release group with many shapes, but not over what tags name."""
    seen = Counter[str]()
    for shape in shapes:
        groups = {one.release_group.id for one in shape.releases if one.release_group}
        is_tagged = here.release and any(one.id == here.release for one in shape.releases)
        if is_tagged or any(seen[group] < _EACH for group in groups):
            seen.update(groups)
            yield shape


def _surplus(here: Here, shape: Shape) -> float:
    """Return by how many tracks a shape is longer or shorter, against the album's own."""
    return min(abs(len(shape.slots) - len(here.tracks)) / len(here.tracks), 5.0)


def _is_named(here: Here, albums: set[str], shape: Shape) -> bool:
    """Tell whether a release of the shape bears the album's title, or the MBID in its tags."""
    told = here.release in shape.mbids or here.group in shape.mbids
    return told or not albums.isdisjoint(shape.titles)


def _lengths(ours: Sequence[float], theirs: Sequence[float]) -> int:
    """Count the lengths that both have, each once; both are sorted."""
    count, at = 0, 0
    for seconds in ours:
        at = bisect_left(theirs, seconds - _NEAR, at)
        if at < len(theirs) and theirs[at] <= seconds + _NEAR:
            count += 1
            at += 1
    return count
