"""A person's word on which movie a file is: noted in the queue, by one command or from a list."""

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
    """Which movie an item is: by its name, and one of the two ids or both."""

    name: str
    tmdb_id: int = 0
    imdb_id: str = ""
    where: str = ""  # it was said, as "line 3"

    @property
    def ids(self) -> str:
        """The ids, for people."""
        return " and ".join(filter(None, (str(self.tmdb_id or ""), self.imdb_id)))


def choose(home: Path, name: str, ident: str) -> Answer:
    """Note which movie an item is; UsageFailed where the id is none, or there is no such item."""
    found = choosing.read_id(ident)
    if found is None:
        raise UsageFailed(
            f'"{files.printable(ident)}" is no id of TMDb or IMDb, such as 603 or tt0133093.'
        )
    with _opened(home) as opened:
        key = actions.find(opened.state, name)
        return _answer(opened, {key: Word(name, *found)})


def from_csv(home: Path, path: Path) -> Answer:
    """Note the ids that were filled in by hand, all or none; UsageFailed tells what is wrong."""
    from mediakeep.movies.outputs import choices

    rows = choices.read_choices(path)
    words = [Word(one.key, one.tmdb_id, one.imdb_id, f"line {one.line}") for one in rows]
    if not words:
        return Answer(
            [f"No id is filled in in {files.display_path(path)}."], {"chosen": {}, "same": {}}
        )
    with _opened(home) as opened:
        return _answer(opened, _found(opened, words, files.escape(path)))


def _opened(home: Path) -> Any:
    return Desk(home, kinds.MOVIES).opened()


def _found(opened: Queue, words: Iterable[Word], name: str) -> dict[str, Word]:
    """Find the item of each word; UsageFailed names all that is wrong with them."""
    faults, found = Faults(name), dict[str, Word]()
    for word in words:
        with faults.at(word.where):
            key = actions.find(opened.state, word.name)
            if key in found:
                raise UsageFailed(f"{key} stands in {found[key].where} already.")
            found[key] = word
    faults.refuse()
    return found


def _answer(opened: Queue, words: dict[str, Word]) -> Answer:
    """Note words, and tell what that came to, one by one."""
    said = {
        key: {"match": "user", "tmdb_id": one.tmdb_id, "imdb_id": one.imdb_id}
        for key, one in words.items()
    }
    record = opened.change(actions.amend(opened.where, said))
    fresh = set(record.items) if record else set()
    lines = []
    for key, word in words.items():
        where = f"{word.where}: " if word.where else ""
        told = "is pending again" if key in fresh else "is so already"
        lines.append(f'{where}"{key}" is {word.ids}; it {told}.')
    chosen = {key: word.ids for key, word in words.items()}
    return Answer(
        lines,
        {
            "chosen": {key: ids for key, ids in chosen.items() if key in fresh},
            "same": {key: ids for key, ids in chosen.items() if key not in fresh},
        },
    )
