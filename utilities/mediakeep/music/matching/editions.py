"""What tells the editions of one release group apart, in points against each."""

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
_MOST = 10.0  # seconds apart, beyond which it no longer matters how many
_FAR = 4.0  # deviations, up to which it does matter


def points(here: Here, some: Sequence[Near], weights: Weights) -> list[list[Penalty]]:
    """Return for each of the releases what speaks against its being the very edition."""
    whole = any(one.missing == 0 for one in some)
    common = _common(some)
    noise = _noise(some, weights)
    found = []
    for near in some:
        against = [
            *_tracks(here, near, weights, whole=whole),
            Penalty("titles", weights.wording, _titles(near, common)),
            Penalty("lengths", 1.0, _lengths(near, common, noise)),
            *_printed(here, near.release, weights),
            *_counted(here, near.release, weights),
            Penalty("edition's name", weights.named, _named(here, near.release)),
        ]
        found.append([one for one in against if one.weight * one.amount > 0])
    return found


def _common(some: Sequence[Near]) -> list[int]:
    """Return which tracks all of the editions have: those alone can tell them apart by degrees."""
    return [
        number
        for number in range(len(some[0].paired.slots))
        if all(one.paired.slots[number] >= 0 for one in some)
    ]


def _titles(near: Near, common: Sequence[int]) -> float:
    return sum(max(near.paired.wordings[number], 0.0) for number in common)


def _apart(near: Near, common: Sequence[int], most: float = _MOST) -> list[float]:
    known = (near.paired.apart[number] for number in common)
    return [min(one, most) for one in known if one >= 0]


def _noise(some: Sequence[Near], weights: Weights) -> float:
    """Return by how many seconds the lengths here are off: as they are from the likeliest edition.

    That is one with the fewest extra tracks, and of those the one whose lengths are nearest. One
    that has hardly a track in common may have that very length by chance.
    """
    fewest = min(one.extra for one in some)
    spreads = (_spread(one) for one in some if one.extra == fewest)
    return max(weights.noise, weights.spread * min(spreads))


def _spread(near: Near) -> float:
    """Return by how many seconds the lengths differ, as the root of the mean of the squares."""
    known = _apart(near, range(len(near.paired.apart)))
    return float((sum(one * one for one in known) / len(known)) ** 0.5) if known else 0.0


def _lengths(near: Near, common: Sequence[int], noise: float) -> float:
    """Weigh the lengths as normal deviates: what is off by the noise costs half a point a track."""
    known = _apart(near, common, max(_MOST, _FAR * noise))
    return sum(one * one for one in known) / (2 * noise * noise)


def _tracks(here: Here, near: Near, weights: Weights, *, whole: bool) -> Iterator[Penalty]:
    paired, slots = near.paired, near.shape.slots
    placed = [
        (one, slots[slot])
        for one, slot in zip(here.tracks, paired.slots, strict=True)
        if slot >= 0 and one.position
    ]
    yield Penalty("extra tracks", weights.extra, near.extra)
    yield Penalty("incomplete", weights.incomplete, float(whole and near.missing > 0))
    yield Penalty("missing tracks", weights.lacking, near.missing)
    strange = sum(not certainty.is_in_place(one, slot) for one, slot in placed)
    yield Penalty("order", weights.place, strange)


def _printed(here: Here, release: Release, weights: Weights) -> Iterator[Penalty]:
    """Compare what stands on the sleeve; an edition of which it is not known may be the one."""
    infos = release.label_info
    labels = [info.label.name for info in infos if info.label]
    numbers = [info.catalog_number or "" for info in infos]
    discs = [one.id for medium in release.media for one in medium.discs]
    formats = [medium.format or "" for medium in release.media]
    facts: Iterable[tuple[str, float, Collection[str], Iterable[str], Callable[[str], str]]] = (
        ("barcode", weights.barcode, here.barcodes, [release.barcode or ""], evidence.barcode),
        ("disc ID", weights.disc_id, here.disc_ids, discs, str),
        ("catalogue number", weights.catalogue, here.catalogue, numbers, evidence.number),
        ("label", weights.label, here.labels, labels, letters.loose),
        ("country", weights.country, here.countries, _countries(release), str),
        ("medium", weights.medium, here.media, formats, evidence.medium),
        ("year", weights.year, _years(here, release), _dates(release), _year),
    )
    for name, weight, ours, theirs, write in facts:
        if ours:  # else nothing is to be compared
            known = set(filter(None, map(write, theirs)))
            amount = weights.unknown if not known else float(known.isdisjoint(ours))
            if amount and name == "medium" and evidence.CD in ours:
                # Tags seldom tell which type of CD it is.
                amount = weights.unknown if any(map(evidence.is_cd_type, known)) else amount
            yield Penalty(name, weight, amount)


def _countries(release: Release) -> list[str]:
    """Return where an edition came out, on whatever day."""
    areas = (event.area for event in release.release_events)
    return [release.country or "", *(code for one in areas if one for code in one.iso_3166_1_codes)]


def _dates(release: Release) -> list[str]:
    return [release.date or "", *(event.date or "" for event in release.release_events)]


def _year(date: str) -> str:
    return date[:4]


def _years(here: Here, release: Release) -> frozenset[str]:
    """Return the years in the tags; the one of the first edition is written for all of them."""
    group = release.release_group
    return here.years - {(group.first_release_date or "")[:4] if group else ""}


def _counted(here: Here, release: Release, weights: Weights) -> Iterator[Penalty]:
    """Compare how many tracks and discs the tags count."""
    media = {medium.position or 1: medium.track_count for medium in release.media}
    whole = {sum(media.values()), len(fit.listed(release))}
    wrong = [
        count
        for disc, count in here.totals.items()
        if count not in {media.get(disc or 1, -1), *(whole if disc < 2 else ())}
    ]
    yield Penalty("number of tracks", weights.total, float(bool(wrong)))
    more = here.discs and here.discs != len(media) and (here.discs > len(media) or not wrong)
    yield Penalty("number of discs", weights.total / 2, float(bool(more and here.discs > 1)))


def _named(here: Here, release: Release) -> float:
    """Compare what stands in brackets behind the title, as "Deluxe Edition"."""
    ours = {word for text in here.wordings for word in _words(text)}
    printed = _words(release.title)
    if not ours:
        return 0.5 * bool(printed)
    aside = {word.casefold() for word in _EDITION.findall(release.disambiguation or "")}
    return 0.0 if ours & (printed | aside) else 1.0


def _words(title: str) -> set[str]:
    """Return what the brackets of a title say of an edition."""
    asides = " ".join(_BRACKETS.findall(title))
    return {word.casefold() for word in _EDITION.findall(asides)}
