"""Browse requests: complete pages, the limits of MusicBrainz, and rejected parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mediakeep_simulator import catalogue_file, factories, sample_discography
from mediakeep_simulator.entities import VARIOUS_ARTISTS, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests.sampling import each_row
from tests.simulator.http_client import ws2

AMBER = generate_mbid("artist", "Amber Kettle", 1)
VELVET = generate_mbid("artist", "Velvet Harbour", 1)


@pytest.fixture(scope="module")
def many() -> Iterator[SimulatorServer]:
    """Serve an artist with 12 albums in 8 editions of 13 tracks each."""
    with SimulatorServer(factories.make_prolific_artist("Amber Kettle")) as running:
        yield running


@pytest.fixture(scope="module")
def sample() -> Iterator[SimulatorServer]:
    with SimulatorServer(catalogue_file.generate_catalogue()) as running:
        yield running


def pages(server: SimulatorServer, entity: str, **query: Any) -> list[list[dict[str, Any]]]:
    """Request all pages, each from the end of the previous one."""
    found: list[list[dict[str, Any]]] = []
    count, offset = 1, 0
    while offset < count:
        page = ws2(server, entity, offset=offset, **query).data
        assert page[f"{entity}-offset"] == offset
        count = page[f"{entity}-count"]
        found.append(page[f"{entity}s"])
        assert found[-1] or not count
        offset += len(found[-1])
        count = count or offset
    return found


def test_pages_have_at_most_500_tracks_and_are_complete_together(
    many: SimulatorServer,
) -> None:
    pages_ = pages(many, "release", artist=AMBER, inc="recordings media", limit=100)
    assert [len(page) for page in pages_] == [38, 38, 20]
    assert 39 * 13 > 500 >= 38 * 13
    assert len({release["id"] for page in pages_ for release in page}) == 96


def test_without_tracks_a_page_has_100_releases(many: SimulatorServer) -> None:
    assert [len(page) for page in pages(many, "release", artist=AMBER, limit=100)] == [96]
    assert [len(page) for page in pages(many, "release", artist=AMBER)] == [25, 25, 25, 21]


def test_a_release_of_more_than_500_tracks_is_a_page_by_itself() -> None:
    with SimulatorServer(
        factories.make_prolific_artist("Amber Kettle", albums=1, editions=2, tracks=600)
    ) as server:
        pages_ = pages(server, "release", artist=AMBER, inc="recordings", limit=100)
        assert [len(page[0]["media"][0]["tracks"]) for page in pages_] == [600, 600]
        release = pages_[0][0]["id"]
        recordings = pages(server, "recording", release=release, inc="artist-credits", limit=100)
        assert [len(page) for page in recordings] == [100] * 6
        assert recordings[0][0]["title"] == "Album 1, Track 1"


def test_all_of_2000_releases_are_listed() -> None:
    prolific = factories.make_prolific_artist("Amber Kettle", albums=500, editions=4, tracks=1)
    with SimulatorServer(prolific) as server:
        pages_ = pages(server, "release", artist=AMBER, limit=100)
        assert len(pages_) == 20
        assert len({entry["id"] for page in pages_ for entry in page}) == 2000


def test_artist_lists_releases_with_the_artist_in_the_release_credit(
    sample: SimulatorServer,
) -> None:
    (page,) = pages(sample, "release", artist=VARIOUS_ARTISTS)
    assert [release["title"] for release in page] == [sample_discography.COMPILATION_TITLE]
    own = {entry["title"] for page in pages(sample, "release", artist=VELVET) for entry in page}
    assert sample_discography.COMPILATION_TITLE not in own


def test_track_artist_lists_releases_with_the_artist_in_a_track_credit_only(
    sample: SimulatorServer,
) -> None:
    (page,) = pages(sample, "release", track_artist=VELVET)
    assert [release["title"] for release in page] == [sample_discography.COMPILATION_TITLE]


def test_releases_are_browsed_by_group_label_and_recording(sample: SimulatorServer) -> None:
    parameters = {"artist": VARIOUS_ARTISTS, "inc": "recordings release-groups"}
    ((release,),) = pages(sample, "release", **parameters)
    (page,) = pages(sample, "release", **{"release-group": release["release-group"]["id"]})
    assert page[0]["id"] == release["id"]
    recording = release["media"][0]["tracks"][0]["recording"]["id"]
    (page,) = pages(sample, "release", recording=recording)
    assert page[0]["id"] == release["id"]
    label = generate_mbid("label", "Ninth Kettle")
    pages_ = pages(sample, "release", label=label, inc="labels", limit=100)
    names = {
        info["label"]["name"] for page in pages_ for entry in page for info in entry["label-info"]
    }
    assert names == {"Ninth Kettle"}


def test_status_and_type_filter(sample: SimulatorServer) -> None:
    def chosen(**query: str) -> set[tuple[str, str]]:
        items = pages(sample, "release", artist=VELVET, inc="release-groups", limit=100, **query)
        return {
            (entry["status"], entry["release-group"]["primary-type"])
            for page in items
            for entry in page
        }

    everything = chosen()
    assert ("Official", "EP") in everything
    assert chosen(status="official") == {entry for entry in everything if entry[0] == "Official"}
    assert chosen(type="ep|single") == {entry for entry in everything if entry[1] != "Album"}
    assert chosen(type="live") == set()


def test_a_status_filter_excludes_releases_without_a_status() -> None:
    vera = factories.make_artist("Vera")
    group = factories.make_group(vera, "Deuce Avenue")
    statuses = ("", "Official", "Bootleg")
    releases = tuple(
        factories.make_release(group, [["a"]], edition=number, status=status)
        for number, status in enumerate(statuses)
    )
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(vera,), groups=(group,), releases=releases)
    ) as server:
        for link in ({"artist": vera.id}, {"release-group": group.id}):
            (everything,) = pages(server, "release", **link)
            shown = {(entry["status"], entry["status-id"] is None) for entry in everything}
            assert shown == {(None, True), ("Official", False), ("Bootleg", False)}
            (chosen,) = pages(server, "release", status="official|bootleg", **link)
            assert {entry["status"] for entry in chosen} == {"Official", "Bootleg"}
        (shown,) = pages(
            server, "release-group", artist=vera.id, **{"release-group-status": "website-default"}
        )
        assert len(shown) == 1
        data = ws2(server, "release", query=f"rgid:{group.id}").data["releases"]
        assert sorted(item.get("status", "") for item in data) == sorted(statuses)


def test_bootleg_only_groups_are_hidden_on_request(
    sample: SimulatorServer,
) -> None:
    who = generate_mbid("artist", "VELVET HARBOUR", 1)
    everything = pages(sample, "release-group", artist=who, limit=100)[0]
    parameters = {"artist": who, "limit": 100, "release-group-status": "website-default"}
    shown = pages(sample, "release-group", **parameters)[0]
    hidden = {entry["title"] for entry in everything} - {entry["title"] for entry in shown}
    assert hidden == {sample_discography.BOOTLEG_TITLE}


def test_a_group_has_its_first_release_date(many: SimulatorServer) -> None:
    (page,) = pages(many, "release-group", artist=AMBER)
    assert {entry["title"]: entry["first-release-date"] for entry in page}["Album 3"] == "1962"


WRONG = {
    "an unknown inc": ("release", {"artist": AMBER, "inc": "lyrics"}),
    "artists": ("release", {"artist": AMBER, "inc": "artists"}),
    "isrcs without recordings": ("release", {"artist": AMBER, "inc": "isrcs"}),
    "media on groups": ("release-group", {"artist": AMBER, "inc": "media"}),
    "an unknown status": ("release", {"artist": AMBER, "status": "great"}),
    "an unknown type": ("release", {"artist": AMBER, "type": "great"}),
    "no link": ("release", {}),
    "two links": ("release", {"artist": AMBER, "label": AMBER}),
    "artists by nothing": ("artist", {"area": AMBER}),
    "no MBID": ("release", {"artist": "Amber Kettle"}),
    "an MBID in braces": ("release", {"artist": f"{{{AMBER}}}"}),
    "a status of groups by release": (
        "release-group",
        {"release": generate_mbid("release", generate_mbid("group", AMBER, "Album 1"), 1)}
        | {"release-group-status": "website-default"},
    ),
}


@each_row("wrong", WRONG)
def test_parameters_that_musicbrainz_rejects_are_rejected(
    many: SimulatorServer, wrong: str
) -> None:
    entity, query = WRONG[wrong]
    answer = ws2(many, entity, **query)
    assert answer.status == 400
    assert set(answer.data) == {"error", "help"}


def test_an_unknown_entity_is_not_found(many: SimulatorServer) -> None:
    assert ws2(many, "release", artist=generate_mbid("artist", "Nobody")).status == 404
    assert ws2(many, "release-group", release=generate_mbid("release", "none")).status == 404


def test_a_merged_artist_leads_to_the_current_one() -> None:
    old = generate_mbid("old")
    merged = factories.with_merged(
        factories.make_prolific_artist("Amber Kettle", albums=1), old, AMBER
    )
    with SimulatorServer(merged) as server:
        (page,) = pages(server, "release", artist=old, inc="artist-credits")
    assert {entry["artist-credit"][0]["artist"]["id"] for entry in page} == {AMBER}


def test_an_empty_catalogue_has_empty_pages() -> None:
    lonely = MusicBrainzCatalogue(artists=(factories.make_artist("Amber Kettle"),))
    with SimulatorServer(lonely) as server:
        assert pages(server, "release", artist=AMBER) == [[]]
