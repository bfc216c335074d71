"""An artist's lookup against a simulator server: who it is, and in how many requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import MusicBrainzStore
from mediakeep.lookups.musicbrainz.model import VARIOUS_ARTISTS
from mediakeep.music.artist_lookup import artist_search
from mediakeep.music.artist_lookup.collection import MissingReason
from mediakeep.music.model import Album, Artist, Track
from mediakeep_simulator import entities, factories
from mediakeep_simulator.entities import CatalogueAlias, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.fault_injection import ResponseFault
from mediakeep_simulator.http_types import SimulatorRequest
from tests import response_faults
from tests.music import visits
from tests.music.visits import Look, Serve, build_prolific_artist, build_small_catalogue
from tests.sampling import some


def test_twelve_albums_in_eight_editions_are_known_whole_in_six_requests(
    serve: Serve, look_up: Look
) -> None:
    server = serve(factories.make_prolific_artist("Vera", albums=13))
    lookup_result = look_up(build_prolific_artist(), server)
    assert lookup_result.state == "done"
    assert lookup_result.mbid == generate_mbid("artist", "Vera", 1)
    assert len(server.requests) <= 6
    assert [group.overlap.missing for group in lookup_result.collection.groups] == [()] * 12
    [missing] = lookup_result.collection.missing
    assert (missing.group.title, missing.reason) == ("Album 13", MissingReason.NOT_OWNED)
    assert lookup_result.resolved is not None
    assert lookup_result.resolved.requests == len(server.requests)
    assert visits.list_requests(server) == [
        "search release",
        *["browse release by artist"] * 3,
        "browse release-group by artist",
    ]


FAULTS = (
    response_faults.html_page,
    response_faults.http_error(400),
    response_faults.http_error(503),
)
PARTS = ("query", "offset=38", "release-group")


# Every fault and every page in each run, all of their pairs in slow ones.
@pytest.mark.parametrize(
    ("fault", "page"),
    some(((fault, page) for fault in FAULTS for page in PARTS), 4),
)
@pytest.mark.long
@pytest.mark.long
def test_a_refresh_that_fails_keeps_what_was_known(
    serve: Serve, look_up: Look, tmp_path: Path, fault: ResponseFault, page: str
) -> None:
    server = serve(factories.make_prolific_artist("Vera", albums=13))
    before = look_up(build_prolific_artist(), server)
    known = MusicBrainzStore(tmp_path / "status" / "cache")
    kept = known.get_resolved("Vera"), known.get_discography(before.mbid)

    def chosen(asked: Any) -> bool:
        line = asked.path + "&".join(f"{name}={some[0]}" for name, some in asked.query.items())
        return page in line

    server.faults.fail_next(fault, times=100, where=chosen)
    lookup_result = look_up(build_prolific_artist(), server, fresh=True)
    assert (lookup_result.state, lookup_result.service_failed) == ("done", True)
    assert lookup_result.reason
    assert lookup_result.collection == before.collection
    assert (known.get_resolved("Vera"), known.get_discography(before.mbid)) == kept
    known.close()
    count = len(server.requests)
    assert look_up(build_prolific_artist(), server).state == "done"
    assert len(server.requests) == count


def test_an_mbid_in_the_tags_is_looked_up_and_nothing_is_searched(
    serve: Serve, look_up: Look
) -> None:
    world = build_small_catalogue("Vera", "Vera")
    server = serve(world)
    ids = (world.artists[1].id,)
    who = visits.build_artist("Vera", {"Dawn": ["a", "b"]}, musicbrainz_albumartistid=ids)
    lookup_result = look_up(who, server)
    assert (lookup_result.state, lookup_result.mbid) == ("done", ids[0])
    assert lookup_result.resolved is not None
    assert lookup_result.resolved.by == "tags"
    assert not any("search" in path for path in visits.list_requests(server))


def test_namesakes_are_distinguished_by_their_albums(serve: Serve, look_up: Look) -> None:
    jazz = factories.make_artist("Vera", nth=2, disambiguation="jazz")
    groups = tuple(factories.make_group(jazz, title) for title in ("Dawn", "Blue", "Green"))
    releases = tuple(factories.make_release(group, [["x"]]) for group in groups)
    more = MusicBrainzCatalogue(artists=(jazz,), groups=groups, releases=releases)
    server = serve(factories.join_catalogues(build_small_catalogue("Vera"), more))
    who = visits.build_artist("Vera", {"Dawn": ["x"], "Green": ["x"]})
    assert look_up(who, server).mbid == jazz.id


def test_an_artist_that_albums_do_not_identify_needs_a_review(serve: Serve, look_up: Look) -> None:
    world = build_small_catalogue("Vera", "Vera")
    server = serve(world)
    lookup_result = look_up(visits.build_artist("Vera", {"Dawn": ["a"], "Dusk": ["b"]}), server)
    assert (lookup_result.state, lookup_result.mbid) == ("unsure", "")
    assert lookup_result.resolved is not None
    assert {choice.artist.id for choice in lookup_result.resolved.choices} == {
        a.id for a in world.artists
    }
    assert all(
        sorted(choice.titles) == ["Dawn", "Dusk"] for choice in lookup_result.resolved.choices
    )
    count = len(server.requests)
    assert (
        look_up(visits.build_artist("Vera", {"Dawn": ["a"], "Dusk": ["b"]}), server).state
        == "unsure"
    )
    assert len(server.requests) == count


def build_namesakes(*tracks: list[str], title: str = "Dawn") -> MusicBrainzCatalogue:
    """Make as many artists of one name, each with an album of one title, given by its tracks."""
    worlds = []
    for nth, titles in enumerate(tracks, 1):
        artist = factories.make_artist("Vera", nth=nth)
        group = factories.make_group(artist, title)
        release = factories.make_release(group, [titles])
        worlds.append(MusicBrainzCatalogue(artists=(artist,), groups=(group,), releases=(release,)))
    return factories.join_catalogues(*worlds)


@pytest.mark.parametrize("title", ["Dawn", "Dwan", "Nothing like it"])
def test_of_two_namesakes_the_tracks_decide(serve: Serve, look_up: Look, title: str) -> None:
    songs = ["Copper Door", "Rain on Tin", "Slow Ferry", "Night Bus"]
    world = build_namesakes(["p", "q", "r", "s"], songs)
    server = serve(world)
    lookup_result = look_up(visits.build_artist("Vera", {title: songs}), server)
    assert (lookup_result.state, lookup_result.mbid) == ("done", world.artists[1].id)
    assert lookup_result.resolved is not None
    assert lookup_result.resolved.by == "tracks"
    group = lookup_result.matches[title].group
    assert group is not None
    assert group.id == world.groups[1].id
    browsed = [request.query for request in server.requests if "artist=" in request.query]
    assert len(browsed) == 3  # one page of each, and the groups of the one
    assert browsed[1] != browsed[0]


def test_namesakes_with_the_same_tracks_need_a_review(serve: Serve, look_up: Look) -> None:
    songs = ["Copper Door", "Rain on Tin", "Slow Ferry", "Night Bus"]
    server = serve(build_namesakes(songs, songs))
    lookup_result = look_up(visits.build_artist("Vera", {"Dawn": songs}), server)
    assert (lookup_result.state, lookup_result.mbid) == ("unsure", "")
    assert lookup_result.resolved is not None
    assert len(lookup_result.resolved.choices) == 2


@pytest.mark.long
def test_a_few_pages_of_a_few_namesakes_are_read_and_no_more(serve: Serve, look_up: Look) -> None:
    many = [
        factories.make_prolific_artist("Vera", nth=nth, albums=60, editions=3)
        for nth in range(1, 6)
    ]
    server = serve(factories.join_catalogues(*many))
    lookup_result = look_up(visits.build_artist("Vera", {"Nowhere": ["x", "y"]}), server)
    assert lookup_result.state == "unsure"
    pages = [request for request in server.requests if "artist=" in request.query]
    assert len(pages) == artist_search.MAX_CANDIDATES * 3


def test_a_namesake_who_is_deleted_meanwhile_is_passed_over(serve: Serve, look_up: Look) -> None:
    songs = ["Copper Door", "Rain on Tin", "Slow Ferry", "Night Bus"]
    world = build_namesakes(["p", "q", "r", "s"], songs)
    server = serve(world)
    gone = response_faults.http_error(404, message="Not Found")
    first = world.artists[0].id
    server.faults.fail_next(gone, times=9, where=lambda asked: asked.get_param("artist") == first)
    lookup_result = look_up(visits.build_artist("Vera", {"Dawn": songs}), server)
    assert lookup_result.mbid == world.artists[1].id


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Veronca Mos", "Wniter Moorings"),
        ("Veronica Mosss", "Winter Morings (Deluxe)"),
        ("veronika moss", "Winter Moorings"),
    ],
)
def test_misspelt_artist_and_album_are_found_by_one_search_more(
    serve: Serve, look_up: Look, name: str, title: str
) -> None:
    songs = ["Copper Door", "Rain on Tin", "Slow Ferry", "Night Bus"]
    artist = factories.make_artist("Veronica Moss")
    group = factories.make_group(artist, "Winter Moorings")
    release = factories.make_release(group, [songs])
    server = serve(MusicBrainzCatalogue(artists=(artist,), groups=(group,), releases=(release,)))
    lookup_result = look_up(visits.build_artist(name, {title: songs}), server)
    assert (lookup_result.state, lookup_result.mbid) == ("done", artist.id)
    match = lookup_result.matches[title]
    assert match.group is not None
    assert match.group.id == group.id
    paths = ["search release", "search artist", "search release"]
    assert visits.list_requests(server)[:4] == [*paths, "browse release by artist"]
    assert len(server.requests) == 5
    assert "~2" in unquote_plus(server.requests[2].query)


def test_a_like_name_with_other_tracks_is_only_a_proposal(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Veronica Moss"))
    lookup_result = look_up(
        visits.build_artist("Veronca Mos", {"Dawn": ["quite", "other", "songs"]}), server
    )
    assert (lookup_result.state, lookup_result.mbid) == ("unsure", "")
    assert lookup_result.resolved is not None
    assert [choice.artist.name for choice in lookup_result.resolved.choices] == ["Veronica Moss"]


def test_a_name_in_another_script_is_found_by_its_alias(serve: Serve, look_up: Look) -> None:
    kino = factories.make_artist("Кино", aliases=(CatalogueAlias(name="Kino"),))
    night = factories.make_group(kino, "Ночь")
    world = MusicBrainzCatalogue(
        artists=(kino,), groups=(night,), releases=(factories.make_release(night, [["a"]]),)
    )
    server = serve(world)
    assert look_up(visits.build_artist("Kino", {"Ночь": ["a"]}), server).mbid == kino.id


def test_a_name_that_begins_another_is_not_taken_for_it(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Foo Fighters"))
    lookup_result = look_up(visits.build_artist("Foo", {"Dawn": ["a"]}), server)
    assert (lookup_result.state, lookup_result.mbid) == ("unsure", "")
    assert lookup_result.resolved is not None
    assert [choice.artist.name for choice in lookup_result.resolved.choices] == ["Foo Fighters"]
    both = serve(
        factories.join_catalogues(
            build_small_catalogue("Foo Fighters"), build_small_catalogue("Foo")
        )
    )
    lookup_result = look_up(
        structs.replace(visits.build_artist("Foo", {"Dawn": ["a"]}), name="foo"), both
    )
    assert lookup_result.mbid == generate_mbid("artist", "Foo", 1)


def test_an_artist_without_known_albums_needs_a_review(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Vera"))
    lookup_result = look_up(visits.build_artist("Vera", {"Something Else": ["a"]}), server)
    assert lookup_result.state == "unsure"
    assert lookup_result.resolved is not None
    assert [(choice.artist.name, choice.titles) for choice in lookup_result.resolved.choices] == [
        ("Vera", ())
    ]


def test_who_is_not_at_musicbrainz_is_unknown_and_is_not_asked_for_again(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_small_catalogue("Vera"))
    for _ in range(2):
        assert look_up(visits.build_artist("Nobody", {"Nothing": ["a"]}), server).state == "unknown"
    # By the albums, by the name, by both as misspelt, and the album by itself.
    searches = ["search release", "search artist", "search release", "search release"]
    assert visits.list_requests(server) == searches


def test_an_unnamed_folder_is_no_artist_to_look_up(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("New Folder"))
    assert look_up(visits.build_artist("New Folder", {"Dawn": ["a"]}), server).state == "unknown"
    assert "search artist" not in visits.list_requests(server)
    assert not any(
        "New+Folder" in request.query or "New%20Folder" in request.query
        for request in server.requests
    )


def test_an_artist_with_loose_tracks_only_is_found_by_name_for_review(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_small_catalogue("Vera"))
    loose = Album(place="", tracks=(Track(place="a.mp3"),))
    assert look_up(visits.artist("Vera", loose), server).state == "unsure"
    assert visits.list_requests(server) == ["search artist"]


def test_an_artist_who_is_deleted_before_the_discography_is_read_is_unknown(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_small_catalogue("Vera"))
    gone = response_faults.http_error(404, message="Not Found")
    server.faults.fail_next(gone, where=lambda asked: bool(asked.get_param("artist")))
    lookup_result = look_up(visits.build_artist("Vera", {"Dawn": ["a"]}), server)
    assert lookup_result.state == "unknown"
    assert lookup_result.resolved is not None
    assert lookup_result.resolved.deleted == (generate_mbid("artist", "Vera", 1),)


def test_a_deleted_mbid_is_noted_and_the_artist_identified_by_albums(
    serve: Serve, look_up: Look
) -> None:
    gone, release = generate_mbid("gone"), generate_mbid("gone too")
    server = serve(factories.with_deleted(build_small_catalogue("Vera"), gone, release))
    tags = {"musicbrainz_artistid": (gone,), "musicbrainz_albumid": (release,)}
    lookup_result = look_up(visits.build_artist("Vera", {"Dawn": ["a", "b"]}, **tags), server)
    assert (lookup_result.state, lookup_result.mbid) == ("done", generate_mbid("artist", "Vera", 1))
    assert lookup_result.resolved is not None
    assert set(lookup_result.resolved.deleted) == {gone, release}
    assert lookup_result.resolved.by == "albums"
    assert [group.group.title for group in lookup_result.collection.groups] == ["Dawn"]


def test_malformed_mbids_in_tags_are_never_asked_for(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Vera"))
    odd = ("../../artist/x?inc=\x00", "not an mbid", "{" + generate_mbid("x") + "}")
    for one in odd:
        tags = dict.fromkeys(("musicbrainz_artistid", "musicbrainz_albumid"), (one,))
        look_up(visits.build_artist(f"Vera {odd.index(one)}", {"Dawn": ["a"]}, **tags), server)
    assert not any("look up" in path for path in visits.list_requests(server))


def test_merged_mbids_are_noted_and_requested_only_once(serve: Serve, look_up: Look) -> None:
    world = build_small_catalogue("Vera")
    old, former = generate_mbid("old artist"), generate_mbid("old release")
    dawn = next(release_ for release_ in world.releases if release_.title == "Dawn")
    world = factories.with_merged(
        factories.with_merged(world, old, world.artists[0].id), former, dawn.id
    )
    server = serve(world)

    def tagged(artist: str, release: str) -> Artist:
        tags = {"musicbrainz_albumartistid": (artist,), "musicbrainz_albumid": (release,)}
        return visits.build_artist("Vera", {"Dawn": ["a", "b"]}, **tags)

    lookup_result = look_up(tagged(old, former), server)
    assert lookup_result.resolved is not None
    assert lookup_result.resolved.merged == {old: world.artists[0].id, former: dawn.id}
    assert lookup_result.collection.groups[0].release.id == dawn.id
    count = len(server.requests)
    for again in (tagged(old, former), tagged(world.artists[0].id, dawn.id)):
        assert look_up(again, server).resolved == lookup_result.resolved
    assert len(server.requests) == count


def build_compilation(others: int = 0) -> MusicBrainzCatalogue:
    """Make a compilation by various artists with a song of Vera's, among others without."""
    various = entities.CatalogueArtist(id=VARIOUS_ARTISTS, name="Various Artists")
    vera = build_small_catalogue("Vera")
    titles = ["Hits 1984", *(f"Sampler {number}" for number in range(others))]
    groups = tuple(factories.make_group(various, title) for title in titles)
    by = {"Song": factories.make_credits(vera.artists[0])}
    releases = tuple(factories.make_release(group, [["Other", "Song"]], by=by) for group in groups)
    return factories.join_catalogues(
        vera, MusicBrainzCatalogue(artists=(various,), groups=groups, releases=releases)
    )


def test_an_album_of_various_artists_is_found_among_the_releases_of_others(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_compilation(others=120))
    who = visits.artist(
        "Vera",
        visits.album("Dawn", ["a", "b"]),
        visits.album("Hits 1984", ["Song"], albumartist=("Various Artists",), compilation=True),
    )
    lookup_result = look_up(who, server)
    owned = {group.group.title: group.overlap.missing for group in lookup_result.collection.groups}
    assert set(owned) == {"Dawn", "Hits 1984"}
    assert [track.title for _, track in owned["Hits 1984"]] == ["Other"]
    assert lookup_result.collection.unknown_places == ()
    paths = visits.list_requests(server)
    assert paths.count("browse release by track_artist") == 2
    assert paths.count("browse release by release-group") == 1
    assert paths.count("search release") == 1


@pytest.mark.parametrize(
    ("part", "state", "titles"),
    [("release-group", "done", ["Dawn"]), ("track_artist", "unknown", [])],
)
def test_what_is_deleted_while_compilations_are_looked_for_is_no_failure(
    serve: Serve, look_up: Look, part: str, state: str, titles: list[str]
) -> None:
    server = serve(build_compilation())

    def chosen(request: SimulatorRequest) -> bool:
        return part in request.query

    gone = response_faults.http_error(404, message="Not Found")
    server.faults.fail_next(gone, times=9, where=chosen)
    various = visits.album("Hits 1984", ["Song"], albumartist=("Various Artists",))
    lookup_result = look_up(visits.artist("Vera", visits.album("Dawn", ["a"]), various), server)
    assert lookup_result.state == state
    assert [group.group.title for group in lookup_result.collection.groups] == titles


def test_compilations_are_not_requested_if_no_album_looks_like_one(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_compilation())
    who = visits.artist(
        "Vera",
        visits.album("Dawn", ["a", "b"], albumartist=("Vera & Friends",)),
        visits.album("Unheard", ["a"], albumartist=("Vera",)),
    )
    lookup_result = look_up(who, server)
    assert lookup_result.collection.unknown_places == ("Unheard",)
    assert "browse release by track_artist" not in visits.list_requests(server)


def test_the_folder_of_various_artists_never_browses_all_their_releases(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_compilation(others=120))
    albums = {f"Sampler {number}": ["Other", "Song"] for number in range(15)}
    who = visits.build_artist("Various Artists", {**albums, "Nowhere": ["a"]})
    lookup_result = look_up(who, server)
    assert (lookup_result.state, lookup_result.mbid) == ("done", VARIOUS_ARTISTS)
    assert len(lookup_result.collection.groups) == 15
    assert lookup_result.collection.unknown_places == ("Nowhere",)
    assert lookup_result.collection.missing == ()
    paths = visits.list_requests(server)
    of_each = "browse release by release-group"
    first, second = ["search release", *[of_each] * 12], ["search release", *[of_each] * 3]
    # The last two for Nowhere: as it may be misspelt, and of everybody.
    assert paths == [*first, *second, "search release", "search release"]
    assert look_up(who, server).collection == lookup_result.collection
    assert len(server.requests) == len(paths)


def test_sixty_albums_are_found_by_one_search(serve: Serve, look_up: Look) -> None:
    server = serve(factories.make_prolific_artist("Vera", albums=70, editions=2, tracks=3))
    albums = {f"Album {n}": factories.make_titles(f"Album {n}", 3) for n in range(1, 61)}
    lookup_result = look_up(visits.build_artist("Vera", albums), server)
    assert (len(lookup_result.collection.groups), len(lookup_result.collection.missing)) == (60, 10)
    assert visits.list_requests(server).count("search release") == 1


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ('"', '"'),
        ("AND", "OR NOT"),
        ("a" * 10_000, "b" * 10_000),
        ("\\x00\\udcff", "\x00\ud800"),
        ("!!!", "!!!"),
        ("?", "*"),
        ("Vera", ""),
        ("Vera\\", "(\\"),
    ],
)
def test_hostile_names_and_titles_come_to_an_end_like_others(
    serve: Serve, look_up: Look, name: str, title: str
) -> None:
    server = serve(build_small_catalogue("Vera"))
    albums = (visits.album("x", ["a"], album=(title,)), visits.album("y", ["", ""], album=()))
    lookup_result = look_up(visits.artist(name, *albums), server)
    assert lookup_result.state in ("unknown", "unsure")
    assert {request.status for request in server.requests} == {200}


def test_one_common_title_without_tracks_needs_a_review(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Vera"))
    strange = {f"Strange {number}": ["x", "y"] for number in range(4)}
    lookup_result = look_up(
        visits.build_artist("Vera", {"Dawn": ["other", "songs"], **strange}), server
    )
    assert lookup_result.state == "unsure"
    assert lookup_result.resolved is not None
    assert [(choice.artist.name, choice.titles) for choice in lookup_result.resolved.choices] == [
        ("Vera", ("Dawn",))
    ]


def test_an_mbid_that_fits_neither_name_nor_album_needs_a_review(
    serve: Serve, look_up: Look
) -> None:
    world = build_small_catalogue("Other")
    server = serve(world)
    mbid = world.artists[0].id
    wrong = visits.build_artist("Vera", {"Noon": ["x"]}, musicbrainz_albumartistid=(mbid,))
    assert look_up(wrong, server).state == "unsure"
    right = visits.build_artist("Other", {"Noon": ["x"]}, musicbrainz_albumartistid=(mbid,))
    assert look_up(right, server).state == "done"


def test_an_older_mbid_of_a_few_tracks_is_seen_to_be_merged(serve: Serve, look_up: Look) -> None:
    world = build_small_catalogue("Vera")
    new, old = world.artists[0].id, factories.make_artist("Vera", nth=9).id
    server = serve(factories.with_merged(world, old, new))
    tags = {"albumartist": ("Vera",)}
    most = visits.album("Dawn", ["a", "b"], musicbrainz_albumartistid=(new,), **tags)
    few = visits.album("Dusk", ["a"], musicbrainz_albumartistid=(old,), **tags)
    lookup_result = look_up(visits.artist("Vera", most, few), server)
    assert lookup_result.resolved is not None
    assert lookup_result.resolved.merged == {old: new}


def test_a_misspelt_title_of_various_artists_is_found(serve: Serve, look_up: Look) -> None:
    artist = entities.CatalogueArtist(
        id=VARIOUS_ARTISTS, name="Various Artists", sort_name="Various Artists"
    )
    groups = tuple(factories.make_group(artist, f"Summer Hits {year}") for year in (1984, 1985))
    songs = [["a", "b", "c", "d"], ["e", "f", "g", "h"]]
    releases = tuple(
        factories.make_release(*pair) for pair in zip(groups, [[s] for s in songs], strict=True)
    )
    server = serve(
        entities.MusicBrainzCatalogue(artists=(artist,), groups=groups, releases=releases)
    )
    lookup_result = look_up(
        visits.build_artist("Various Artists", {"Sumer Hist 1985": songs[1]}), server
    )
    assert [owned.group.title for owned in lookup_result.collection.groups] == ["Summer Hits 1985"]
    assert visits.list_requests(server) == ["search release"] * 2 + [
        "browse release by release-group"
    ]


def test_the_edition_of_a_compilation_is_the_one_whose_songs_are_here(
    serve: Serve, look_up: Look
) -> None:
    artist = entities.CatalogueArtist(
        id=VARIOUS_ARTISTS, name="Various Artists", sort_name="Various Artists"
    )
    group = factories.make_group(artist, "Summer Hits")
    near = factories.make_release(group, [["p", "q"]], edition=1)
    far = factories.make_release(group, [["a", "b", "c", "d"]], edition=2)
    server = serve(
        entities.MusicBrainzCatalogue(artists=(artist,), groups=(group,), releases=(near, far))
    )
    lookup_result = look_up(
        visits.build_artist("Various Artists", {"Summer Hits": ["a", "b"]}), server
    )
    assert [owned.release.id for owned in lookup_result.collection.groups] == [far.id]
