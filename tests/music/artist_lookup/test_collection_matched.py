"""Owned and missing releases, by the matches of albums and not by their titles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep.lookups.musicbrainz.model import Discography, Release
from mediakeep.music.artist_lookup import artist_query, collection
from mediakeep.music.artist_lookup.collection import MissingReason, OwnedDiscography
from mediakeep.music.matching import album_matcher
from mediakeep.music.matching.match_result import MatchConfidence
from mediakeep.music.model import Artist
from tests.music import visits, worlds
from tests.sampling import each_row

TITLES = ["First Light", "Harbour Bell", "Long Way Down", "Paper Boats", "Salt and Tin"]
DAWN, DUSK = worlds.group("Dawn over Water"), worlds.group("Dusk")
FIRST = worlds.release(DAWN, TITLES)
OTHER = worlds.release(DUSK, ["Low Tide", "Winter Sun", "Ember Days", "Old Wharf", "Undertow"])


def compare(who: Artist, known: Discography, more: Sequence[Release] = ()) -> OwnedDiscography:
    matches = album_matcher.match_albums(who, (*known.releases, *more))
    return collection.compare_with_discography(
        who, artist_query.build_query(who), known, more, matches
    )


def build_artist(title: str, tracks: Sequence[str], **tags: Any) -> Artist:
    return visits.build_artist("Vera", {title: tracks}, **tags)


def list_missing(owned: OwnedDiscography) -> list[str]:
    return [
        missing.track[1].title if missing.track else missing.group.title
        for missing in owned.missing
    ]


def test_a_slip_of_the_pen_makes_no_album_and_no_track_missing() -> None:
    tracks = ["First Ligth", "Harbour Bell", "Long Way Dwon", "Paper Boats", "Salt and Tin"]
    owned = compare(build_artist("Dawn ovr Water", tracks), worlds.discography(FIRST, OTHER))
    assert list_missing(owned) == ["Dusk"]
    assert [(group.release.id, group.overlap.found_count) for group in owned.groups] == [
        (FIRST.id, 5)
    ]
    # The negative control: by titles alone the album and all its tracks would be called missing.
    who = build_artist("Dawn ovr Water", tracks)
    known = worlds.discography(FIRST, OTHER)
    assert "Dawn over Water" in list_missing(
        collection.compare_with_discography(who, artist_query.build_query(who), known)
    )


def test_a_track_that_is_missing_of_a_misspelt_album_is_reported() -> None:
    owned = compare(build_artist("Dawn ovr Water", TITLES[:4]), worlds.discography(FIRST))
    assert list_missing(owned) == ["Salt and Tin"]


def test_an_album_that_may_be_here_is_not_called_missing() -> None:
    tracks = [*TITLES[:4], "Somebody Else's"]
    who, known = build_artist("Odds and Ends", tracks), worlds.discography(FIRST, OTHER)
    verdict = album_matcher.match_albums(who, known.releases)["Odds and Ends"]
    assert verdict.confidence is MatchConfidence.UNSURE
    owned = compare(who, known)
    assert list_missing(owned) == ["Dusk"]
    assert owned.unknown_places == ("Odds and Ends",)
    assert owned.groups == ()


def test_a_title_alone_is_no_album_where_the_tracks_are_those_of_another() -> None:
    owned = compare(build_artist("Dusk", TITLES), worlds.discography(FIRST, OTHER))
    assert owned.groups == ()
    assert list_missing(owned) == ["Dusk"]


@each_row(
    ("editions", "here", "missing", "bonus"),
    [
        ([[*TITLES, "Thaw"], [*TITLES, "Kelp"]], [TITLES], set(), {"Thaw", "Kelp"}),
        ([[*TITLES, "Thaw"], [*TITLES, "Kelp"]], [TITLES[1:]], {"First Light"}, {"Thaw", "Kelp"}),
        ([[*TITLES, "Thaw"], [*TITLES, "Kelp"]], [TITLES, TITLES], set(), {"Thaw", "Kelp"}),
        ([[*TITLES, "Thaw"], [*TITLES, "Thaw"]], [TITLES], {"Thaw"}, set()),
    ],
)
def test_a_track_that_one_of_the_tied_editions_lacks_is_not_missing(
    editions: Sequence[Sequence[str]],
    here: Sequence[Sequence[str]],
    missing: set[str],
    bonus: set[str],
) -> None:
    who = visits.build_artist(
        "Vera", {f"Dawn {n}": titles for n, titles in enumerate(here)}, album=(DAWN.title,)
    )
    known = worlds.discography(
        *(worlds.release(DAWN, titles, name=str(n)) for n, titles in enumerate(editions))
    )
    matches = album_matcher.match_albums(who, known.releases)
    assert {match.confidence for match in matches.values()} == {MatchConfidence.TIED}
    owned = compare(who, known)
    found = {(item.reason, item.track[1].title) for item in owned.missing if item.track}
    assert found == {(MissingReason.NOT_OWNED, title) for title in missing} | {
        (MissingReason.BONUS, title) for title in bonus
    }
