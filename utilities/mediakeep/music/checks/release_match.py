"""Checks of albums against their MusicBrainz release: what is uncertain, differs or is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.media.audio import tag_edits
from mediakeep.music.matching import difference_kinds, differences, match_text
from mediakeep.music.matching.differences import TagDifference
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence, ReleaseCandidate
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.music.text import compare_text, track_overlap
from mediakeep.size_text import format_count

_MAX_LENGTH_DIFFERENCE = (
    10.0  # seconds; a larger difference means another version or a truncated file
)
_MAX_CANDIDATES = 3


def not_on_musicbrainz(artist: Artist) -> dict[str, str]:
    """Find albums that resemble no release of the artist on MusicBrainz."""
    return _albums_with_confidence(
        artist, MatchConfidence.UNKNOWN, lambda match: _format_nearest(match.best)
    )


def ambiguous_release(artist: Artist) -> dict[str, str]:
    """Find albums that may be several releases, or that contradict the best match."""
    return _albums_with_confidence(artist, MatchConfidence.UNSURE, _format_candidates)


def tied_editions(artist: Artist) -> dict[str, str]:
    """Find albums whose release group is certain, but whose edition is not."""
    return _albums_with_confidence(artist, MatchConfidence.TIED, _format_tied)


def missing_track(artist: Artist) -> dict[str, str]:
    """Find albums that lack tracks of their release; return details by the album's place.

    If several editions are tied, a track must be on all of them.
    """
    details = {}
    for match in _certain_matches(artist):
        missing = [
            f"{track.number or track.position} {track.title}"
            for _, track in track_overlap.select_common_tracks(
                [candidate.missing for candidate in match.candidates]
            )
        ]
        if missing:
            details[match.place] = compare_text.join_parts(list(map(compare_text.quote, missing)))
    return details


def extra_track(artist: Artist) -> dict[str, str]:
    """Find tracks that are on neither the album's release nor an equally likely edition."""
    details = {}
    for match in _certain_matches(artist):
        for place in set.intersection(*(set(candidate.extra) for candidate in match.candidates)):
            details[place] = f"not on {format_release(match.candidates[0].release)}"
    return dict(sorted(details.items()))


def title_differs(artist: Artist) -> dict[str, str]:
    """Find titles of tracks and albums that differ from the release, for example by a typo."""
    return _differences_of_kind(artist, "title-differs")


def artist_differs(artist: Artist) -> dict[str, str]:
    """Find artists of tracks and albums that differ from the release."""
    return _differences_of_kind(artist, "artist-differs")


def wrong_track_order(artist: Artist) -> dict[str, str]:
    """Find track and disc numbers that differ from the release."""
    return _differences_of_kind(artist, "wrong-track-order")


def stale_mbid(artist: Artist) -> dict[str, str]:
    """Find MBIDs in tags that belong to another release or recording than the matched one."""
    return _differences_of_kind(artist, "stale-mbid")


def details_differ(artist: Artist) -> dict[str, str]:
    """Find other differences from the release: dates, labels, and the spelling of titles."""
    return _differences_of_kind(artist, difference_kinds.MINOR_KIND)


def incomplete_tags(artist: Artist) -> dict[str, str]:
    """Find tracks with empty tags for which MusicBrainz has the values."""
    return {
        track.place: compare_text.join_parts(sorted(difference.missing))
        for track, difference in _track_differences(artist)
        if difference.missing and repair.is_writable(track)  # else they cannot be filled in
    }


def duration_differs(artist: Artist) -> dict[str, str]:
    """Find tracks that are much longer or shorter than on the release and on all tied editions."""
    lengths = {track.place: track.facts.duration for track in artist.tracks if track.facts}
    details = {}
    for match in _certain_matches(artist):
        expected: dict[str, list[float]] = {}
        for pair in (pair for candidate in match.candidates for pair in candidate.pairs):
            if length := pair.track.length or pair.track.recording.length:
                expected.setdefault(pair.place, []).append(length / 1000)
        for place, all_expected in expected.items():
            actual = lengths.get(place, 0.0)
            if actual and all(
                abs(seconds - actual) > _MAX_LENGTH_DIFFERENCE for seconds in all_expected
            ):
                listed = _format_length(all_expected[0])
                details[place] = f"{_format_length(actual)}, but {listed} on the release"
    return details


def album_not_owned(artist: Artist) -> str | None:
    """Return the albums of the artist's discography that are missing, or None if there are none."""
    return (
        compare_text.join_parts(list(map(compare_text.quote, artist.missing_album_titles))) or None
    )


def _albums_with_confidence(
    artist: Artist, confidence: MatchConfidence, text_function: Callable[[AlbumMatch], str]
) -> dict[str, str]:
    return {
        match.place: text_function(match)
        for match in artist.matches.values()
        if match.confidence is confidence
    }


def _certain_matches(artist: Artist) -> Iterator[AlbumMatch]:
    return (match for match in artist.matches.values() if match.group)


def _track_differences(artist: Artist) -> Iterator[tuple[Track, TagDifference]]:
    by_place = artist.cached_call(differences.compare_tags) if artist.matches else {}
    return ((track, by_place[track.place]) for track in artist.tracks if track.place in by_place)


def _differences_of_kind(artist: Artist, kind: str) -> dict[str, str]:
    """Return the differences from the release that belong to one kind of issue, by track."""
    details = {}
    for track, difference in _track_differences(artist):
        kinds = difference_kinds.classify_differences(track, difference.differing)
        if texts := [
            _format_difference(track, field, difference)
            for field in difference.differing
            if kinds[field] == kind
        ]:
            details[track.place] = "; ".join(texts)
    return details


def _format_difference(track: Track, field: str, difference: TagDifference) -> str:
    current = ", ".join(map(compare_text.quote, tag_edits.field_values(track.tags, field)))
    expected = ", ".join(map(compare_text.quote, difference.differing[field]))
    return f"{field} {current}, on the release {expected}"


def _format_candidates(match: AlbumMatch) -> str:
    """Describe the releases that an album may be, and what most contradicts the first one."""
    first, *rest = match.candidates
    penalties = ", ".join(match_text.format_penalties(first)[:_MAX_CANDIDATES])
    nearest = f"{_format_candidate(first)}{f', against it {penalties}' if penalties else ''}"
    return compare_text.join_parts(
        [nearest, *map(_format_candidate, rest[: _MAX_CANDIDATES - 1])], "; or "
    )


def _format_nearest(best: ReleaseCandidate | None) -> str:
    return f"the nearest is {_format_candidate(best)}" if best else ""


def _format_candidate(candidate: ReleaseCandidate) -> str:
    return f"{format_release(candidate.release)} at {match_text.format_similarity(candidate)}"


def _format_tied(match: AlbumMatch) -> str:
    releases = match.releases
    title = compare_text.quote(releases[0].title)
    if len(releases) == 1:
        nearest = _edition_facts(releases[0])
        return f"{title}, but none of its editions is this one: {nearest} is nearest"
    editions = compare_text.join_parts(list(map(_edition_facts, releases)), "; ")
    return f"{format_count(len(releases), 'edition')} of {title} fit alike: {editions}"


def format_release(release: Release) -> str:
    """Return the name of a release, with the facts that distinguish its edition."""
    credit = match_text.format_artist(release)
    return f"{compare_text.quote(release.title)} by {credit} ({_edition_facts(release)})"


def _edition_facts(release: Release) -> str:
    return match_text.format_edition(release) or release.id


def _format_length(seconds: float) -> str:
    rounded = round(seconds)
    return f"{rounded // 60}:{rounded % 60:02}"
