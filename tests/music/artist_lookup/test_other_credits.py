"""Albums that the artist's own discography does not hold, looked for with few requests."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from mediakeep.lookups.http.models import HttpEnvironment
from mediakeep.lookups.musicbrainz.lookup_store import FILE_NAME, MusicBrainzStore, ResolvedArtist
from mediakeep.lookups.musicbrainz.model import DISCOGRAPHY_FORMAT, VARIOUS_ARTISTS
from mediakeep.music.artist_lookup import album_similarity, lookup, other_credits
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.model import Artist
from mediakeep_simulator import entities, factories
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.music import visits
from tests.music.visits import Look, Serve, build_small_catalogue
from tests.sampling import each_row

EDITIONS = "browse release by release-group"
SONGS = ["Copper Door", "Rain on Tin", "Slow Ferry", "Night Bus"]


def build_foreign_album(
    title: str, *editions: list[str], name: str = "Otto", nth: int = 1
) -> MusicBrainzCatalogue:
    """Make an album of somebody else, in editions given by their tracks."""
    artist = factories.make_artist(name, nth=nth)
    group = structs.replace(factories.make_group(artist, title), genres=("folk", "jazz"))
    releases = tuple(
        factories.make_release(
            group, [titles], edition=number, pressed=[(factories.make_disc_id(number),)]
        )
        for number, titles in enumerate(editions, 1)
    )
    return MusicBrainzCatalogue(artists=(artist,), groups=(group,), releases=releases)


def build_resolved(lookup_result: ArtistLookup) -> ResolvedArtist:
    assert lookup_result.resolved is not None
    return lookup_result.resolved


def build_artist(**albums: list[str]) -> Artist:
    releases = {title.replace("_", " "): tracks for title, tracks in albums.items()}
    return visits.build_artist("Vera", {"Dawn": ["a", "b"], **releases})


def test_an_album_under_a_wrong_artist_comes_with_all_its_editions_in_two_more_requests(
    serve: Serve, look_up: Look
) -> None:
    world = build_foreign_album("Winter Moorings", SONGS, [*SONGS, "Bonus"], SONGS)
    server = serve(factories.join_catalogues(build_small_catalogue("Vera"), world))
    who = build_artist(Winter_Moorings=SONGS)
    lookup_result = look_up(who, server)
    assert lookup_result.state == "done"
    assert {release.id for release in build_resolved(lookup_result).more} == {
        release_.id for release_ in world.releases
    }
    assert visits.list_requests(server)[-2:] == ["search release", EDITIONS]
    count = len(server.requests)
    assert build_resolved(look_up(who, server)) == build_resolved(lookup_result)
    assert len(server.requests) == count


def test_what_is_found_has_genres_and_disc_ids(serve: Serve, look_up: Look) -> None:
    server = serve(
        factories.join_catalogues(
            build_small_catalogue("Vera"), build_foreign_album("Winter Moorings", SONGS)
        )
    )
    (release,) = build_resolved(look_up(build_artist(Winter_Moorings=SONGS), server)).more
    assert release.release_group is not None
    votes = {genre.name: genre.count for genre in release.release_group.genres}
    assert votes == {"folk": 2, "jazz": 1}
    assert [disc.id for medium in release.media for disc in medium.discs] == [
        factories.make_disc_id(1)
    ]


def test_a_mistyped_title_of_the_artist_costs_no_request(serve: Serve, look_up: Look) -> None:
    server = serve(factories.make_prolific_artist("Vera", albums=3))
    look_up(visits.build_artist("Vera", {"Album 1": ["a"]}), server)
    right = len(server.requests)
    typo = {"Album 1": ["a"], "Albun 2": ["b"], "Album 3 (Deluxe)": ["c"]}
    other = serve(factories.make_prolific_artist("Vera", albums=3))
    look_up(visits.build_artist("Vera", typo), other, fresh=True)
    assert len(other.requests) == right


def test_the_albums_in_an_unknown_artists_folder_are_found(serve: Serve, look_up: Look) -> None:
    server = serve(build_small_catalogue("Veronica Moss"))
    who = visits.build_artist("Somebody Else", {"Dawn": ["a", "b"], "Dusk": ["a"]})
    lookup_result = look_up(who, server)
    assert (lookup_result.state, lookup_result.mbid) == ("unknown", "")
    assert sorted(release.title for release in build_resolved(lookup_result).more) == [
        "Dawn",
        "Dusk",
    ]
    paths = visits.list_requests(server)
    searches = ["search release", "search artist", "search release", "search release"]
    assert paths == [*searches, EDITIONS, EDITIONS]
    look_up(who, server)
    assert len(server.requests) == len(paths)


def test_an_unknown_album_is_searched_for_only_once(serve: Serve, look_up: Look) -> None:
    world = build_foreign_album("Winter Moorings", SONGS)
    server = serve(factories.join_catalogues(build_small_catalogue("Vera"), world))
    look_up(build_artist(Unheard_Of=["x"]), server)
    count = len(server.requests)
    lookup_result = look_up(build_artist(Unheard_Of=["x"], Winter_Moorings=SONGS), server)
    assert visits.list_requests(server)[count:] == ["search release", EDITIONS]
    assert "unheard" not in server.requests[count].query.lower()
    assert len(build_resolved(lookup_result).more) == 1
    again = look_up(build_artist(Unheard_Of=["x"], Winter_Moorings=SONGS, Dusk=["a", "b"]), server)
    assert len(server.requests) == count + 2
    assert build_resolved(again).more == build_resolved(lookup_result).more
    gone = look_up(build_artist(Dusk=["a", "b"]), server)
    assert (build_resolved(gone).more, build_resolved(gone).sought) == ((), {})
    assert len(server.requests) == count + 2


def test_offline_an_unknown_new_album_waits(
    serve: Serve, look_up: Look, tmp_path: Path, machine: HttpEnvironment
) -> None:
    server = serve(build_small_catalogue("Vera"))
    look_up(build_artist(), server)
    count = len(server.requests)
    assert look_up_offline(build_artist(Dusk=["a"]), server, tmp_path, machine).state == "done"
    assert (
        look_up_offline(build_artist(Unheard_Of=["x"]), server, tmp_path, machine).state
        == "pending"
    )
    assert len(server.requests) == count


def look_up_offline(
    who: Artist, server: SimulatorServer, home: Path, machine: HttpEnvironment
) -> ArtistLookup:
    """Look an artist up while nobody may be asked."""
    access = visits.access(server)
    service = structs.replace(access.catalogue, disabled_reason="this run is offline")
    shut = structs.replace(access, catalogue=service)
    context = visits.MusicBrainzContext(home / "status" / "cache", shut, machine)
    try:
        return lookup.look_up(who, "Vera", context)
    finally:
        context.close()


@pytest.mark.parametrize(
    ("title", "tracks"),
    [
        ("Winter Moorings", ["p", "q", "r", "s"]),  # no track of it
        ("Winter", [*SONGS[:1], "q", "r"]),  # another title, and one track of it
        ("Unknown Album", [*SONGS[:1], "q", "r"]),
        ("Winter Moorings", [*SONGS, "t", "u", "v"]),  # more than it ever had
    ],
)
def test_what_only_has_the_title_or_the_tracks_is_no_candidate(
    serve: Serve, look_up: Look, title: str, tracks: list[str]
) -> None:
    worlds = [
        build_foreign_album("Winter Moorings", SONGS),
        build_foreign_album("Unknown Album", SONGS, nth=2),
    ]
    server = serve(factories.join_catalogues(build_small_catalogue("Vera"), *worlds))
    who = visits.build_artist("Vera", {"Dawn": ["a", "b"], title: tracks})
    assert build_resolved(look_up(who, server)).more == ()
    assert (visits.list_requests(server).count("search release") == 1) is (title == "Unknown Album")


@each_row(
    ("title", "tracks"),
    [
        ("Wintre Mornigs", SONGS),
        ("Unknown Album", SONGS),
        ("Low Tide", [*SONGS[1:], "First Light"]),
        ("Wintre Mornigs", ["Night Bus", "Rain On Tin (live)", "slow ferry", "Copper Door [2011]"]),
    ],
)
def test_an_album_of_another_title_is_found_by_its_rarest_tracks_in_two_more_requests(
    tmp_path: Path, machine: HttpEnvironment, title: str, tracks: list[str]
) -> None:
    world = build_foreign_album("Winter Moorings", SONGS, SONGS)
    singles = build_foreign_album("Rain on Tin", SONGS[:1], nth=2)
    catalogue = factories.join_catalogues(build_small_catalogue("Vera"), world, singles)
    with SimulatorServer(catalogue) as server:
        who = visits.build_artist("Vera", {"Dawn": ["a", "b"], title: tracks})
        found = visits.look_up(who, tmp_path, server, machine)
        assert [release.title for release in build_resolved(found).more] == ["Winter Moorings"] * 2
        requests = visits.list_requests(server)
        assert requests.count("search recording") == requests.count(EDITIONS) == 1


def test_ten_albums_are_searched_for_at_once(serve: Serve, look_up: Look) -> None:
    worlds = [build_foreign_album(f"Stray {word}", SONGS, nth=n) for n, word in enumerate(WORDS, 1)]
    server = serve(factories.join_catalogues(*worlds))
    lookup_result = look_up(
        visits.build_artist("Vera", {f"Stray {word}": SONGS for word in WORDS}), server
    )
    assert (
        len(build_resolved(lookup_result).more) == len(WORDS) == other_credits.ALBUMS_PER_SEARCH + 2
    )
    assert visits.list_requests(server).count("search release") == 2 + 2
    assert visits.list_requests(server).count(EDITIONS) == len(WORDS)


WORDS = [
    *("Anchor", "Bellows", "Cinder", "Dormer", "Ember", "Fathom"),
    *("Gravel", "Hollow", "Island", "Juniper", "Kettle", "Lantern"),
]


def test_an_album_that_others_crowd_out_of_an_answer_is_searched_for_by_itself(
    serve: Serve, look_up: Look
) -> None:
    crowd = [build_foreign_album("Live", SONGS, name=f"Band {n}", nth=n) for n in range(101)]
    rare = build_foreign_album(
        "Zephyr (Remastered Edition)", SONGS
    )  # it fits less well than all the others
    server = serve(factories.join_catalogues(build_small_catalogue("Vera"), rare, *crowd))
    lookup_result = look_up(build_artist(Live=["z"], Zephyr=SONGS), server)
    assert [release.id for release in build_resolved(lookup_result).more] == [rare.releases[0].id]
    assert visits.list_requests(server).count("search release") == 1 + 1 + 2


def test_a_release_in_the_tags_is_looked_up_if_the_artist_is_unknown(
    serve: Serve, look_up: Look
) -> None:
    world = build_foreign_album("Winter Moorings", SONGS)
    server = serve(world)
    tags = {"musicbrainz_albumid": (world.releases[0].id,)}
    lookup_result = look_up(visits.build_artist("Nobody", {"Anything": ["x"]}, **tags), server)
    assert lookup_result.state == "unknown"
    assert [release.id for release in build_resolved(lookup_result).more] == [world.releases[0].id]
    searches = ["search release", "search artist", "search release"]
    assert visits.list_requests(server) == [*searches, "look up release"]


def test_a_compilation_comes_with_all_its_editions(serve: Serve, look_up: Look) -> None:
    various = entities.CatalogueArtist(id=VARIOUS_ARTISTS, name="Various Artists")
    group = factories.make_group(various, "Summer Hits")
    releases = tuple(factories.make_release(group, [SONGS], edition=number) for number in range(5))
    server = serve(MusicBrainzCatalogue(artists=(various,), groups=(group,), releases=releases))
    lookup_result = look_up(visits.build_artist("Various Artists", {"Summer Hits": SONGS}), server)
    assert len(build_resolved(lookup_result).more) == 5
    assert visits.list_requests(server) == ["search release", EDITIONS]


def build_compilations(count: int) -> MusicBrainzCatalogue:
    """Make as many compilations of one title and size by Various Artists, of other songs each."""
    various = entities.CatalogueArtist(id=VARIOUS_ARTISTS, name="Various Artists")
    names = [f"Greatest Hits {number}" for number in range(count)]
    groups = [
        structs.replace(factories.make_group(various, name), title="Greatest Hits")
        for name in names
    ]
    releases = [
        factories.make_release(group, [[f"{name} {song}" for song in SONGS]])
        for group, name in zip(groups, names, strict=True)
    ]
    return MusicBrainzCatalogue(artists=(various,), groups=tuple(groups), releases=tuple(releases))


@pytest.mark.parametrize("number", range(album_similarity.MAX_GROUPS))
def test_of_many_groups_of_one_title_the_one_with_the_tracks_is_found(
    serve: Serve, look_up: Look, number: int
) -> None:
    world = build_compilations(album_similarity.MAX_GROUPS)
    server = serve(world)
    songs = [track.title for track in world.releases[number].media[0].tracks]
    who = visits.build_artist("Various Artists", {"Greatest Hits": songs})
    match = look_up(who, server).matches["Greatest Hits"]
    assert match.group is not None
    assert match.group.id == world.releases[number].group
    count = visits.list_requests(server).count(EDITIONS)
    ranked = sorted(release.id for release in world.releases).index(world.releases[number].id)
    assert count == max(ranked + 1, album_similarity.GROUPS_PER_TITLE)


def test_no_more_groups_of_one_title_are_read_than_a_few(serve: Serve, look_up: Look) -> None:
    server = serve(build_compilations(album_similarity.MAX_GROUPS + 5))
    lookup_result = look_up(
        visits.build_artist("Various Artists", {"Greatest Hits": ["x", "y", "z"]}), server
    )
    assert lookup_result.matches["Greatest Hits"].group is None
    assert visits.list_requests(server).count(EDITIONS) == album_similarity.MAX_GROUPS


UNLISTED = factories.make_group(factories.make_artist("Vera"), "Deuce Avenue")


def build_with_statuses(
    *statuses: str, tracks: list[str] = SONGS, also: str = ""
) -> MusicBrainzCatalogue:
    """Make Vera with a release group whose releases have these statuses ("" for none)."""
    groups = [
        UNLISTED,
        *([factories.make_group(factories.make_artist("Vera"), also)] if also else []),
    ]
    releases = tuple(
        factories.make_release(group, [tracks], edition=number, status=status)
        for group in groups
        for number, status in enumerate(statuses)
    )
    return factories.join_catalogues(
        build_small_catalogue("Vera"), MusicBrainzCatalogue(groups=tuple(groups), releases=releases)
    )


def list_requested_statuses(server: SimulatorServer) -> list[str]:
    """Return by which statuses the releases of groups were asked for, "" for any."""
    queries = [request.query for request in server.requests if "release-group=" in request.query]
    return ["official" if "status=official" in query else "" for query in queries]


@pytest.mark.parametrize("title", ["Deuce Avenue", "Duece Avenue (Remastered)"])
def test_a_release_without_a_status_is_found_and_certain(
    serve: Serve, look_up: Look, title: str
) -> None:
    server = serve(build_with_statuses("", "Pseudo-Release"))
    who = visits.build_artist("Vera", {"Dawn": ["a", "b"], title: SONGS})
    lookup_result = look_up(who, server)
    group = lookup_result.matches[title].group
    assert group is not None
    assert group.id == UNLISTED.id
    assert list_requested_statuses(server) == [""]
    assert [release.status for release in build_resolved(lookup_result).more] == [None]
    assert [group_.group.title for group_ in lookup_result.collection.groups] == [
        "Dawn",
        "Deuce Avenue",
    ]
    count = len(server.requests)
    assert build_resolved(look_up(who, server)) == build_resolved(lookup_result)
    more = visits.build_artist("Vera", {"Dawn": ["a", "b"], title: SONGS, "Dusk": ["a", "b"]})
    assert build_resolved(look_up(more, server)).more == build_resolved(lookup_result).more
    assert len(server.requests) == count


def test_the_first_browse_is_as_it_was_and_groups_that_nothing_is_like_are_not_asked_for(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_with_statuses("", "Bootleg"))
    lookup_result = look_up(build_artist(Dusk=["a", "b"]), server)
    assert list_requested_statuses(server) == []
    (browse,) = [
        request.query
        for request in server.requests
        if "/release" in request.path and "inc=" in request.query
    ][:1]
    assert "status=official" in browse
    (missing,) = lookup_result.collection.missing
    assert (missing.group.title, missing.reason.value) == ("Deuce Avenue", "no official release")


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [(("Bootleg", "Promotion"), "bootleg only"), (("Bootleg", ""), "not owned")],
)
def test_bootleg_only_is_said_of_releases_that_were_seen(
    serve: Serve, look_up: Look, statuses: tuple[str, ...], reason: str
) -> None:
    server = serve(build_with_statuses(*statuses))
    lookup_result = look_up(build_artist(Deuce_Avenues=["quite", "other", "songs"]), server)
    assert lookup_result.matches["Deuce Avenues"].group is None
    by_title = {
        missing.group.title: missing.reason.value
        for missing in lookup_result.collection.missing
        if not missing.track
    }
    assert by_title == {"Deuce Avenue": reason, "Dusk": "not owned"}


def test_an_album_that_an_official_release_explains_costs_no_request(
    serve: Serve, look_up: Look
) -> None:
    live = factories.make_group(factories.make_artist("Vera"), "Dawn (Live)")
    bootleg = factories.make_release(live, [["a", "b"]], status="Bootleg")
    world = factories.join_catalogues(
        build_small_catalogue("Vera"), MusicBrainzCatalogue(groups=(live,), releases=(bootleg,))
    )
    server = serve(world)
    look_up(build_artist(), server)
    assert list_requested_statuses(server) == []


def test_an_album_under_a_wrong_artist_is_found_if_it_has_no_status(
    serve: Serve, look_up: Look
) -> None:
    world = build_foreign_album("Winter Moorings", SONGS)
    plain = tuple(structs.replace(release_, status="") for release_ in world.releases)
    server = serve(
        factories.join_catalogues(
            build_small_catalogue("Vera"), structs.replace(world, releases=plain)
        )
    )
    lookup_result = look_up(build_artist(Winter_Moorings=SONGS), server)
    assert [release.id for release in build_resolved(lookup_result).more] == [plain[0].id]
    assert list_requested_statuses(server) == ["official", ""]


def test_a_group_that_is_deleted_before_it_is_read_is_no_failure(
    serve: Serve, look_up: Look
) -> None:
    server = serve(build_with_statuses(""))
    gone = response_faults.http_error(404, message="Not Found")
    server.faults.fail_next(gone, where=lambda asked: bool(asked.get_param("release-group")))
    lookup_result = look_up(build_artist(Deuce_Avenue=SONGS), server)
    assert (lookup_result.state, build_resolved(lookup_result).more) == ("done", ())


def age_cache(home: Path) -> None:
    """Make what is kept what an older mediakeep would have kept."""
    path = home / "status" / "cache" / FILE_NAME
    with sqlite3.connect(path) as base:
        for table, change in (("discographies", "format"), ("resolved", "question")):
            (packed,) = base.execute(f"SELECT content FROM {table}").fetchone()
            data = msgspec.json.decode(zlib.decompress(packed))
            data.pop("sought", None)
            if change == "format":
                del data["format"]
            else:
                data["question"] = "0123456789abcdef"
                for release in data.get("more", ()):
                    del release["release-group"]["genres"]
            content = zlib.compress(msgspec.json.encode(data))
            base.execute(f"UPDATE {table} SET content = ?", (content,))
    base.close()


def read_cache_format(home: Path) -> int:
    known = MusicBrainzStore(home / "status" / "cache")
    try:
        discography = known.get_discography(entities.generate_mbid("artist", "Vera", 1))
        assert discography is not None
        return discography.format
    finally:
        known.close()


def test_releases_of_others_that_an_older_mediakeep_kept_are_requested_again(
    serve: Serve, look_up: Look, tmp_path: Path
) -> None:
    world = build_foreign_album("Winter Moorings", SONGS)
    server = serve(factories.join_catalogues(build_small_catalogue("Vera"), world))
    tagged = visits.album("Strange", SONGS, musicbrainz_albumid=(world.releases[0].id,))
    who = visits.artist("Vera", visits.album("Dawn", ["a", "b"]), tagged)
    before = build_resolved(look_up(who, server)).more
    age_cache(tmp_path)
    count = len(server.requests)
    assert build_resolved(look_up(who, server)).more == before
    assert len(server.requests) == count  # the same answers are kept


def test_data_cached_by_an_older_version_is_requested_again_once(
    serve: Serve, look_up: Look, tmp_path: Path, machine: HttpEnvironment
) -> None:
    world = factories.join_catalogues(
        build_small_catalogue("Vera"), build_foreign_album("Winter Moorings", SONGS)
    )
    server = serve(world)
    who = build_artist(Winter_Moorings=SONGS)
    look_up(who, server)
    age_cache(tmp_path)
    assert read_cache_format(tmp_path) == 1
    base = sqlite3.connect(tmp_path / "status" / "cache" / FILE_NAME)
    base.execute("DELETE FROM answers")  # an older mediakeep asked by other addresses
    base.commit()
    base.close()
    count = len(server.requests)
    for _ in range(2):
        offline = look_up_offline(who, server, tmp_path, machine)
        assert (offline.state, len(offline.collection.groups) > 0) == ("done", True)
    assert (len(server.requests), read_cache_format(tmp_path)) == (count, 1)
    lookup_result = look_up(who, server)
    assert (lookup_result.state, read_cache_format(tmp_path)) == ("done", DISCOGRAPHY_FORMAT)
    assert len(build_resolved(lookup_result).more) == 1
    request_count = len(server.requests)
    assert request_count > count
    look_up(who, server)
    assert len(server.requests) == request_count
