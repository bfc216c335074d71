"""Searches: the supported Lucene syntax, scores, and rejected queries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    CatalogueAlias,
    CatalogueRecording,
    MusicBrainzCatalogue,
    generate_mbid,
)
from mediakeep_simulator.server import SimulatorServer
from tests.sampling import each_row
from tests.simulator.http_client import ws2


def build_catalogue() -> MusicBrainzCatalogue:
    """Build three artists: two with one name, and one whose names need escaping in a query."""
    first = factories.make_artist("Ångström & the Tides")
    second = factories.make_artist("Ångström & the Tides", nth=2, disambiguation="the other one")
    odd = factories.make_artist(
        '-Minus/Plus- (AND) [so]: "on"', aliases=(CatalogueAlias("月曜日の灯台"),)
    )
    groups = [
        factories.make_group(first, "Salt on the Lamps"),
        factories.make_group(first, "Winter Moorings"),
        factories.make_group(second, "Copper Door", primary="Single"),
        factories.make_group(odd, "..."),
    ]
    releases = [factories.make_release(group, [["One", "Two"]]) for group in groups]
    return MusicBrainzCatalogue(
        artists=(first, second, odd), groups=tuple(groups), releases=tuple(releases)
    )


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(build_catalogue()) as running:
        yield running


def titles(server: SimulatorServer, query: str) -> list[str]:
    answer = ws2(server, "release", query=query)
    assert answer.status == 200, answer.body
    assert answer.data["count"] == len(answer.data["releases"])
    return [release["title"] for release in answer.data["releases"]]


FOUND = {
    "release:(winter moorings)": ["Winter Moorings"],
    "winter": ["Winter Moorings"],
    'release:"on the lamps"': ["Salt on the Lamps"],
    'release:"the on lamps"': [],
    "release:lam*": ["Salt on the Lamps"],
    "release:(copper OR winter) AND NOT release:door": ["Winter Moorings"],
    "release:(copper winter) -release:door": ["Winter Moorings"],
    "+release:copper +release:winter": [],
    "release:copper && release:door": ["Copper Door"],
    "release:(salt^2 AND lamps~0.8)": ["Salt on the Lamps"],
    "release:wintre~": ["Winter Moorings"],  # letters that changed places are one edit
    "release:wintre~1": ["Winter Moorings"],
    "release:wntr~": ["Winter Moorings"],
    "release:wntr~1": [],
    "release:wntr~0": [],
    "release:wntr": [],
    "release:wxntxr~9": ["Winter Moorings"],  # two edits at most
    "release:xxnxr~2": [],
    "release:lampz~0.7": ["Salt on the Lamps"],
    "release:lampz~0.9": [],
    "release:(wintr~1 AND morings~2) AND artist:(ongstrom~2 AND tides)": ["Winter Moorings"],
    'release:"wintre moorings"~2': [],  # words apart, of a phrase
    "release:winter^2~1": ["Winter Moorings"],
    r"artist:(\-minus\/plus\- \(and\) \[so\]\: \"on\") AND release:(\.\.\.)": ["..."],
    "artist:月曜日の灯台": ["..."],
    f"arid:{generate_mbid('artist', 'Ångström & the Tides', 2)}": ["Copper Door"],
    "primarytype:single": ["Copper Door"],
    "artist:angstrom AND tracks:2 AND release:winter": ["Winter Moorings"],
    "release:winter AND tracks:[2 TO *]": ["Winter Moorings"],
    "release:winter AND tracks:[* TO 2]": ["Winter Moorings"],
    "(release:copper AND tracks:[1 TO 3]) OR (release:winter AND tracks:[ 3 TO 9 ])": [
        "Copper Door"
    ],
    "tracks:[* TO 1]": [],
    "release:[1 TO 9]": [],
    "nosuchfield:[1 TO 9]": [],
    "nosuchfield:winter": [],
    "NOT release:winter": [],
}


@each_row("query", FOUND)
def test_a_query_returns_its_matches(server: SimulatorServer, query: str) -> None:
    assert titles(server, query) == FOUND[query]


@each_row(
    ("query", "found"),
    [
        ('recording:"paper boats"', 1),
        ('recording:"Paper Boats" AND dur:[181000 TO 201000]', 1),
        ('recording:"Paper Boats" AND dur:[192000 TO 201000]', 0),
        ('(recording:"Paper Boats" OR recording:"Thaw") AND tracksrelease:[3 TO *]', 2),
        ('(recording:"Paper Boats" OR recording:"Thaw") AND tracksrelease:[4 TO *]', 1),
        ('recording:"Paper Boats" AND release:"dawn over"', 1),
        ('recording:"Paper Boats" AND artist:carl', 0),
        ("status:promotion", 4),
    ],
)
def test_recordings_are_found_with_the_releases_that_they_are_on(query: str, found: int) -> None:
    vera = factories.make_artist("Vera")
    album = factories.make_group(vera, "Dawn over Water")
    whole = factories.make_release(album, [["Thaw"], ["Kelp", "Paper Boats"]])
    other = factories.make_release(
        album, [["Thaw"], ["Kelp", "x", "y"]], edition=2, status="Promotion"
    )
    boats = whole.media[1].tracks[1]
    recording = CatalogueRecording(
        boats.recording, boats.title, 191_000, factories.make_credits(vera)
    )
    catalogue = MusicBrainzCatalogue(
        artists=(vera,), groups=(album,), releases=(whole, other), recordings=(recording,)
    )
    with SimulatorServer(catalogue) as server:
        answer = ws2(server, "recording", query=query).data
    assert (answer["count"], len(answer["recordings"])) == (found, found)
    hits = {hit["title"]: hit for hit in answer["recordings"]}
    if hit := hits.get("Paper Boats"):
        assert (hit["length"], hit["score"], [one["id"] for one in hit["releases"]]) == (
            191_000,
            100,
            [whole.id],
        )
        (release,) = hit["releases"]
        assert (release["track-count"], release["release-group"]["id"]) == (3, album.id)
        (medium,) = release["media"]
        assert (medium["position"], medium["track-count"], medium["track-offset"]) == (2, 2, 1)
        assert [(one["number"], one["title"]) for one in medium["track"]] == [("2", "Paper Boats")]


def test_several_mbids_are_searched_at_once(server: SimulatorServer) -> None:
    wanted = sorted(release_.id for release_ in build_catalogue().releases)[:3]
    answer = ws2(server, "release", query=f"reid:({' OR '.join(wanted)})").data
    assert sorted(entry["id"] for entry in answer["releases"]) == wanted


BAD = [
    "(",
    ")",
    "a AND",
    "AND a",
    '"open',
    "artist:",
    "a:b:c",
    "[a TO b]",
    "tracks:[1 TO 2}",
    "a/b",
    "\\",
    "(" * 5000,
]


@each_row("query", BAD, ids=lambda query: query[:12])
def test_an_invalid_query_is_rejected(server: SimulatorServer, query: str) -> None:
    answer = ws2(server, "release", query=query)
    assert answer.status == 400
    assert "cannot be parsed" in answer.data["error"]


def test_an_empty_query_is_rejected(server: SimulatorServer) -> None:
    assert ws2(server, "release", query=" ").status == 400


def test_a_fuzzy_search_lists_the_most_similar_first() -> None:
    vera = factories.make_artist("Vera")
    groups = tuple(
        factories.make_group(vera, title) for title in ("Moanings", "Mornings", "Moorings")
    )
    releases = tuple(factories.make_release(group, [["a"]]) for group in groups)
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(vera,), groups=groups, releases=releases)
    ) as server:
        assert titles(server, "release:moornings~2")[-1] == "Moanings"
        assert len(titles(server, "release:moornings~2")) == 3
        assert titles(server, "release:moanigs~1") == ["Moanings"]


def test_the_artist_with_most_matching_albums_comes_first(server: SimulatorServer) -> None:
    query = "artist:(Ångström & the Tides) AND (release:(Salt on the Lamps) OR release:(Copper))"
    data = ws2(server, "release", query=query.replace("&", r"\&"), limit=100).data["releases"]
    assert data[0]["title"] == "Salt on the Lamps"
    assert data[0]["score"] == 100
    assert [item["score"] for item in data] == sorted(
        (item["score"] for item in data), reverse=True
    )
    assert all("tracks" not in medium for item in data for medium in item["media"])


def test_phrases_match_sequences_of_words_and_may_have_escapes(
    server: SimulatorServer,
) -> None:
    who = generate_mbid("artist", "Ångström & the Tides", 1)
    query = rf'(arid:"{who}") AND (release:"WINTER" OR release:"salt \& pepper")'
    assert titles(server, query) == ["Winter Moorings"]
    query = r'artist:"ANGSTROM \& the tides" OR alias:"ANGSTROM \& the tides"'
    assert len(ws2(server, "artist", query=query).data["artists"]) == 2


def test_a_slash_before_the_question_mark_changes_nothing(server: SimulatorServer) -> None:
    """musicbrainzngs sends one."""
    data = ws2(server, "release", query="winter").data
    assert ws2(server, "release/", query="winter").data == data
    who = generate_mbid("artist", "Ångström & the Tides", 1)
    assert ws2(server, "release/", artist=who).data == ws2(server, "release", artist=who).data


def test_two_artists_with_one_name_are_both_found(server: SimulatorServer) -> None:
    data = ws2(server, "artist", query="artist:(angstrom) OR alias:(angstrom)").data["artists"]
    assert [item["score"] for item in data] == [100, 100]
    assert {item.get("disambiguation") for item in data} == {None, "the other one"}


def test_an_artist_is_found_by_an_alias_alone(server: SimulatorServer) -> None:
    (entry,) = ws2(server, "artist", query="alias:(月曜日の灯台)").data["artists"]
    assert entry["name"].startswith("-Minus")
    (entry,) = ws2(server, "artist", query="月曜日の灯台").data["artists"]
    assert entry["aliases"][0]["name"] == "月曜日の灯台"


def test_release_groups_are_searched_too(server: SimulatorServer) -> None:
    (entry,) = ws2(server, "release-group", query="releasegroup:copper").data["release-groups"]
    assert entry["releases"][0]["title"] == "Copper Door"


def test_a_search_returns_25_or_up_to_100_from_an_offset() -> None:
    with SimulatorServer(
        factories.make_prolific_artist("Amber Kettle", albums=26, editions=5, tracks=1)
    ) as many:
        sizes = {
            limit: len(ws2(many, "release", query="artist:amber", limit=limit).data["releases"])
            for limit in ("", "0", "x", "7", "100", "1000")
        }
        assert sizes == {"": 25, "0": 25, "x": 25, "7": 7, "100": 100, "1000": 100}
        rest = ws2(many, "release", query="artist:amber", limit=100, offset=100).data
        assert (rest["count"], rest["offset"], len(rest["releases"])) == (130, 100, 30)
        assert ws2(many, "release", query="artist:amber", offset=130).data["releases"] == []
