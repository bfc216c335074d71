"""Whether an album is another version of a release: live, demos, a remix.

Such an album has the release's titles in the same order, and similar lengths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mediakeep.lookups.catalogue import Release
from mediakeep.music.matching import titles
from mediakeep.music.matching.evidence import Here
from mediakeep.music.matching.pairing import Paired
from mediakeep.music.matching.shapes import Shape
from mediakeep.music.matching.titles import Title
from mediakeep.music.matching.weights import Weights

# Suffixes of an album title that do not make it another album; years do not either.
_SAME = frozenset(
    {"ep", "lp", "cd", "album", "single", "vinyl", "flac", "mp3", "boxset", "soundtrack", "ost"}
    | {"originalmotionpicturesoundtrack", "originalsoundtrack", "thealbum"}
)
_YEAR = 4  # digits


def told(album: Here, shape: Shape, paired: Paired, release: Release, weights: Weights) -> bool:
    """Return whether tracks or titles name another version than the release does."""
    release_names = [release.title, release.release_group.title if release.release_group else ""]
    release_kinds = titles.spoken(" ".join((*release_names, release.disambiguation or "")))
    if titles.spoken(album.naming) - release_kinds - shape.free:
        return True
    release_titles = [titles.parsed(text) for text in release_names if text]
    if album.is_tagged and _is_extended(album.titles, release_titles):
        return True
    return _are_versions(album, shape, paired.slots, weights)


def _are_versions(album: Here, shape: Shape, slots: Sequence[int], weights: Weights) -> bool:
    """Return whether most tracks name another version than those of the release."""
    pairs = [
        (track.title, shape.slots[slot].title)
        for track, slot in zip(album.tracks, slots, strict=True)
        if slot >= 0 and track.title
    ]
    is_other = [titles.versions(*pair, weights, shape.free) >= weights.qualifier for pair in pairs]
    return 2 * sum(is_other) > len(pairs)


def _is_extended(local_titles: Iterable[Title], release_titles: Sequence[Title]) -> bool:
    """Return whether a title continues that of the release, like "Dawn II" and "Dawn in Dub"."""
    return all(
        local.key != remote.key and _goes_on(local.key, remote.key)
        for local in local_titles
        for remote in release_titles
    )


def _goes_on(long: str, short: str) -> bool:
    suffix = long.removeprefix(short) if long.startswith(short) else ""
    is_year = suffix.isdigit() and len(suffix) == _YEAR
    return bool(short and suffix) and suffix not in _SAME and not is_year
