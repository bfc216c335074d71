"""Compare the editions of a release group: penalty points against each."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from mediakeep.lookups.catalogue import Release
from mediakeep.music.checks import letters
from mediakeep.music.discography import fit
from mediakeep.music.matching import certainty, evidence
from mediakeep.music.matching.evidence import Here
from mediakeep.music.matching.nearness import Near
from mediakeep.music.matching.verdict import Penalty
from mediakeep.music.matching.weights import Weights

_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_EDITION = re.compile(
    r"\b(deluxe|expanded|anniversary|remaster|special|limited|legacy|collector|bonus|complete"
    r"|definitive|super|japan|tour)",
    re.IGNORECASE,
)
_MOST = 10.0  # seconds: larger differences count the same
_FAR = 4.0  # standard deviations: larger ones count the same


def points(album: Here, nears: Sequence[Near], weights: Weights) -> list[list[Penalty]]:
    """Return the penalties of each release, compared with being the exact edition."""
    is_any_complete = any(each.missing == 0 for each in nears)
    common = _common(nears)
    noise = _noise(nears, weights)
    penalties = []
    for near in nears:
        edition_penalties = [
            *_tracks(album, near, weights, is_any_complete=is_any_complete),
            Penalty("titles", weights.wording, _titles(near, common)),
            Penalty("lengths", 1.0, _lengths(near, common, noise)),
            *_printed(album, near.release, weights),
            *_counted(album, near.release, weights),
            Penalty("edition's name", weights.named, _named(album, near.release)),
        ]
        penalties.append([each for each in edition_penalties if each.weight * each.amount > 0])
    return penalties


def _common(nears: Sequence[Near]) -> list[int]:
    """Return the tracks that all editions have: only those distinguish them gradually."""
    return [
        number
        for number in range(len(nears[0].paired.slots))
        if all(near.paired.slots[number] >= 0 for near in nears)
    ]


def _titles(near: Near, common: Sequence[int]) -> float:
    return sum(max(near.paired.wordings[number], 0.0) for number in common)


def _apart(near: Near, common: Sequence[int], most: float = _MOST) -> list[float]:
    differences = (near.paired.apart[number] for number in common)
    return [min(seconds, most) for seconds in differences if seconds >= 0]


def _noise(nears: Sequence[Near], weights: Weights) -> float:
    """Return the length noise in seconds: the spread of the lengths to the most likely edition.

    That is the edition with the nearest lengths among those with the fewest extra tracks. An
    edition with hardly a common track may have equal lengths by chance.
    """
    fewest = min(near.extra for near in nears)
    spreads = (_spread(near) for near in nears if near.extra == fewest)
    return max(weights.noise, weights.spread * min(spreads))


def _spread(near: Near) -> float:
    """Return the root mean square of the length differences in seconds."""
    differences = _apart(near, range(len(near.paired.apart)))
    return (
        float((sum(seconds * seconds for seconds in differences) / len(differences)) ** 0.5)
        if differences
        else 0.0
    )


def _lengths(near: Near, common: Sequence[int], noise: float) -> float:
    """Weigh the lengths as normal deviates: a difference equal to the noise costs half a point."""
    differences = _apart(near, common, max(_MOST, _FAR * noise))
    return sum(seconds * seconds for seconds in differences) / (2 * noise * noise)


def _tracks(
    album: Here, near: Near, weights: Weights, *, is_any_complete: bool
) -> Iterator[Penalty]:
    paired, slots = near.paired, near.shape.slots
    placed = [
        (track, slots[slot])
        for track, slot in zip(album.tracks, paired.slots, strict=True)
        if slot >= 0 and track.position
    ]
    yield Penalty("extra tracks", weights.extra, near.extra)
    yield Penalty("incomplete", weights.incomplete, float(is_any_complete and near.missing > 0))
    yield Penalty("missing tracks", weights.lacking, near.missing)
    misplaced = sum(not certainty.is_in_place(track, slot) for track, slot in placed)
    yield Penalty("order", weights.place, misplaced)


def _printed(album: Here, release: Release, weights: Weights) -> Iterator[Penalty]:
    """Compare the data printed on the sleeve; unknown data cost a small penalty."""
    infos = release.label_info
    labels = [info.label.name for info in infos if info.label]
    numbers = [info.catalog_number or "" for info in infos]
    discs = [disc.id for medium in release.media for disc in medium.discs]
    formats = [medium.format or "" for medium in release.media]
    facts: Iterable[tuple[str, float, Collection[str], Iterable[str], Callable[[str], str]]] = (
        ("barcode", weights.barcode, album.barcodes, [release.barcode or ""], evidence.barcode),
        ("disc ID", weights.disc_id, album.disc_ids, discs, str),
        ("catalogue number", weights.catalogue, album.catalogue, numbers, evidence.number),
        ("label", weights.label, album.labels, labels, letters.loose),
        ("country", weights.country, album.countries, _countries(release), str),
        ("medium", weights.medium, album.media, formats, evidence.medium),
        ("year", weights.year, _years(album, release), _dates(release), _year),
    )
    for name, weight, local, printed, normalize in facts:
        if local:  # otherwise there is nothing to compare
            normalized = set(filter(None, map(normalize, printed)))
            amount = weights.unknown if not normalized else float(normalized.isdisjoint(local))
            if amount and name == "medium" and evidence.CD in local:
                # Tags rarely contain the type of CD.
                amount = weights.unknown if any(map(evidence.is_cd_type, normalized)) else amount
            yield Penalty(name, weight, amount)


def _countries(release: Release) -> list[str]:
    """Return all countries of an edition's release events."""
    areas = (event.area for event in release.release_events)
    return [
        release.country or "",
        *(code for area in areas if area for code in area.iso_3166_1_codes),
    ]


def _dates(release: Release) -> list[str]:
    return [release.date or "", *(event.date or "" for event in release.release_events)]


def _year(date: str) -> str:
    return date[:4]


def _years(album: Here, release: Release) -> frozenset[str]:
    """Return the years in the tags, without the first release year, which any edition may have."""
    group = release.release_group
    return album.years - {(group.first_release_date or "")[:4] if group else ""}


def _counted(album: Here, release: Release, weights: Weights) -> Iterator[Penalty]:
    """Compare the numbers of tracks and discs in the tags."""
    media = {medium.position or 1: medium.track_count for medium in release.media}
    release_totals = {sum(media.values()), len(fit.listed(release))}
    wrong_counts = [
        count
        for disc, count in album.totals.items()
        if count not in {media.get(disc or 1, -1), *(release_totals if disc < 2 else ())}
    ]
    yield Penalty("number of tracks", weights.total, float(bool(wrong_counts)))
    is_other_number = (
        album.discs and album.discs != len(media) and (album.discs > len(media) or not wrong_counts)
    )
    yield Penalty(
        "number of discs", weights.total / 2, float(bool(is_other_number and album.discs > 1))
    )


def _named(album: Here, release: Release) -> float:
    """Compare the edition names in brackets after the title, such as "Deluxe Edition"."""
    local_words = {word for text in album.wordings for word in _words(text)}
    release_words = _words(release.title)
    if not local_words:
        return 0.5 * bool(release_words)
    remark_words = {word.casefold() for word in _EDITION.findall(release.disambiguation or "")}
    return 0.0 if local_words & (release_words | remark_words) else 1.0


def _words(title: str) -> set[str]:
    """Return the edition words in the brackets of a title."""
    asides = " ".join(_BRACKETS.findall(title))
    return {word.casefold() for word in _EDITION.findall(asides)}
