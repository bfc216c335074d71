"""Checks of the match of each album: what is uncertain, what differs and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mediakeep.lookups.catalogue import Release
from mediakeep.media.edits import changes
from mediakeep.music.checks import letters
from mediakeep.music.matching import deviations, differences, wording
from mediakeep.music.matching.differences import Difference
from mediakeep.music.matching.verdict import Candidate, Match, Sure
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair
from mediakeep.pages import page

_LONGER = 10.0  # seconds; a larger difference means another version or a truncated file
_FEW = 3


def not_on_musicbrainz(artist: Artist) -> dict[str, str]:
    """Albums without any similar release of the artist on MusicBrainz."""
    return _albums(artist, Sure.UNKNOWN, lambda match: _nearest(match.best))


def ambiguous_release(artist: Artist) -> dict[str, str]:
    """Albums that match several releases, or contradict the best match."""
    return _albums(artist, Sure.UNSURE, _choices)


def tied_editions(artist: Artist) -> dict[str, str]:
    """Albums with a certain release group, but an uncertain edition."""
    return _albums(artist, Sure.TIED, _tied)


def missing_track(artist: Artist) -> dict[str, str]:
    """Tracks on the release, and on all tied editions, that are missing in the folder."""
    details = {}
    for match in _certain(artist):
        by_edition = [
            {track.recording.id for _, track in candidate.missing} for candidate in match.candidates
        ]
        missing_in_all = set.intersection(*by_edition)
        missing = [
            f"{track.number or track.position} {track.title}"
            for _, track in match.candidates[0].missing
            if track.recording.id in missing_in_all
        ]
        if missing:
            details[match.place] = letters.listed(list(map(letters.quoted, missing)))
    return details


def extra_track(artist: Artist) -> dict[str, str]:
    """Tracks in the folder that are on neither the release nor a tied edition."""
    details = {}
    for match in _certain(artist):
        for place in set.intersection(*(set(candidate.extra) for candidate in match.candidates)):
            details[place] = f"not on {edition(match.candidates[0].release)}"
    return dict(sorted(details.items()))


def title_differs(artist: Artist) -> dict[str, str]:
    """Titles of tracks and albums that differ from the release, for example by a typo."""
    return _differing(artist, "title-differs")


def artist_differs(artist: Artist) -> dict[str, str]:
    """Artists of tracks and albums that differ from the release."""
    return _differing(artist, "artist-differs")


def wrong_track_order(artist: Artist) -> dict[str, str]:
    """Numbers of tracks and discs that differ from the release."""
    return _differing(artist, "wrong-track-order")


def stale_mbid(artist: Artist) -> dict[str, str]:
    """MBIDs in tags that belong to another release or recording."""
    return _differing(artist, "stale-mbid")


def details_differ(artist: Artist) -> dict[str, str]:
    """Other differences from the release: dates, labels, the spelling of a title."""
    return _differing(artist, deviations.OTHERWISE)


def incomplete_tags(artist: Artist) -> dict[str, str]:
    """Empty tags whose values MusicBrainz has."""
    return {
        track.place: letters.listed(sorted(difference.lacking))
        for track, difference in _differences(artist)
        if difference.lacking and repair.is_writable(track)  # else they cannot be filled in
    }


def duration_differs(artist: Artist) -> dict[str, str]:
    """Tracks that are much longer or shorter than on the release and all tied editions."""
    lengths = {track.place: track.facts.duration for track in artist.tracks if track.facts}
    details = {}
    for match in _certain(artist):
        for pair in match.candidates[0].pairs:
            expected = (pair.track.length or pair.track.recording.length or 0) / 1000
            actual = lengths.get(pair.place, 0.0)
            if expected and actual and abs(expected - actual) > _LONGER:
                details[pair.place] = f"{_length(actual)}, but {_length(expected)} on the release"
    return details


def album_not_owned(artist: Artist) -> str | None:
    """Albums of the discography that are missing."""
    return letters.listed(list(map(letters.quoted, artist.unowned))) or None


def _albums(artist: Artist, confidence: Sure, text_of: Callable[[Match], str]) -> dict[str, str]:
    return {
        match.place: text_of(match) for match in artist.matches.values() if match.sure is confidence
    }


def _certain(artist: Artist) -> Iterator[Match]:
    return (match for match in artist.matches.values() if match.group)


def _differences(artist: Artist) -> Iterator[tuple[Track, Difference]]:
    by_place = artist.once(differences.of) if artist.matches else {}
    return ((track, by_place[track.place]) for track in artist.tracks if track.place in by_place)


def _differing(artist: Artist, kind: str) -> dict[str, str]:
    """Format the differences of one kind from the release, by track."""
    details = {}
    for track, difference in _differences(artist):
        kinds = deviations.of(track, difference.other)
        if texts := [
            _told(track, field, difference) for field in difference.other if kinds[field] == kind
        ]:
            details[track.place] = "; ".join(texts)
    return details


def _told(track: Track, field: str, difference: Difference) -> str:
    current = ", ".join(map(letters.quoted, changes.value(track.tags, field)))
    expected = ", ".join(map(letters.quoted, difference.other[field]))
    return f"{field} {current}, on the release {expected}"


def _choices(match: Match) -> str:
    """Format the best candidates, and what contradicts the first most."""
    first, *rest = match.candidates
    penalties = ", ".join(wording.against(first)[:_FEW])
    nearest = f"{_like(first)}{f', against it {penalties}' if penalties else ''}"
    return letters.listed([nearest, *map(_like, rest[: _FEW - 1])], "; or ")


def _nearest(best: Candidate | None) -> str:
    return f"the nearest is {_like(best)}" if best else ""


def _like(candidate: Candidate) -> str:
    return f"{edition(candidate.release)} at {wording.likeness(candidate)}"


def _tied(match: Match) -> str:
    releases = match.releases
    title = letters.quoted(releases[0].title)
    if len(releases) == 1:
        nearest = _facts(releases[0])
        return f"{title}, but none of its editions is this one: {nearest} is nearest"
    editions = letters.listed(list(map(_facts, releases)), "; ")
    return f"{page.counted(len(releases), 'edition')} of {title} fit alike: {editions}"


def edition(release: Release) -> str:
    """Name a release with the facts that distinguish its edition."""
    credit = wording.credited(release)
    return f"{letters.quoted(release.title)} by {credit} ({_facts(release)})"


def _facts(release: Release) -> str:
    return wording.brief(release) or release.id


def _length(seconds: float) -> str:
    rounded = round(seconds)
    return f"{rounded // 60}:{rounded % 60:02}"
