"""Filling in fields from a certain match: values of the user are never changed."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.issue import Issue
from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.model import AudioProperties, Tags
from mediakeep.media.audio.normalize_tags import NUMBER_PAIRS
from mediakeep.media.audio.tag_edits import FIELDS
from mediakeep.music import diagnose
from mediakeep.music.matching.match_result import MatchConfidence
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import preview, safe
from mediakeep.policy import FixLevel
from mediakeep_simulator.entities import generate_mbid
from tests.music.repairs import made, releases
from tests.music.repairs.releases import FIRST
from tests.sampling import each_row

SINGLE = {name for pair in NUMBER_PAIRS for name in pair}
TOGETHER = {"track", "track_total", "disc", "disc_total", "discsubtitle"}  # where a track stands
WITH = {  # what is not filled in next to a value that is another one
    "artist": {"artists", "artistsort", "musicbrainz_artistid"},
    "albumartist": {"albumartistsort", "musicbrainz_albumartistid"},
    "musicbrainz_albumid": FIRST.keys(),
    "musicbrainz_releasegroupid": FIRST.keys(),
}
PLACEHOLDERS = {
    "title": "Track 01",
    "artist": "Unknown Artist",
    "artists": "<unknown>",
    "albumartist": "Unknown Artist",
    "album": "Unknown Album",
    "genres": "Other",
    "date": "0000",
    "originaldate": "0000-00-00",
    "track": "0",
    "track_total": "00",
    "disc": "0",
    "disc_total": "0",
}


def build_odd_values(field: str) -> tuple[str, ...]:
    """Return what a user may have written there, which is not what the release has."""
    if field in SINGLE:
        return ("7",)
    if field == "compilation":
        return ("1",)
    if field.startswith("musicbrainz_"):
        return (generate_mbid("own", field),)
    return ("1901",) if "date" in field else (f"My own {field}",)


def tags(**fields: tuple[str, ...]) -> Tags:
    shaped: dict[str, Any] = {}
    for field, values in fields.items():
        single = values[0] if field in SINGLE else values
        shaped[field] = bool(values) if field == "compilation" else single
    return Tags(**shaped)


def artist(*some: Tags) -> Artist:
    tracks = tuple(
        Track(
            place=f"{releases.ALBUM}/{number}.mp3",
            tags=one,
            facts=AudioProperties(format="MP3"),
            container="ID3v2.4",
        )
        for number, one in enumerate(some, 1)
    )
    return made.build_artist(Album(place=releases.ALBUM, tracks=tracks))


def plan_first_track(here: Artist, fix: FixLevel = FixLevel.SAFE) -> dict[str, tuple[str, ...]]:
    """Return what the first track would get, by field."""
    first = next(here.tracks).place
    found: dict[str, tuple[str, ...]] = {}
    for repair in safe.plan_repairs(here, fix=fix):
        assert isinstance(repair.change, tag_edits.SetField)
        if repair.place == first:
            found[repair.field] = repair.change.values
    return found


def enrich_first_track(here: Artist, fix: FixLevel = FixLevel.SAFE) -> Tags:
    """Return the tags of the first track once all is made."""
    return next(
        preview.predict_artist_after_repairs(here, safe.plan_repairs(here, fix=fix)).tracks
    ).tags


def find_issues(here: Artist) -> list[Issue]:
    return diagnose.find_issues(here, "Vera")


def test_empty_fields_are_filled_from_the_release() -> None:
    assert plan_first_track(releases.match_artist(artist(Tags()))) == FIRST
    for field, values in FIRST.items():
        assert (
            tag_edits.field_values(enrich_first_track(releases.match_artist(artist(Tags()))), field)
            == values
        ), field


def test_once_it_is_filled_in_nothing_is_left_to_do() -> None:
    full = releases.match_artist(artist(tags(**FIRST)))
    assert plan_first_track(full) == plan_first_track(full, FixLevel.MATCHED) == {}
    assert {issue.kind for issue in find_issues(full)} <= {"missing-cover"}


@each_row("field", sorted(FIELDS))
@each_row("rest", ["empty", "full"])
def test_safe_never_changes_a_value_that_is_there(field: str, rest: str) -> None:
    others = FIRST if rest == "full" else {}
    here = releases.match_artist(artist(tags(**{**others, field: build_odd_values(field)})))
    new = plan_first_track(here)
    assert field not in new
    assert tag_edits.field_values(enrich_first_track(here), field) == build_odd_values(field)
    bound = TOGETHER if field in TOGETHER else set()
    if rest == "empty":
        assert new.keys() >= FIRST.keys() - {field} - bound - WITH.get(field, set())
    else:
        assert new == {}


@each_row("field", sorted(FIELDS - SINGLE - {"compilation"}))
def test_a_value_next_to_a_placeholder_stays_too(field: str) -> None:
    held = (*build_odd_values(field), PLACEHOLDERS.get(field, " x"))
    here = releases.match_artist(artist(tags(**{field: held})))
    assert field not in {
        repair.field for repair in safe.plan_repairs(here) if "whitespace" not in repair.kinds
    }


@each_row("field", PLACEHOLDERS)
def test_placeholders_are_replaced(field: str) -> None:
    here = releases.match_artist(artist(tags(**{field: (PLACEHOLDERS[field],)})))
    assert plan_first_track(here)[field] == FIRST[field]


@each_row("field", sorted(FIRST))
def test_matched_corrects_what_differs(field: str) -> None:
    here = releases.match_artist(artist(tags(**{**FIRST, field: build_odd_values(field)})))
    left_to_people = {"genres", "compilation"}
    wanted = {} if field in left_to_people else {field: FIRST[field]}
    assert plan_first_track(here, FixLevel.MATCHED) == wanted
    told = {issue.kind for issue in find_issues(here)} - {"missing-cover", "genre-mixed"}
    assert len(told) == len(wanted)


@each_row("field", sorted(FIELDS - FIRST.keys()))
def test_fields_unknown_to_the_release_are_left_alone_even_by_matched(field: str) -> None:
    here = releases.match_artist(artist(tags(**{**FIRST, field: build_odd_values(field)})))
    assert plan_first_track(here, FixLevel.MATCHED) == {}


@each_row(
    ("value", "text", "new"),
    [
        ("CD", "Enhanced CD", None),
        ("CD", "Hybrid SACD", None),
        ("CDr", "CD-R", None),
        ("CDr", "CD", ("CD",)),
        ("CD", "Vinyl", ("Vinyl",)),
    ],
)
def test_any_type_of_cd_may_be_called_a_cd(
    value: str, text: str, new: tuple[str, ...] | None
) -> None:
    release = releases.release()
    medium = structs.replace(release.media[1], format=text)
    release = structs.replace(release, media=(release.media[0], medium))
    here = releases.match_artist(artist(tags(**{**FIRST, "media": (value,)})), release)
    assert plan_first_track(here, FixLevel.MATCHED).get("media") == new


def test_of_tied_editions_only_what_all_agree_on_is_filled_in() -> None:
    first = releases.release()
    other = releases.release(
        id=generate_mbid("other"), date="1991", country="JP", barcode=None, label_info=()
    )
    here = releases.match_artist(artist(Tags()), first, other, sure=MatchConfidence.TIED)
    own = {
        *("musicbrainz_albumid", "date", "releasecountry"),
        *("barcode", "label", "catalognumber"),
    }
    assert plan_first_track(here) == {
        field: values for field, values in FIRST.items() if field not in own
    }


@each_row("sure", [MatchConfidence.UNSURE, MatchConfidence.UNKNOWN])
def test_of_what_is_not_certain_nothing_is_written(sure: MatchConfidence) -> None:
    here = releases.match_artist(artist(Tags(), tags(title=("Ebb",))), sure=sure)
    assert plan_first_track(here) == plan_first_track(here, FixLevel.MATCHED) == {}


def test_values_unknown_to_the_release_are_never_removed() -> None:
    bare = releases.release(
        date=None, country=None, barcode=None, label_info=(), release_group=None, status=None
    )
    full = tags(**FIRST)
    here = releases.match_artist(artist(full), structs.replace(bare, release_group=_bare_group()))
    assert plan_first_track(here) == {}
    gone = {field for field, new in plan_first_track(here, FixLevel.MATCHED).items() if not new}
    assert gone == set()


def _bare_group() -> Any:
    group = releases.release().release_group
    assert group
    return structs.replace(
        group, genres=(), first_release_date=None, primary_type=None, secondary_types=()
    )


def test_a_track_that_is_hidden_before_the_first_gets_no_number() -> None:
    release = releases.release()
    hidden = structs.replace(release.media[1].tracks[0], position=0)
    medium = structs.replace(release.media[1], tracks=(hidden, release.media[1].tracks[1]))
    here = releases.match_artist(
        artist(Tags()), structs.replace(release, media=(release.media[0], medium))
    )
    assert "track" not in plan_first_track(here)
    assert plan_first_track(here)["title"] == FIRST["title"]
