"""Checks of track numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mediakeep.media.audio import formats
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.checks import duplicates, file_names
from mediakeep.music.model import Album, Track
from mediakeep.music.text import compare_text, track_numbers

# Formats with a separate field for the total; the others use "3/12".
_FORMATS_WITH_TOTAL_FIELD = frozenset(
    kind.name for kind in (formats.FLAC, formats.VORBIS, formats.OPUS, formats.OGG_FLAC)
)
_NUMBER_FIELDS = ("tracknumber", "track")
_MIN_TRACKS = 3  # numbered tracks required for a result
_HIDDEN_TRACK_DISTANCE = 10  # a last track more than this after the others is a hidden one


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
        if missing := find_missing_numbers(disc, discs, album):
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


def find_missing_numbers(disc: AlbumGroup, discs: Sequence[AlbumGroup], album: Album) -> list[int]:
    """Return the track numbers that a disc lacks, in order; empty if there are too few tracks.

    `discs` are all discs of the folder. A number is not missing if another file may be that track.
    Such a file has no number, is unreadable, repeats a number, or has another number in its name.
    """
    present = _known_numbers(disc)
    if len(present) < _MIN_TRACKS or _has_sides(disc):
        return []
    discs_of_album = [other for other in discs if other.order == disc.order]
    low, high = (
        _first_expected(disc, discs_of_album, present),
        _last_expected(disc, discs_of_album, present),
    )
    count = high - low + 1 - sum(low <= number <= high for number in present)
    if not 0 < count <= len(present):
        return []
    numbers_by_name = file_names.find_numbers_unlike_tags(disc)
    unplaced = [
        track_numbers.numbers_in_name(name, disc.disc) for name in _unnumbered_names(disc, album)
    ]
    not_found = set(range(low, high + 1)).difference(present, numbers_by_name.values(), *unplaced)
    spare = max(0, _count_repeated(disc) - len(numbers_by_name)) + sum(
        not numbers for numbers in unplaced
    )
    return sorted(not_found) if len(not_found) > spare else []


def _has_sides(disc: AlbumGroup) -> bool:
    unclear = None in disc.numbers
    return unclear and any(track_numbers.is_vinyl_side(track.tags.track) for track in disc.tracks)


def _first_expected(
    disc: AlbumGroup, discs_of_album: Sequence[AlbumGroup], present: set[int]
) -> int:
    """Return the first track number of a disc: 1, or the one after the previous disc's last."""
    first, rank = min(present), _disc_rank(disc.disc)
    if first <= 1 or not rank:
        return first
    if rank == 1:
        return 1
    ends = {
        _disc_rank(other.disc): max(_known_numbers(other), default=0) for other in discs_of_album
    }
    before = [end for other, end in ends.items() if 0 < other < rank]
    if first <= max(before, default=0):
        return 1
    return max(before) + 1 if ends.get(rank - 1) else first


def _last_expected(
    disc: AlbumGroup, discs_of_album: Sequence[AlbumGroup], present: set[int]
) -> int:
    """Return the last track number of a disc: the total in the tags, or that of the last track.

    A hidden last track with a much higher number does not count.
    """
    last = max(present)
    others = max(present - {last})
    if last - others > _HIDDEN_TRACK_DISTANCE:
        return others
    total = _agreed_total(disc)
    return (
        total
        if total > last and _counts_one_disc(total, disc, discs_of_album, len(present))
        else last
    )


def _agreed_total(disc: AlbumGroup) -> int:
    """Return the total number of tracks in the tags, or 0 if it is uncertain.

    At least half of the tracks must have it, and none may have another.
    """
    totals = [
        total for track in disc.tracks if compare_text.has_text(total := track.tags.track_total)
    ]
    if len(set(totals)) != 1 or 2 * len(totals) < len(disc.tracks):
        return 0
    return track_numbers.parse_digits(totals[0]) or 0


def _counts_one_disc(
    total: int, disc: AlbumGroup, discs_of_album: Sequence[AlbumGroup], present: int
) -> bool:
    """Return whether a total number of tracks counts only this disc, not all discs of the album."""
    if len(discs_of_album) > 1:
        return total < sum(len(other.tracks) for other in discs_of_album)
    several = _disc_rank(disc.disc) != 1 or disc.tracks[0].tags.disc_total.lstrip("0") not in (
        "",
        "1",
    )
    return not several or 2 * (total - present) <= present


def _disc_rank(disc: str) -> int:
    """Return the number of a disc in the order of discs, or 0 if unknown."""
    if number := track_numbers.parse_digits(disc):
        return number
    if len(disc) == 1 and disc.isascii():
        return ord(disc) - ord("a") + 1  # a side of vinyl
    return 0 if disc else 1


def _known_numbers(disc: AlbumGroup) -> set[int]:
    return {number for number in disc.numbers if number is not None}


def _unnumbered_names(disc: AlbumGroup, album: Album) -> list[str]:
    """Return the file names of tracks without a number, and of unreadable files next to them."""
    numbered = zip(disc.tracks, disc.numbers, strict=True)
    unnumbered = [track.name for track, number in numbered if number is None]
    if len(album.readable_tracks) < len(album.tracks):
        folders = {track.place.rpartition("/")[0] for track in disc.tracks}
        faulty = (track for track in album.tracks if track.fault)
        unnumbered += [track.name for track in faulty if track.place.rpartition("/")[0] in folders]
    return unnumbered


def _count_repeated(disc: AlbumGroup) -> int:
    """Count tracks whose number another track has, except copies in another format."""
    titles: dict[object, set[str]] = {}
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        if number is not None:
            title = compare_text.comparison_key(compare_text.first_text(track.tags.title))
            titles.setdefault((number, album_grouping.audio_format(track)), set()).add(title)
    return sum(len(distinct) - 1 for distinct in titles.values())
