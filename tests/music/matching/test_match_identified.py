"""Identifiers in the tags: they name a release, and the tracks may contradict them."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.lookups.musicbrainz.model import Disc, Release
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from tests.music.matching import pressings
from tests.music.matching.pressings import DAWN, DUSK, mbid
from tests.sampling import each_row

GROUP = pressings.group("Dawn")
FIRST = pressings.release(GROUP, DAWN, name="first")
SECOND = pressings.release(GROUP, DAWN, name="second")
BONUS = pressings.release(GROUP, [*DAWN, "Wreck", "Salt"], name="bonus")
OTHER = pressings.release(pressings.group("Dusk"), DUSK)
ALL = (FIRST, SECOND, BONUS, OTHER)
GONE = mbid("gone")


def match_tagged(
    of: Release = FIRST, releases: tuple[Release, ...] = ALL, **tags: Any
) -> AlbumMatch:
    """Match a copy of a release that has such tags, each a text."""
    album = pressings.copy(of, **{field: (text,) for field, text in tags.items()})
    return pressings.match_album(album, *releases)


def with_codes(release: Release, **facts: Any) -> Release:
    """Print a barcode on a release, or give its first disc an ID."""
    if disc := facts.pop("disc_id", ""):
        medium = structs.replace(release.media[0], discs=(Disc(id=disc),))
        facts["media"] = (medium, *release.media[1:])
    return structs.replace(release, **facts)


def test_without_identifiers_two_equal_editions_are_tied() -> None:
    match = match_tagged()
    assert (match.confidence, match.decided_by) == (MatchConfidence.TIED, "tracks")
    assert set(match.releases) == {FIRST, SECOND}


@each_row("named", [FIRST, SECOND])
def test_the_mbid_of_a_release_names_the_edition(named: Release) -> None:
    match = match_tagged(musicbrainz_albumid=named.id)
    assert (match.confidence, match.decided_by, match.release) == (
        MatchConfidence.CERTAIN,
        "tags",
        named,
    )


def test_the_mbid_of_an_edition_that_lacks_tracks_here_is_not_believed() -> None:
    match = match_tagged(BONUS, musicbrainz_albumid=FIRST.id)
    assert match.group == GROUP
    assert match.releases == (BONUS,)


def test_the_mbid_of_an_edition_with_more_tracks_makes_those_missing() -> None:
    match = match_tagged(FIRST, musicbrainz_albumid=BONUS.id)
    assert match.release == BONUS
    assert match.best
    assert [track.title for _, track in match.best.missing] == ["Wreck", "Salt"]


LONGER = pressings.release(GROUP, [*DAWN, "Wreck"], name="longer", barcode="77774644028")
DOUBLE = pressings.release(GROUP, DAWN, ["Salt", "Shoal"], name="double", barcode="77774644029")


@each_row("named", [LONGER, DOUBLE])
@each_row("field", ["musicbrainz_albumid", "barcode", "both"])
def test_an_edition_with_more_tracks_than_the_tags_count_is_tied_with_the_one_that_is_whole(
    named: Release, field: str
) -> None:
    """Its MBID and its barcode may both be those of a lookup that took the wrong edition."""
    facts = {"musicbrainz_albumid": (named.id,), "barcode": (named.barcode or "",)}
    tags = {name: text for name, text in facts.items() if field in (name, "both")}
    album = pressings.copy(FIRST, track_total=str(len(DAWN)), **tags)
    match = pressings.match_album(album, FIRST, named, OTHER)
    assert match.group == GROUP
    assert FIRST in match.releases
    if field != "barcode":  # which alone never outweighs both the tracks and their number
        assert (match.confidence, match.releases) == (MatchConfidence.TIED, (named, FIRST))


def test_the_mbid_decides_where_the_tags_count_as_many_tracks_as_its_edition_has() -> None:
    part = pressings.copy(LONGER, only=range(1, 11), track_total="11")
    part = pressings.with_each_tag(part, musicbrainz_albumid=lambda *_: (LONGER.id,))
    match = pressings.match_album(part, FIRST, LONGER)
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, LONGER)


def test_the_mbid_decides_where_the_first_disc_of_two_is_here() -> None:
    tags = {"track_total": "10", "disc_total": "2", "musicbrainz_albumid": (DOUBLE.id,)}
    album = pressings.copy(DOUBLE, only=range(1, 11), **tags)
    match = pressings.match_album(album, FIRST, DOUBLE)
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, DOUBLE)


@each_row(
    "tags",
    [
        {"musicbrainz_albumid": OTHER.id},
        {"musicbrainz_releasegroupid": mbid("group of nobody"), "musicbrainz_albumid": OTHER.id},
        {"musicbrainz_albumid": GONE},
        {"musicbrainz_releasegroupid": GONE},
        {"musicbrainz_albumid": "no mbid"},
    ],
)
def test_the_tracks_contradict_the_mbid_of_another_album_or_of_none(tags: dict[str, str]) -> None:
    match = match_tagged(**tags)
    assert (match.group, match.decided_by) == (GROUP, "tracks")
    assert OTHER not in match.releases


def test_an_mbid_that_was_merged_names_what_it_became() -> None:
    album = pressings.copy(FIRST, musicbrainz_albumid=(GONE,))
    match = pressings.match_album(album, *ALL, merged={GONE: SECOND.id})
    assert (match.release, match.decided_by) == (SECOND, "tags")


def test_an_mbid_that_was_deleted_names_nothing() -> None:
    album = pressings.copy(FIRST, musicbrainz_albumid=(GONE,))
    match = pressings.match_album(album, *ALL, deleted=(GONE,))
    assert (match.confidence, match.decided_by) == (MatchConfidence.TIED, "tracks")


def test_an_mbid_on_few_of_the_tracks_names_nothing() -> None:
    album = pressings.with_tags(pressings.copy(FIRST), 1, musicbrainz_albumid=(SECOND.id,))
    assert pressings.match_album(album, *ALL).confidence is MatchConfidence.TIED


def test_the_mbid_of_a_group_names_it_and_leaves_its_editions_tied() -> None:
    twin = pressings.release(pressings.group("Dawn", disambiguation="the other"), DAWN)
    both = (*ALL, twin)
    assert match_tagged(releases=both).confidence is MatchConfidence.UNSURE
    match = match_tagged(releases=both, musicbrainz_releasegroupid=GROUP.id)
    assert (match.confidence, match.decided_by, match.group) == (
        MatchConfidence.TIED,
        "tags",
        GROUP,
    )


@each_row(
    ("tags", "facts"),
    [
        ({"barcode": "0 77774-64402 0"}, {"barcode": "77774644020"}),
        ({"musicbrainz_discid": "A.disc-"}, {"disc_id": "A.disc-"}),
        ({"musicbrainz_trackid": ""}, {}),
    ],
    ids=["barcode", "disc ID", "track of the release"],
)
def test_an_identifier_of_one_release_identifies_its_group(
    tags: dict[str, str], facts: dict[str, Any]
) -> None:
    right = with_codes(FIRST, **facts)
    twin = pressings.release(pressings.group("Dawn", disambiguation="the other"), DAWN)
    album = pressings.copy(right, **{field: (text,) for field, text in tags.items() if text})
    if "musicbrainz_trackid" in tags:
        ids = [track.id for _, track in right.tracks]
        album = pressings.with_each_tag(
            album, musicbrainz_trackid=lambda number, _: (ids[number - 1],)
        )
    assert (
        pressings.match_album(pressings.copy(right), right, twin).confidence
        is MatchConfidence.UNSURE
    )
    match = pressings.match_album(album, right, twin)
    assert (match.confidence, match.decided_by, match.release) == (
        MatchConfidence.CERTAIN,
        "tags",
        right,
    )


def test_a_barcode_of_another_album_is_contradicted_by_the_tracks() -> None:
    wrong = with_codes(OTHER, barcode="77774644020")
    match = match_tagged(releases=(FIRST, wrong), barcode="77774644020")
    assert match.group == GROUP


def test_the_mbids_of_recordings_distinguish_twins() -> None:
    album = pressings.without_lengths(pressings.copy(FIRST, "Downloads", title=None, album=None))
    ids = [track.recording.id for _, track in FIRST.tracks]
    named = pressings.with_each_tag(
        album, musicbrainz_recordingid=lambda number, _: (ids[number - 1],)
    )
    live = pressings.release(pressings.group("On Stage"), DAWN, take="live")
    assert pressings.match_album(album, FIRST, live).group is None
    assert pressings.match_album(named, FIRST, live).group == GROUP


def test_isrcs_identify_recordings() -> None:
    songs = [pressings.song(title, isrcs=(f"GBABC74000{n:02}",)) for n, title in enumerate(DAWN)]
    right = pressings.release(GROUP, songs)
    album = pressings.without_lengths(pressings.copy(right, "Downloads", title=None, album=None))
    assert pressings.match_album(album, right, OTHER).group is None
    album = pressings.with_each_tag(
        album, isrc=lambda number, _: (f"gb-abc-74-000{number - 1:02}",)
    )
    assert pressings.match_album(album, right, OTHER).group == GROUP


def test_tags_that_name_one_of_two_alike_are_believed_and_reported() -> None:
    live = pressings.release(pressings.group("On Stage"), DAWN, take="live")
    match = match_tagged(live, (FIRST, live), musicbrainz_albumid=live.id)
    assert (match.release, match.decided_by) == (live, "tags")
    match = match_tagged(live, (FIRST, live), musicbrainz_albumid=FIRST.id)
    assert match.release != FIRST


def test_an_mbid_does_not_make_a_release_of_nothing_in_common() -> None:
    match = match_tagged(FIRST, (OTHER,), musicbrainz_albumid=OTHER.id)
    assert (match.confidence, match.group) == (MatchConfidence.UNKNOWN, None)
