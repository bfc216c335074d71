"""The MusicBrainz section of a report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from mediakeep.item import LookupState
from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist, ResolvedArtist
from mediakeep.lookups.musicbrainz.model import Artist as Known
from mediakeep.lookups.musicbrainz.model import Discography, Release, ReleaseGroup
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup import missing_table
from mediakeep.music.artist_lookup.collection import MissingReason, MissingRelease, OwnedDiscography
from mediakeep.music.artist_lookup.lookup import NOT_LOOKED_UP, ArtistLookup
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.reports import artist_report, audit_files
from tests import documents
from tests.documents import ROOT
from tests.music import paper
from tests.music.test_artist_report import AUDIT

VERA = Artist(name="Vera", path="/Vera", albums=(paper.numbered(1, 2),), fingerprint="")
MBID = "0aaaaaaa-0000-4000-8000-000000000001"
UNKNOWN = {"Dawn": AlbumMatch(place="Dawn", confidence=MatchConfidence.UNKNOWN)}
WAITS = "The MusicBrainz lookup is still pending."


def build_lookup(state: LookupState, *, artist: bool = True, **more: Any) -> ArtistLookup:
    """Return a lookup that came to this; with an artist one album of whom is missing."""
    known = Known(id=MBID, name="Vera", disambiguation="Swedish singer") if artist else None
    resolved = ResolvedArtist(
        name="Vera",
        question="",
        state="done" if state == "pending" else state,
        artist=known,
        by="albums" if artist else "",
        asked="2025-12-17T10:00:00+00:00",
    )
    if known is None:
        return ArtistLookup(state, resolved, **more)
    group = ReleaseGroup(
        id=MBID, title="Dusk *2*", primary_type="EP", first_release_date="1975-03-01"
    )
    missing = MissingRelease(
        reason=MissingReason.NOT_OWNED,
        group=group,
        release=Release(id=MBID, title="Dusk"),
        tracks=4,
    )
    return ArtistLookup(
        state, resolved, Discography(artist=known), OwnedDiscography(missing=(missing,)), **more
    )


def render(result: ArtistLookup) -> str:
    return artist_report.render_report(VERA, [], AUDIT, lookup=result)


def test_without_a_lookup_the_last_line_says_so() -> None:
    first = render(ArtistLookup("pending", reason="The service is out until 2026-01-01."))
    assert first == render(ArtistLookup("pending", reason="Nobody was to be asked."))
    assert first.endswith(f"_audit.csv. {WAITS}\n")
    assert "At MusicBrainz" not in first
    assert first.replace(f" {WAITS}", "") == render(NOT_LOOKED_UP)


def test_missing_releases_are_listed_by_type() -> None:
    page = render(build_lookup("done"))
    lead = f"Vera (Swedish singer), found by its albums. MBID {MBID}."
    missing = r"EP (1): Dusk \*2\* (1975, 4 tracks)"
    sums = "**1 of 1 release group missing.**"
    assert (
        f"<summary>At MusicBrainz</summary>\n\n{lead}\n\n{sums}\n\n{missing}\n\n</details>" in page
    )
    assert WAITS not in page


def test_earlier_results_are_reported_with_their_date_while_a_lookup_is_pending() -> None:
    page = render(
        structs.replace(build_lookup("pending"), reason="The service is out until 2026-01-01.")
    )
    assert f"found by its albums. The data below is of 2025-12-17. MBID {MBID}." in page
    assert "2026" not in page


def test_an_artist_that_is_unknown_gets_a_sentence_of_its_own() -> None:
    assert "MusicBrainz does not know this artist" in render(build_lookup("unknown", artist=False))


def test_loose_tracks_that_were_not_looked_up_are_not_called_unknown() -> None:
    loose = Album(place="", tracks=(Track(place="a.mp3"), Track(place="b.mp3")))
    resolved = ResolvedArtist(name="V", question="", state="unknown")
    here = structs.replace(VERA, albums=(loose,))
    page = artist_report.render_report(here, [], AUDIT, lookup=ArtistLookup("unknown", resolved))
    assert "No album looked up: the loose tracks do not agree on an album." in page
    assert "does not know" not in page


@pytest.mark.parametrize("state", ["unsure", "pending"])
def test_all_candidates_are_listed_with_the_command_that_chooses(
    state: LookupState,
) -> None:
    ids = [f"0aaaaaaa-0000-4000-8000-{number:012}" for number in range(30)]
    about = "the singer of *Dusk* " * 5
    choices = [
        PossibleArtist(Known(id=mbid, name="Vera", disambiguation=about.strip())) for mbid in ids
    ]
    first = Known(id=MBID, name="VERA", type="Person", country="SE", disambiguation="singer")
    some = (PossibleArtist(first, ("Dawn", "Dusk", "Noon", "Night", "Rain")), *choices)
    resolved = ResolvedArtist(
        name="V", question="", state="unsure", choices=some, asked="2025-12-17T10"
    )
    here = structs.replace(VERA, resolved=resolved)
    issues = diagnose.find_issues(here, "Vera")
    page = artist_report.render_report(here, issues, AUDIT, lookup=ArtistLookup(state, resolved))
    stale = " The data below is of 2025-12-17." if state == "pending" else ""
    lead = f"31 possible artists.{stale} Write the MBID of the right one: "
    assert f"<summary>At MusicBrainz</summary>\n\n{lead}`python utilities/fix_metadata.py" in page
    assert page.count("musicbrainz_albumartistid Vera MBID`\n\n- **VERA**") == 1
    line = f"- **VERA** (singer, Person, SE): {MBID}, albums here: Dawn · Dusk · Noon · and 2 more"
    assert f"{line}\n- **Vera** (" in page
    assert all(f": {mbid}, none of the albums here\n" in page for mbid in ids)
    assert page.count("musicbrainz_albumartistid") == 1
    assert "31 artists may be meant: see At MusicBrainz" in page


def test_an_album_that_is_not_known_there_is_named_by_its_title_and_its_folder() -> None:
    tracks = [paper.track(number, album="Dusk") for number in (1, 2)]
    album = paper.album(*tracks, place="CD")
    here = structs.replace(VERA, albums=(album, *VERA.albums))
    unknown = {
        album.place: AlbumMatch(place=album.place, confidence=MatchConfidence.UNKNOWN)
        for album in here.albums
    }
    page = artist_report.render_report(
        here, [], AUDIT, lookup=build_lookup("done", matches=unknown)
    )
    assert "\n- **Dusk (CD)**\n- **Dawn**\n" in page


def test_the_audit_is_the_same_for_every_reason_to_skip_the_lookup() -> None:
    def told(result: ArtistLookup) -> bytes:
        return audit_files.to_json(VERA, [], "Vera", "", result)

    waiting = told(ArtistLookup("pending", reason="The service is out until 2026-01-01."))
    assert waiting == told(ArtistLookup("pending", reason="Nobody was to be asked."))
    assert json.loads(waiting)["musicbrainz"] == {"lookup": "pending"}
    assert "musicbrainz" not in json.loads(told(NOT_LOOKED_UP))
    assert (
        json.loads(told(build_lookup("done")))["musicbrainz"]["missing"][0]["album"] == "Dusk *2*"
    )


def test_the_pages_describe_every_field_column_and_reason() -> None:
    known = Known(id=MBID, name="Vera")
    several = ResolvedArtist(
        name="Vera", question="", state="unsure", choices=(PossibleArtist(known),)
    )
    fields = {
        **missing_table.to_json("Vera", build_lookup("done", matches=UNKNOWN)),
        **missing_table.to_json("Vera", ArtistLookup("unsure", several)),
    }
    assert documents.column(ROOT / "docs" / "audit-files.md", "### MusicBrainz") == fields.keys()
    column = documents.column(ROOT / "docs" / "look-ups.md", "## What is missing")
    assert column == {*missing_table.COLUMNS, *MissingReason}
