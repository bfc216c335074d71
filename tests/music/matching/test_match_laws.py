"""What holds of all matches: no order matters, what is filled in stays, and nothing is forced."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music import model
from mediakeep.music.matching import album_matcher, differences
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.matching.release_tags import TagValues
from mediakeep.music.matching.weights import WEIGHTS
from mediakeep.music.model import Album, Track
from tests.music.matching import pressings
from tests.music.matching.pressings import FIELDS, VARIOUS, WORDS
from tests.sampling import tried

_PLAIN = "track", "track_total", "disc", "disc_total"


@st.composite
def catalogues(draw: st.DrawFn) -> list[Release]:
    """Make a discography with twins, best-ofs, and editions that are hard to distinguish."""
    seed = Random(draw(st.integers(0, 2**32)))
    found = []
    sets = [seed.sample(WORDS, seed.randint(3, 10)) for _ in range(4)]
    sets += [[f"{title} (Live)" for title in titles] for titles in sets[:2]]
    for number in range(draw(st.integers(1, 6))):
        titles = seed.choice(sets)
        kinds = seed.choice([(), (), ("Live",), ("Compilation",)])
        of = pressings.group(
            seed.choice(["Dawn", "Dusk", "Noon"]), disambiguation=str(number), secondary_types=kinds
        )
        for name in range(seed.randint(1, 3)):
            facts: dict[str, Any] = {
                "take": seed.choice(["", "live"]) if not name else "",
                "later": seed.choice([0, 0, 3000]),
                "country": seed.choice([None, "DE", "GB"]),
            }
            more = seed.sample(WORDS, 2) if name == 2 else []
            found.append(pressings.release(of, [*titles, *more], name=str(name), **facts))
    return found


@st.composite
def draw_damaged_album(draw: st.DrawFn, releases: list[Release]) -> Album:
    """Copy one of the releases, not quite as it is."""
    right = draw(st.sampled_from(releases))
    count = right.track_count
    some = draw(st.sets(st.integers(1, count), min_size=1))
    tags: dict[str, Any] = dict.fromkeys(draw(st.sets(st.sampled_from(FIELDS), max_size=3)))
    if draw(st.booleans()):  # tagged as one of them, not always the right one
        tags["musicbrainz_albumid"] = (draw(st.sampled_from(releases)).id,)
    album = pressings.copy(right, only=sorted(some), **tags)
    off = draw(st.sampled_from([0.0, 1.0, 7.0]))
    return pressings.with_lengths(album, lambda number: off * (number % 3 - 1))


def fill_tags(album: Album, match: AlbumMatch) -> Album:
    """Write into the tags what they lack, as a batch does."""
    who = structs.replace(artist(album), matches={album.place: match})
    by_field = {
        place: difference.missing for place, difference in differences.compare_tags(who).items()
    }
    return structs.replace(album, tracks=tuple(_filled(track, by_field) for track in album.tracks))


def _filled(track: Track, tags: dict[str, TagValues]) -> Track:
    values: dict[str, Any] = dict(tags.get(track.place, {}))
    values |= {field: values[field][0] for field in _PLAIN if field in values}
    values |= {"compilation": True} if "compilation" in values else {}
    return structs.replace(track, tags=structs.replace(track.tags, **values))


@tried(25)
@given(st.data())
def test_the_order_of_releases_and_albums_and_tracks_makes_no_difference(
    data: st.DataObject,
) -> None:
    releases = data.draw(catalogues())
    albums = [
        structs.replace(data.draw(draw_damaged_album(releases)), place=f"Album {number}")
        for number in range(2)
    ]
    first = album_matcher.match_albums(artist(*albums), releases)
    releases = data.draw(st.permutations(releases))
    assert album_matcher.match_albums(artist(*reversed(albums)), [*releases, *releases]) == first
    assert list(first) == ["Album 0", "Album 1"]


def artist(*albums: Album) -> model.Artist:
    return model.Artist(name="Vera", path="/Vera", albums=albums, fingerprint="")


@tried(30)
@given(st.data())
def test_an_album_whose_tags_were_filled_in_from_its_match_is_matched_alike(
    data: st.DataObject,
) -> None:
    releases = data.draw(catalogues())
    album = data.draw(draw_damaged_album(releases))
    match = pressings.match_album(album, *releases)
    # What is far off and taken by the word of its tags alone may be doubted once more is known.
    assume(match.decided_by == "tracks" or (match.best and match.best.distance <= WEIGHTS.bar))
    again = pressings.match_album(fill_tags(album, match), *releases)
    assert (again.confidence, again.group) == (match.confidence, match.group)
    if match.confidence is MatchConfidence.CERTAIN:
        assert again.decided_by in ("tags", match.decided_by)
        assert (again.release, pairs(again)) == (match.release, pairs(match))
    elif match.confidence is MatchConfidence.TIED:
        assert again.decided_by in ("tags", match.decided_by)
        assert set(again.releases) == set(match.releases)


def pairs(match: AlbumMatch) -> dict[str, str]:
    assert match.best
    return {pair.place: pair.track.id for pair in match.best.pairs}


@tried(30)
@given(st.data())
def test_a_match_is_whole_and_says_nothing_that_cannot_be(data: st.DataObject) -> None:
    releases = data.draw(catalogues())
    album = data.draw(draw_damaged_album(releases))
    match = pressings.match_album(album, *releases)
    assert (match.release is not None) == (match.confidence is MatchConfidence.CERTAIN)
    assert (match.group is not None) == (
        match.confidence in (MatchConfidence.CERTAIN, MatchConfidence.TIED)
    )
    for candidate in match.candidates:
        here = [pair.place for pair in candidate.pairs]
        there = [pair.track.id for pair in candidate.pairs]
        assert sorted([*here, *candidate.extra]) == sorted(track.place for track in album.tracks)
        every = sorted(track.id for _, track in candidate.release.tracks)
        assert sorted([*there, *(track.id for _, track in candidate.missing)]) == every
        assert 0 <= candidate.distance <= 1
        assert all(0 <= pair.cost < 1 for pair in candidate.pairs)
        assert all(penalty.weight > 0 and penalty.amount > 0 for penalty in candidate.penalties)
    if match.confidence is MatchConfidence.TIED:
        assert {release_.release_group for release_ in match.releases} == {match.group}


@tried(20)
@given(st.data())
def test_a_whole_album_is_never_taken_for_another(data: st.DataObject) -> None:
    releases = data.draw(catalogues())
    right = data.draw(st.sampled_from(releases))
    match = pressings.match_album(pressings.copy(right), *releases)
    assert match.group in (None, right.release_group)
    if match.group:
        assert right in match.releases


def test_hostile_releases_and_albums_only_fail_to_match() -> None:
    bare = Release(id="x", title="")
    empty = pressings.release(pressings.group(""), [])
    strange = pressings.release(
        pressings.group("\0" * 5000, by=VARIOUS),
        [pressings.song("(" * 5000, later=-(10**12)), pressings.song("", later=10**18)],
        title="",
        artist_credit=(),
        date="9999-99-99-99",
        barcode="٣" * 4000,
    )
    album = pressings.copy(strange, "x", artist=("\ud800",), date=("٣٣٣٣",), barcode=("٣",))
    match = pressings.match_album(album, bare, empty, strange)
    assert match.confidence in set(MatchConfidence)


def test_loose_tracks_that_agree_are_matched_and_others_and_unreadable_albums_are_not() -> None:
    right = pressings.release(pressings.group("Dawn"), WORDS[:5])
    agreeing = structs.replace(pressings.copy(right), place="")
    assert (
        album_matcher.match_albums(artist(agreeing), [right])[""].confidence
        is MatchConfidence.CERTAIN
    )
    titles = ("Dawn", "Dusk", "Noon", "Dusk", "Noon")
    tracks = (
        structs.replace(track, tags=structs.replace(track.tags, album=(title,)))
        for track, title in zip(agreeing.tracks, titles, strict=True)
    )
    loose = structs.replace(agreeing, tracks=tuple(tracks))
    broken = tuple(
        structs.replace(track, fault=model.TrackFault.NOT_AUDIO)
        for track in pressings.copy(right).tracks
    )
    albums = loose, Album(place="Broken", tracks=broken), Album(place="Empty", tracks=())
    assert album_matcher.match_albums(artist(*albums), [right]) == {}


def test_two_hundred_tracks_and_many_editions_are_matched() -> None:
    titles = [f"{word} of {other}" for word in WORDS[:20] for other in WORDS[:10]]
    of = pressings.group("All")
    editions = [pressings.release(of, titles[number:], name=str(number)) for number in range(3)]
    match = pressings.match_album(pressings.copy(editions[1]), *editions)
    assert match.release == editions[1]
