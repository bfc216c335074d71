"""Record which movie an item is, as chosen by the user."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files, kinds
from mediakeep.commands import choosing
from mediakeep.commands.desk import Answer, Desk
from mediakeep.commands.lists import Faults
from mediakeep.errors import UsageFailed
from mediakeep.queue import actions
from mediakeep.queue.queue import Queue


class Word(msgspec.Struct, frozen=True):
    """The ids of an item's movie, one or both."""

    name: str
    tmdb_id: int = 0
    imdb_id: str = ""
    where: str = ""  # in the list, as "line 3"

    @property
    def ids(self) -> str:
        """The ids as text."""
        return " and ".join(filter(None, (str(self.tmdb_id or ""), self.imdb_id)))


def choose(home: Path, name: str, ident: str) -> Answer:
    """Record the movie of an item; raise UsageError if the id or the item is unknown."""
    ids = choosing.read_id(ident)
    if ids is None:
        raise UsageFailed(
            f'"{files.printable(ident)}" is not a TMDb or IMDb id, such as 603 or tt0133093.'
        )
    with _opened(home) as opened:
        key = actions.find(opened.state, name)
        return _answer(opened, {key: Word(name, *ids)})


def from_csv(home: Path, path: Path) -> Answer:
    """Record the ids in a CSV, all or none; raise UsageError with all errors."""
    from mediakeep.movies.outputs import choices

    rows = choices.read_choices(path)
    matches = [Word(row.key, row.tmdb_id, row.imdb_id, f"line {row.line}") for row in rows]
    if not matches:
        return Answer([f"No ids in {files.display_path(path)}."], {"chosen": {}, "same": {}})
    with _opened(home) as opened:
        return _answer(opened, _found(opened, matches, files.escape(path)))


def _opened(home: Path) -> Any:
    return Desk(home, kinds.MOVIES).opened()


def _found(queue: Queue, chosen: Iterable[Word], name: str) -> dict[str, Word]:
    """Find the items by name; raise UsageError with all errors."""
    errors, matches = Faults(name), dict[str, Word]()
    for match in chosen:
        with errors.at(match.where):
            key = actions.find(queue.state, match.name)
            if key in matches:
                raise UsageFailed(f"{key} is already in {matches[key].where}.")
            matches[key] = match
    errors.refuse()
    return matches


def _answer(queue: Queue, matches: dict[str, Word]) -> Answer:
    """Record the matches, and report each."""
    patches = {
        key: {"match": "user", "tmdb_id": choice.tmdb_id, "imdb_id": choice.imdb_id}
        for key, choice in matches.items()
    }
    record = queue.change(actions.amend(queue.where, patches))
    changed_keys = set(record.items) if record else set()
    lines = []
    for key, match in matches.items():
        where = f"{match.where}: " if match.where else ""
        state_text = "is pending again" if key in changed_keys else "is unchanged"
        lines.append(f'{where}"{key}" is {match.ids}; it {state_text}.')
    chosen = {key: match.ids for key, match in matches.items()}
    return Answer(
        lines,
        {
            "chosen": {key: ids for key, ids in chosen.items() if key in changed_keys},
            "same": {key: ids for key, ids in chosen.items() if key not in changed_keys},
        },
    )
