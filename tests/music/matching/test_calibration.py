"""A small made catalogue and damaged albums: matching stays as right as it was measured to be.

The benchmark "matching" takes ten times as many. What is asked for here is what these albums gave
when the weights were fitted, and one album more may be missed: a change that costs more than that
is to be looked at, family by family, with the benchmark. Wrong answers are never allowed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from benchmarks import matching_albums, matching_answers, matching_ours, matching_world, script_runs
from benchmarks.matching_answers import Answer, Score
from benchmarks.matching_truth import Truth
from mediakeep.music.matching.weights import WEIGHTS

_SEED = 3


@dataclass(frozen=True)
class Size:
    """How many artists a catalogue has, and what came of their albums when weights were fitted."""

    artists: int
    albums: int
    absent: int
    missed: int  # at most so many, of groups and of editions
    ties: int
    wrong: int  # at most so many ties


_SIZES = [
    pytest.param(Size(13, 91, 4, 0, 18, 0), id="some"),
    pytest.param(Size(26, 193, 13, 3, 34, 1), id="many", marks=pytest.mark.slow),
]

Identified = Sequence[tuple[Truth, Answer]]


@pytest.fixture(scope="module", params=_SIZES)
def size(request: pytest.FixtureRequest) -> Size:
    assert isinstance(request.param, Size)
    return request.param


@pytest.fixture(scope="module")
def identified(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Identified:
    """Identify all albums of both halves, by requests to a server."""
    catalogue = matching_world.make(size.artists, _SEED)
    pairs: list[tuple[Truth, Answer]] = []
    with script_runs.serve(catalogue.world) as server:
        for library in matching_albums.make(catalogue, _SEED):
            outcome = matching_ours.ask(library, server, tmp_path_factory.mktemp(library.half))
            answers = matching_ours.answers(library, outcome.matches)
            pairs += [(one.truth, x) for one, x in zip(library.albums, answers, strict=True)]
    return pairs


def score(result: Identified) -> Score:
    return matching_answers.score([truth for truth, _ in result], [answer for _, answer in result])


@pytest.mark.loop
def test_the_albums_are_of_every_family_and_always_the_same(
    identified: Identified, size: Size
) -> None:
    assert len({truth.family for truth, _ in identified}) == 18
    assert len(identified) == size.albums


def test_no_album_is_taken_for_another(identified: Identified) -> None:
    wrong = [
        (truth.family, one) for truth, one in identified if one.sure and one.group != truth.group
    ]
    assert wrong == []


def test_nothing_is_said_of_albums_that_no_catalogue_has(
    identified: Identified, size: Size
) -> None:
    absent = [one for truth, one in identified if not truth.group]
    assert len(absent) == size.absent
    assert not any(answer.sure for answer in absent)


def test_hardly_an_album_is_missed(identified: Identified, size: Size) -> None:
    groups = score(identified).groups
    assert groups.wanted - groups.right <= size.missed + 1


def test_an_edition_is_named_if_the_evidence_proves_it_and_never_a_wrong_one(
    identified: Identified, size: Size
) -> None:
    score_ = score(identified)
    assert score_.editions.wrong == 0
    assert score_.recalled.wanted - score_.recalled.right <= size.missed + 1


def test_ties_are_reported_exactly(identified: Identified, size: Size) -> None:
    ties = score(identified).ties
    assert ties.wanted == ties.right == size.ties
    assert ties.wrong <= size.wrong + 1


def test_the_weights_in_the_docs_are_those_in_use() -> None:
    page = Path(__file__).parents[3] / "docs" / "matching.md"
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: float(value) for name, value in rows} == structs.asdict(WEIGHTS)
