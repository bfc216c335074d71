"""Compute the distance between a local album and a release, a weighted mean of differences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching import titles, track_assignment, tracklists
from mediakeep.music.matching.local_album import LocalAlbum
from mediakeep.music.matching.match_result import MatchPenalty
from mediakeep.music.matching.titles import ParsedTitle
from mediakeep.music.matching.track_assignment import TitleDistanceCache, TrackAssignment
from mediakeep.music.matching.tracklists import Tracklist
from mediakeep.music.matching.weights import MatchingWeights

# Suffixes of an album title that do not make it another album; years do not either.
_NEUTRAL_SUFFIXES = frozenset(
    {"ep", "lp", "cd", "album", "single", "vinyl", "flac", "mp3", "boxset", "soundtrack", "ost"}
    | {"originalmotionpicturesoundtrack", "originalsoundtrack", "thealbum"}
)
_YEAR_DIGITS = 4  # digits


def is_other_version(
    album: LocalAlbum,
    tracklist: Tracklist,
    assignment: TrackAssignment,
    release: Release,
    weights: MatchingWeights,
) -> bool:
    """Return whether an album is another version than the release, such as a live version.

    The titles of the album or of its tracks say so.
    """
    release_names = [release.title, release.release_group.title if release.release_group else ""]
    release_kinds = titles.significant_version_kinds(
        " ".join((*release_names, release.disambiguation or ""))
    )
    if titles.significant_version_kinds(album.all_names) - release_kinds - tracklist.implied_kinds:
        return True
    release_titles = [titles.parse_title(text) for text in release_names if text]
    if album.is_tagged and _extends_title(album.titles, release_titles):
        return True
    return _tracks_name_other_version(album, tracklist, assignment.slots, weights)


def _tracks_name_other_version(
    album: LocalAlbum, tracklist: Tracklist, rate_limit: Sequence[int], weights: MatchingWeights
) -> bool:
    """Return whether the titles of most tracks name another version than the release does."""
    pairs = [
        (track.title, tracklist.entries[slot].title)
        for track, slot in zip(album.tracks, rate_limit, strict=True)
        if slot >= 0 and track.title
    ]
    is_other = [
        titles.version_cost(*pair, weights, tracklist.implied_kinds) >= weights.qualifier
        for pair in pairs
    ]
    return 2 * sum(is_other) > len(pairs)


def _extends_title(
    local_titles: Iterable[ParsedTitle], release_titles: Sequence[ParsedTitle]
) -> bool:
    """Return whether one album title continues the other, as in "Dawn" and "Dawn II"."""
    return all(
        local.key != remote.key and _has_other_suffix(local.key, remote.key)
        for local in local_titles
        for remote in release_titles
    )


def _has_other_suffix(long: str, short: str) -> bool:
    suffix = long.removeprefix(short) if long.startswith(short) else ""
    is_year = suffix.isdigit() and len(suffix) == _YEAR_DIGITS
    return bool(short and suffix) and suffix not in _NEUTRAL_SUFFIXES and not is_year


_MAX_AGREEING = 0.2  # titles that differ by less are equal
_MAX_SAME_ARTIST = 0.5  # artist names that differ by more are two artists
_CLOSE_LENGTH, _EXACT_LENGTH = 2.5, 1.0  # seconds
# Agreement is evidence: a track title counts 1, and these count as given.
_ALBUM_TITLE_EVIDENCE, _CLOSE_LENGTH_EVIDENCE, _EXACT_LENGTH_EVIDENCE, _COMPLETE_EVIDENCE = (
    1.5,
    0.5,
    0.75,
    0.5,
)


class ReleaseDistance(msgspec.Struct, frozen=True):
    """The distance of a release from an album, from 0 to 1, with its differences and track pairs.

    `evidence` is a sum over what agrees.
    """

    release: Release
    tracklist: Tracklist
    assignment: TrackAssignment
    distance: float
    penalties: tuple[MatchPenalty, ...]
    evidence: float
    missing_count: int  # missing tracks of the release
    has_same_title: bool  # the album has the title of the release, or a similar one
    is_other_version: bool  # it is another version of the release, such as live
    is_by_others: bool  # by other artists, and the tracks differ too

    @property
    def group_id(self) -> str:
        """The MBID of the release group."""
        return self.release.release_group.id if self.release.release_group else ""

    @property
    def share_present(self) -> float:
        """The share of the release's tracks that are owned, from 0 to 1."""
        return 1 - self.missing_count / len(self.tracklist.entries)

    @property
    def extra_count(self) -> int:
        """The number of local tracks that are not on the release."""
        return self.assignment.slots.count(-1)


class DistanceModel:
    """Computes the distances of releases from the albums of one artist with the given names."""

    def __init__(self, weights: MatchingWeights, names: Collection[str]) -> None:
        self.weights, self._names, self._title_cache = (
            weights,
            frozenset(names),
            TitleDistanceCache(),
        )

    def distances(
        self, album: LocalAlbum, tracklist: Tracklist, releases: Collection[Release]
    ) -> list[ReleaseDistance]:
        """Return the distance of each release from an album; all releases have this tracklist."""
        assignment = track_assignment.assign_tracks(
            album, tracklist, self.weights, self._title_cache
        )
        return [self._distance(album, tracklist, assignment, release) for release in releases]

    def _distance(
        self, album: LocalAlbum, tracklist: Tracklist, assignment: TrackAssignment, release: Release
    ) -> ReleaseDistance:
        weights = self.weights
        title_distance, artist_distance = (
            self._album_title_distance(album, release),
            self._artist_distance(album, release),
        )
        cost = sum(assignment.costs) / len(assignment.costs)
        missing_count = len(tracklist.entries) - assignment.count - len(assignment.unreadable_slots)
        penalties = [
            MatchPenalty("tracks", weights.tracks, cost),
            MatchPenalty("missing tracks", weights.missing, missing_count / len(tracklist.entries)),
        ]
        if title_distance >= 0 and (album.is_tagged or title_distance < _MAX_AGREEING):
            penalties.append(MatchPenalty("album title", weights.album, title_distance))
        if album.artists:
            penalties.append(MatchPenalty("artist", weights.artist, artist_distance))
        weighted_sum = sum(penalty.weight * penalty.amount for penalty in penalties)
        return ReleaseDistance(
            release=release,
            tracklist=tracklist,
            assignment=assignment,
            distance=weighted_sum / sum(penalty.weight for penalty in penalties),
            penalties=tuple(penalty for penalty in penalties if penalty.amount > 0),
            has_same_title=0 <= title_distance <= weights.entitled,
            is_other_version=is_other_version(album, tracklist, assignment, release, weights),
            missing_count=missing_count,
            is_by_others=artist_distance > _MAX_SAME_ARTIST and cost > weights.stranger,
            evidence=_count_evidence(album, tracklist, assignment)
            + _ALBUM_TITLE_EVIDENCE * (0 <= title_distance < _MAX_AGREEING),
        )

    def _album_title_distance(self, album: LocalAlbum, release: Release) -> float:
        """Return how much the album titles differ, from 0 to 1, or -1 if the album has no title."""
        group = release.release_group.title if release.release_group else ""
        release_titles = [titles.parse_title(text) for text in {release.title, group} if text]
        title_distances = (
            self._title_distance(local_title, release_title)
            for local_title in album.titles
            for release_title in release_titles
            if local_title.is_latin
            == release_title.is_latin  # otherwise one of them is transliterated
        )
        return min(title_distances, default=-1.0)

    def _title_distance(self, title: titles.ParsedTitle, other: titles.ParsedTitle) -> float:
        apart = self._title_cache.distances_from(title.key, [other.key])[other.key]
        return titles.title_distance(title, other, apart, self.weights)

    def _artist_distance(self, album: LocalAlbum, release: Release) -> float:
        """Return how much the artists differ, from 0 to 1; all names of the artist count as equal.

        Return 0 if the album names no artist.
        """
        if not album.artists:
            return 0.0
        credited = tracklists.credited_names(release.artist_credit)
        if credited & self._names:
            credited |= self._names
        if not album.artists.isdisjoint(credited):
            return 0.0
        if not credited or any(name.artist.is_special_purpose for name in release.artist_credit):
            return 0.5
        name_distances = (
            self._title_cache.distances_from(name, credited) for name in album.artists
        )
        return min(
            1.0,
            min(
                distances_by_name[other]
                for distances_by_name in name_distances
                for other in credited
            )
            / titles.MAX_LETTER_DISTANCE,
        )


def _count_evidence(album: LocalAlbum, tracklist: Tracklist, assignment: TrackAssignment) -> float:
    """Add up what agrees: 1 for each title, 0.5 for a similar length, 0.75 for an equal one."""
    titled = sum(0 <= difference < _MAX_AGREEING for difference in assignment.title_distances)
    lengths = sum(
        _EXACT_LENGTH_EVIDENCE if difference < _EXACT_LENGTH else _CLOSE_LENGTH_EVIDENCE
        for difference in assignment.length_differences
        if 0 <= difference < _CLOSE_LENGTH
    )
    whole = assignment.count == len(album.tracks) == len(tracklist.entries)
    return titled + lengths + assignment.identified_count + _COMPLETE_EVIDENCE * whole
