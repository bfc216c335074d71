"""Select changes of files by session, item, file and time.

Each queue numbers its own sessions, so two may have the same id. Then the kind is part of the name:
movies/20251217_session_001.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.commands import subjects
from mediakeep.errors import AmbiguousName, NoQueue, NoSuchItem, UsageFailed
from mediakeep.kinds import Kind
from mediakeep.media import undo
from mediakeep.media.undo import Query, Step
from mediakeep.media.undoing.store import DONE, Store
from mediakeep.queue import actions, reading
from mediakeep.queue.state import State

LAST = "last"

_NUMBERED = re.compile(r"\d{8}_session_\d+")  # a session of a queue; those of commands are unique

States = Mapping[str, State]  # of all queues, by the names of their kinds


@dataclass(frozen=True)
class Selection:
    """All criteria must match; `places` are escaped paths of files or folders.

    `queue` is the kind of the items, "" for all kinds.
    """

    session: str = ""
    item: str = ""
    queue: str = ""
    since: str = ""
    places: frozenset[str] | None = None

    @property
    def queries(self) -> list[Query]:
        """The queries for the undo store."""
        query = Query(session=self.session, item=self.item, queue=self.queue, since=self.since)
        if self.places is None:
            return [query]
        queries = [replace(query, path=place) for place in sorted(self.places)]
        return queries + [replace(query, below=place) for place in sorted(self.places)]

    def steps(self, store: Store) -> list[Step]:
        """Return the undo steps, by file, the last change of each first."""
        return undo.plan(store, *self.queries)


def of(home: Path, store: Store, options: dict[str, str | Path | None]) -> Selection:
    """Build a selector from a command's options.

    Raise UsageError if a session, item or path is unknown.
    """
    states = dict(_states(home))
    chosen = [
        (kind, str(options[kind.noun])) for kind in kinds.KINDS.values() if options[kind.noun]
    ]
    queue, item = "", ""
    for kind, name in chosen[:1]:
        queue, item = kind.name, _item(states.get(kind.name), kind, store, name)
    session, path = "", options["file"]
    if options["session"]:
        session, queue = _session(store, str(options["session"]), queue)
    return Selection(
        session=session,
        item=item,
        queue=queue,
        since=str(options["since"] or ""),
        places=_places(states.values(), store, Path(path)) if path else None,
    )


def is_numbered(session: str) -> bool:
    """Return whether a session belongs to a queue, so that another queue may have the same id."""
    return bool(_NUMBERED.fullmatch(session))


def spoken(store: Store, session: str, queue: str) -> str:
    """Return the unambiguous name of a queue's session."""
    alone = not is_numbered(session) or _queues(store, session) <= {queue}
    return session if alone else f"{queue}/{session}"


def _states(home: Path) -> Iterator[tuple[str, State]]:
    for kind in kinds.KINDS.values():
        with contextlib.suppress(NoQueue):
            yield kind.name, reading.state(subjects.folder(home, kind), kind)


def _queues(store: Store, session: str) -> set[str]:
    """Return the kinds of items that have records of a session."""
    return {name for name in kinds.KINDS if store.knows(Query(session=session, queue=name))}


def _session(store: Store, name_given: str, queue: str) -> tuple[str, str]:
    """Return the id of a session and the kind of its items, "" for all kinds.

    Raise UsageError if it changed nothing, AmbiguousName if two queues have a session with this
    id.
    """
    if name_given == LAST:
        return _last(store)
    kind, _, name = name_given.rpartition("/")
    kinds_found = _queues(store, name)
    if not kinds_found or (kind and kind not in kinds_found):
        raise UsageFailed(f"Session {name_given} changed no files. --list shows those that did.")
    if kind and queue and kind != queue:
        raise UsageFailed(f"Session {name_given} changed no files of {queue}.")
    queue = kind or queue
    if is_numbered(name) and not queue and len(kinds_found) > 1:
        raise AmbiguousName(
            name, ", ".join(f'"{kind_name}/{name}"' for kind_name in sorted(kinds_found))
        )
    return name, queue


def _last(store: Store) -> tuple[str, str]:
    """Return the last session that changed files, but not one that undid changes.

    Otherwise, after a kill, the same command would redo what it had undone.
    """
    for entry in store.newest():
        record = entry.record
        if entry.state == DONE and record.session and not record.undoes:
            return record.session, record.queue if is_numbered(record.session) else ""
    raise UsageFailed("No session has changed files yet.")


def _item(state: State | None, kind: Kind, store: Store, name: str) -> str:
    """Return the key of an item: from its queue, or else from the undo records.

    A former name stands for the renamed item; raise AmbiguousName if another item has a similar
    name.
    """
    key = files.escape(name)
    if (present := store.renamed_item(kind.name, key)) and not (state and key in state.items):
        others = {*_alike([*(state.items if state else ()), *store.items(kind.name)], name)}
        if others - {present}:
            raise AmbiguousName(
                name, ", ".join(f'"{candidate}"' for candidate in sorted({present, *others}))
            )
        return present
    unknown: UsageFailed | None = None
    try:
        if state:
            return actions.find(state, name)
    except NoSuchItem as error:
        unknown = error
    known_keys = store.items(kind.name)
    matches = sorted(known_keys & {name, files.escape(name)}) or _alike(known_keys, name)
    if len(matches) > 1:
        raise AmbiguousName(name, ", ".join(f'"{key}"' for key in matches))
    if not matches:
        article = "an" if kind.noun.startswith(tuple("aeiou")) else "a"
        message = f'No changes recorded for {article} {kind.noun} named "{name}".'
        raise unknown or UsageFailed(message)
    return matches[0]


def _alike(keys: Iterable[str], name: str) -> list[str]:
    wanted = {files.fold(name), files.fold(files.escape(name))}
    return sorted(key for key in keys if files.fold(key) in wanted)


def _places(states: Iterable[State], store: Store, path_given: Path) -> frozenset[str]:
    """Return the paths that a path given by the user stands for; the files may be gone."""
    bases = [Path.cwd(), *(Path(files.unescape(state.head.library_path)) for state in states)]
    names = dict.fromkeys((path_given, Path(files.unescape(os.fspath(path_given)))))
    candidates = [base / name.expanduser() for base in bases for name in names]
    existing = [path for path in candidates if os.path.lexists(path)]
    gone = (
        []
        if existing
        else [Path(files.unescape(store.place(files.escape(state)))) for state in candidates]
    )
    existing = existing or [path for path in gone if os.path.lexists(path)]  # the renamed file
    places = frozenset(
        files.escape(place)
        for path in existing[:1] or [*candidates, *gone]
        for place in _led_to(path)
    )
    if not existing and not any(store.knows(query) for query in Selection(places=places).queries):
        raise UsageFailed(
            f"No such file or folder: {files.display_path(path_given)},"
            " and no changes are recorded for it."
        )
    return places


def _led_to(path: Path) -> Iterator[Path]:
    """Yield a path, its real path, and the targets of symlinks below it.

    A link to a parent folder adds nothing.
    """
    seen: set[Path] = set()
    real = Path(os.path.realpath(path))
    waiting = [Path(os.path.normpath(path)), real]
    while waiting:
        place = waiting.pop()
        if place in real.parents or place in seen or seen.intersection(place.parents):
            continue
        seen.add(place)
        yield place
        for folder, inner, names in os.walk(place):
            linked = (Path(folder, name) for name in (*inner, *names))
            waiting += [Path(os.path.realpath(link)) for link in linked if link.is_symlink()]
