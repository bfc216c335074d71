"""Lookups by MBID: only the requested parts are included; merged and deleted entities."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mediakeep_simulator import catalogue_file, factories
from mediakeep_simulator.entities import MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests.sampling import each_row
from tests.simulator.http_client import get, ws2

VELVET = generate_mbid("artist", "Velvet Harbour", 1)
ALBUM = generate_mbid("group", VELVET, "Salt on the Signal Lamps")
FIRST = generate_mbid("release", ALBUM, 1)
TRACK = generate_mbid("recording", VELVET, "Ballast")


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(catalogue_file.generate_catalogue()) as running:
        yield running


PLAIN = {"artist": VELVET, "release-group": ALBUM, "release": FIRST, "recording": TRACK}


@each_row("entity", PLAIN)
def test_an_entity_is_found_by_its_mbid_in_either_case(
    server: SimulatorServer, entity: str
) -> None:
    answer = ws2(server, f"{entity}/{PLAIN[entity].upper()}")
    assert answer.status == 200
    assert answer.data["id"] == PLAIN[entity]


ADDED = {
    "artist": {"aliases", "genres", "tags", "releases", "release-groups", "recordings", "works"},
    "release-group": {"artist-credits", "aliases", "genres", "releases", "url-rels"},
    "release": {"artist-credits", "labels", "recordings", "release-groups", "media", "genres"},
    "recording": {"artist-credits", "isrcs", "releases", "ratings"},
}
KEYS = {
    "artist-credits": "artist-credit",
    "labels": "label-info",
    "recordings": "media",
    "release-groups": "release-group",
    "ratings": "rating",
    "url-rels": "relations",
}


@each_row("entity", ADDED)
def test_only_requested_parts_are_in_a_response(server: SimulatorServer, entity: str) -> None:
    path = f"{entity}/{PLAIN[entity]}"
    plain = set(ws2(server, path).data)
    for inc in ADDED[entity]:
        key = inc if entity == "artist" else KEYS.get(inc, inc)
        assert set(ws2(server, path, inc=inc).data) - plain == {key}


def test_an_invalid_inc_is_rejected(server: SimulatorServer) -> None:
    for entity, inc in (("artist", "labels"), ("release", "lyrics"), ("recording", "labels")):
        answer = ws2(server, f"{entity}/{PLAIN[entity]}", inc=f"genres {inc}")
        assert answer.status == 400
        assert inc in answer.data["error"]


def test_media_have_tracks_if_recordings_are_requested(server: SimulatorServer) -> None:
    (bare,) = ws2(server, f"release/{FIRST}", inc="media").data["media"]
    (full,) = ws2(server, f"release/{FIRST}", inc="recordings isrcs").data["media"]
    assert "tracks" not in bare
    assert bare["track-count"] == len(full["tracks"]) == 7
    assert [track["number"] for track in full["tracks"]][:5] == ["A1", "A2", "A3", "A4", "B1"]
    assert [track["position"] for track in full["tracks"]] == [1, 2, 3, 4, 5, 6, 7]
    assert all(track["recording"]["isrcs"] for track in full["tracks"])
    assert "artist-credit" not in full["tracks"][0]


def test_genres_have_votes_and_media_have_disc_ids() -> None:
    who = factories.make_artist("Amber Kettle")
    group = factories.make_group(who, "Kettle Song", genres=("indie rock", "folk"))
    ids = tuple(factories.make_disc_id("Kettle Song", number) for number in range(2))
    release = factories.make_release(group, [["One", "Two"], ["Three"]], pressed=[ids, ()])
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(who,), groups=(group,), releases=(release,))
    ) as running:
        response = ws2(
            running, f"release/{release.id}", inc="recordings release-groups discids genres"
        )
        bare = ws2(running, f"release/{release.id}", inc="recordings release-groups")
    votes = [(entry["name"], entry["count"]) for entry in response.data["release-group"]["genres"]]
    assert votes == [("folk", 1), ("indie rock", 2)]
    first, second = response.data["media"]
    assert [disc["id"] for disc in first["discs"]] == list(ids)
    assert all(len(mbid) == 28 for mbid in ids)
    lengths = [track["length"] * 75 // 1000 for track in first["tracks"]]
    (disc, _) = first["discs"]
    assert (disc["offset-count"], disc["offsets"]) == (2, [150, 150 + lengths[0]])
    assert disc["sectors"] == 150 + sum(lengths)
    assert second["discs"] == []
    assert "discs" not in bare.data["media"][0]
    assert "genres" not in bare.data["release-group"]


def test_credits_have_guests_and_join_phrases(server: SimulatorServer) -> None:
    group = generate_mbid("group", VELVET, "Two Harbours")
    path = f"release/{generate_mbid('release', group, 1)}"
    (medium,) = ws2(server, path, inc="recordings artist-credits").data["media"]
    credit = medium["tracks"][0]["artist-credit"]
    assert [(part["name"], part["joinphrase"]) for part in credit] == [
        ("Velvet Harbour", " feat. "),
        ("VELVET HARBOUR", ""),
    ]


def test_a_list_in_a_lookup_ends_after_25() -> None:
    many = factories.make_prolific_artist("Amber Kettle", albums=30, editions=1, tracks=2)
    amber = many.artists[0].id
    with SimulatorServer(many) as server:
        data = ws2(server, f"artist/{amber}", inc="releases release-groups recordings").data
    assert {key: len(data[key]) for key in ("releases", "release-groups", "recordings")} == {
        "releases": 25,
        "release-groups": 25,
        "recordings": 25,
    }


MERGED = {
    "artist": ("artist", VELVET),
    "release-group": ("group", ALBUM),
    "release": ("release", FIRST),
}


@each_row("entity", MERGED)
def test_a_merged_mbid_returns_the_current_one(server: SimulatorServer, entity: str) -> None:
    kind, now = MERGED[entity]
    old = generate_mbid(kind, "Velvet Harbour", "merged")
    answer = ws2(server, f"{entity}/{old}")
    assert (answer.status, answer.data["id"]) == (200, now)


@each_row("entity", MERGED)
def test_a_deleted_mbid_is_not_found(server: SimulatorServer, entity: str) -> None:
    gone = generate_mbid(MERGED[entity][0], "Velvet Harbour", "deleted")
    answer = ws2(server, f"{entity}/{gone}")
    assert answer.status == 404
    assert answer.data["error"] == "Not Found"


def test_mbids_of_another_type_and_invalid_ones_are_rejected(server: SimulatorServer) -> None:
    assert ws2(server, f"release/{VELVET}").status == 404
    assert ws2(server, "release/42").status == 400
    assert ws2(server, f"release/{FIRST}x").status == 400
    assert ws2(server, f"instrument/{FIRST}").status == 404


def test_only_json_is_supported(server: SimulatorServer) -> None:
    answer = get(server, f"/ws/2/artist/{VELVET}")
    assert answer.status == 406
    assert "fmt=json" in answer.data["error"]
    assert get(server, f"/ws/2/artist/{VELVET}", fmt="xml").status == 406


def test_only_get_is_supported(server: SimulatorServer) -> None:
    path = f"/ws/2/artist/{VELVET}"
    assert [get(server, path, method=method).status for method in ("POST", "PUT", "DELETE")] == [
        405
    ] * 3
