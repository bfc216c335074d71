"""Which track of a release a track here is: by title, length, place, performer and identifiers."""

from __future__ import annotations

from typing import Any

import pytest

from mediakeep.lookups.catalogue import Artist, Recording
from mediakeep.music.matching import certainty, evidence, pairing, shapes
from mediakeep.music.matching.evidence import Heard
from mediakeep.music.matching.pairing import Letters, Paired
from mediakeep.music.matching.shapes import Slot
from mediakeep.music.matching.weights import Weights
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import CARL, DAWN, MONA, VARIOUS, credit, song

WEIGHTS = Weights(
    title=0.45, length=0.35, position=0.08, performer=0.12, recording=0.5, untold=0.35,
    sigma=3.0, reject=0.55, qualifier=0.6, slight=0.2,
)  # fmt: skip


def paired(album: Album, *songs: str | Recording, by: Artist = pressings.VERA) -> Paired:
    (shape,) = shapes.made([pressings.release(pressings.group("Dawn", by=by), songs)])
    return pairing.of(evidence.of(album, "Vera", {}), shape, WEIGHTS, Letters())


def here(*songs: str | Recording, **tags: Any) -> Album:
    return pressings.copy(pressings.release(pressings.group("Dawn"), songs), **tags)


def test_what_is_the_same_costs_nothing() -> None:
    found = paired(here(*DAWN), *DAWN)
    assert found.slots == tuple(range(10))
    assert set(found.costs) == set(found.wordings) == set(found.apart) == {0.0}


ONE = song("Thaw", "one")
OTHER = song("Thaw", "other")


@pytest.mark.parametrize(
    ("tags", "songs", "slots"),
    [
        ({}, ("Thaw", "Crane"), (0,)),
        ({}, ("Crane", "Thaw"), (1,)),
        ({"track": "2"}, ("Thaw", "Thaw"), (1,)),  # two of one name: told by the place
        ({}, (OTHER, ONE), (1,)),  # told by the length, though it stands elsewhere
        ({}, ("Thaw (Live)", "Crane", "Thaw"), (2,)),
        ({}, ("Crane", "Rivet"), (-1,)),  # never forced
        ({"title": None}, ("Crane", ONE), (1,)),
        ({"title": ("Crane",)}, ("Crane", ONE), (0,)),
        ({"musicbrainz_recordingid": (OTHER.id,)}, (song("Thaw", "x"), OTHER), (1,)),
    ],
)
def test_a_track_is_paired_with_what_is_most_like_it(
    tags: dict[str, Any], songs: tuple[str | Recording, ...], slots: tuple[int, ...]
) -> None:
    assert paired(here(ONE, **tags), *songs).slots == slots


def test_performers_count_where_a_release_is_by_several() -> None:
    theirs = [song("Thaw", one.name, artist_credit=credit(one)) for one in (CARL, MONA)]
    album = pressings.silent(here("Thaw", artist=("Mona",), track=None, place="Dawn"))
    assert paired(album, *theirs, by=VARIOUS).slots == (1,)


def test_the_length_of_a_recording_is_a_bell_and_no_threshold() -> None:
    album = here(ONE)
    costs = [
        paired(pressings.retimed(album, lambda _, off=off: off), ONE).costs[0]
        for off in (0.0, 1.0, 3.0, 6.0, 30.0)
    ]
    assert costs == sorted(costs)
    assert costs[1] < 0.05 < costs[2] < costs[3]
    assert costs[4] == pytest.approx(0.35 / 0.88)


def test_what_is_not_known_is_said_so() -> None:
    found = paired(pressings.silent(here(ONE)), ONE)
    assert (found.apart, found.wordings) == ((-1.0,), (0.0,))
    found = paired(here(ONE, title=None), ONE)
    assert (found.apart, found.wordings) == ((0.0,), (-1.0,))
    found = paired(here("Thaw", "Thaw Again", only=[1]), "Rivet")
    assert (found.slots, found.costs, found.wordings, found.apart) == (
        *((-1,), (1.0,), (-1.0,), (-1.0,)),
    )


def test_a_title_in_another_script_is_not_known() -> None:
    found = paired(here("Noch", track="1"), song("Ночь", "x"))
    assert found.wordings == (-1.0,)


@pytest.mark.parametrize(
    ("tags", "identified"),
    [
        ({}, 0),
        ({"musicbrainz_recordingid": (ONE.id.upper(),)}, 1),
        ({"musicbrainz_recordingid": (OTHER.id, ONE.id)}, 1),
        ({"musicbrainz_recordingid": (OTHER.id,)}, 0),
        ({"isrc": ("GB-ABC-74-00001",)}, 1),
        ({"isrc": ("GBABC7400002",)}, 0),
    ],
)
def test_identifiers_of_recordings_are_counted(tags: dict[str, Any], identified: int) -> None:
    known = Recording(id=ONE.id, title=ONE.title, length=ONE.length, isrcs=("GBABC7400001",))
    assert paired(here(ONE, **tags), known).identified == identified


@pytest.mark.parametrize(
    ("disc", "position", "is_there"),
    [
        (0, 2, True),
        (2, 2, True),
        (0, 12, True),  # counted through
        (1, 12, True),
        (1, 2, False),
        (2, 12, False),
        (0, 3, False),
        (3, 2, False),
    ],
)
def test_a_track_is_in_place_by_disc_and_number_or_counted_through(
    disc: int, position: int, is_there: bool
) -> None:
    (shape,) = shapes.made([pressings.release(pressings.group("Dawn"), DAWN, ["Salt", "Shoal"])])
    slot: Slot = shape.slots[11]
    nobody = frozenset[str]()
    track = Heard("", None, 0.0, disc, position, nobody, nobody, nobody, nobody)
    assert certainty.is_in_place(track, slot) is is_there
