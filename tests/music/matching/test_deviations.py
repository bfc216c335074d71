"""Which kind of issue it is that tags say something else than a release does."""

from __future__ import annotations

from typing import Any

import pytest

from mediakeep.media.reading import Tags
from mediakeep.music.checks import matches
from mediakeep.music.kinds import KINDS
from mediakeep.music.matching import deviations
from mediakeep.music.model import Track
from mediakeep.music.repairs import safe
from mediakeep.policy import Fix
from mediakeep.rehearsal.entities import mbid
from tests.music.repairs import releases
from tests.music.repairs.releases import FIRST
from tests.music.repairs.test_enrichment_fields import artist, odd, tags

ONE, TWO, THREE = mbid("one"), mbid("two"), mbid("three")
CHECKS = {
    "title-differs": matches.title_differs,
    "artist-differs": matches.artist_differs,
    "wrong-track-order": matches.wrong_track_order,
    "stale-mbid": matches.stale_mbid,
    "details-differ": matches.details_differ,
}


@pytest.mark.parametrize(
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
    assert deviations.of(track, {field: wanted}) == {field: kind}


@pytest.mark.parametrize("field", sorted(FIRST.keys() - {"genres", "compilation"}))
def test_what_is_told_is_what_would_be_corrected(field: str) -> None:
    here = releases.matched(artist(tags(**{**FIRST, field: odd(field)})))
    (repair,) = safe.plan(here, fix=Fix.MATCHED)
    told = {kind: check(here) for kind, check in CHECKS.items()}
    place = next(here.tracks).place
    assert [kind for kind, found in told.items() if found] == [*repair.kinds]
    assert field in told[repair.kinds[0]][place]


def test_each_kind_is_in_the_table() -> None:
    assert {*deviations.KINDS.values(), deviations.OTHERWISE} == CHECKS.keys()
    assert CHECKS.keys() <= {kind.name for kind in KINDS}
