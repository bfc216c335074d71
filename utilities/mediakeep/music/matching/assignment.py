"""The cheapest pairing of tracks with recordings, where a pair that is too dear is none.

After the Hungarian method in the form of Jonker and Volgenant: shortest augmenting paths, with a
potential for each row and column (Computing 38, 1987). It takes the cube of the number of tracks;
most albums need none of it, since each track has a favourite of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

Costs = Sequence[Sequence[float]]  # of each row with each column


def cheapest(costs: Costs, reject: float) -> list[int]:
    """Return for each row its column, or -1; no pair costs as much as `reject`.

    The sum of what the pairs save against `reject` is the greatest that there is.
    """
    if not costs or not costs[0]:
        return [-1] * len(costs)
    favourites = [min(range(len(row)), key=row.__getitem__) for row in costs]
    wanted = [
        column if row[column] < reject else -1
        for row, column in zip(costs, favourites, strict=True)
    ]
    paired = [column for column in wanted if column >= 0]
    if len(set(paired)) == len(paired):  # nobody's favourite is another's
        return wanted
    if len(costs) <= len(costs[0]):
        found = _assigned([[min(cost - reject, 0.0) for cost in row] for row in costs])
    else:
        turned = [[min(row[column] - reject, 0.0) for row in costs] for column in _range(costs[0])]
        found = [-1] * len(costs)
        for column, row in enumerate(_assigned(turned)):
            found[row] = column
    return [
        column if column >= 0 and row[column] < reject else -1
        for row, column in zip(costs, found, strict=True)
    ]


def _range(row: Sequence[float]) -> range:
    return range(len(row))


def _assigned(costs: Costs) -> list[int]:
    """Give each row a column of its own, such that all together cost least; rows are the fewer."""
    width = len(costs[0])
    of_row, of_column = [0.0] * len(costs), [0.0] * (width + 1)
    owner = [-1] * (width + 1)  # row of each column; the last column is where a search begins
    for row in range(len(costs)):
        owner[width] = row
        column, before, reached = _nearest_free(costs, owner, of_row, of_column)
        for other, least in reached:
            of_row[owner[other]] += least
            of_column[other] -= least
        while column != width:
            owner[column] = owner[before[column]]
            column = before[column]
    found = [-1] * len(costs)
    for column in range(width):
        if owner[column] >= 0:
            found[owner[column]] = column
    return found


def _nearest_free(
    costs: Costs, owner: list[int], of_row: list[float], of_column: list[float]
) -> tuple[int, list[int], list[tuple[int, float]]]:
    """Find the free column that is reached at least cost, the way to it, and by how much each
    column that was passed is to be raised.
    """
    width = len(costs[0])
    nearest, before = [float("inf")] * width, [width] * width
    passed, free = [(width, 0.0)], set(range(width))
    column, far = width, 0.0
    while owner[column] >= 0:
        row = owner[column]
        line, raised = costs[row], of_row[row]
        for other in free:
            cost = far + line[other] - raised - of_column[other]
            if cost < nearest[other]:
                nearest[other], before[other] = cost, column
        column = min(free, key=nearest.__getitem__)
        far = nearest[column]
        free.discard(column)
        passed.append((column, far))
    return column, before, [(other, far - at) for other, at in passed[:-1]]
