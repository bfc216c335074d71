"""What each album here is, decided on two levels: the release group, and its edition.

1. Of all releases those are kept that have titles, lengths or identifiers in common with the album.
2. Its tracks are paired with those of each, and all that speaks against a release is summed up.
3. Identifiers in the tags name a release, as long as the tracks do not contradict them.
4. Else the nearest release group is the one, if it is near enough, and no other is as near.
5. Of its editions those that nothing tells apart from the likeliest are tied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import structs

from mediakeep.lookups.catalogue import Release
from mediakeep.music.discography import fit, question
from mediakeep.music.matching import editions, evidence, sieve
from mediakeep.music.matching import shapes as shaping
from mediakeep.music.matching.evidence import Here
from mediakeep.music.matching.nearness import Near, Scale
from mediakeep.music.matching.shapes import Shape
from mediakeep.music.matching.verdict import Candidate, Match, Pair, Penalty, Sure
from mediakeep.music.matching.weights import WEIGHTS, Weights
from mediakeep.music.model import Artist

FEW = 5  # candidates of which a person chooses
_PRINTED = frozenset(  # what another edition has otherwise
    {"barcode", "disc ID", "catalogue number", "label", "country", "medium", "year"}
    | {"number of tracks"}
)
_COUNTS = frozenset({"number of tracks", "number of discs"})

Against = Sequence[Penalty]
_Ranked = tuple[float, Near, list[Penalty]]  # points against an edition: their sum, and each


def albums(
    artist: Artist,
    releases: Iterable[Release],
    weights: Weights = WEIGHTS,
    names: Collection[str] = (),
) -> dict[str, Match]:
    """Say for each album which release it is; `names` are all that the artist bears, as compared.

    Pure: the same albums and releases always give the same.
    """
    merged = artist.resolved.merged if artist.resolved else {}
    known, scale = shaping.made(releases), Scale(weights, names)
    found = {}
    for album in artist.albums:
        if question.is_album(album) and not album.is_image:
            here = evidence.of(album, artist.name, merged)
            found[album.place] = _match(here, known, scale)
    return found


def _match(here: Here, known: Sequence[Shape], scale: Scale) -> Match:
    likely = sieve.kept(here, known)
    nears = [near for shape in likely for near in scale.near(here, shape, shape.releases)]
    nears.sort(key=lambda one: (one.distance, one.release.date or "9", one.release.id))
    if not nears:
        return Match(place=here.place, sure=Sure.UNKNOWN)
    certain = _is_certain(nears, scale.weights, is_titled=here.is_tagged)
    named = _named(here, nears, scale.weights, nears[0].group if certain else "")
    if named or (certain and not here.is_mixed):
        group = _editions(here, named or nears[0], nears, known, scale)
        found = _of_group(here, group, scale.weights)
        return structs.replace(found, by="tags") if named else found
    near = [one for one in nears if one.distance <= scale.weights.shown]
    sure = Sure.UNSURE if near else Sure.UNKNOWN
    few = tuple(_candidate(here, one) for one in _different(near or nears)[:FEW])
    return Match(place=here.place, sure=sure, candidates=few)


def _named(here: Here, nears: Sequence[Near], weights: Weights, certain: str) -> Near | None:
    """Return the release, or the nearest of the group, that identifiers in the tags name.

    None where the tracks contradict them: they are hardly on that release, or plainly on another,
    as where a group is `certain` by itself.
    """
    tests: tuple[Callable[[Near], bool], ...] = (
        lambda near: near.release.id == here.release,
        lambda near: near.group == here.group,
        lambda near: _is_on(here, near.release),
    )
    for one in (next(filter(is_named, nears), None) for is_named in tests):
        if one and one.distance <= weights.tagged:
            far = one.distance - nears[0].distance > weights.veto
            if certain in ("", one.group) or not far:
                return one
    return None


def _is_on(here: Here, release: Release) -> bool:
    """Tell whether a barcode, a disc ID, or most tracks of the release are those in the tags."""
    if here.barcodes and evidence.barcode(release.barcode or "") in here.barcodes:
        return True
    if here.disc_ids and not here.disc_ids.isdisjoint(
        one.id for medium in release.media for one in medium.discs
    ):
        return True
    ids = frozenset[str]().union(*(one.tracks for one in here.tracks))
    return bool(ids) and 2 * sum(track.id in ids for _, track in release.tracks) >= len(here.tracks)


def _is_certain(nears: Sequence[Near], weights: Weights, *, is_titled: bool) -> bool:
    """Tell whether the nearest release group is the one: near, told by enough, and alone.

    Where the tags have another title, the whole of the release must be here.
    """
    first = nears[0]
    other = next((one for one in nears if one.group != first.group), None)
    return (
        first.distance <= weights.bar
        and first.evidence >= weights.evidence
        and not (first.is_version or first.is_strange)
        and (first.is_entitled or first.present >= (1.0 if is_titled else weights.whole))
        and 3 * first.extra <= len(first.paired.slots)
        and (other is None or other.distance - first.distance >= weights.margin)
    )


def _editions(
    here: Here, first: Near, nears: Sequence[Near], known: Sequence[Shape], scale: Scale
) -> list[Near]:
    """Return all editions of a release group, those too that seemed far off."""
    found = [one for one in nears if one.group == first.group]
    seen = {one.release.id for one in found}
    for shape in known:
        theirs = [
            one
            for one in shape.releases
            if one.id not in seen and one.release_group and one.release_group.id == first.group
        ]
        found += scale.near(here, shape, theirs) if theirs else []
    return found


def _of_group(here: Here, some: Sequence[Near], weights: Weights) -> Match:
    """Choose among the editions of a release group that is certain."""
    against = editions.points(here, some, weights)
    ranked = sorted(
        zip(map(_sum, against), some, against, strict=True),
        key=lambda one: (one[0], one[1].release.date or "9", one[1].release.id),
    )
    least = ranked[0][0]
    tagged = next((one for one in ranked if one[1].release.id == here.release), None)
    if tagged and tagged[0] - least <= weights.contrary and tagged[1].extra <= ranked[0][1].extra:
        chosen = [tagged]
        sure = Sure.CERTAIN
    else:
        chosen = [one for one in ranked if one[0] - least < weights.tie]
        sure = Sure.CERTAIN
        if len(chosen) > 1 or _doubt(here, *ranked[0][1:], weights) > weights.doubt:
            sure = Sure.TIED
    if counted := _counted(here, ranked, weights, instead_of=chosen):
        chosen += counted
        sure = Sure.TIED
    found = tuple(_candidate(here, near, more) for _, near, more in chosen)
    return Match(place=here.place, sure=sure, candidates=found)


def _counted(
    here: Here, ranked: Sequence[_Ranked], weights: Weights, *, instead_of: Sequence[_Ranked]
) -> list[_Ranked]:
    """Return the likeliest editions that are complete here and have as many tracks as tags count.

    Return none if one of them is among the chosen editions: nothing contradicts those then.
    """
    complete = [one for one in ranked if here.totals and _is_complete(*one[1:])]
    if not complete or any(one in complete for one in instead_of):
        return []
    return [one for one in complete if one[0] - complete[0][0] < weights.tie]


def _is_complete(near: Near, against: Against) -> bool:
    """Tell whether all tracks of an edition are here, no others, and tags count no other number."""
    return not (near.missing or near.extra or any(one.name in _COUNTS for one in against))


def _doubt(here: Here, near: Near, against: Against, weights: Weights) -> float:
    """Return the points of what says that an edition is not the one; identifiers outweigh them."""
    printed = [one for one in against if one.name in _PRINTED and one.amount >= 1]
    doubt = 0.0 if _is_on(here, near.release) else _sum(printed)
    return doubt + weights.extra * _own_extra(here, near)


def _own_extra(here: Here, near: Near) -> int:
    """Count the songs of the artist that an edition lacks: another edition may have them.

    A second copy of a song is none that it lacks.
    """
    rows = list(zip(here.tracks, near.paired.slots, strict=True))
    keys = {one.title.key for one, slot in rows if slot >= 0 and one.title}
    return sum(
        slot < 0
        and (not one.artists or not one.artists.isdisjoint(here.artists))
        and not (one.title and one.title.key in keys)
        for one, slot in rows
    )


def _sum(against: Against) -> float:
    return sum(one.weight * one.amount for one in against)


def _different(nears: Iterable[Near]) -> list[Near]:
    """Leave one edition of each release group, the nearest."""
    return list({one.group: one for one in reversed(list(nears))}.values())[::-1]


def _candidate(here: Here, near: Near, more: Against = ()) -> Candidate:
    """Tell of a release as a person is to see it."""
    listed, paired = fit.listed(near.release), near.paired
    rows = zip(here.tracks, paired.slots, paired.costs, paired.sure, strict=True)
    taken = {*paired.slots, *paired.unread}
    return Candidate(
        release=near.release,
        distance=round(near.distance, 4),
        penalties=(*near.penalties, *more),
        pairs=tuple(
            Pair(one.place, *listed[slot], cost, sure)
            for one, slot, cost, sure in rows
            if slot >= 0
        ),
        missing=tuple(place for slot, place in enumerate(listed) if slot not in taken),
        extra=tuple(
            one.place for one, slot in zip(here.tracks, paired.slots, strict=True) if slot < 0
        ),
    )
