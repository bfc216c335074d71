"""What a person may do to items by name: each action decides on a state and returns one change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

from mediakeep import files, suggest
from mediakeep.errors import AmbiguousName, ItemHeld, NoSuchItem, UsageFailed
from mediakeep.item import Item, Status, is_gone
from mediakeep.queue import sessions, survey
from mediakeep.queue.rewrite import Place
from mediakeep.queue.state import State
from mediakeep.queue.store import Change, Decide


def find(state: State, name: str) -> str:
    """Return the key of the item with that name; the case does not matter where it is clear."""
    for key in (name, files.escape(name)):
        if key in state.items:
            return key
    wanted = {files.fold(name), files.fold(files.escape(name))}
    fits = [
        key
        for key, item in state.items.items()
        if files.fold(key) in wanted or (item.name and files.fold(item.name) in wanted)
    ]
    if len(fits) > 1:
        raise AmbiguousName(name, ", ".join(f'"{key}"' for key in fits))
    if not fits:
        raise NoSuchItem(state.kind.noun, name, _near(state, name))
    return fits[0]


def _near(state: State, name: str) -> str:
    known = {}
    for key, item in state.items.items():
        title = getattr(item, "title", "")
        for text in (PurePath(key).stem, PurePath(key).name, title, item.name, key):
            if text:
                known[files.fold(text)] = repr(key)
    return suggest.suggest(name, known)


def held(state: State, place: Place, keys: Iterable[str]) -> dict[str, str]:
    """Return which of the keys living sessions work on."""
    living = {one: keys for one, keys in state.held.items() if sessions.alive(place, one)}
    return {key: one for key in keys for one, theirs in living.items() if key in theirs}


def reset(place: Place, choose: Callable[[State], list[str]], *, force: bool = False) -> Any:
    """Make the chosen items pending; ItemHeld where a living session has one, unless forced."""

    def decide(state: State) -> Change | None:
        keys = choose(state)
        busy = {} if force else held(state, place, keys)
        for key, session in busy.items():
            raise ItemHeld(key, session)
        items = {key: survey.again(state.items[key]) for key in keys}
        return Change("reset", items) if items else None

    return decide


def named(names: Iterable[str]) -> Callable[[State], list[str]]:
    """Choose items by their names."""
    return lambda state: list(dict.fromkeys(find(state, name) for name in names))


def with_status(*wanted: Status) -> Callable[[State], list[str]]:
    """Choose items by their status."""
    return lambda state: [key for key, item in state.items.items() if item.status in wanted]


def reset_outdated(state: State) -> Change | None:
    """Have everything that older rules completed done again, after all that is pending."""
    items = {
        key: {**survey.again(item), "outdated": True}
        for key, item in state.items.items()
        if outdated(state, item)
    }
    return Change("reset", items, {"why": "outdated"}) if items else None


def outdated(state: State, item: Item) -> bool:
    """Tell whether an item was completed by older rules than today's."""
    return item.status is Status.COMPLETED and item.rules < state.kind.rules


def amend(place: Place, said: Mapping[str, Mapping[str, Any]]) -> Decide:
    """Note what a person says of items, by their keys, and have them done again.

    Items that are so already are left alone. ItemHeld where a living session has one of the others:
    then nothing is changed.
    """

    def decide(state: State) -> Change | None:
        fresh = {key: {**one} for key, one in said.items() if not _holds(state.items[key], one)}
        for key, session in held(state, place, fresh).items():
            raise ItemHeld(key, session)
        items = {key: {**survey.again(state.items[key]), **one} for key, one in fresh.items()}
        return Change("reset", items, {"why": "said"}) if items else None

    return decide


def _holds(item: Item, said: Mapping[str, Any]) -> bool:
    return all(getattr(item, name) == value for name, value in said.items())


def forget(name: str) -> Decide:
    """Remove an item that is gone from the queue, by its name.

    UsageFailed where a scan still finds it: the next one would bring it back.
    """

    def decide(state: State) -> Change:
        key = find(state, name)
        item = state.items[key]
        if not is_gone(item):
            raise UsageFailed(
                f"{key} is {item.status.value}, not gone: the next scan would find it again."
                " Only what has vanished or is ignored can be forgotten."
            )
        return _forgetting(state, [key])

    return decide


def forget_gone(state: State) -> Change | None:
    """Remove all items that are gone."""
    keys = [key for key, item in state.items.items() if is_gone(item)]
    return _forgetting(state, keys) if keys else None


def _forgetting(state: State, keys: list[str]) -> Change:
    return Change("forget", dict.fromkeys(keys), {"known": len(state.items) - len(keys)})


def mark_completed(name: str, now: str) -> Callable[[State], Change]:
    """Count an item as completed by a person's word."""

    def decide(state: State) -> Change:
        key = find(state, name)
        item = state.items[key]
        if item.status not in (Status.PENDING, Status.ERROR):
            raise UsageFailed(f"{key} is {item.status.value}; only pending or failed ones can be.")
        changes = {
            **survey.again(item),
            "first_claim": None,
            "status": Status.COMPLETED,
            "processed_date": now,
            "rules": state.kind.rules,
            "note": "marked completed by hand",
        }
        return Change("mark", {key: changes})

    return decide


def prioritize(name: str) -> Callable[[State], Change]:
    """Have an item taken before all others."""

    def decide(state: State) -> Change:
        key = find(state, name)
        item = state.items[key]
        if item.status not in (Status.PENDING, Status.ERROR):
            raise UsageFailed(
                f"{key} is {item.status.value}; reset it first to have it done again."
            )
        highest = max(other.priority for other in state.items.values())
        changes = {"status": Status.PENDING, "not_before": None, "priority": highest + 1}
        return Change("prioritize", {key: changes})

    return decide
