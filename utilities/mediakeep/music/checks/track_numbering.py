"""Checks of track numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mediakeep.media.audio import formats
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.checks import duplicates, track_gaps
from mediakeep.music.model import Album, Track
from mediakeep.music.text import compare_text, track_numbers

# Formats with a separate field for the total; the others use "3/12".
_FORMATS_WITH_TOTAL_FIELD = frozenset(
    kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS, formats.OGG_FLAC)
)
_NUMBER_FIELDS = ("tracknumber", "track")


def duplicate_number(album: Album) -> str | None:
    """Find tracks of one disc and format that have the same number, but are not duplicates."""
    discs = album_grouping.group_by_disc(album)
    details = []
    for disc in discs:
        label = album_grouping.group_label(disc, discs)
        for text, tracks in _group_by_number(disc, album):
            if len(tracks) > 1:
                names = compare_text.join_parts(_quote_names(tracks))
                details.append(f"{label}number {text} is used by {names}")
    return compare_text.join_parts(details, "; ") or None


def track_gap(album: Album) -> str | None:
    """Return the track numbers that a disc of an album lacks, or None if there are none.

    A number does not count if another file in the folder may be that track.
    """
    discs = album_grouping.group_by_disc(album)
    details = []
    for disc in discs:
        if missing := track_gaps.find_missing_numbers(disc, discs, album):
            numbers = compare_text.join_parts(list(_format_ranges(missing)))
            sentence = f"numbers {numbers} are" if len(missing) > 1 else f"number {numbers} is"
            details.append(f"{album_grouping.group_label(disc, discs)}{sentence} missing")
    return compare_text.join_parts(details, "; ") or None


def track_number_format(album: Album) -> dict[str, str]:
    """Find track numbers that are not plain digits, or padded unlike most others of their disc."""
    details: dict[str, str] = {}
    for track in album.readable_tracks:
        text = track.tags.track
        if (
            not track_numbers.is_digits(text)
            and compare_text.has_text(text)
            and not track_numbers.is_vinyl_side(text)
        ):
            details[track.place] = _format_proposal(track)
        elif (
            track.facts
            and track.facts.format in _FORMATS_WITH_TOTAL_FIELD
            and (text_with_total := _find_text_with_total(track))
        ):
            details[track.place] = (
                f"{compare_text.quote(text_with_total)} contains the total as well"
            )
    for disc in album_grouping.group_by_disc(album):
        if any(track.tags.track.startswith("0") for track in disc.tracks):
            details = _find_inconsistent_padding(disc.tracks) | details
    return details


def _format_proposal(track: Track) -> str:
    number = track_numbers.track_number(track)
    written = compare_text.quote(track.tags.track)
    return written if number is None else f'{written} should be "{number}"'


def _find_text_with_total(track: Track) -> str:
    texts = (text for name in _NUMBER_FIELDS for text in track.raw.get(name, ()) if "/" in text)
    return next(texts, "")


def _find_inconsistent_padding(tracks: Iterable[Track]) -> dict[str, str]:
    """Find numbers below 10 whose padding with zeros is the rarer one, for each file format.

    ID3v1 tags are skipped: they store a number, which has no padding.
    """
    by_format: dict[str, tuple[list[Track], list[Track]]] = {}
    for track in tracks:
        text = track.tags.track
        if track.container == "ID3v1":
            continue
        if track_numbers.is_digits(text) and len(text.lstrip("0")) == 1:
            plain, padded = by_format.setdefault(
                track.facts.format if track.facts else "", ([], [])
            )
            (padded if text.startswith("0") else plain).append(track)
    details = {}
    for plain, padded in by_format.values():
        if plain and padded:
            fewer, majority = (plain, padded) if len(plain) < len(padded) else (padded, plain)
            example = compare_text.quote(majority[0].tags.track)
            for track in fewer:
                written = compare_text.quote(track.tags.track)
                details[track.place] = f"{written}, but others on the disc are written {example}"
    return details


def _group_by_number(disc: AlbumGroup, album: Album) -> Iterator[tuple[str, list[Track]]]:
    """Yield each track number and format with its tracks; of duplicates, only one is included."""
    by_number: dict[tuple[str, object], list[Track]] = {}
    if None not in disc.numbers and len(set(disc.numbers)) == len(disc.numbers):
        return
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        text = track.tags.track.strip().upper() if number is None else str(number)
        if text and text != "0":
            by_number.setdefault((text, album_grouping.audio_format(track)), []).append(track)
    for (text, _), tracks in by_number.items():
        proofs = album.cached_call(duplicates.find_duplicate_evidence)
        proof_by_place = {track.place: proofs[track.place][1] or track.place for track in tracks}
        firsts = {proof_by_place[track.place]: track for track in reversed(tracks)}
        yield text, [track for track in tracks if firsts[proof_by_place[track.place]] is track]


def _quote_names(tracks: Iterable[Track]) -> list[str]:
    return [compare_text.quote(track.name) for track in tracks]


def _format_ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Format numbers as ranges: 4, 7, 8, 9 become "4" and "7 to 9"."""
    first = last = numbers[0]
    for number in (*numbers[1:], -1):
        if number == last + 1:
            last = number
            continue
        yield str(first) if first == last else f"{first} to {last}"
        first = last = number
