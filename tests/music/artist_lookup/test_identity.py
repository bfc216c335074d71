"""Which artist of MusicBrainz a folder's artist is: the albums decide."""

from __future__ import annotations

from mediakeep.lookups.musicbrainz.model import (
    VARIOUS_ARTISTS,
    Alias,
    Artist,
    ArtistCredit,
    Release,
)
from mediakeep.music.artist_lookup import identity

FOO, OTHER_FOO = Artist(id="1", name="Foo"), Artist(id="2", name="Foo", disambiguation="jazz")
FIGHTERS = Artist(id="3", name="Foo Fighters")
KINO = Artist(id="4", name="Кино", aliases=(Alias(name="Kino"),))
VARIOUS = Artist(id=VARIOUS_ARTISTS, name="Various Artists")
UNKNOWN = Artist(id="6", name="[unknown]")


def build_release(*artists: Artist, title: str, names: tuple[str, ...] = ()) -> Release:
    printed = names or tuple(artist.name for artist in artists)
    credit = tuple(ArtistCredit(name=n, artist=a) for n, a in zip(printed, artists, strict=True))
    return Release(id=f"{title} by {printed}", title=title, artist_credit=credit)


def test_who_made_the_albums_is_the_artist() -> None:
    hits = [
        build_release(FOO, title="Dawn"),
        build_release(FOO, title="Dusk"),
        build_release(OTHER_FOO, title="Dusk"),
    ]
    assert identity.identify_by_albums("Foo", ["Dawn", "Dusk"], hits).artist == FOO


def test_two_who_made_as_many_are_both_named_and_none_is_taken() -> None:
    hits = [
        build_release(FOO, title="Dawn"),
        build_release(OTHER_FOO, title="Dusk"),
        build_release(FIGHTERS, title="Dusk"),
    ]
    told = identity.identify_by_albums("Foo", ["Dawn", "Dusk"], hits)
    assert told.artist is None
    assert [(candidate.artist, candidate.titles) for candidate in told.candidates] == [
        (FOO, ("Dawn",)),
        (OTHER_FOO, ("Dusk",)),
    ]


def test_many_editions_of_one_album_are_one_vote() -> None:
    hits = [build_release(OTHER_FOO, title="Hits")] * 50 + [
        build_release(FOO, title="Dawn"),
        build_release(FOO, title="Hits"),
    ]
    assert identity.identify_by_albums("Foo", ["Hits", "Dawn"], hits).artist == FOO


def test_a_name_within_another_name_is_another_name() -> None:
    hits = [build_release(FIGHTERS, title=title) for title in ("Dawn", "Dusk", "Noon")]
    hits.append(build_release(FOO, title="Dawn"))
    assert identity.identify_by_albums("Foo", ["Dawn", "Dusk", "Noon"], hits).artist == FOO


def test_an_artist_with_another_name_needs_two_albums() -> None:
    one = [build_release(FIGHTERS, title="Dawn")]
    told = identity.identify_by_albums("Foo", ["Dawn", "Dusk"], one)
    assert told.artist is None
    assert [choice.artist for choice in told.candidates] == [FIGHTERS]
    two = [*one, build_release(FIGHTERS, title="Dusk")]
    assert identity.identify_by_albums("Foo", ["Dawn", "Dusk"], two).artist == FIGHTERS


def test_a_name_in_another_script_matches_its_alias_or_printed_credit() -> None:
    assert (
        identity.identify_by_albums("Kino", ["Ночь"], [build_release(KINO, title="Ночь")]).artist
        == KINO
    )
    printed = build_release(FIGHTERS, title="Dawn", names=("Foo",))
    assert identity.identify_by_albums("Foo", ["Dawn"], [printed]).artist == FIGHTERS
    hits = [build_release(FIGHTERS, title="Dawn")]
    assert identity.identify_by_albums("Foo", ["Dawn"], hits, [FIGHTERS]).artist == FIGHTERS


def test_of_several_credited_artists_the_one_who_is_on_more_albums_is_meant() -> None:
    hits = [build_release(FOO, title="Dawn"), build_release(KINO, FOO, title="Dusk")]
    assert identity.identify_by_albums("Foo", ["Dawn", "Dusk"], hits).artist == FOO
    together = [
        build_release(KINO, FIGHTERS, title="Dawn"),
        build_release(KINO, FIGHTERS, title="Dusk"),
    ]
    told = identity.identify_by_albums("Kino & Foo Fighters", ["Dawn", "Dusk"], together)
    assert {choice.artist for choice in told.candidates} == {KINO, FIGHTERS}


def test_no_artist_is_matched_to_various_artists_or_unknown() -> None:
    hits = [build_release(VARIOUS, title="Dawn"), build_release(UNKNOWN, title="Dusk")]
    assert (
        identity.identify_by_albums("Various Artists", ["Dawn", "Dusk"], hits)
        == identity.ArtistIdentity()
    )
    assert identity.find_namesakes("[unknown]", [UNKNOWN]) == []


def test_other_titles_have_no_vote() -> None:
    hits = [build_release(OTHER_FOO, title="Dawn at Noon"), build_release(OTHER_FOO, title="")]
    assert identity.identify_by_albums("Foo", ["Dawn", ""], hits[:1]) == identity.ArtistIdentity()


def test_a_deluxe_edition_speaks_for_the_plain_album_and_the_other_way_round() -> None:
    deluxe, plain = (
        build_release(FOO, title="Dawn (Deluxe Edition)"),
        build_release(FOO, title="Dawn"),
    )
    assert identity.identify_by_albums("Foo", ["Dawn"], [deluxe]).artist == FOO
    assert identity.identify_by_albums("Foo", ["Dawn [Remastered]"], [plain]).artist == FOO


def test_namesakes_have_the_name_or_an_alias_of_it() -> None:
    found = [FOO, OTHER_FOO, FIGHTERS, KINO]
    assert identity.find_namesakes("FOO", found) == [FOO, OTHER_FOO]
    assert identity.find_namesakes("kino", found) == [KINO]
