"""Movies whose reports say something about others: those of one id, and those of one collection.

When one is found, or gone, the reports of the others are no longer true. These are read anew after
a batch. Whose they are shows by the queue alone, so that a batch that was killed owes nothing: each
item tells whether its report knows of a twin, and of how many movies of its collection.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping

from mediakeep import files
from mediakeep.item import MovieItem, Status, is_gone

TWIN = "duplicate-movie"  # the kind of issue that tells of movies with the same id


Group = Mapping[str, MovieItem]


def stale(items: Group) -> list[str]:
    """Return the completed movies whose reports no longer fit, by their keys.

    Where that seems so, files are looked for as well: who reads a report anew counts none that is
    gone, and a scan may not have noticed that yet.
    """
    known = {key: one for key, one in items.items() if one.tmdb_id and not _has_vanished(one)}
    return sorted({*_odd(known, _edition, _odd_twins), *_odd(known, _collection, _odd_collected)})


def _odd(
    known: Group, shared: Callable[[MovieItem], Hashable], odd: Callable[[Group], list[str]]
) -> Iterator[str]:
    """Give the odd ones of each group of movies that share something."""
    groups: dict[Hashable, dict[str, MovieItem]] = defaultdict(dict)
    for key, one in known.items():
        groups[shared(one)][key] = one
    for what, group in groups.items():
        if what and odd(group):
            yield from odd({key: one for key, one in group.items() if _is_there(one)})


def _edition(one: MovieItem) -> Hashable:
    return one.tmdb_id, files.fold(one.edition)


def _collection(one: MovieItem) -> Hashable:
    return one.collection_id


def _odd_twins(group: Group) -> list[str]:
    """Name those that do not tell of a twin, or of one that is none any more."""
    several = len(group) > 1
    return [key for key, one in group.items() if _is_told(one) and (TWIN in one.issues) != several]


def _odd_collected(group: Group) -> list[str]:
    """Name those that know of fewer movies of their collection than there are, or of more."""
    count = len({one.tmdb_id for one in group.values()})
    return [key for key, one in group.items() if _is_told(one) and one.collected != count]


def _is_told(one: MovieItem) -> bool:
    """Tell whether there is a report, which no batch is to write anew."""
    return one.status is Status.COMPLETED and one.lookup != "pending"


def _has_vanished(one: MovieItem) -> bool:
    return is_gone(one)


def _is_there(one: MovieItem) -> bool:
    return os.path.exists(files.unescape(one.path))  # noqa: PTH110 - this one never raises
