"""What the record says of each album: its release where that is certain, and never a guess."""

from __future__ import annotations

from mediakeep.lookups.musicbrainz.lookup_store import ResolvedAlbum
from mediakeep.lookups.musicbrainz.model import CoverArtInfo, Discography, Release
from mediakeep.music.artist_lookup import artist_query, collection
from mediakeep.music.matching import album_matcher
from mediakeep.music.model import Album, Artist
from tests.music.matching import pressings
from tests.music.matching.pressings import DAWN, DUSK

ARCHIVE = "https://covers.example"
GROUP = pressings.group("Dawn", first_release_date="1973-05")
COVERED = CoverArtInfo(artwork=True, front=True, count=1)


def match_as_recorded(album: Album, *releases: Release) -> ResolvedAlbum:
    """Match an album, and return the match as the record stores it."""
    here = Artist(name="Vera", path="/Vera", albums=(album,), fingerprint="")
    matches = album_matcher.match_albums(here, releases)
    groups = tuple(
        {
            release.release_group.id: release.release_group
            for release in releases
            if release.release_group
        }.values()
    )
    known = Discography(artist=pressings.VERA, releases=releases, groups=groups)
    owned = collection.compare_with_discography(
        here, artist_query.build_query(here), known, (), matches
    )
    return collection.describe_albums(owned, matches, ARCHIVE)[album.place]


def test_the_release_of_a_certain_album_is_reported_with_its_cover() -> None:
    release = pressings.release(GROUP, DAWN, date="1974-02", cover_art_archive=COVERED)
    album_record = match_as_recorded(pressings.copy(release), release)
    assert album_record == ResolvedAlbum(
        match="certain",
        release_group=GROUP.id,
        release=release.id,
        title="Dawn",
        first_release_date="1973-05",
        date="1974-02",
        cover_art_url=f"{ARCHIVE}/release/{release.id}/front",
    )


def test_all_of_tied_editions_are_listed_and_none_is_chosen() -> None:
    first = pressings.release(GROUP, DAWN, country="SE", cover_art_archive=COVERED)
    second = pressings.release(GROUP, DAWN, name="again", country="DE", title="Dawn (again)")
    album_record = match_as_recorded(pressings.copy(first), first, second)
    assert (album_record.match, album_record.release, album_record.date) == ("tied", "", "")
    assert (album_record.release_group, album_record.title) == (GROUP.id, "Dawn")
    assert set(album_record.tied) == {first.id, second.id}
    assert album_record.cover_art_url == f"{ARCHIVE}/release-group/{GROUP.id}/front"


def test_a_cover_is_named_only_where_the_release_says_that_it_has_one() -> None:
    release = pressings.release(GROUP, DAWN)
    assert match_as_recorded(pressings.copy(release), release).cover_art_url == ""


def test_nothing_is_reported_for_an_unknown_album() -> None:
    release = pressings.release(GROUP, DAWN)
    strange = pressings.copy(pressings.release(pressings.group("Noon"), DUSK), "Noon")
    assert match_as_recorded(strange, release) == ResolvedAlbum(match="unknown")


def test_no_release_is_reported_for_an_ambiguous_album() -> None:
    twin = pressings.group("Dawn", disambiguation="the other one")
    some = pressings.release(GROUP, DAWN), pressings.release(twin, DAWN, name="twin")
    album_record = match_as_recorded(pressings.copy(some[0]), *some)
    assert (album_record.match, album_record.release, album_record.tied, album_record.date) == (
        "unsure",
        "",
        (),
        "",
    )
