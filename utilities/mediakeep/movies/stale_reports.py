"""Find movie reports that are outdated because other movies were added or removed.

The reports of movies with the same ID, or of the same collection, mention each other, so they are
refreshed after a batch. Which ones are outdated is derived from the queue alone, so a killed batch
leaves nothing undone. Each item stores whether its report lists a duplicate, and how many movies of
its collection it knows of.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping

from mediakeep import path_text
from mediakeep.item import Status, is_no_longer_found
from mediakeep.movies.item import MovieItem

DUPLICATE_KIND = "duplicate-movie"  # issue kind for movies with the same ID


MovieGroup = Mapping[str, MovieItem]


def find_stale_reports(items: MovieGroup) -> list[str]:
    """Return the keys of completed movies whose reports are outdated.

    Candidates are checked on disk as well: a refreshed report does not count missing files, and a
    scan may not have noticed yet that they are gone.
    """
    items_with_id = {
        key: item for key, item in items.items() if item.tmdb_id and not is_no_longer_found(item)
    }
    return sorted(
        {
            *_find_stale_in_groups(items_with_id, _edition_key, _find_stale_duplicates),
            *_find_stale_in_groups(items_with_id, _collection_key, _find_stale_collections),
        }
    )


def _find_stale_in_groups(
    items: MovieGroup,
    shared: Callable[[MovieItem], Hashable],
    find_stale: Callable[[MovieGroup], list[str]],
) -> Iterator[str]:
    """Yield the keys of movies with an outdated report, compared within groups of movies.

    `shared` returns the key of a movie's group.
    """
    groups: dict[Hashable, dict[str, MovieItem]] = defaultdict(dict)
    for key, item in items.items():
        groups[shared(item)][key] = item
    for value, group in groups.items():
        if value and find_stale(group):
            yield from find_stale({key: item for key, item in group.items() if _file_exists(item)})


def _edition_key(item: MovieItem) -> Hashable:
    return item.tmdb_id, path_text.normalize_name(item.edition)


def _collection_key(item: MovieItem) -> Hashable:
    return item.collection_id


def _find_stale_duplicates(group: MovieGroup) -> list[str]:
    """Return the movies whose report lists a missing duplicate, or lacks an existing one."""
    has_duplicates = len(group) > 1
    return [
        key
        for key, item in group.items()
        if _has_report(item) and (DUPLICATE_KIND in item.issues) != has_duplicates
    ]


def _find_stale_collections(group: MovieGroup) -> list[str]:
    """Return the movies whose report counts a wrong number of movies in their collection."""
    count = len({item.tmdb_id for item in group.values()})
    return [key for key, item in group.items() if _has_report(item) and item.collected != count]


def _has_report(item: MovieItem) -> bool:
    """Return True if the item has a report that no pending lookup will rewrite."""
    return item.status is Status.COMPLETED and item.lookup != "pending"


def _file_exists(item: MovieItem) -> bool:
    return os.path.exists(path_text.unescape_path(item.path))  # noqa: PTH110 - never raises
