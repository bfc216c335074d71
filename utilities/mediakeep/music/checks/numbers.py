"""Checks of track numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mediakeep.media import formats
from mediakeep.music.checks import copies, gaps, groups, letters, positions
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Track

# Formats with a field of its own for the total; in the others "3/12" is how it should be.
_APART = frozenset(
    kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS, formats.OGG_FLAC)
)
_NAMES = ("tracknumber", "track")


def duplicate_number(album: Album) -> str | None:
    """Two tracks of one disc and format with one number, that are no copies of each other."""
    discs = groups.of(album)
    found = [
        f"{groups.label(disc, discs)}number {text} is that of {letters.listed(_names(tracks))}"
        for disc in discs
        for text, tracks in _by_number(disc, album)
        if len(tracks) > 1
    ]
    return letters.listed(found, "; ") or None


def track_gap(album: Album) -> str | None:
    """Numbers that are missing on a disc, and that no other track of its folder can be."""
    discs = groups.of(album)
    found = []
    for disc in discs:
        if missing := gaps.missing(disc, discs, album):
            numbers = letters.listed(list(_spans(missing)))
            told = f"numbers {numbers} are" if len(missing) > 1 else f"number {numbers} is"
            found.append(f"{groups.label(disc, discs)}{told} missing")
    return letters.listed(found, "; ") or None


def track_number_format(album: Album) -> dict[str, str]:
    """A track number that is not written plainly, or otherwise than on the rest of its disc."""
    found: dict[str, str] = {}
    for track in album.readable:
        text = track.tags.track
        if not positions.is_plain(text) and letters.holds(text) and not positions.is_side(text):
            found[track.place] = _proposal(track)
        elif track.facts and track.facts.format in _APART and (whole := _with_total(track)):
            found[track.place] = f"{letters.quoted(whole)} holds the total as well"
    for disc in groups.of(album):
        if any(track.tags.track.startswith("0") for track in disc.tracks):
            found = _padding(disc.tracks) | found
    return found


def _proposal(track: Track) -> str:
    number = positions.number(track)
    written = letters.quoted(track.tags.track)
    return written if number is None else f'{written} should be "{number}"'


def _with_total(track: Track) -> str:
    texts = (text for name in _NAMES for text in track.raw.get(name, ()) if "/" in text)
    return next(texts, "")


def _padding(tracks: Iterable[Track]) -> dict[str, str]:
    """Find the numbers below 10 that are written in the rarer way, among files of one format.

    ID3v1 holds a number, and no figures that could be written in any way.
    """
    ways: dict[str, tuple[list[Track], list[Track]]] = {}
    for track in tracks:
        text = track.tags.track
        if track.container == "ID3v1":
            continue
        if positions.is_plain(text) and len(text.lstrip("0")) == 1:
            plain, padded = ways.setdefault(track.facts.format if track.facts else "", ([], []))
            (padded if text.startswith("0") else plain).append(track)
    found = {}
    for plain, padded in ways.values():
        if plain and padded:
            rarer, others = (plain, padded) if len(plain) < len(padded) else (padded, plain)
            example = letters.quoted(others[0].tags.track)
            for track in rarer:
                written = letters.quoted(track.tags.track)
                found[track.place] = f"{written}, where others of the disc are written {example}"
    return found


def _by_number(disc: Group, album: Album) -> Iterator[tuple[str, list[Track]]]:
    """Give the tracks of each number, of one format at a time; but one of several copies."""
    found: dict[tuple[str, object], list[Track]] = {}
    if None not in disc.numbers and len(set(disc.numbers)) == len(disc.numbers):
        return
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        text = track.tags.track.strip().upper() if number is None else str(number)
        if text and text != "0":
            found.setdefault((text, groups.format_of(track)), []).append(track)
    for (text, _), tracks in found.items():
        proofs = album.once(copies.proofs)
        proven = {one.place: proofs[one.place][1] or one.place for one in tracks}
        firsts = {proven[track.place]: track for track in reversed(tracks)}
        yield text, [track for track in tracks if firsts[proven[track.place]] is track]


def _names(tracks: Iterable[Track]) -> list[str]:
    return [letters.quoted(track.name) for track in tracks]


def _spans(numbers: Sequence[int]) -> Iterator[str]:
    """Write 4, 7, 8, 9 as "4" and "7 to 9"."""
    first = last = numbers[0]
    for number in (*numbers[1:], -1):
        if number == last + 1:
            last = number
            continue
        yield str(first) if first == last else f"{first} to {last}"
        first = last = number
