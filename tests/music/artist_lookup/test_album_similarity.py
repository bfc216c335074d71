"""Which of the releases that a search found an album may be."""

from __future__ import annotations

from typing import Any

from mediakeep.lookups.musicbrainz.model import Artist, ArtistCredit, Medium, Release, ReleaseGroup
from mediakeep.music.artist_lookup import album_similarity
from mediakeep.music.artist_lookup.album_similarity import SearchHits
from mediakeep.music.artist_lookup.artist_query import OwnedAlbum
from tests.sampling import each_row


@each_row(
    ("key", "other", "like"),
    [
        ("wintermoorings", "wintermoorings", True),
        ("wintermoorngs", "wintermoorings", True),
        ("winterbindings", "copperdoor", False),
        ("dawn", "dusk", False),
        ("hits1984", "hits1985", False),
        ("1984hits1", "hits1984", False),
        ("1977wintermoorings", "wintermoorings", True),
        ("зима", "зимы", True),
        ("", "dawn", False),
    ],
)
def test_titles_are_alike_but_for_a_slip_and_never_where_numbers_differ(
    key: str, other: str, like: bool
) -> None:
    assert album_similarity.is_similar(key, {other, "somethingelse"}) is like


def test_nothing_is_like_nothing() -> None:
    assert not album_similarity.is_similar("dawn", set())


ALBUM = OwnedAlbum(place="Dawn", title="Dawn", tracks=10)


def hit(group: str, artist: str = "Otto", tracks: int = 10, **facts: Any) -> Release:
    by = ArtistCredit(name=artist, artist=Artist(id=artist, name=artist))
    return Release(
        id=f"{group}-{tracks}-{len(facts)}",
        media=(Medium(track_count=tracks),),
        artist_credit=(by,),
        release_group=ReleaseGroup(id=group, title="Dawn"),
        **{"title": "Dawn", **facts},
    )


def groups(
    *release: Release, albums: tuple[OwnedAlbum, ...] = (ALBUM,), name: str = "Vera"
) -> list[str]:
    return SearchHits(name, albums, release).rank_release_groups(ALBUM)


def test_the_nearest_in_size_comes_first_and_each_group_once() -> None:
    titles = groups(hit("far", tracks=14), hit("near", tracks=11), hit("near", tracks=9))
    assert titles == ["near", "far"]


def test_a_release_may_have_more_tracks_but_not_far_less() -> None:
    assert groups(hit("less", tracks=8), hit("far less", tracks=7), hit("more", tracks=40)) == [
        "less",
        "more",
    ]


def test_a_remark_in_brackets_makes_no_other_title() -> None:
    assert groups(hit("a", title="DAWN (Remastered)"), hit("b", title="Dawn Chorus")) == ["a"]


def test_bootlegs_are_no_candidates() -> None:
    assert groups(hit("a", status="Bootleg"), hit("b", status="Official"), hit("c")) == ["b", "c"]


def test_an_artist_of_that_name_comes_first() -> None:
    titles = groups(hit("a", "Otto"), hit("b", "Veira", tracks=12), name="Viera")
    assert titles == ["b", "a"]


def test_whoever_made_most_of_the_albums_comes_before_the_nearer_in_size() -> None:
    dusk = OwnedAlbum(place="Dusk", title="Dusk", tracks=10)
    found = [hit("a", "Anna"), hit("b", "Otto", tracks=12), hit("c", "Otto", title="Dusk")]
    assert groups(*found, albums=(ALBUM, dusk)) == ["b", "a"]


def test_of_many_only_a_few_are_looked_at() -> None:
    assert len(groups(*(hit(f"{number}") for number in range(19)))) == album_similarity.MAX_GROUPS
