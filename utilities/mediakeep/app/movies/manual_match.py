"""Record which movie an item is, as chosen by the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.app.console import CommandResult, Console
from mediakeep.app.edit.list_files import InputErrors
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.errors import UsageError
from mediakeep.item import Item
from mediakeep.lookups.tmdb import constants
from mediakeep.movies.item import MOVIES
from mediakeep.queue import actions
from mediakeep.queue.queue import Queue


class ManualMatch(msgspec.Struct, frozen=True):
    """The ids of an item's movie, one or both."""

    name: str
    tmdb_id: int = 0
    imdb_id: str = ""
    location: str = ""  # in the list, as "line 3"

    @property
    def ids_text(self) -> str:
        """The ids as text."""
        return " and ".join(filter(None, (str(self.tmdb_id or ""), self.imdb_id)))


def record_choice(
    home: Path, name: str, ident: str, console: Console, *, dry_run: bool = False
) -> CommandResult:
    """Record the movie of an item; raise UsageError if the id or the item is unknown."""
    ids = _parse_ids(ident)
    with _open_queue(home, console, dry_run=dry_run) as opened:
        key = actions.find_item_key(opened.state, name)
        return _record_matches(opened, {key: ManualMatch(name, *ids)})


def _parse_ids(ident: str) -> tuple[int, str]:
    ids = constants.parse_movie_id(ident)
    if ids is None:
        raise UsageError(
            f'"{path_text.to_printable(ident)}" is not a TMDb or IMDb id, such as 603 or tt0133093.'
        )
    return ids


def build_match_fields(ident: str) -> dict[str, Any]:
    """Return the fields of a movie whose id the user has chosen; raise UsageError if invalid."""
    tmdb_id, imdb_id = _parse_ids(ident)
    return {"match": "user", "tmdb_id": tmdb_id, "imdb_id": imdb_id}


def get_match_fields(item: Item) -> dict[str, Any]:
    """Return the fields of a movie that a manual match sets."""
    return {name: getattr(item, name) for name in ("match", "tmdb_id", "imdb_id")}


def restore_matches(
    home: Path, before: Mapping[str, Mapping[str, Any]], ident: str, console: Console
) -> list[str]:
    """Restore the fields of movies whose choice is still `ident`; return the keys of the others.

    A batch may have added the other id since. Movies that have their old fields are left as they
    are, as are those that are not in the queue any more.
    """
    tmdb_id, imdb_id = constants.parse_movie_id(ident) or (0, "")
    chosen: dict[str, Any] = {"match": "user"}
    chosen |= {"tmdb_id": tmdb_id} if tmdb_id else {}
    chosen |= {"imdb_id": imdb_id} if imdb_id else {}
    with _open_queue(home, console) as opened:
        fields = {
            key: get_match_fields(opened.state.items[key])
            for key in before
            if key in opened.state.items
        }
        values = {key: before[key] for key, now in fields.items() if chosen.items() <= now.items()}
        opened.commit(actions.set_fields_and_reset(opened.location, values))
    return [key for key, now in fields.items() if key not in values and now != before[key]]


def record_choices_from_csv(
    home: Path, path: Path, console: Console, *, dry_run: bool = False
) -> CommandResult:
    """Record the ids in a CSV, all or none; raise UsageError with all errors."""
    from mediakeep.movies.outputs import failed_lookups_csv

    rows = failed_lookups_csv.read_choices(path)
    matches = [ManualMatch(row.key, row.tmdb_id, row.imdb_id, f"line {row.line}") for row in rows]
    if not matches:
        return CommandResult(
            [f"No ids in {path_text.display_path(path)}."], {"chosen": {}, "same": {}}
        )
    with _open_queue(home, console, dry_run=dry_run) as opened:
        return _record_matches(opened, _find_items(opened, matches, path_text.escape_path(path)))


def _open_queue(
    home: Path, console: Console, *, dry_run: bool = False
) -> AbstractContextManager[Queue]:
    return ManagerContext(home, MOVIES, console, dry_run=dry_run).open_queue()


def _find_items(queue: Queue, chosen: Iterable[ManualMatch], name: str) -> dict[str, ManualMatch]:
    """Find the items by name; raise UsageError with all errors."""
    errors, matches = InputErrors(name), dict[str, ManualMatch]()
    for match in chosen:
        with errors.collect_at(match.location):
            key = actions.find_item_key(queue.state, match.name)
            if key in matches:
                raise UsageError(f"{key} is already in {matches[key].location}.")
            matches[key] = match
    errors.raise_if_any()
    return matches


def _record_matches(queue: Queue, matches: dict[str, ManualMatch]) -> CommandResult:
    """Record the matches, and report each."""
    patches = {
        key: {"match": "user", "tmdb_id": choice.tmdb_id, "imdb_id": choice.imdb_id}
        for key, choice in matches.items()
    }
    record = queue.commit(actions.set_fields_and_reset(queue.location, patches))
    changed_keys = set(record.items) if record else set()
    lines = []
    for key, match in matches.items():
        where = f"{match.location}: " if match.location else ""
        state_text = "is pending again" if key in changed_keys else "is unchanged"
        lines.append(f'{where}"{key}" is {match.ids_text}; it {state_text}.')
    chosen = {key: match.ids_text for key, match in matches.items()}
    return CommandResult(
        lines,
        {
            "chosen": {key: ids for key, ids in chosen.items() if key in changed_keys},
            "same": {key: ids for key, ids in chosen.items() if key not in changed_keys},
        },
    )
