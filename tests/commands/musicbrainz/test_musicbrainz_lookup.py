"""Lookups by hand: what is told of artists, albums and releases, and who is not asked."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import FILE_NAME, MusicBrainzStore
from mediakeep_simulator import factories
from mediakeep_simulator.entities import VARIOUS_ARTISTS, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests import response_faults
from tests.commands.asking import (
    ARTIST,
    DELETED,
    MERGED,
    NAME,
    OTHER,
    Asker,
    editions,
    group,
    sampled,
)
from tests.commands.conftest import Home, environment
from tests.lookups.conftest import Scripted, answer

# Artists


def test_an_album_tells_which_of_two_artists_of_one_name_is_meant(ask: Asker) -> None:
    unsure = ask.data("artist", NAME)
    assert unsure["artist"] is None
    assert {one["mbid"] for one in unsure["choices"]} == {ARTIST, OTHER}
    assert ARTIST in ask.ok("artist", NAME)
    found = ask.data("artist", NAME, "--album", "Winter Moorings (Remastered)")
    assert (found["artist"]["mbid"], found["found_by"]) == (ARTIST, "albums")
    assert (found["artist"]["type"], found["artist"]["country"]) == ("Group", "GB")


def test_all_albums_of_an_artist_are_told_with_the_number_of_their_editions(ask: Asker) -> None:
    found = ask.data("artist", ARTIST)
    theirs = [one for one in sampled().groups if one.credits[0].artist == ARTIST]
    assert {one["mbid"] for one in found["albums"]} == {one.id for one in theirs}
    assert [one["type"] for one in found["albums"]] == ["Album"] * 3 + ["EP", "Single"]
    counts = {one["title"]: one["editions"] for one in found["albums"]}
    title = "Salt on the Signal Lamps"
    assert counts[title] == len(editions(title, status="Official")) == 6
    lines = ask.ok("artist", ARTIST).splitlines()
    assert lines[:2] == [f"{NAME}, Group, GB", f"{ARTIST}, found by the MBID"]
    assert f"  1974 {title} (6 editions)" in lines


def test_an_artist_is_found_by_an_alias_in_letters_that_more_people_can_read(ask: Asker) -> None:
    found = ask.data("artist", "Nujum al-Waraq")
    assert (found["artist"]["name"], found["found_by"]) == ("نجوم الورق", "alias")


def test_an_mbid_that_was_merged_is_told_with_the_one_it_has_become(ask: Asker) -> None:
    old = generate_mbid("artist", NAME, "merged")
    found = ask.data("artist", old.upper())
    assert (found["artist"]["mbid"], found["merged_from"]) == (ARTIST, old)
    assert ask.ok("artist", old).startswith(f"{old} was merged into another artist.\n")


def test_a_name_that_nobody_bears_is_no_answer(ask: Asker) -> None:
    told = ask.fails(1, "artist", "Nobody At All")
    assert told == 'MusicBrainz has no artist named "Nobody At All".\n'
    assert "has no artist with the MBID" in ask.fails(1, "artist", generate_mbid("artist", "x"))


def test_various_artists_are_known_without_asking_for_all_there_is(
    ask: Asker, server: SimulatorServer
) -> None:
    assert ask.data("artist", "various artists")["artist"]["mbid"] == VARIOUS_ARTISTS
    assert server.requests == []


# Albums and releases


def test_an_album_is_told_with_all_its_editions_the_promotional_too(ask: Asker) -> None:
    title = "Salt on the Signal Lamps"
    [album] = ask.data("album", NAME, title)["albums"]
    assert album["mbid"] == group(title)
    assert [one["mbid"] for one in album["editions"]] == editions(title)
    first, promotion = album["editions"][0], album["editions"][5]
    assert first["labels"] == [{"name": "Lantern Tide", "number": "LA 192"}]
    assert (first["formats"], first["tracks"]) == (['12" Vinyl'], 7)
    assert (first["front_cover"], first["back_cover"]) == (True, True)
    assert (promotion["status"], promotion["front_cover"]) == ("Promotion", True)
    shown = ask.ok("album", ARTIST, title)
    assert 'GB, 12" Vinyl, 7 tracks, Lantern Tide LA 192, barcode 8' in shown
    assert shown.count("cover\n") == len(editions(title)) == 7


def test_an_album_is_told_by_one_list_of_albums_and_one_of_editions(
    ask: Asker, server: SimulatorServer
) -> None:
    assert ask.data("album", ARTIST, "Salt on the Signal Lamps")["requests"] == 3
    kinds = [request.path.split("/")[3] for request in server.requests]
    assert kinds == ["artist", "release-group", "release"]


def test_an_album_of_more_editions_than_a_page_holds_is_told_with_all(home: Home) -> None:
    known = factories.make_prolific_artist("Reissued", albums=1, editions=230, tracks=1)
    who = known.artists[0]
    with SimulatorServer(known) as server:
        [album] = Asker(home, server.url).data("album", who.id, known.groups[0].title)["albums"]
    assert {one["mbid"] for one in album["editions"]} == {one.id for one in known.releases}


def test_an_album_that_is_no_more_although_a_list_names_it_is_left_out(
    ask: Asker, server: SimulatorServer
) -> None:
    server.faults.fail_next(
        response_faults.http_error(404), where=lambda asked: bool(asked.get_param("release-group"))
    )
    assert "has no album" in ask.fails(1, "album", ARTIST, "Winter Moorings")


def test_an_album_of_various_artists_is_found_by_its_title(ask: Asker) -> None:
    [album] = ask.data("album", "Various Artists", "Harbour Lights - A Sampler")["albums"]
    assert album["type"] == "Album + Compilation"
    [edition] = album["editions"]
    assert (edition["tracks"], edition["status"]) == (12, "Official")
    assert edition["front_cover"] is not None


def test_an_album_that_is_not_there_is_no_answer(ask: Asker) -> None:
    assert "has no album" in ask.fails(1, "album", ARTIST, "Nothing of Theirs")
    told = ask.fails(1, "album", NAME, "Nothing of Theirs")
    assert "has no album" in told
    assert ARTIST in told
    assert OTHER in told


def test_an_album_that_only_somebody_of_another_name_made_is_told_with_them(home: Home) -> None:
    other = factories.make_artist("Winter Crew")
    dawn = factories.make_group(other, "Dawn")
    releases = (factories.make_release(dawn, [["A"]]),)
    known = MusicBrainzCatalogue(
        artists=(factories.make_artist(NAME), other), groups=(dawn,), releases=releases
    )
    with SimulatorServer(known) as server:
        ask = Asker(home, server.url)
        told = ask.fails(1, "album", NAME, "Dawn")
        assert told.startswith('MusicBrainz has no album "Dawn" by ')
        assert "fits several" not in told
        assert "Winter Crew" in ask.ok("album", other.id, "Dawn")


def test_a_release_is_told_with_all_its_tracks(ask: Asker) -> None:
    wanted = editions("Crowmarsh, Wandering")[0]
    known = next(one for one in sampled().releases if one.id == wanted)
    found = ask.data("release", wanted)
    tracks = [track for medium in known.media for track in medium.tracks]
    assert [one["title"] for one in found["track_list"]] == [one.title for one in tracks]
    assert [one["recording_mbid"] for one in found["track_list"]] == [
        one.recording for one in tracks
    ]
    assert found["track_list"][0]["length"] == (tracks[0].length or 0) / 1000
    assert found["release_group"]["title"] == "Crowmarsh, Wandering"
    lines = ask.ok("release", wanted).splitlines()
    assert lines[0] == f"Crowmarsh, Wandering, by {NAME}"
    assert len([line for line in lines if line.startswith("  ")]) == len(tracks)


def test_a_release_of_two_discs_names_them(home: Home) -> None:
    who = factories.make_artist("Two Discs")
    whole = factories.make_group(who, "Both")
    release = factories.make_release(whole, [["One", "Two"], ["Three"]], formats=["CD", "CD"])
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(who,), groups=(whole,), releases=(release,))
    ) as server:
        shown = Asker(home, server.url).ok("release", release.id)
    assert [line for line in shown.splitlines() if line.startswith("CD")] == ["CD 1", "CD 2"]


def test_a_merged_release_is_told_as_such_and_a_deleted_one_is_missed(ask: Asker) -> None:
    now = sampled().merged[MERGED]
    found = ask.data("release", MERGED)
    assert (found["mbid"], found["merged_from"]) == (now, MERGED)
    assert ask.ok("release", MERGED).startswith(f"{MERGED} was merged into another release.\n")
    told = ask.fails(1, "release", DELETED)
    assert told.endswith(f"with the MBID {DELETED}. It was deleted or never existed.\n")


# What may be asked


def test_what_was_answered_once_is_not_asked_again_unless_that_is_wanted(
    ask: Asker, server: SimulatorServer
) -> None:
    first = ask.data("artist", ARTIST)
    assert first["requests"] == len(server.requests) == 3
    again = ask.data("artist", ARTIST, "--offline")
    assert (again["requests"], again["hits"]) == (0, 2)
    assert again["albums"] == first["albums"]
    assert ask.data("artist", ARTIST, "--refresh")["requests"] == 3
    assert len(server.requests) == 6


def test_what_was_listed_of_an_artist_is_known_to_all_look_ups_and_a_refresh_renews_it(
    ask: Asker,
) -> None:
    ask.ok("artist", ARTIST)
    folder = ask.home.music / NAME
    assert ask.data("missing", folder)["requests"] == 1  # who it is
    with contextlib.closing(MusicBrainzStore(ask.home.path / "status" / "cache")) as known:
        old = known.get_discography(ARTIST)
        assert old
        known.save_discography(structs.replace(old, releases=(), groups=()))
    assert ask.data("artist", ARTIST)["albums"] == []
    assert "Crowmarsh" not in ask.ok("missing", folder, "--offline")
    assert len(ask.data("artist", ARTIST, "--refresh")["albums"]) == 5
    assert "  Crowmarsh, Wandering (1979, 12 tracks)" in ask.ok("missing", folder, "--offline")


@pytest.mark.parametrize(
    "words", [["artist", ARTIST], ["missing", NAME], ["release", DELETED], ["cover", DELETED]]
)
def test_a_damaged_cache_is_told_as_a_warning_whatever_the_answer(
    ask: Asker, words: list[str], tmp_path: Path
) -> None:
    cache = ask.home.path / "status" / "cache" / FILE_NAME
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"no database, but text. " * 100)
    word, name = words
    path = ask.home.music / NAME if word == "missing" else name
    more = ("--output", tmp_path / "c.png") if word == "cover" else ()
    warnings = ask.run(word, path, *more).stderr.splitlines()
    assert [line for line in warnings if line.startswith(f"Warning: {cache} was damaged.")]
    assert "was damaged" not in ask.run(word, path, *more).stderr


def test_offline_what_is_not_known_is_not_asked(
    ask: Asker, server: SimulatorServer, tmp_path: Path
) -> None:
    for words in (("artist", NAME), ("release", MERGED), ("missing", ask.home.music / NAME)):
        assert "not queried: this run is offline" in ask.fails(2, *words, "--offline")
    told = ask.fails(2, "cover", MERGED, "--output", tmp_path / "c.png", "--offline")
    assert told.startswith("The Cover Art Archive not queried")
    assert server.requests == []


def test_without_a_contact_the_public_services_are_not_asked(home: Home, tmp_path: Path) -> None:
    for words in (("artist", NAME), ("cover", MERGED, "--output", tmp_path / "c.png")):
        done = home.call("musicbrainz_lookup", *words)
        assert done.returncode == 2
        assert "no contact is configured" in done.stderr
        assert "--contact" in done.stderr


def test_an_outage_is_told_by_the_exit_code(home: Home, service: Scripted, tmp_path: Path) -> None:
    service.take = lambda handler: answer(503, Retry_After="3600")(handler)  # type: ignore[method-assign]
    asker = Asker(home, service.host)
    assert "is unreachable" in asker.fails(4, "artist", NAME)
    assert "is unreachable" in asker.fails(4, "missing", home.music / NAME)
    told = asker.fails(4, "cover", MERGED, "--output", tmp_path / "c.png")
    assert "is unreachable" in told


def test_an_answer_that_cannot_be_used_is_a_failure_of_the_service(
    home: Home, service: Scripted
) -> None:
    service.take = lambda handler: answer(body=b'{"id": 7}')(handler)  # type: ignore[method-assign]
    assert "MusicBrainz returned an invalid response" in Asker(home, service.host).fails(
        4, "artist", ARTIST
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["artist", "Velvet", "Harbour"], "Usage: artist NAME (quote"),
        (["album", "Velvet Harbour"], "album ARTIST ALBUM"),
        (["artist", "x", "--csv"], "--csv is for missing, not for artist"),
        (["release", MERGED, "--output", "x"], "--output is for cover, not for release"),
        (["cover", MERGED], "Give the file"),
        (
            ["cover", MERGED, "--output", "x.png", "--refresh"],
            "--refresh is for artist, not for cover",
        ),
        (["missing", "x", "--csv", "--json"], "Give --csv or --json"),
        (["release", "Winter"], "is not an MBID"),
        (["artist", "  "], "is not a valid name"),
        (["artist", "a\udcffb"], "is not a valid name"),
        (["artist", "a\x1bb"], "is not a valid name"),
    ],
)
def test_what_does_not_fit_is_told_and_nobody_is_asked(
    ask: Asker, server: SimulatorServer, words: list[str], told: str
) -> None:
    assert told in ask.fails(2, *words)
    assert server.requests == []


def test_the_door_works_as_a_person_starts_it(home: Home, server: SimulatorServer) -> None:
    hosts = {"MEDIAKEEP_MUSICBRAINZ_HOST": server.url, "MEDIAKEEP_MUSICBRAINZ_INTERVAL": "0"}
    done = home.run("musicbrainz_lookup", "artist", ARTIST, env=environment(hosts))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{NAME}, Group, GB\n")
