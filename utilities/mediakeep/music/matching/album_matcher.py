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

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.artist_lookup import artist_query
from mediakeep.music.matching import candidate_filter, edition_penalties, local_album
from mediakeep.music.matching import tracklists as shaping
from mediakeep.music.matching.local_album import LocalAlbum
from mediakeep.music.matching.match_result import (
    AlbumMatch,
    MatchConfidence,
    MatchPenalty,
    ReleaseCandidate,
    TrackPair,
)
from mediakeep.music.matching.release_distance import DistanceModel, ReleaseDistance
from mediakeep.music.matching.tracklists import Tracklist
from mediakeep.music.matching.weights import WEIGHTS, MatchingWeights
from mediakeep.music.model import Artist
from mediakeep.music.text import track_overlap

MAX_CANDIDATES = 5  # candidates offered to the user
_SLEEVE_PENALTIES = frozenset(  # the penalties that distinguish editions
    {"barcode", "disc ID", "catalogue number", "label", "country", "medium", "year"}
    | {"number of tracks"}
)
_COUNT_PENALTIES = frozenset({"number of tracks", "number of discs"})

Penalties = Sequence[MatchPenalty]
# points against an edition: their sum, and each
_RankedEdition = tuple[float, ReleaseDistance, list[MatchPenalty]]


def match_albums(
    artist: Artist,
    releases: Iterable[Release],
    weights: MatchingWeights = WEIGHTS,
    names: Collection[str] = (),
) -> dict[str, AlbumMatch]:
    """Match each album of an artist with the releases; return the matches by the album's place.

    `names` are the normalized names of the artist. The same input always gives the same result.
    """
    merged = artist.resolved.merged if artist.resolved else {}
    tracklists, distance_model = shaping.group_by_tracklist(releases), DistanceModel(weights, names)
    matches = {}
    for album in artist.albums:
        if artist_query.is_looked_up_as_album(album) and not album.is_disc_image:
            comparable_album = local_album.build_local_album(album, artist.name, merged)
            matches[album.place] = _match_album(comparable_album, tracklists, distance_model)
    return matches


def _match_album(
    album: LocalAlbum, tracklists: Sequence[Tracklist], distance_model: DistanceModel
) -> AlbumMatch:
    preselected = candidate_filter.select_plausible_tracklists(album, tracklists)
    distances = [
        candidate
        for tracklist in preselected
        for candidate in distance_model.distances(album, tracklist, tracklist.releases)
    ]
    distances.sort(
        key=lambda candidate: (
            candidate.distance,
            candidate.release.date or "9",
            candidate.release.id,
        )
    )
    if not distances:
        return AlbumMatch(place=album.place, confidence=MatchConfidence.UNKNOWN)
    is_certain = _is_group_certain(
        distances, distance_model.weights, has_tagged_title=album.is_tagged
    )
    tagged = _named_by_identifiers(
        album, distances, distance_model.weights, distances[0].group_id if is_certain else ""
    )
    if tagged or (is_certain and not album.is_mixed):
        group_editions = _all_editions(
            album, tagged or distances[0], distances, tracklists, distance_model
        )
        match = _choose_edition(album, group_editions, distance_model.weights)
        return structs.replace(match, decided_by="tags") if tagged else match
    plausible = [
        candidate for candidate in distances if candidate.distance <= distance_model.weights.shown
    ]
    sure = MatchConfidence.UNSURE if plausible else MatchConfidence.UNKNOWN
    shown = tuple(
        _build_candidate(album, candidate)
        for candidate in _nearest_per_group(plausible or distances)[:MAX_CANDIDATES]
    )
    return AlbumMatch(place=album.place, confidence=sure, candidates=shown)


def _named_by_identifiers(
    album: LocalAlbum,
    distances: Sequence[ReleaseDistance],
    weights: MatchingWeights,
    certain_group: str,
) -> ReleaseDistance | None:
    """Return the release named by identifiers in the tags, or the nearest one of a named group.

    Return None if the tracks contradict it. They do if hardly any track is on that release, or if
    another release, such as one of `certain_group`, fits clearly better.
    """
    tests: tuple[Callable[[ReleaseDistance], bool], ...] = (
        lambda candidate: candidate.release.id == album.release,
        lambda candidate: candidate.group_id == album.group,
        lambda candidate: _has_identifier_of(album, candidate.release),
    )
    for candidate in (next(filter(is_named, distances), None) for is_named in tests):
        if candidate and candidate.distance <= weights.tagged:
            is_farther = candidate.distance - distances[0].distance > weights.veto
            if certain_group in ("", candidate.group_id) or not is_farther:
                return candidate
    return None


def _has_identifier_of(album: LocalAlbum, release: Release) -> bool:
    """Return whether the tags have a release's barcode, a disc ID, or most of its track MBIDs."""
    if album.barcodes and local_album.normalize_barcode(release.barcode or "") in album.barcodes:
        return True
    if album.disc_ids and not album.disc_ids.isdisjoint(
        item.id for medium in release.media for item in medium.discs
    ):
        return True
    mbids = frozenset[str]().union(*(item.tracks for item in album.tracks))
    return bool(mbids) and 2 * sum(track.id in mbids for _, track in release.tracks) >= len(
        album.tracks
    )


def _is_group_certain(
    distances: Sequence[ReleaseDistance], weights: MatchingWeights, *, has_tagged_title: bool
) -> bool:
    """Return whether the nearest release group is certain: near, and nearer than all others.

    If the titles differ, most of the release must be owned. If the album's title is from tags
    (`has_tagged_title`), all of it must be.
    """
    first = distances[0]
    other = next(
        (candidate for candidate in distances if candidate.group_id != first.group_id), None
    )
    return (
        first.distance <= weights.bar
        and first.evidence >= weights.evidence
        and not (first.is_other_version or first.is_by_others)
        and (
            first.has_same_title
            or first.share_present >= (1.0 if has_tagged_title else weights.whole)
        )
        and 3 * first.extra_count <= len(first.assignment.slots)
        and (other is None or other.distance - first.distance >= weights.margin)
    )


def _all_editions(
    album: LocalAlbum,
    first: ReleaseDistance,
    distances: Sequence[ReleaseDistance],
    tracklists: Sequence[Tracklist],
    distance_model: DistanceModel,
) -> list[ReleaseDistance]:
    """Return the distances of all editions of a release group, even those filtered out before."""
    editions_found = [item for item in distances if item.group_id == first.group_id]
    seen = {item.release.id for item in editions_found}
    for tracklist in tracklists:
        releases = [
            item
            for item in tracklist.releases
            if item.id not in seen
            and item.release_group
            and item.release_group.id == first.group_id
        ]
        editions_found += distance_model.distances(album, tracklist, releases) if releases else []
    return editions_found


def _choose_edition(
    album: LocalAlbum, group_distances: Sequence[ReleaseDistance], weights: MatchingWeights
) -> AlbumMatch:
    """Match an album with an edition of a release group that is already certain."""
    penalties = edition_penalties.compute_penalties(album, group_distances, weights)
    ranked = sorted(
        zip(map(_sum_penalties, penalties), group_distances, penalties, strict=True),
        key=lambda edition: (edition[0], edition[1].release.date or "9", edition[1].release.id),
    )
    best_points = ranked[0][0]
    tagged = next((edition for edition in ranked if edition[1].release.id == album.release), None)
    if (
        tagged
        and tagged[0] - best_points <= weights.contrary
        and tagged[1].extra_count <= ranked[0][1].extra_count
    ):
        chosen = [tagged]
        sure = MatchConfidence.CERTAIN
    else:
        chosen = [edition for edition in ranked if edition[0] - best_points < weights.tie]
        # A song that is here decides between them: unlike a missing one, it cannot be lost.
        lacking = [_count_own_extra(album, edition[1]) for edition in chosen]
        chosen = [
            edition for edition, count in zip(chosen, lacking, strict=True) if count == min(lacking)
        ]
        sure = MatchConfidence.CERTAIN
        if len(chosen) > 1 or _contradiction_points(album, *chosen[0][1:], weights) > weights.doubt:
            sure = MatchConfidence.TIED
    if counted := _complete_editions(album, ranked, weights, already_chosen=chosen):
        chosen += counted
        sure = MatchConfidence.TIED
    candidates = tuple(
        _build_candidate(album, distance, edition_penalties)
        for _, distance, edition_penalties in chosen
    )
    return AlbumMatch(place=album.place, confidence=sure, candidates=candidates)


def _complete_editions(
    album: LocalAlbum,
    ranked: Sequence[_RankedEdition],
    weights: MatchingWeights,
    *,
    already_chosen: Sequence[_RankedEdition],
) -> list[_RankedEdition]:
    """Return the most likely editions that are completely owned and fit the totals in the tags.

    Return none if `already_chosen`, the editions chosen so far, contain such an edition.
    """
    complete = [edition for edition in ranked if album.track_totals and _is_complete(*edition[1:])]
    if not complete or any(edition in complete for edition in already_chosen):
        return []
    return [edition for edition in complete if edition[0] - complete[0][0] < weights.tie]


def _is_complete(distance: ReleaseDistance, penalties: Penalties) -> bool:
    """Return whether an edition has exactly the local tracks, and no total in the tags differs."""
    return not (
        distance.missing_count
        or distance.extra_count
        or any(penalty.name in _COUNT_PENALTIES for penalty in penalties)
    )


def _contradiction_points(
    album: LocalAlbum, distance: ReleaseDistance, penalties: Penalties, weights: MatchingWeights
) -> float:
    """Return how much contradicts an edition, in points; matching identifiers outweigh that."""
    contradictions = [
        penalty
        for penalty in penalties
        if penalty.name in _SLEEVE_PENALTIES and penalty.amount >= 1
    ]
    points = 0.0 if _has_identifier_of(album, distance.release) else _sum_penalties(contradictions)
    return points + weights.extra * _count_own_extra(album, distance)


def _count_own_extra(album: LocalAlbum, distance: ReleaseDistance) -> int:
    """Count the local songs by the artist that an edition lacks; another edition may have them.

    A second copy of a song does not count, but another version of it, such as a demo, does.
    """
    rows = list(zip(album.tracks, distance.assignment.slots, strict=True))
    titles = [track.title for track, slot in rows if slot >= 0 and track.title]
    keys = {(title.key, title.version_kinds) for title in titles}
    return sum(
        slot < 0
        and (not track.artists or not track.artists.isdisjoint(album.artists))
        and not (track.title and (track.title.key, track.title.version_kinds) in keys)
        for track, slot in rows
    )


def _sum_penalties(penalties: Penalties) -> float:
    return sum(penalty.weight * penalty.amount for penalty in penalties)


def _nearest_per_group(distances: Iterable[ReleaseDistance]) -> list[ReleaseDistance]:
    """Return the distance of the nearest edition of each release group."""
    return list(
        {candidate.group_id: candidate for candidate in reversed(list(distances))}.values()
    )[::-1]


def _build_candidate(
    album: LocalAlbum, distance: ReleaseDistance, edition_penalties: Penalties = ()
) -> ReleaseCandidate:
    """Return a release as a candidate, with its distance and what differs."""
    listed, assignment = track_overlap.audio_tracks(distance.release), distance.assignment
    rows = zip(album.tracks, assignment.slots, assignment.costs, assignment.certain, strict=True)
    taken = {*assignment.slots, *assignment.unreadable_slots}
    return ReleaseCandidate(
        release=distance.release,
        distance=round(distance.distance, 4),
        penalties=(*distance.penalties, *edition_penalties),
        pairs=tuple(
            TrackPair(local_track.place, *listed[slot], cost, sure)
            for local_track, slot, cost, sure in rows
            if slot >= 0
        ),
        missing=tuple(place for slot, place in enumerate(listed) if slot not in taken),
        extra=tuple(
            local_track.place
            for local_track, slot in zip(album.tracks, assignment.slots, strict=True)
            if slot < 0
        ),
    )
