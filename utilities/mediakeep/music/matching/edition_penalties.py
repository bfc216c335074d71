"""Compare an album with each edition of a release group, and give points for differences."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching import local_album, track_certainty
from mediakeep.music.matching.local_album import LocalAlbum
from mediakeep.music.matching.match_result import MatchPenalty
from mediakeep.music.matching.release_distance import ReleaseDistance
from mediakeep.music.matching.weights import MatchingWeights
from mediakeep.music.text import compare_text, track_overlap

_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_EDITION_WORD = re.compile(
    r"\b(deluxe|expanded|anniversary|remaster|special|limited|legacy|collector|bonus|complete"
    r"|definitive|super|japan|tour)",
    re.IGNORECASE,
)
_MAX_DIFFERENCE = 10.0  # seconds: larger differences count the same
_MAX_DEVIATIONS = 4.0  # standard deviations: larger ones count the same


def compute_penalties(
    album: LocalAlbum, distances: Sequence[ReleaseDistance], weights: MatchingWeights
) -> list[list[MatchPenalty]]:
    """Return the penalties of each edition: how it differs from the local album."""
    is_any_complete = any(each.missing_count == 0 for each in distances)
    common = _common_tracks(distances)
    noise = _length_noise(distances, weights)
    penalties = []
    for distance in distances:
        edition_penalties = [
            *_track_penalties(album, distance, weights, is_any_complete=is_any_complete),
            MatchPenalty("titles", weights.wording, _title_difference(distance, common)),
            MatchPenalty("lengths", 1.0, _length_penalty(distance, common, noise)),
            *_printed_data_penalties(album, distance.release, weights),
            *_count_penalties(album, distance.release, weights),
            MatchPenalty("edition's name", weights.named, _name_penalty(album, distance.release)),
        ]
        penalties.append([each for each in edition_penalties if each.weight * each.amount > 0])
    return penalties


def _common_tracks(distances: Sequence[ReleaseDistance]) -> list[int]:
    """Return the indexes of local tracks that all editions contain.

    Only for these are differences of titles and lengths compared.
    """
    return [
        number
        for number in range(len(distances[0].assignment.slots))
        if all(distance.assignment.slots[number] >= 0 for distance in distances)
    ]


def _title_difference(distance: ReleaseDistance, common: Sequence[int]) -> float:
    return sum(max(distance.assignment.title_distances[number], 0.0) for number in common)


def _length_differences(
    distance: ReleaseDistance, common: Sequence[int], limit: float = _MAX_DIFFERENCE
) -> list[float]:
    differences = (distance.assignment.length_differences[number] for number in common)
    return [min(seconds, limit) for seconds in differences if seconds >= 0]


def _length_noise(distances: Sequence[ReleaseDistance], weights: MatchingWeights) -> float:
    """Return by how many seconds track lengths usually differ, even from the right edition.

    It is measured on the edition with the nearest lengths among those with the fewest extra tracks.
    An edition with hardly a common track may have equal lengths by chance.
    """
    fewest = min(distance.extra_count for distance in distances)
    spreads = (_length_spread(distance) for distance in distances if distance.extra_count == fewest)
    return max(weights.noise, weights.spread * min(spreads))


def _length_spread(distance: ReleaseDistance) -> float:
    """Return the root mean square of the length differences in seconds."""
    differences = _length_differences(distance, range(len(distance.assignment.length_differences)))
    return (
        float((sum(seconds * seconds for seconds in differences) / len(differences)) ** 0.5)
        if differences
        else 0.0
    )


def _length_penalty(distance: ReleaseDistance, common: Sequence[int], noise: float) -> float:
    """Return the penalty for differing lengths; differences equal to `noise` cost half a point."""
    differences = _length_differences(
        distance, common, max(_MAX_DIFFERENCE, _MAX_DEVIATIONS * noise)
    )
    return sum(seconds * seconds for seconds in differences) / (2 * noise * noise)


def _track_penalties(
    album: LocalAlbum, distance: ReleaseDistance, weights: MatchingWeights, *, is_any_complete: bool
) -> Iterator[MatchPenalty]:
    assignment, slots = distance.assignment, distance.tracklist.entries
    placed = [
        (track, slots[slot])
        for track, slot in zip(album.tracks, assignment.slots, strict=True)
        if slot >= 0 and track.position
    ]
    yield MatchPenalty("extra tracks", weights.extra, distance.extra_count)
    yield MatchPenalty(
        "incomplete", weights.incomplete, float(is_any_complete and distance.missing_count > 0)
    )
    yield MatchPenalty("missing tracks", weights.lacking, distance.missing_count)
    misplaced = sum(not track_certainty.is_at_position(track, slot) for track, slot in placed)
    yield MatchPenalty("order", weights.place, misplaced)


def _printed_data_penalties(
    album: LocalAlbum, release: Release, weights: MatchingWeights
) -> Iterator[MatchPenalty]:
    """Yield penalties for differing data of the kind printed on the sleeve, such as the label.

    Unknown data cost a small penalty.
    """
    infos = release.label_info
    labels = [info.label.name for info in infos if info.label]
    numbers = [info.catalog_number or "" for info in infos]
    discs = [disc.id for medium in release.media for disc in medium.discs]
    formats = [medium.format or "" for medium in release.media]
    facts: Iterable[tuple[str, float, Collection[str], Iterable[str], Callable[[str], str]]] = (
        (
            "barcode",
            weights.barcode,
            album.barcodes,
            [release.barcode or ""],
            local_album.normalize_barcode,
        ),
        ("disc ID", weights.disc_id, album.disc_ids, discs, str),
        (
            "catalogue number",
            weights.catalogue,
            album.catalog_numbers,
            numbers,
            local_album.normalize_identifier,
        ),
        ("label", weights.label, album.labels, labels, compare_text.comparison_key),
        ("country", weights.country, album.countries, _release_countries(release), str),
        ("medium", weights.medium, album.media, formats, local_album.normalize_medium),
        ("year", weights.year, _edition_years(album, release), _release_dates(release), _year_of),
    )
    for name, weight, local, printed, normalize in facts:
        if local:  # otherwise there is nothing to compare
            normalized = set(filter(None, map(normalize, printed)))
            amount = weights.unknown if not normalized else float(normalized.isdisjoint(local))
            if amount and name == "medium" and local_album.CD in local:
                # Tags rarely contain the type of CD.
                amount = weights.unknown if any(map(local_album.is_cd_type, normalized)) else amount
            yield MatchPenalty(name, weight, amount)


def _release_countries(release: Release) -> list[str]:
    """Return all countries of an edition's release events."""
    areas = (event.area for event in release.release_events)
    return [
        release.country or "",
        *(code for area in areas if area for code in area.iso_3166_1_codes),
    ]


def _release_dates(release: Release) -> list[str]:
    return [release.date or "", *(event.date or "" for event in release.release_events)]


def _year_of(date: str) -> str:
    return date[:4]


def _edition_years(album: LocalAlbum, release: Release) -> frozenset[str]:
    """Return the years in the tags, without that of the first release, which fits any edition."""
    group = release.release_group
    return album.years - {(group.first_release_date or "")[:4] if group else ""}


def _count_penalties(
    album: LocalAlbum, release: Release, weights: MatchingWeights
) -> Iterator[MatchPenalty]:
    """Yield penalties if the numbers of tracks and discs in the tags differ from the release."""
    media = {medium.position or 1: medium.track_count for medium in release.media}
    release_totals = {sum(media.values()), len(track_overlap.audio_tracks(release))}
    wrong_counts = [
        count
        for disc, count in album.track_totals.items()
        if count not in {media.get(disc or 1, -1), *(release_totals if disc < 2 else ())}
    ]
    yield MatchPenalty("number of tracks", weights.total, float(bool(wrong_counts)))
    is_other_number = (
        album.disc_total
        and album.disc_total != len(media)
        and (album.disc_total > len(media) or not wrong_counts)
    )
    yield MatchPenalty(
        "number of discs", weights.total / 2, float(bool(is_other_number and album.disc_total > 1))
    )


def _name_penalty(album: LocalAlbum, release: Release) -> float:
    """Return a penalty from 0 to 1 if edition names such as "Deluxe Edition" differ.

    They are in brackets after the title.
    """
    local_words = {word for text in album.raw_titles for word in _edition_words(text)}
    release_words = _edition_words(release.title)
    if not local_words:
        return 0.5 * bool(release_words)
    remark_words = {word.casefold() for word in _EDITION_WORD.findall(release.disambiguation or "")}
    return 0.0 if local_words & (release_words | remark_words) else 1.0


def _edition_words(title: str) -> set[str]:
    """Return the edition words in the brackets of a title."""
    asides = " ".join(_BRACKETS.findall(title))
    return {word.casefold() for word in _EDITION_WORD.findall(asides)}
