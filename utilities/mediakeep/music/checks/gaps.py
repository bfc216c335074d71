"""Which track numbers are missing on a disc."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.music.checks import groups, letters, names, positions
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album

_FEWEST = 3  # numbered tracks that are enough to judge by
_HIDDEN = 10  # a last track that is further behind the others is a hidden one


def missing(disc: Group, discs: Sequence[Group], album: Album) -> list[int]:
    """Return the missing numbers of a disc in order; none where too few are there to judge.

    `discs` are all of the folder. A track that bears no number, cannot be read, bears the number of
    another, or another than its name, may be one that seems to be missing.
    """
    there = _numbers(disc)
    if len(there) < _FEWEST or _has_sides(disc):
        return []
    same = [other for other in discs if other.order == disc.order]
    low, high = _lowest(disc, same, there), _highest(disc, same, there)
    count = high - low + 1 - sum(low <= number <= high for number in there)
    if not 0 < count <= len(there):
        return []
    moved = names.renumbered(disc)
    unplaced = [positions.in_name(name, disc.disc) for name in _unplaced(disc, album)]
    lost = set(range(low, high + 1)).difference(there, moved.values(), *unplaced)
    spare = max(0, _doubled(disc) - len(moved)) + sum(not numbers for numbers in unplaced)
    return sorted(lost) if len(lost) > spare else []


def _has_sides(disc: Group) -> bool:
    unclear = None in disc.numbers
    return unclear and any(positions.is_side(track.tags.track) for track in disc.tracks)


def _lowest(disc: Group, same: Sequence[Group], there: set[int]) -> int:
    """Tell where a disc should begin: the first at 1, another maybe where the last one ended."""
    first, rank = min(there), _rank(disc.disc)
    if first <= 1 or not rank:
        return first
    if rank == 1:
        return 1
    ends = {_rank(other.disc): max(_numbers(other), default=0) for other in same}
    before = [end for other, end in ends.items() if 0 < other < rank]
    if first <= max(before, default=0):
        return 1
    return max(before) + 1 if ends.get(rank - 1) else first


def _highest(disc: Group, same: Sequence[Group], there: set[int]) -> int:
    """Tell where a disc should end: at its last track but a hidden one, or at its total."""
    last = max(there)
    others = max(there - {last})
    if last - others > _HIDDEN:
        return others
    total = _total(disc)
    return total if total > last and _is_own(total, disc, same, len(there)) else last


def _total(disc: Group) -> int:
    """The total that at least half of the tracks name, and none contradicts; else 0."""
    totals = [total for track in disc.tracks if letters.holds(total := track.tags.track_total)]
    if len(set(totals)) != 1 or 2 * len(totals) < len(disc.tracks):
        return 0
    return positions.figures(totals[0]) or 0


def _is_own(total: int, disc: Group, same: Sequence[Group], there: int) -> bool:
    """Tell whether a total counts this disc alone: some count the tracks of all discs together."""
    if len(same) > 1:
        return total < sum(len(other.tracks) for other in same)
    several = _rank(disc.disc) != 1 or disc.tracks[0].tags.disc_total.lstrip("0") not in ("", "1")
    return not several or 2 * (total - there) <= there


def _rank(disc: str) -> int:
    """The how-many-th disc it is; 0 where that cannot be told."""
    if number := positions.figures(disc):
        return number
    if len(disc) == 1 and disc.isascii():
        return ord(disc) - ord("a") + 1  # a side
    return 0 if disc else 1


def _numbers(disc: Group) -> set[int]:
    return {number for number in disc.numbers if number is not None}


def _unplaced(disc: Group, album: Album) -> list[str]:
    """The names of tracks without a number on a disc, and of those that nobody can read near it."""
    placed = zip(disc.tracks, disc.numbers, strict=True)
    found = [track.name for track, number in placed if number is None]
    if len(album.readable) < len(album.tracks):
        folders = {track.place.rpartition("/")[0] for track in disc.tracks}
        faulty = (track for track in album.tracks if track.fault)
        found += [track.name for track in faulty if track.place.rpartition("/")[0] in folders]
    return found


def _doubled(disc: Group) -> int:
    """Count the tracks that bear the number of another one, but for copies in another format."""
    titles: dict[object, set[str]] = {}
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        if number is not None:
            title = letters.loose(letters.first(track.tags.title))
            titles.setdefault((number, groups.format_of(track)), set()).add(title)
    return sum(len(found) - 1 for found in titles.values())
