"""The cheapest assignment: exact for any costs, and fast enough for the longest albums."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.music.matching.hungarian import minimum_cost_assignment
from tests.sampling import each_row

REJECT = 0.5


def compute_saving(costs: list[list[float]], assignment: list[int]) -> float:
    """Return by how much less than `REJECT` the pairs cost, all together."""
    return sum(REJECT - costs[row][column] for row, column in enumerate(assignment) if column >= 0)


def find_best_saving(costs: list[list[float]]) -> float:
    """Return the greatest saving, by trying all ways."""
    width = len(costs[0]) if costs else 0
    columns = [*range(width), *[-1] * len(costs)]
    ways = set(permutations(columns, len(costs)))
    return max(
        sum(max(REJECT - costs[row][one], 0) for row, one in enumerate(way) if one >= 0)
        for way in ways
    )


@st.composite
def tables(draw: st.DrawFn) -> list[list[float]]:
    rows, columns = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    costs = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.49, 0.5, 0.51, 0.8, 1.0])
    line = st.lists(costs, min_size=columns, max_size=columns)
    return draw(st.lists(line, min_size=rows, max_size=rows))


@given(tables())
def test_no_other_pairing_is_cheaper(costs: list[list[float]]) -> None:
    assignment = minimum_cost_assignment(costs, REJECT)
    paired = [column for column in assignment if column >= 0]
    assert len(assignment) == len(costs)
    assert len(set(paired)) == len(paired)
    assert all(costs[row][one] < REJECT for row, one in enumerate(assignment) if one >= 0)
    assert compute_saving(costs, assignment) == pytest.approx(find_best_saving(costs))


@each_row(
    ("costs", "pairs"),
    [
        ([], []),
        ([[], []], [-1, -1]),
        ([[0.4]], [0]),
        ([[REJECT]], [-1]),
        ([[0.9, 0.1], [0.1, 0.9]], [1, 0]),
        ([[0.0, 0.1], [0.1, 0.4]], [1, 0]),  # the second gains more than the first loses
        ([[0.0], [0.1]], [0, -1]),
        ([[0.1], [0.0]], [-1, 0]),
        ([[0.0, 0.9], [0.1, 0.9]], [0, -1]),  # never forced
        ([[0.0, 0.9, 0.9]], [0]),
    ],
)
def test_a_dear_pair_is_none(costs: list[list[float]], pairs: list[int]) -> None:
    assert minimum_cost_assignment(costs, REJECT) == pairs


def test_of_two_equal_ways_always_the_same_is_taken() -> None:
    costs = [[0.2] * 6 for _ in range(6)]
    assignment = minimum_cost_assignment(costs, REJECT)
    assert sorted(assignment) == list(range(6))
    assert minimum_cost_assignment(costs, REJECT) == assignment


def test_two_hundred_tracks_in_any_order_are_found_again() -> None:
    order = list(range(200))
    Random(7).shuffle(order)
    costs = [[0.0 if column == at else 0.3 for column in range(200)] for at in order]
    costs[0] = costs[1]  # two want one, so that all are to be weighed
    assignment = minimum_cost_assignment(costs, REJECT)
    assert sorted(assignment) == list(range(200))
    assert assignment[2:] == order[2:]
