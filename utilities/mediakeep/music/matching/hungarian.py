"""Pair rows and columns of a cost matrix at minimum total cost.

This is the Hungarian method in the form of Jonker and Volgenant: shortest augmenting paths with a
potential for each row and column (Computing 38, 1987). It takes cubic time in the number of tracks.
Most albums do not need it, since each track has a different cheapest column.
"""

from __future__ import annotations

from collections.abc import Sequence

CostMatrix = Sequence[Sequence[float]]  # by row and column


def minimum_cost_assignment(costs: CostMatrix, reject: float) -> list[int]:
    """Return the column of each row, or -1 for none, so that the total cost is minimal.

    A pair that costs `reject` or more is never made. Leaving a row without a column costs `reject`.
    """
    if not costs or not costs[0]:
        return [-1] * len(costs)
    cheapest_columns = [min(range(len(row)), key=row.__getitem__) for row in costs]
    accepted = [
        column if row[column] < reject else -1
        for row, column in zip(costs, cheapest_columns, strict=True)
    ]
    columns = [column for column in accepted if column >= 0]
    if len(set(columns)) == len(columns):  # all cheapest columns are different
        return accepted
    if len(costs) <= len(costs[0]):
        assigned = _solve([[min(cost - reject, 0.0) for cost in row] for row in costs])
    else:
        transposed = [
            [min(row[column] - reject, 0.0) for row in costs] for column in range(len(costs[0]))
        ]
        assigned = [-1] * len(costs)
        for column, row in enumerate(_solve(transposed)):
            assigned[row] = column
    return [
        column if column >= 0 and row[column] < reject else -1
        for row, column in zip(costs, assigned, strict=True)
    ]


def _solve(costs: CostMatrix) -> list[int]:
    """Assign each row its own column at minimum total cost; rows may not outnumber columns."""
    width = len(costs[0])
    row_potential, column_potential = [0.0] * len(costs), [0.0] * (width + 1)
    owner = [-1] * (width + 1)  # row of each column; the search starts at the extra last column
    for row in range(len(costs)):
        owner[width] = row
        column, before, reached = _shortest_augmenting_path(
            costs, owner, row_potential, column_potential
        )
        for other, reduction in reached:
            row_potential[owner[other]] += reduction
            column_potential[other] -= reduction
        while column != width:
            owner[column] = owner[before[column]]
            column = before[column]
    assigned = [-1] * len(costs)
    for column in range(width):
        if owner[column] >= 0:
            assigned[owner[column]] = column
    return assigned


def _shortest_augmenting_path(
    costs: CostMatrix, owner: list[int], row_potential: list[float], column_potential: list[float]
) -> tuple[int, list[int], list[tuple[int, float]]]:
    """Find the free column that can be reached at minimum cost.

    Return that column, the previous column of each column, and the potential changes of visited
    columns.
    """
    width = len(costs[0])
    nearest, before = [float("inf")] * width, [width] * width
    visited, free_columns = [(width, 0.0)], set(range(width))
    column, distance = width, 0.0
    while owner[column] >= 0:
        row = owner[column]
        row_costs, potential = costs[row], row_potential[row]
        for other in free_columns:
            cost = distance + row_costs[other] - potential - column_potential[other]
            if cost < nearest[other]:
                nearest[other], before[other] = cost, column
        column = min(free_columns, key=nearest.__getitem__)
        distance = nearest[column]
        free_columns.discard(column)
        visited.append((column, distance))
    return column, before, [(other, distance - at) for other, at in visited[:-1]]
