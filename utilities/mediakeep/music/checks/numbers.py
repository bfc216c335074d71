"""Checks of track numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mediakeep.media import formats
from mediakeep.music.checks import copies, gaps, groups, letters, positions
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Track

# Formats with a separate field for the total; the others use "3/12".
_APART = frozenset(
    kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS, formats.OGG_FLAC)
)
_NAMES = ("tracknumber", "track")


def duplicate_number(album: Album) -> str | None:
    """Two tracks of one disc and format with the same number that are not duplicates."""
    discs = groups.of(album)
    details = []
    for disc in discs:
        label = groups.label(disc, discs)
        for text, tracks in _by_number(disc, album):
            if len(tracks) > 1:
                names = letters.listed(_names(tracks))
                details.append(f"{label}number {text} is used by {names}")
    return letters.listed(details, "; ") or None


def track_gap(album: Album) -> str | None:
    """Numbers that are missing on a disc, and that no other track of its folder can be."""
    discs = groups.of(album)
    details = []
    for disc in discs:
        if missing := gaps.missing(disc, discs, album):
            numbers = letters.listed(list(_spans(missing)))
            sentence = f"numbers {numbers} are" if len(missing) > 1 else f"number {numbers} is"
            details.append(f"{groups.label(disc, discs)}{sentence} missing")
    return letters.listed(details, "; ") or None


def track_number_format(album: Album) -> dict[str, str]:
    """A track number that is not plain digits, or is padded unlike the rest of its disc."""
    details: dict[str, str] = {}
    for track in album.readable:
        text = track.tags.track
        if not positions.is_plain(text) and letters.holds(text) and not positions.is_side(text):
            details[track.place] = _proposal(track)
        elif (
            track.facts and track.facts.format in _APART and (text_with_total := _with_total(track))
        ):
            details[track.place] = f"{letters.quoted(text_with_total)} contains the total as well"
    for disc in groups.of(album):
        if any(track.tags.track.startswith("0") for track in disc.tracks):
            details = _padding(disc.tracks) | details
    return details


def _proposal(track: Track) -> str:
    number = positions.number(track)
    written = letters.quoted(track.tags.track)
    return written if number is None else f'{written} should be "{number}"'


def _with_total(track: Track) -> str:
    texts = (text for name in _NAMES for text in track.raw.get(name, ()) if "/" in text)
    return next(texts, "")


def _padding(tracks: Iterable[Track]) -> dict[str, str]:
    """Find the numbers below 10 that are padded in the rarer way, per file format.

    ID3v1 stores a number, which has no padding.
    """
    by_format: dict[str, tuple[list[Track], list[Track]]] = {}
    for track in tracks:
        text = track.tags.track
        if track.container == "ID3v1":
            continue
        if positions.is_plain(text) and len(text.lstrip("0")) == 1:
            plain, padded = by_format.setdefault(
                track.facts.format if track.facts else "", ([], [])
            )
            (padded if text.startswith("0") else plain).append(track)
    details = {}
    for plain, padded in by_format.values():
        if plain and padded:
            fewer, more = (plain, padded) if len(plain) < len(padded) else (padded, plain)
            example = letters.quoted(more[0].tags.track)
            for track in fewer:
                written = letters.quoted(track.tags.track)
                details[track.place] = f"{written}, but others on the disc are written {example}"
    return details


def _by_number(disc: Group, album: Album) -> Iterator[tuple[str, list[Track]]]:
    """Yield the tracks of each number, per format, with only one of several duplicates."""
    by_number: dict[tuple[str, object], list[Track]] = {}
    if None not in disc.numbers and len(set(disc.numbers)) == len(disc.numbers):
        return
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        text = track.tags.track.strip().upper() if number is None else str(number)
        if text and text != "0":
            by_number.setdefault((text, groups.format_of(track)), []).append(track)
    for (text, _), tracks in by_number.items():
        proofs = album.once(copies.proofs)
        proof_by_place = {track.place: proofs[track.place][1] or track.place for track in tracks}
        firsts = {proof_by_place[track.place]: track for track in reversed(tracks)}
        yield text, [track for track in tracks if firsts[proof_by_place[track.place]] is track]


def _names(tracks: Iterable[Track]) -> list[str]:
    return [letters.quoted(track.name) for track in tracks]


def _spans(numbers: Sequence[int]) -> Iterator[str]:
    """Yield ranges: 4, 7, 8, 9 become "4" and "7 to 9"."""
    first = last = numbers[0]
    for number in (*numbers[1:], -1):
        if number == last + 1:
            last = number
            continue
        yield str(first) if first == last else f"{first} to {last}"
        first = last = number
