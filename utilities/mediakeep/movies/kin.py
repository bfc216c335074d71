"""Movies whose reports say something about others: those of one id, and those of one collection.

When one is found, the reports of the others are no longer true. These are read anew after a batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from mediakeep.item import MovieItem, Status

TWIN = "duplicate-movie"  # the kind of issue that tells of movies with the same id


def stale(items: Mapping[str, MovieItem], settled: Collection[str]) -> list[str]:
    """Return the completed movies whose reports no longer fit, by their keys.

    `settled` are those that were worked on since all reports were true.
    """
    done = {key: one for key, one in items.items() if one.status is Status.COMPLETED}
    fresh = set(settled) & done.keys()
    return sorted({*_twins(done, fresh), *_collected(done, fresh)})


def _twins(items: Mapping[str, MovieItem], fresh: set[str]) -> Iterator[str]:
    """Give those that do not tell of a twin, or of one that is none any more."""
    for _, keys in _grouped({key: (one.tmdb_id, one.edition) for key, one in items.items()}):
        several = len(keys) > 1
        told = {key for key in keys if TWIN in items[key].issues}
        if several and fresh.intersection(keys):
            yield from (key for key in keys if key not in told)
        elif not several:
            yield from told


def _collected(items: Mapping[str, MovieItem], fresh: set[str]) -> Iterator[str]:
    """Give the movies of collections that one has come to; the last that came knows them all."""
    for _, keys in _grouped({key: (one.collection_id, "") for key, one in items.items()}):
        if fresh.intersection(keys):
            newest = max(keys, key=lambda key: items[key].settled)
            yield from (key for key in keys if key != newest)


def _grouped(ids: Mapping[str, tuple[int, str]]) -> Iterator[tuple[tuple[int, str], list[str]]]:
    """Group keys by what they share; 0 is no id."""
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    for key, shared in ids.items():
        if shared[0]:
            groups[shared].append(key)
    yield from groups.items()
