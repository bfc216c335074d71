"""Catalogue files: round trip, generation, and errors with their places."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mediakeep.errors import BadSetting
from mediakeep_simulator import (
    catalogue_file,
    entities,
    factories,
    sample_artists,
    sample_discography,
)
from mediakeep_simulator.entities import VARIOUS_ARTISTS, MusicBrainzCatalogue, generate_mbid
from tests import documents
from tests.sampling import each_row


@pytest.fixture(scope="module")
def sampled() -> MusicBrainzCatalogue:
    return catalogue_file.generate_catalogue()


@pytest.fixture
def page(tmp_path: Path) -> dict[str, Any]:
    """Return a small catalogue as the JSON of its file."""
    catalogue_file.dump(
        factories.make_prolific_artist("Amber Kettle", albums=1, editions=2, tracks=2),
        tmp_path / "w",
    )
    return json.loads((tmp_path / "w").read_text())


def refusal(path: Path, page: Any) -> str:
    path.write_text(page if isinstance(page, str) else json.dumps(page))
    with pytest.raises(BadSetting) as caught:
        catalogue_file.load(path)
    return str(caught.value)


def test_a_catalogue_survives_a_round_trip(sampled: MusicBrainzCatalogue, tmp_path: Path) -> None:
    catalogue_file.dump(sampled, tmp_path / "c.json")
    assert catalogue_file.load(tmp_path / "c.json") == sampled


def test_the_same_seed_gives_the_same_catalogue(
    sampled: MusicBrainzCatalogue,
) -> None:
    assert catalogue_file.generate_catalogue() == sampled
    assert (
        catalogue_file.build_catalogue(sample_artists.generate_artists(14, None, Random(1)), seed=2)
        != sampled
    )


def test_every_known_album_is_a_group_with_up_to_eight_editions(
    sampled: MusicBrainzCatalogue,
) -> None:
    editions = Counter(release.group for release in sampled.releases)
    counts = set()
    for artist in sample_artists.generate_artists(14, None, Random(1)):
        who = generate_mbid("artist", artist.name, 1)
        for album in artist.albums:
            count = editions[generate_mbid("group", who, album.title)]
            assert (count > 0) is album.known
            counts.add(count)
    assert counts >= {0, 1, 8}
    assert counts <= set(range(9))


def test_the_first_edition_of_an_album_has_the_tracks_of_the_library(
    sampled: MusicBrainzCatalogue,
) -> None:
    artist = sample_artists.generate_artists(14, None, Random(1))[0]
    album = artist.albums[0]
    group = generate_mbid("group", generate_mbid("artist", artist.name, 1), album.title)
    (first,) = [
        release for release in sampled.releases if release.id == generate_mbid("release", group, 1)
    ]
    assert tuple(track.title for track in first.media[0].tracks) == album.tracks
    assert all(
        track.length == sample_discography.track_length(artist.name, track.title)
        for track in first.media[0].tracks
    )


def test_a_catalogue_has_all_difficult_cases_of_lookups(sampled: MusicBrainzCatalogue) -> None:
    names = Counter(artist.name for artist in sampled.artists)
    groups = {group.id: group for group in sampled.groups}
    statuses = {release.status for release in sampled.releases}
    bootlegs = {r.group for r in sampled.releases if r.status == "Bootleg"}
    official = {r.group for r in sampled.releases if r.status == "Official"}
    assert 2 in names.values()
    assert statuses >= {"Official", "Promotion", "Bootleg"}
    assert {groups[title].title for title in bootlegs - official} == {
        sample_discography.BOOTLEG_TITLE
    }
    assert {group.primary for group in groups.values()} == {"Album", "Single", "EP"}
    assert any(len(release.media) == 2 for release in sampled.releases)
    assert any(release.cover is None for release in sampled.releases)
    assert any(track.number == "A1" for r in sampled.releases for track in r.media[0].tracks)
    assert any(artist.aliases for artist in sampled.artists)
    assert VARIOUS_ARTISTS in {artist.id for artist in sampled.artists}
    assert len(sampled.merged) == len(sampled.deleted) == 3


def test_a_library_of_one_artist_has_a_catalogue() -> None:
    assert catalogue_file.generate_catalogue(1).releases


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"nowhere\.json"):
        catalogue_file.load(tmp_path / "nowhere.json")


@each_row("text", ["", "{", "[]", "7", "null", '{"format": 1, "artists": {}}'])
def test_an_invalid_file_is_named(tmp_path: Path, text: str) -> None:
    assert "c.json" in refusal(tmp_path / "c.json", text)


def test_deeply_nested_json_is_rejected(tmp_path: Path) -> None:
    assert "c.json" in refusal(tmp_path / "c.json", '{"format":1,"x":' + "[" * 100_000)


def test_a_newer_format_is_rejected(tmp_path: Path, page: dict[str, Any]) -> None:
    assert "format 2" in refusal(tmp_path / "c.json", {**page, "format": 2})


def test_a_wrong_type_is_reported_with_its_place(tmp_path: Path, page: dict[str, Any]) -> None:
    page["releases"][1]["media"][0]["tracks"][1]["length"] = "long"
    message = refusal(tmp_path / "c.json", page)
    assert "$.releases[1].media[0].tracks[1].length" in message


def test_an_unknown_field_is_rejected(tmp_path: Path, page: dict[str, Any]) -> None:
    page["artists"][0]["shoe_size"] = 43
    assert "shoe_size" in refusal(tmp_path / "c.json", page)


def test_an_invalid_mbid_is_reported_with_its_place(tmp_path: Path, page: dict[str, Any]) -> None:
    page["releases"][1]["id"] = "U2"
    assert '"U2" is no MBID - at `$.releases[1].id`' in refusal(tmp_path / "c.json", page)


def test_a_duplicate_mbid_is_rejected(tmp_path: Path, page: dict[str, Any]) -> None:
    page["releases"][1]["id"] = page["releases"][0]["id"]
    assert "occurs 2 times - at `$.releases[0].id`" in refusal(tmp_path / "c.json", page)


@pytest.mark.parametrize(
    ("table", "word"), [("artists", "artist"), ("groups", "release group"), ("releases", "")]
)
def test_a_dangling_reference_is_rejected(
    tmp_path: Path, page: dict[str, Any], table: str, word: str
) -> None:
    page[table] = []
    if not word:  # releases may be missing: nothing leads to them
        (tmp_path / "c.json").write_text(json.dumps(page))
        assert catalogue_file.load(tmp_path / "c.json").releases == ()
        return
    assert f"there is no {word}" in refusal(tmp_path / "c.json", page)


def test_a_missing_label_is_rejected(tmp_path: Path, page: dict[str, Any]) -> None:
    page["releases"][0]["labels"] = [{"label": generate_mbid("label", "Gone")}]
    assert "there is no label" in refusal(tmp_path / "c.json", page)


def test_a_circular_merge_is_rejected(tmp_path: Path, page: dict[str, Any]) -> None:
    mbid, other = generate_mbid("a"), generate_mbid("b")
    page["merged"] = {mbid: other, other: mbid}
    assert "merged into itself" in refusal(tmp_path / "c.json", page)


def test_joined_catalogues_keep_the_first_entity_of_an_mbid() -> None:
    one = factories.make_prolific_artist("Amber Kettle", albums=1, editions=1, tracks=1)
    two = factories.make_prolific_artist("Ivory Sextant", albums=2, editions=1, tracks=1)
    both = factories.join_catalogues(one, two, one)
    assert [artist.name for artist in both.artists] == ["Amber Kettle", "Ivory Sextant"]
    assert len(both.releases) == 3
    gone = factories.with_deleted(both, one.releases[0].id)
    assert len(gone.releases) == 2
    assert gone.deleted == (one.releases[0].id,)


def test_every_field_of_a_catalogue_is_documented() -> None:
    page = documents.ROOT / "docs" / "simulate-services.md"
    tables: dict[str, type[entities.CatalogueEntity]] = {
        "## The catalogue": entities.MusicBrainzCatalogue,
        "### Artists": entities.CatalogueArtist,
        "### Groups": entities.CatalogueGroup,
        "### Releases": entities.CatalogueRelease,
        "### Tracks": entities.CatalogueTrack,
        "### Recordings": entities.CatalogueRecording,
    }
    for heading, kind in tables.items():
        keys = documents.column(page, heading) - {"format"}
        assert keys == set(kind.__struct_fields__), heading
    words = page.read_text()
    for small in (
        entities.CatalogueAlias,
        entities.CatalogueCredit,
        entities.CatalogueLabelInfo,
        entities.CatalogueMedium,
        entities.CatalogueCover,
    ):
        assert [field for field in small.__struct_fields__ if f"`{field}`" not in words] == []
