"""Whether an album here is rather a version of a release than the release: live, demos, a remix.

Such an album has the titles of the release in its order, and lengths that are not far off.
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

# What may follow an album's title without making it another album; years may, too.
_SAME = frozenset(
    {"ep", "lp", "cd", "album", "single", "vinyl", "flac", "mp3", "boxset", "soundtrack", "ost"}
    | {"originalmotionpicturesoundtrack", "originalsoundtrack", "thealbum"}
)
_YEAR = 4  # figures


def told(here: Here, shape: Shape, paired: Paired, release: Release, weights: Weights) -> bool:
    """Tell whether tracks or titles speak of another version than the release does."""
    names = [release.title, release.release_group.title if release.release_group else ""]
    spoken = titles.spoken(" ".join((*names, release.disambiguation or "")))
    if titles.spoken(here.naming) - spoken - shape.free:
        return True
    theirs = [titles.parsed(text) for text in names if text]
    if here.is_tagged and _is_extended(here.titles, theirs):
        return True
    return _are_versions(here, shape, paired.slots, weights)


def _are_versions(here: Here, shape: Shape, slots: Sequence[int], weights: Weights) -> bool:
    """Tell whether most tracks name another version than the release's tracks do."""
    pairs = [
        (one.title, shape.slots[slot].title)
        for one, slot in zip(here.tracks, slots, strict=True)
        if slot >= 0 and one.title
    ]
    other = [titles.versions(*pair, weights, shape.free) >= weights.qualifier for pair in pairs]
    return 2 * sum(other) > len(pairs)


def _is_extended(ours: Iterable[Title], theirs: Sequence[Title]) -> bool:
    """Tell whether a title goes on where the release's ends, as "Dawn II" and "Dawn in Dub" do."""
    return all(
        one.key != other.key and _goes_on(one.key, other.key) for one in ours for other in theirs
    )


def _goes_on(long: str, short: str) -> bool:
    rest = long.removeprefix(short) if long.startswith(short) else ""
    is_year = rest.isdigit() and len(rest) == _YEAR
    return bool(short and rest) and rest not in _SAME and not is_year
