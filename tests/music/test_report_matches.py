"""The matches of albums in reports, audits and counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import ResolvedArtist
from mediakeep.lookups.musicbrainz.model import Discography, Label, LabelInfo, Release
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup import report_matches
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.matching import album_matcher, match_json
from mediakeep.music.matching.match_result import (
    AlbumMatch,
    MatchConfidence,
    MatchPenalty,
    ReleaseCandidate,
)
from mediakeep.music.model import Album, Artist
from mediakeep.music.reports import artist_report, audit_files
from tests import documents
from tests.documents import ROOT
from tests.music.matching import pressings
from tests.music.matching.pressings import DAWN, DUSK
from tests.music.test_artist_report import AUDIT

GROUP = pressings.group("Dawn", first_release_date="1974")
FIRST = pressings.release(GROUP, DAWN, country="SE")
MASTERED = pressings.release(
    GROUP,
    DAWN,
    name="again",
    country="DE",
    label_info=(LabelInfo(label=Label(id="x", name="Sjö|Skiv"), catalog_number="SS 7"),),
)
OTHER = pressings.release(pressings.group("Dusk"), DUSK, date="1978-02-03", country="GB")
LIKE = pressings.release(pressings.group("Dusk", "Live"), [*DUSK[:6], *DAWN[:4]], name="like")


def copy_releases(*places: str) -> list[Album]:
    """Return albums that are copies of one release, each in a folder of its own."""
    return [pressings.copy(OTHER, place) for place in places]


def match_releases(*albums: Album, releases: tuple[Release, ...]) -> tuple[Artist, ArtistLookup]:
    """Match albums with releases, as a lookup does."""
    resolved = ResolvedArtist(
        name="Vera", question="", state="done", artist=pressings.VERA, by="albums", asked="2025"
    )
    here = Artist(name="Vera", path="/Vera", albums=albums, fingerprint="", resolved=resolved)
    matches = album_matcher.match_albums(here, releases)
    here = structs.replace(here, matches=matches)
    known = Discography(artist=pressings.VERA, releases=releases)
    return here, ArtistLookup("done", resolved, known, matches=matches)


def build_matches(*some: AlbumMatch) -> tuple[Artist, ArtistLookup]:
    """Take matches as they are given, of one album each."""
    here, lookup_result = match_releases(
        *(pressings.copy(FIRST, one.place) for one in some), releases=()
    )
    matches = {one.place: one for one in some}
    return structs.replace(here, matches=matches), structs.replace(lookup_result, matches=matches)


def render(here: Artist, result: ArtistLookup, *, listed: bool = True) -> str:
    issues = diagnose.find_issues(here, "Vera")
    paths = structs.replace(AUDIT, in_queue=listed)
    return artist_report.render_report(here, issues, paths, lookup=result)


def section(here: Artist, result: ArtistLookup, **more: Any) -> str:
    text = render(here, result, **more)
    return text.partition("<summary>At MusicBrainz</summary>\n")[2].partition("\n</details>")[0]


def build_ambiguous_match(place: str = "Dawn", *, distance: float = 0.3) -> AlbumMatch:
    """Return an ambiguous match with two candidates."""
    penalties = (
        MatchPenalty("album title", 0.16, 0.25),
        MatchPenalty("tracks", 0.64, 0.5),
        MatchPenalty("missing tracks", 0.1, 0.4),
    )
    slots = tuple(FIRST.tracks)
    first = ReleaseCandidate(
        release=FIRST,
        distance=distance,
        penalties=penalties,
        missing=slots[:2],
        extra=(f"{place}/9.mp3",),
    )
    second = ReleaseCandidate(
        release=OTHER, distance=0.41, penalties=(MatchPenalty("artist", 0.1, 1.0),)
    )
    return AlbumMatch(place=place, confidence=MatchConfidence.UNSURE, candidates=(first, second))


def test_a_certain_album_is_one_row_of_a_table() -> None:
    here, lookup_result = match_releases(*copy_releases("Dusk"), releases=(OTHER, FIRST))
    text = section(here, lookup_result)
    assert "**Albums here: 1 certain.**" in text
    head = "| Certain | Release | Year | Country | Format | Sure |"
    assert f"{head}\n|---|---|---|---|---|---|\n" in text
    assert "\n| Dusk | Dusk | 1978 | GB | CD | 100 % by tracks |\n" in text
    assert "nsure" not in text


def test_the_evidence_of_an_identifier_is_reported() -> None:
    album = pressings.copy(FIRST, musicbrainz_albumid=(FIRST.id,))
    here, lookup_result = match_releases(album, releases=(FIRST, MASTERED))
    assert "| Dawn | Dawn | 1974 | SE | CD | by tags |" in section(here, lookup_result)


def test_tied_editions_are_reported_with_common_and_different_fields() -> None:
    here, lookup_result = match_releases(pressings.copy(FIRST), releases=(FIRST, MASTERED, OTHER))
    text = section(here, lookup_result)
    assert "**Albums here: 1 certain except the edition.**" in text
    assert "Only values that these editions share are written." in text
    lead = "- **Dawn**: 2 editions match equally well (100 % by tracks), "
    assert f"{lead}all of them 1974, CD, 10 tracks:" in text
    assert f" SE ({FIRST.id})" in text
    assert f" DE, Sjö\\|Skiv, SS 7 ({MASTERED.id})" in text
    command = "python utilities/fix_metadata.py musicbrainz_albumid Vera/Dawn MBID"
    assert text.count(f"To choose your edition by its MBID: `{command}`\n") == 1


def test_the_command_for_several_tied_albums_is_shown_once() -> None:
    albums = (pressings.copy(FIRST, place) for place in ("Dawn", "Again"))
    here, lookup_result = match_releases(*albums, releases=(FIRST, MASTERED))
    text = section(here, lookup_result)
    command = "python utilities/fix_metadata.py musicbrainz_albumid ALBUM MBID"
    assert text.count(f"To choose your edition by its MBID: `{command}`\n") == 1
    assert text.count("MBID`") == 1


def test_a_note_names_the_most_frequent_difference_of_each_album() -> None:
    album = pressings.copy(OTHER, date=("1999",), musicbrainz_albumid=(OTHER.id,))
    shouted = pressings.with_each_tag(
        album, title=lambda n, old: tuple(map(str.upper, old)) if n < 5 else old
    )
    here, lookup_result = match_releases(shouted, releases=(OTHER,))
    text = render(here, lookup_result)
    (line,) = (
        splitline for splitline in text.splitlines() if splitline.startswith("- **details-differ**")
    )
    assert line.startswith("- **details-differ**: 10 tracks, all in Dusk: ")
    assert 'date "1999", on the release "1978-02-03" (10)' in line
    first = DUSK[0]
    assert f'title "{first.upper()}", on the release "{first}" and others (4)' in line
    again = pressings.copy(OTHER, "Again", date=("1998",), musicbrainz_albumid=(OTHER.id,))
    text = render(*match_releases(album, again, releases=(OTHER,)))
    (line,) = (
        splitline for splitline in text.splitlines() if splitline.startswith("- **details-differ**")
    )
    assert "20 tracks in 2 albums: Dusk: 10; date " in line
    assert ' · Again: 10; date "1998", on the release "1978-02-03" (10)' in line


def test_of_many_tied_editions_a_few_are_named() -> None:
    many = [pressings.release(GROUP, DAWN, name=str(number)) for number in range(9)]
    here, lookup_result = match_releases(pressings.copy(many[0]), releases=tuple(many))
    text = section(here, lookup_result)
    assert "9 editions match equally well" in text
    assert sum(match.id in text for match in many) == report_matches.MAX_TIED_EDITIONS
    assert f" · and {9 - report_matches.MAX_TIED_EDITIONS} more\n" in text


def test_an_edition_that_is_not_there_is_said_to_be_none_of_them() -> None:
    other = pressings.release(GROUP, DAWN, barcode="7391946000001", country="SE")
    album = pressings.copy(other, barcode=("4006758000002",))
    here, lookup_result = match_releases(album, releases=(other,))
    text = section(here, lookup_result)
    assert "none of the known editions matches (100 % by tracks)" in text
    assert f"1974, SE, CD ({other.id}), another barcode" in text


def test_an_unsure_album_shows_all_candidates_penalty_by_penalty_with_the_command() -> None:
    here, lookup_result = build_matches(build_ambiguous_match())
    text = section(here, lookup_result)
    [issue] = (
        issue for issue in diagnose.find_issues(here, "Vera") if issue.kind == "ambiguous-release"
    )
    command = (
        "python utilities/fix_metadata.py --from-review outputs/manual_review_needed.json"
        f" --accept {issue.id} --mbid MBID"
    )
    assert f"- **Dawn**. Accept one by its MBID: `{command}`\n" in text
    reasons = (
        "titles, lengths and order of its tracks, with 1 extra local track (-24 %);"
        " 2 of 2 tracks missing (-3 %); another album title (-3 %)"
    )
    first = f'  - 70 %: "Dawn" by Vera (1974, SE, CD), {FIRST.id}. Against it: {reasons}\n'
    assert first in text
    second = f'  - 59 %: "Dusk" by Vera (1978-02-03, GB, CD), {OTHER.id}. Against it: another'
    assert f"{second} artist (-41 %)\n" in text
    assert text.count("--accept") == 1
    assert render(here, lookup_result).count("--mbid MBID") == 1
    nearest = f'"Dawn" by Vera (1974, SE, CD) at 70 %, against it {reasons.replace("; ", ", ")}'
    other = '"Dusk" by Vera (1978-02-03, GB, CD) at 59 %'
    assert issue.detail == f"{nearest}; or {other}"


def test_where_no_queue_knows_the_artist_the_mbid_is_written_into_the_tags() -> None:
    here, lookup_result = build_matches(build_ambiguous_match())
    text = section(here, lookup_result, listed=False)
    assert "`python utilities/fix_metadata.py musicbrainz_albumid /Vera/Dawn MBID`" in text
    assert "--accept" not in text


def test_what_is_against_a_release_adds_up_to_what_it_lacks() -> None:
    here, lookup_result = match_releases(pressings.copy(LIKE, "Dusk"), releases=(OTHER,))
    [match] = lookup_result.matches.values()
    assert match.confidence is MatchConfidence.UNSURE, (
        "this test needs an album that is near, and not near enough"
    )
    text = section(here, lookup_result)
    costs = [part.split(" %)")[0] for part in text.split("(-")[1:]]
    assert sum(map(float, costs)) == pytest.approx(100 * match.candidates[0].distance, abs=1.5)


def test_an_unknown_album_is_reported_with_what_is_nearest() -> None:
    far = pressings.copy(pressings.release(pressings.group("Noon"), ["x", "y", "z"]), "CD 1")
    here, lookup_result = match_releases(far, releases=())
    text = section(here, lookup_result)
    assert "Unknown: no similar release at MusicBrainz." in text
    assert "\n- **Noon (CD 1)**\n" in text
    nearest = build_ambiguous_match(distance=0.7).candidates[:1]
    here, lookup_result = build_matches(
        AlbumMatch(place="Dawn", confidence=MatchConfidence.UNKNOWN, candidates=nearest)
    )
    line = '- **Dawn**: the nearest is "Dawn" by Vera (1974, SE, CD) at 30 %\n'
    assert line in section(here, lookup_result)


def test_the_doubtful_come_first_and_of_many_albums_the_first_are_shown() -> None:
    count = report_matches.MAX_ALBUMS + 7
    sure = tuple(
        AlbumMatch(
            place=f"A{n:02}",
            confidence=MatchConfidence.CERTAIN,
            candidates=(ReleaseCandidate(release=FIRST, distance=0.0),),
        )
        for n in range(count)
    )
    here, lookup_result = build_matches(*sure, build_ambiguous_match("Z"))
    text = section(here, lookup_result)
    assert f"**Albums here: {count} certain, 1 unsure.**" in text
    assert text.index("**Dawn (Z)**") < text.index("| Dawn (A00) |")
    assert text.count("\n| Dawn (A") == report_matches.MAX_ALBUMS
    assert "\nand 7 more, see the audit files\n" in text


def test_similar_audio_is_not_reported_as_identical() -> None:
    near = ReleaseCandidate(release=FIRST, distance=0.002)
    here, lookup_result = build_matches(
        AlbumMatch(place="Dawn", confidence=MatchConfidence.CERTAIN, candidates=(near,))
    )
    assert "| 99 % by tracks |" in section(here, lookup_result)


def test_names_from_elsewhere_stay_text() -> None:
    evil = pressings.group("Dawn | <b>\x1b[2J\n## Injected")
    here, lookup_result = match_releases(
        pressings.copy(pressings.release(evil, DAWN)), releases=(pressings.release(evil, DAWN),)
    )
    text = section(here, lookup_result)
    assert "Injected" in text
    assert "\x1b" not in text
    assert "\n## Injected" not in text
    row = next(line for line in text.splitlines() if line.startswith("| Dawn"))
    assert row.replace("\\|", "").count("|") == 7


def test_albums_are_reported_if_the_artist_is_unknown() -> None:
    here, lookup_result = match_releases(*copy_releases("Dusk"), releases=(OTHER,))
    assert lookup_result.resolved
    resolved = structs.replace(lookup_result.resolved, artist=None, state="unknown")
    text = section(
        here, structs.replace(lookup_result, state="unknown", resolved=resolved, discography=None)
    )
    assert "does not know this artist" in text
    assert "| Dusk | Dusk | 1978 | GB | CD | 100 % by tracks |" in text


def test_the_audit_shows_every_candidate_with_its_penalties() -> None:
    here, lookup_result = build_matches(build_ambiguous_match())
    written = json.loads(audit_files.to_json(here, [], "Vera", "", lookup_result))["musicbrainz"]
    [told] = written["matches"]
    assert (told["folder"], told["sure"], told["by"]) == ("Dawn", "unsure", "tracks")
    assert (told["distance"], told["release_mbid"], told["release_group_mbid"]) == (0.3, "", "")
    first, second = told["candidates"]
    assert first["release_mbid"] == FIRST.id
    assert first["release_group_mbid"] == GROUP.id
    assert first["penalties"][0] == {"name": "album title", "weight": 0.16, "amount": 0.25}
    assert [release["position"] for release in first["missing"]] == [1, 2]
    assert first["missing"][0]["recording_mbid"] == next(iter(FIRST.tracks))[1].recording.id
    assert first["extra"] == ["Dawn/9.mp3"]
    assert (second["title"], second["country"], second["format"]) == ("Dusk", "GB", "CD")


def test_the_audit_names_the_release_only_where_it_is_certain() -> None:
    here, lookup_result = match_releases(
        pressings.copy(FIRST), *copy_releases("Dusk"), releases=(FIRST, MASTERED, OTHER)
    )
    written = json.loads(audit_files.to_json(here, [], "Vera", "", lookup_result))["musicbrainz"][
        "matches"
    ]
    tied, certain = written
    assert (tied["sure"], tied["release_mbid"]) == ("tied", "")
    assert tied["release_group_mbid"] == GROUP.id
    assert {match["release_mbid"] for match in tied["candidates"]} == {FIRST.id, MASTERED.id}
    assert (certain["sure"], certain["release_mbid"]) == ("certain", OTHER.id)


def test_the_page_describes_every_field_of_a_match() -> None:
    data = match_json.to_json(build_ambiguous_match())
    page = ROOT / "docs" / "audit-files.md"
    [one] = (candidate for candidate in data["candidates"] if candidate["missing"])
    assert documents.column(page, "#### A match") == data.keys()
    assert documents.column(page, "#### A candidate") == one.keys()


def test_albums_are_counted_by_how_sure_it_is() -> None:
    _, lookup_result = build_matches(
        build_ambiguous_match("A"),
        build_ambiguous_match("B"),
        AlbumMatch(place="C", confidence=MatchConfidence.UNKNOWN),
    )
    counts = {"albums_matched": 0, "albums_tied": 0, "albums_unsure": 2, "albums_unknown": 1}
    assert match_json.count_by_confidence(lookup_result.matches) == counts
    assert set(match_json.count_by_confidence({}).values()) == {0}
