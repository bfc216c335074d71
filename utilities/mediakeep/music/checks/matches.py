"""Checks of what albums were matched with: what is not certain, what differs, what is missing."""

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

_LONGER = 10.0  # seconds by which a track is another version, or cut off
_FEW = 3


def not_on_musicbrainz(artist: Artist) -> dict[str, str]:
    """Albums that are like nothing that MusicBrainz knows of the artist."""
    return _albums(artist, Sure.UNKNOWN, lambda one: _nearest(one.best))


def ambiguous_release(artist: Artist) -> dict[str, str]:
    """Albums that may be one of several, or that something speaks against."""
    return _albums(artist, Sure.UNSURE, _choices)


def tied_editions(artist: Artist) -> dict[str, str]:
    """Albums of which the release group is certain, and nothing tells which edition it is."""
    return _albums(artist, Sure.TIED, _tied)


def missing_track(artist: Artist) -> dict[str, str]:
    """Tracks that the release has, and all editions that are tied, and that are not here."""
    found = {}
    for match in _certain(artist):
        by_edition = [{track.recording.id for _, track in one.missing} for one in match.candidates]
        everywhere = set.intersection(*by_edition)
        told = [
            f"{track.number or track.position} {track.title}"
            for _, track in match.candidates[0].missing
            if track.recording.id in everywhere
        ]
        if told:
            found[match.place] = letters.listed(list(map(letters.quoted, told)))
    return found


def extra_track(artist: Artist) -> dict[str, str]:
    """Tracks here that the release does not have, nor any edition that is tied."""
    found = {}
    for match in _certain(artist):
        for place in set.intersection(*(set(one.extra) for one in match.candidates)):
            found[place] = f"it is not on {edition(match.candidates[0].release)}"
    return dict(sorted(found.items()))


def title_differs(artist: Artist) -> dict[str, str]:
    """Titles of tracks and albums that the release has otherwise, as by a slip of the pen."""
    return _differing(artist, "title-differs")


def artist_differs(artist: Artist) -> dict[str, str]:
    """Artists of tracks and albums whom the release names otherwise."""
    return _differing(artist, "artist-differs")


def wrong_track_order(artist: Artist) -> dict[str, str]:
    """Numbers of tracks and discs that are others on the release."""
    return _differing(artist, "wrong-track-order")


def stale_mbid(artist: Artist) -> dict[str, str]:
    """MBIDs in tags that are of another release, or of another recording."""
    return _differing(artist, "stale-mbid")


def details_differ(artist: Artist) -> dict[str, str]:
    """Whatever else the release has otherwise: dates, labels, the spelling of a title."""
    return _differing(artist, deviations.OTHERWISE)


def incomplete_tags(artist: Artist) -> dict[str, str]:
    """Tags that hold nothing where MusicBrainz knows what belongs there."""
    return {
        track.place: letters.listed(sorted(found.lacking))
        for track, found in _differences(artist)
        if found.lacking and repair.is_writable(track)  # else nobody can fill them in
    }


def duration_differs(artist: Artist) -> dict[str, str]:
    """Tracks that last much longer or shorter than the release says, on all that are tied."""
    lengths = {track.place: track.facts.duration for track in artist.tracks if track.facts}
    found = {}
    for match in _certain(artist):
        for pair in match.candidates[0].pairs:
            known = (pair.track.length or pair.track.recording.length or 0) / 1000
            here = lengths.get(pair.place, 0.0)
            if known and here and abs(known - here) > _LONGER:
                found[pair.place] = f"it lasts {_length(here)}, on the release {_length(known)}"
    return found


def album_not_owned(artist: Artist) -> str | None:
    """Albums of the discography that are not here."""
    return letters.listed(list(map(letters.quoted, artist.unowned))) or None


def _albums(artist: Artist, sure: Sure, tell: Callable[[Match], str]) -> dict[str, str]:
    return {one.place: tell(one) for one in artist.matches.values() if one.sure is sure}


def _certain(artist: Artist) -> Iterator[Match]:
    return (one for one in artist.matches.values() if one.group)


def _differences(artist: Artist) -> Iterator[tuple[Track, Difference]]:
    found = artist.once(differences.of) if artist.matches else {}
    return ((track, found[track.place]) for track in artist.tracks if track.place in found)


def _differing(artist: Artist, kind: str) -> dict[str, str]:
    """Tell what is other on the release of each track, as far as it is of one kind."""
    told = {}
    for track, found in _differences(artist):
        kinds = deviations.of(track, found.other)
        if some := [_told(track, field, found) for field in found.other if kinds[field] == kind]:
            told[track.place] = "; ".join(some)
    return told


def _told(track: Track, field: str, found: Difference) -> str:
    held = ", ".join(map(letters.quoted, changes.value(track.tags, field)))
    wanted = ", ".join(map(letters.quoted, found.other[field]))
    return f"{field} {held}, on the release {wanted}"


def _choices(match: Match) -> str:
    """Tell the nearest candidates, with what speaks most against the first."""
    first, *others = match.candidates
    worst = ", ".join(wording.against(first)[:_FEW])
    told = f"{_like(first)}{f', against it {worst}' if worst else ''}"
    return letters.listed([told, *map(_like, others[: _FEW - 1])], "; or ")


def _nearest(best: Candidate | None) -> str:
    return f"the nearest is {_like(best)}" if best else ""


def _like(one: Candidate) -> str:
    return f"{edition(one.release)} at {wording.likeness(one)}"


def _tied(match: Match) -> str:
    releases = match.releases
    title = letters.quoted(releases[0].title)
    if len(releases) == 1:
        return f"{title}, but none of its editions is this one: {_facts(releases[0])} is nearest"
    told = letters.listed(list(map(_facts, releases)), "; ")
    return f"{page.counted(len(releases), 'edition')} of {title} fit alike: {told}"


def edition(release: Release) -> str:
    """Name a release, with what tells its edition from others."""
    by = wording.credited(release)
    return f"{letters.quoted(release.title)} by {by} ({_facts(release)})"


def _facts(release: Release) -> str:
    return wording.brief(release) or release.id


def _length(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"
