"""Merged and deleted MBIDs, and ambiguous artists."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist, ResolvedArtist
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.model import Artist
from mediakeep.music.repairs import safe
from mediakeep.music.repairs.repair import Repair
from tests.music import paper

OLD, NEW = "0aaaaaaa-0000-4000-8000-000000000001", "0bbbbbbb-0000-4000-8000-000000000002"
OTHER = "0ccccccc-0000-4000-8000-000000000003"
FIELDS = ("musicbrainz_artistid", "musicbrainz_albumartistid", "musicbrainz_albumid")
OF_LOOKUPS = ("unsure-artist", "deleted-mbid", "merged-mbid")


def artist(*tracks: dict[str, Any], **resolved: Any) -> Artist:
    """Return an artist with tracks of such tags, after a lookup that came to this."""
    artist_ = ResolvedArtist(name="Vera", question="", state="done", **resolved)
    album = paper.album(*(paper.track(number, **tags) for number, tags in enumerate(tracks, 1)))
    return Artist(name="Vera", path="/Vera", albums=(album,), fingerprint="", resolved=artist_)


def list_repairs(of: Artist) -> list[Repair]:
    return [repair for repair in safe.plan_repairs(of) if "merged-mbid" in repair.change.reason]


@pytest.mark.parametrize("kind", OF_LOOKUPS)
def test_without_a_lookup_nothing_is_said(kind: str) -> None:
    of = artist({"musicbrainz_artistid": OLD}, merged={OLD: NEW}, deleted=(OLD,))
    assert paper.list_artist_details(kind, structs.replace(of, resolved=None)) == {}


@pytest.mark.parametrize("field", FIELDS)
def test_a_merged_mbid_is_reported_each_track_that_has_it_and_of_no_other(field: str) -> None:
    of = artist({field: OLD}, {field: NEW}, {field: f" {OLD.upper()} "}, {}, merged={OLD: NEW})
    details = paper.list_artist_details("merged-mbid", of)
    assert [path.split("/")[1][0] for path in details] == ["1", "3"]
    assert set(details.values()) == {f"{OLD} is now {NEW}"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_merged_mbid_is_rewritten_and_its_neighbours_stay(field: str) -> None:
    (repair,) = list_repairs(artist({field: (OTHER, OLD)}, {field: NEW}, {}, merged={OLD: NEW}))
    assert (repair.field, repair.change.values) == (field, (OTHER, NEW))
    assert repair.place.startswith("Dawn/1 ")


def test_an_mbid_of_a_field_that_is_not_looked_up_stays() -> None:
    of = artist({"musicbrainz_trackid": OLD}, merged={OLD: NEW})
    assert paper.list_artist_details("merged-mbid", of) == {}
    assert list_repairs(of) == []


def test_a_deleted_mbid_is_reported_once_with_the_number_of_its_tracks() -> None:
    tags = {"musicbrainz_albumid": OLD}
    of = artist(tags, tags, {"musicbrainz_albumid": NEW}, deleted=(OLD,))
    assert list(paper.list_artist_details("deleted-mbid", of).values()) == [f"{OLD} (2 tracks)"]
    assert list_repairs(of) == []


def test_a_deleted_mbid_that_no_track_has_any_more_is_not_reported() -> None:
    assert paper.list_artist_details("deleted-mbid", artist({}, deleted=(OLD,))) == {}


@pytest.mark.parametrize(("count", "several"), [(1, "1 artist"), (5, "5 artists")])
def test_candidates_are_counted_and_reported(count: int, several: str) -> None:
    of = artist({}, choices=(PossibleArtist(model.Artist(id=OLD, name="Vera")),) * count)
    (detail,) = paper.list_artist_details("unsure-artist", of).values()
    assert detail == f"{several} may be meant: see At MusicBrainz"


def test_each_of_these_kinds_is_in_the_table() -> None:
    assert [kind.name for kind in ISSUE_KINDS if kind.name in OF_LOOKUPS] == list(OF_LOOKUPS)
