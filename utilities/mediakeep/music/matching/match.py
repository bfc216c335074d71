"""Decide which release each local album is: first the release group, then its edition.

1. Releases with titles, lengths or identifiers in common with the album are preselected.
2. The tracks are paired with those of each release, and the penalties are summed up.
3. Identifiers in the tags select a release unless the tracks contradict them.
4. Else the nearest release group is chosen if it is near enough and no other is as near.
5. Editions that cannot be distinguished from the most likely one are tied.
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

FEW = 5  # candidates offered to the user
_PRINTED = frozenset(  # the penalties that distinguish editions
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
    """Match each album with the releases; `names` are the normalized names of the artist.

    The same albums and releases always give the same result.
    """
    merged = artist.resolved.merged if artist.resolved else {}
    tracklists, distance_model = shaping.made(releases), Scale(weights, names)
    matches = {}
    for album in artist.albums:
        if question.is_album(album) and not album.is_image:
            comparable_album = evidence.of(album, artist.name, merged)
            matches[album.place] = _match(comparable_album, tracklists, distance_model)
    return matches


def _match(album: Here, tracklists: Sequence[Shape], distance_model: Scale) -> Match:
    preselected = sieve.kept(album, tracklists)
    distances = [
        candidate
        for shape in preselected
        for candidate in distance_model.near(album, shape, shape.releases)
    ]
    distances.sort(
        key=lambda candidate: (
            candidate.distance,
            candidate.release.date or "9",
            candidate.release.id,
        )
    )
    if not distances:
        return Match(place=album.place, sure=Sure.UNKNOWN)
    is_certain = _is_certain(distances, distance_model.weights, is_titled=album.is_tagged)
    tagged = _named(
        album, distances, distance_model.weights, distances[0].group if is_certain else ""
    )
    if tagged or (is_certain and not album.is_mixed):
        group_editions = _editions(
            album, tagged or distances[0], distances, tracklists, distance_model
        )
        match = _of_group(album, group_editions, distance_model.weights)
        return structs.replace(match, by="tags") if tagged else match
    plausible = [
        candidate for candidate in distances if candidate.distance <= distance_model.weights.shown
    ]
    sure = Sure.UNSURE if plausible else Sure.UNKNOWN
    shown = tuple(
        _candidate(album, candidate) for candidate in _different(plausible or distances)[:FEW]
    )
    return Match(place=album.place, sure=sure, candidates=shown)


def _named(
    album: Here, distances: Sequence[Near], weights: Weights, certain_group: str
) -> Near | None:
    """Return the release, or the nearest one of the group, named by identifiers in the tags.

    Return None if the tracks contradict them: hardly any is on that release, or another release
    fits clearly better, such as one of the `certain_group`.
    """
    tests: tuple[Callable[[Near], bool], ...] = (
        lambda candidate: candidate.release.id == album.release,
        lambda candidate: candidate.group == album.group,
        lambda candidate: _is_on(album, candidate.release),
    )
    for candidate in (next(filter(is_named, distances), None) for is_named in tests):
        if candidate and candidate.distance <= weights.tagged:
            is_farther = candidate.distance - distances[0].distance > weights.veto
            if certain_group in ("", candidate.group) or not is_farther:
                return candidate
    return None


def _is_on(album: Here, release: Release) -> bool:
    """Return whether the tags have the barcode, a disc ID, or most track MBIDs of a release."""
    if album.barcodes and evidence.barcode(release.barcode or "") in album.barcodes:
        return True
    if album.disc_ids and not album.disc_ids.isdisjoint(
        item.id for medium in release.media for item in medium.discs
    ):
        return True
    ids = frozenset[str]().union(*(item.tracks for item in album.tracks))
    return bool(ids) and 2 * sum(track.id in ids for _, track in release.tracks) >= len(
        album.tracks
    )


def _is_certain(distances: Sequence[Near], weights: Weights, *, is_titled: bool) -> bool:
    """Return whether the nearest release group is certain: near, with evidence, and without rival.

    If the tags have another title, most of the release must be owned.
    """
    first = distances[0]
    other = next((candidate for candidate in distances if candidate.group != first.group), None)
    return (
        first.distance <= weights.bar
        and first.evidence >= weights.evidence
        and not (first.is_version or first.is_strange)
        and (first.is_entitled or first.present >= (1.0 if is_titled else weights.whole))
        and 3 * first.extra <= len(first.paired.slots)
        and (other is None or other.distance - first.distance >= weights.margin)
    )


def _editions(
    album: Here,
    first: Near,
    distances: Sequence[Near],
    tracklists: Sequence[Shape],
    distance_model: Scale,
) -> list[Near]:
    """Return all editions of a release group, including the distant ones."""
    editions_found = [item for item in distances if item.group == first.group]
    seen = {item.release.id for item in editions_found}
    for shape in tracklists:
        releases = [
            item
            for item in shape.releases
            if item.id not in seen and item.release_group and item.release_group.id == first.group
        ]
        editions_found += distance_model.near(album, shape, releases) if releases else []
    return editions_found


def _of_group(album: Here, group_distances: Sequence[Near], weights: Weights) -> Match:
    """Choose among the editions of a certain release group."""
    penalties = editions.points(album, group_distances, weights)
    ranked = sorted(
        zip(map(_sum, penalties), group_distances, penalties, strict=True),
        key=lambda edition: (edition[0], edition[1].release.date or "9", edition[1].release.id),
    )
    best_points = ranked[0][0]
    tagged = next((edition for edition in ranked if edition[1].release.id == album.release), None)
    if (
        tagged
        and tagged[0] - best_points <= weights.contrary
        and tagged[1].extra <= ranked[0][1].extra
    ):
        chosen = [tagged]
        sure = Sure.CERTAIN
    else:
        chosen = [edition for edition in ranked if edition[0] - best_points < weights.tie]
        sure = Sure.CERTAIN
        if len(chosen) > 1 or _doubt(album, *ranked[0][1:], weights) > weights.doubt:
            sure = Sure.TIED
    if counted := _counted(album, ranked, weights, instead_of=chosen):
        chosen += counted
        sure = Sure.TIED
    candidates = tuple(
        _candidate(album, near, edition_penalties) for _, near, edition_penalties in chosen
    )
    return Match(place=album.place, sure=sure, candidates=candidates)


def _counted(
    album: Here, ranked: Sequence[_Ranked], weights: Weights, *, instead_of: Sequence[_Ranked]
) -> list[_Ranked]:
    """Return the most likely complete editions with the number of tracks in the tags.

    Return none if one of them is already chosen: then nothing contradicts the choice.
    """
    complete = [edition for edition in ranked if album.totals and _is_complete(*edition[1:])]
    if not complete or any(edition in complete for edition in instead_of):
        return []
    return [edition for edition in complete if edition[0] - complete[0][0] < weights.tie]


def _is_complete(near: Near, penalties: Against) -> bool:
    """Return whether all tracks of an edition are owned, no others, and no count differs."""
    return not (near.missing or near.extra or any(penalty.name in _COUNTS for penalty in penalties))


def _doubt(album: Here, near: Near, penalties: Against, weights: Weights) -> float:
    """Return the points that contradict an edition; matching identifiers outweigh them."""
    contradictions = [
        penalty for penalty in penalties if penalty.name in _PRINTED and penalty.amount >= 1
    ]
    points = 0.0 if _is_on(album, near.release) else _sum(contradictions)
    return points + weights.extra * _own_extra(album, near)


def _own_extra(album: Here, near: Near) -> int:
    """Count the songs of the artist that an edition lacks: another edition may have them.

    A second copy of a song does not count.
    """
    rows = list(zip(album.tracks, near.paired.slots, strict=True))
    keys = {track.title.key for track, slot in rows if slot >= 0 and track.title}
    return sum(
        slot < 0
        and (not track.artists or not track.artists.isdisjoint(album.artists))
        and not (track.title and track.title.key in keys)
        for track, slot in rows
    )


def _sum(penalties: Against) -> float:
    return sum(penalty.weight * penalty.amount for penalty in penalties)


def _different(distances: Iterable[Near]) -> list[Near]:
    """Keep the nearest edition of each release group."""
    return list({candidate.group: candidate for candidate in reversed(list(distances))}.values())[
        ::-1
    ]


def _candidate(album: Here, near: Near, edition_penalties: Against = ()) -> Candidate:
    """Build the candidate shown to the user."""
    listed, paired = fit.listed(near.release), near.paired
    rows = zip(album.tracks, paired.slots, paired.costs, paired.sure, strict=True)
    taken = {*paired.slots, *paired.unread}
    return Candidate(
        release=near.release,
        distance=round(near.distance, 4),
        penalties=(*near.penalties, *edition_penalties),
        pairs=tuple(
            Pair(local_track.place, *listed[slot], cost, sure)
            for local_track, slot, cost, sure in rows
            if slot >= 0
        ),
        missing=tuple(place for slot, place in enumerate(listed) if slot not in taken),
        extra=tuple(
            local_track.place
            for local_track, slot in zip(album.tracks, paired.slots, strict=True)
            if slot < 0
        ),
    )
