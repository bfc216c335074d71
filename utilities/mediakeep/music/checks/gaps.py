"""Find the track numbers that are missing on a disc."""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.music.checks import groups, letters, names, positions
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album

_FEWEST = 3  # numbered tracks required for a result
_HIDDEN = 10  # a last track more than this after the others is a hidden one


def missing(disc: Group, discs: Sequence[Group], album: Album) -> list[int]:
    """Return the missing numbers of a disc in order; empty if there are too few tracks to judge.

    `discs` are all discs of the folder. A track without a number, an unreadable one, one with the
    number of another, or one whose name says another number may be the one that seems to be
    missing.
    """
    present = _numbers(disc)
    if len(present) < _FEWEST or _has_sides(disc):
        return []
    discs_of_album = [other for other in discs if other.order == disc.order]
    low, high = _lowest(disc, discs_of_album, present), _highest(disc, discs_of_album, present)
    count = high - low + 1 - sum(low <= number <= high for number in present)
    if not 0 < count <= len(present):
        return []
    numbers_by_name = names.renumbered(disc)
    unplaced = [positions.in_name(name, disc.disc) for name in _unplaced(disc, album)]
    not_found = set(range(low, high + 1)).difference(present, numbers_by_name.values(), *unplaced)
    spare = max(0, _doubled(disc) - len(numbers_by_name)) + sum(not numbers for numbers in unplaced)
    return sorted(not_found) if len(not_found) > spare else []


def _has_sides(disc: Group) -> bool:
    unclear = None in disc.numbers
    return unclear and any(positions.is_side(track.tags.track) for track in disc.tracks)


def _lowest(disc: Group, discs_of_album: Sequence[Group], present: set[int]) -> int:
    """Return the first number expected: 1, or on a later disc maybe the one after the last disc."""
    first, rank = min(present), _rank(disc.disc)
    if first <= 1 or not rank:
        return first
    if rank == 1:
        return 1
    ends = {_rank(other.disc): max(_numbers(other), default=0) for other in discs_of_album}
    before = [end for other, end in ends.items() if 0 < other < rank]
    if first <= max(before, default=0):
        return 1
    return max(before) + 1 if ends.get(rank - 1) else first


def _highest(disc: Group, discs_of_album: Sequence[Group], present: set[int]) -> int:
    """Return the last number expected: that of the last track unless hidden, or the total."""
    last = max(present)
    others = max(present - {last})
    if last - others > _HIDDEN:
        return others
    total = _total(disc)
    return total if total > last and _is_own(total, disc, discs_of_album, len(present)) else last


def _total(disc: Group) -> int:
    """Return the total that at least half of the tracks have, and none contradicts; else 0."""
    totals = [total for track in disc.tracks if letters.holds(total := track.tags.track_total)]
    if len(set(totals)) != 1 or 2 * len(totals) < len(disc.tracks):
        return 0
    return positions.figures(totals[0]) or 0


def _is_own(total: int, disc: Group, discs_of_album: Sequence[Group], present: int) -> bool:
    """Return whether a total counts this disc alone; some count the tracks of all discs."""
    if len(discs_of_album) > 1:
        return total < sum(len(other.tracks) for other in discs_of_album)
    several = _rank(disc.disc) != 1 or disc.tracks[0].tags.disc_total.lstrip("0") not in ("", "1")
    return not several or 2 * (total - present) <= present


def _rank(disc: str) -> int:
    """Return the position of a disc, or 0 if it is unknown."""
    if number := positions.figures(disc):
        return number
    if len(disc) == 1 and disc.isascii():
        return ord(disc) - ord("a") + 1  # a side of vinyl
    return 0 if disc else 1


def _numbers(disc: Group) -> set[int]:
    return {number for number in disc.numbers if number is not None}


def _unplaced(disc: Group, album: Album) -> list[str]:
    """Return the names of tracks without a number, and of unreadable files in the same folders."""
    numbered = zip(disc.tracks, disc.numbers, strict=True)
    unnumbered = [track.name for track, number in numbered if number is None]
    if len(album.readable) < len(album.tracks):
        folders = {track.place.rpartition("/")[0] for track in disc.tracks}
        faulty = (track for track in album.tracks if track.fault)
        unnumbered += [track.name for track in faulty if track.place.rpartition("/")[0] in folders]
    return unnumbered


def _doubled(disc: Group) -> int:
    """Count the tracks that repeat a number, except copies in another format."""
    titles: dict[object, set[str]] = {}
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        if number is not None:
            title = letters.loose(letters.first(track.tags.title))
            titles.setdefault((number, groups.format_of(track)), set()).add(title)
    return sum(len(distinct) - 1 for distinct in titles.values())
