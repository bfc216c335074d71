"""Actions of the user on items: each one examines the queue and returns one change."""

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
    """Return the key of the named item; case is ignored if that is unambiguous.

    Raise AmbiguousName or NoSuchItem otherwise.
    """
    for key in (name, files.escape(name)):
        if key in state.items:
            return key
    wanted = {files.fold(name), files.fold(files.escape(name))}
    matches = [
        key
        for key, item in state.items.items()
        if files.fold(key) in wanted or (item.name and files.fold(item.name) in wanted)
    ]
    if len(matches) > 1:
        raise AmbiguousName(name, ", ".join(f'"{key}"' for key in matches))
    if not matches:
        raise NoSuchItem(state.kind.noun, name, _near(state, name))
    return matches[0]


def _near(state: State, name: str) -> str:
    keys_by_name = {}
    for key, item in state.items.items():
        title = getattr(item, "title", "")
        for text in (PurePath(key).stem, PurePath(key).name, title, item.name, key):
            if text:
                keys_by_name[files.fold(text)] = repr(key)
    return suggest.suggest(name, keys_by_name)


def held(state: State, place: Place, keys: Iterable[str]) -> dict[str, str]:
    """Return those of the keys that running sessions have claimed, each with its session."""
    running = {
        session: claimed
        for session, claimed in state.held.items()
        if sessions.alive(place, session)
    }
    return {key: session for key in keys for session, claimed in running.items() if key in claimed}


def reset(place: Place, choose: Callable[[State], list[str]], *, force: bool = False) -> Any:
    """Reset the chosen items to pending.

    Raise ItemHeld if a running session has claimed one of them, unless `force` is set.
    """

    def decide(state: State) -> Change | None:
        keys = choose(state)
        busy = {} if force else held(state, place, keys)
        for key, session in busy.items():
            raise ItemHeld(key, session)
        items = {key: survey.again(state.items[key]) for key in keys}
        return Change("reset", items) if items else None

    return decide


def named(names: Iterable[str]) -> Callable[[State], list[str]]:
    """Return a function that selects items by name."""
    return lambda state: list(dict.fromkeys(find(state, name) for name in names))


def with_status(*wanted: Status) -> Callable[[State], list[str]]:
    """Return a function that selects items by status."""
    return lambda state: [key for key, item in state.items.items() if item.status in wanted]


def reset_outdated(state: State) -> Change | None:
    """Queue all items that were completed under older rules again, after all pending ones."""
    items = {
        key: {**survey.again(item), "outdated": True}
        for key, item in state.items.items()
        if outdated(state, item)
    }
    return Change("reset", items, {"why": "outdated"}) if items else None


def outdated(state: State, item: Item) -> bool:
    """Return whether an item was completed under older rules than the current ones."""
    return item.status is Status.COMPLETED and item.rules < state.kind.rules


def amend(place: Place, values: Mapping[str, Mapping[str, Any]]) -> Decide:
    """Set fields of items to what the user stated, and reset these items.

    `values` maps item keys to fields. Items that have these values already are not changed. Raise
    ItemHeld, and change nothing, if a running session has claimed one of the others.
    """

    def decide(state: State) -> Change | None:
        new = {
            key: {**fields}
            for key, fields in values.items()
            if not _holds(state.items[key], fields)
        }
        for key, session in held(state, place, new).items():
            raise ItemHeld(key, session)
        items = {key: {**survey.again(state.items[key]), **fields} for key, fields in new.items()}
        return Change("reset", items, {"why": "said"}) if items else None

    return decide


def _holds(item: Item, values: Mapping[str, Any]) -> bool:
    return all(getattr(item, name) == value for name, value in values.items())


def forget(name: str) -> Decide:
    """Remove an item that vanished or is ignored from the queue.

    Raise UsageFailed if it is still in the library, because the next scan would add it again.
    """

    def decide(state: State) -> Change:
        key = find(state, name)
        item = state.items[key]
        if not is_gone(item):
            raise UsageFailed(
                f"{key} cannot be forgotten: it is {item.status.value}, and a scan would add it"
                " again. Only items that vanished or are ignored can be forgotten."
            )
        return _forgetting(state, [key])

    return decide


def forget_gone(state: State) -> Change | None:
    """Remove all items that vanished or are ignored."""
    keys = [key for key, item in state.items.items() if is_gone(item)]
    return _forgetting(state, keys) if keys else None


def _forgetting(state: State, keys: list[str]) -> Change:
    return Change("forget", dict.fromkeys(keys), {"known": len(state.items) - len(keys)})


def mark_completed(name: str, now: str) -> Callable[[State], Change]:
    """Mark an item as completed at the request of the user."""

    def decide(state: State) -> Change:
        key = find(state, name)
        item = state.items[key]
        if item.status not in (Status.PENDING, Status.ERROR):
            raise UsageFailed(
                f"{key} cannot be marked completed: it is {item.status.value}."
                " Only pending and failed items can."
            )
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
    """Give an item the highest priority, so that the next batch claims it first."""

    def decide(state: State) -> Change:
        key = find(state, name)
        item = state.items[key]
        if item.status not in (Status.PENDING, Status.ERROR):
            raise UsageFailed(
                f"{key} cannot be prioritized: it is {item.status.value}. Reset it first."
            )
        highest = max(other.priority for other in state.items.values())
        changes = {"status": Status.PENDING, "not_before": None, "priority": highest + 1}
        return Change("prioritize", {key: changes})

    return decide
