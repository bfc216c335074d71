"""Which kind of issue it is that tags say something else than a release does."""

from __future__ import annotations

from typing import Any

from mediakeep.media.audio.model import Tags
from mediakeep.music.checks import release_match
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.matching import difference_kinds
from mediakeep.music.model import Track
from mediakeep.music.repairs import safe
from mediakeep.policy import FixLevel
from mediakeep_simulator.entities import generate_mbid
from tests.music.repairs import releases
from tests.music.repairs.releases import FIRST
from tests.music.repairs.test_enrichment_fields import artist, build_odd_values, tags
from tests.sampling import each_row

ONE, TWO, THREE = generate_mbid("one"), generate_mbid("two"), generate_mbid("three")
CHECKS = {
    "title-differs": release_match.title_differs,
    "artist-differs": release_match.artist_differs,
    "wrong-track-order": release_match.wrong_track_order,
    "stale-mbid": release_match.stale_mbid,
    "details-differ": release_match.details_differ,
}


@each_row(
    ("field", "held", "wanted", "kind"),
    [
        ("title", ("Low Tied",), ("Low Tide",), "title-differs"),
        ("title", ("low tide!",), ("Low Tide",), "details-differ"),
        ("title", ("Déjà Vu",), ("Deja Vu",), "details-differ"),
        ("title", ("Low Tide (Live)",), ("Low Tide",), "title-differs"),
        ("album", ("Dusk",), ("Dawn",), "title-differs"),
        ("album", ("Dawn (Remastered)",), ("Dawn",), "details-differ"),
        ("artist", ("Vera",), ("Vera Moss",), "artist-differs"),
        ("artist", ("The Vera",), ("Vera",), "details-differ"),
        ("artists", ("Vera",), ("Vera", "Anna"), "artist-differs"),
        ("albumartist", ("Anna",), ("Vera",), "artist-differs"),
        ("track", "3", ("4",), "wrong-track-order"),
        ("disc", "1", ("2",), "wrong-track-order"),
        ("track_total", "9", ("10",), "details-differ"),
        ("musicbrainz_albumid", (ONE,), (TWO,), "stale-mbid"),
        ("musicbrainz_trackid", (ONE,), (TWO,), "stale-mbid"),
        ("musicbrainz_artistid", (ONE,), (TWO, THREE), "stale-mbid"),
        ("musicbrainz_artistid", (ONE.upper(),), (ONE, TWO), "details-differ"),
        ("date", ("1974",), ("1991",), "details-differ"),
        ("label", ("Own",), ("Quay",), "details-differ"),
    ],
)
def test_a_difference_is_of_one_kind(
    field: str, held: Any, wanted: tuple[str, ...], kind: str
) -> None:
    track = Track(place="a.mp3", tags=Tags(**{field: held}))
    assert difference_kinds.classify_differences(track, {field: wanted}) == {field: kind}


@each_row("field", sorted(FIRST.keys() - {"genres", "compilation"}))
def test_the_reported_value_is_the_correction(field: str) -> None:
    here = releases.match_artist(artist(tags(**{**FIRST, field: build_odd_values(field)})))
    (repair,) = safe.plan_repairs(here, fix=FixLevel.MATCHED)
    by_check = {kind: check(here) for kind, check in CHECKS.items()}
    place = next(here.tracks).place
    assert [kind for kind, difference in by_check.items() if difference] == [*repair.kinds]
    assert field in by_check[repair.kinds[0]][place]


def test_each_kind_is_in_the_table() -> None:
    assert {*difference_kinds.KINDS.values(), difference_kinds.MINOR_KIND} == CHECKS.keys()
    assert CHECKS.keys() <= {kind.name for kind in ISSUE_KINDS}
