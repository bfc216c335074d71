"""Which changes of files a person means, by session, item, file and time.

Each queue numbers its own sessions, so two may bear the same name. Then a session is called by its
kind, too: movies/20251217_session_001.
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

_NUMBERED = re.compile(r"\d{8}_session_\d+")  # the session of a queue; a command's own is unique

States = Mapping[str, State]  # of the queues that there are, by the names of their kinds


@dataclass(frozen=True)
class Selection:
    """All that must fit; `places` are files, or folders with all below them, escaped.

    `queue` is the kind of items, "" for every one.
    """

    session: str = ""
    item: str = ""
    queue: str = ""
    since: str = ""
    places: frozenset[str] | None = None

    @property
    def queries(self) -> list[Query]:
        """What to ask the store for."""
        one = Query(session=self.session, item=self.item, queue=self.queue, since=self.since)
        if self.places is None:
            return [one]
        found = [replace(one, path=place) for place in sorted(self.places)]
        return found + [replace(one, below=place) for place in sorted(self.places)]

    def steps(self, store: Store) -> list[Step]:
        """Return what is to be taken back file by file, of each the last change first."""
        return undo.plan(store, *self.queries)


def of(home: Path, store: Store, given: dict[str, str | Path | None]) -> Selection:
    """Find out what is meant by the selectors of a command.

    UsageFailed where a session, an item or a path is none that is known.
    """
    states = dict(_states(home))
    named = [(kind, str(given[kind.noun])) for kind in kinds.KINDS.values() if given[kind.noun]]
    queue, item = "", ""
    for kind, name in named[:1]:
        queue, item = kind.name, _item(states.get(kind.name), kind, store, name)
    session, path = "", given["file"]
    if given["session"]:
        session, queue = _session(store, str(given["session"]), queue)
    return Selection(
        session=session,
        item=item,
        queue=queue,
        since=str(given["since"] or ""),
        places=_places(states.values(), store, Path(path)) if path else None,
    )


def is_numbered(session: str) -> bool:
    """Tell whether a session is one of a queue, so that another queue may have one of its name."""
    return bool(_NUMBERED.fullmatch(session))


def spoken(store: Store, session: str, queue: str) -> str:
    """Return what to call a session of a queue by, so that no other one is meant."""
    alone = not is_numbered(session) or _queues(store, session) <= {queue}
    return session if alone else f"{queue}/{session}"


def _states(home: Path) -> Iterator[tuple[str, State]]:
    for kind in kinds.KINDS.values():
        with contextlib.suppress(NoQueue):
            yield kind.name, reading.state(subjects.folder(home, kind), kind)


def _queues(store: Store, session: str) -> set[str]:
    """Return the kinds of items that have records of a session."""
    return {name for name in kinds.KINDS if store.knows(Query(session=session, queue=name))}


def _session(store: Store, told: str, queue: str) -> tuple[str, str]:
    """Find a session, and the kind of items it is meant of, "" for every one.

    UsageFailed where it has changed nothing, AmbiguousName where two queues have one of its name.
    """
    if told == LAST:
        return _last(store)
    kind, _, name = told.rpartition("/")
    found = _queues(store, name)
    if not found or (kind and kind not in found):
        raise UsageFailed(f"No session {told} has changed files. --list shows those that did.")
    if kind and queue and kind != queue:
        raise UsageFailed(f"Session {told} has changed no files of {queue}.")
    queue = kind or queue
    if is_numbered(name) and not queue and len(found) > 1:
        raise AmbiguousName(name, ", ".join(f'"{one}/{name}"' for one in sorted(found)))
    return name, queue


def _last(store: Store) -> tuple[str, str]:
    """Find the last session that changed files; it is never one that took changes back.

    Otherwise, after a kill, the same command would bring back what it had taken back.
    """
    for entry in store.newest():
        record = entry.record
        if entry.state == DONE and record.session and not record.undoes:
            return record.session, record.queue if is_numbered(record.session) else ""
    raise UsageFailed("No session has changed files yet.")


def _item(state: State | None, kind: Kind, store: Store, name: str) -> str:
    """Find an item in its queue, else among those whose files were changed.

    A former name means the item that was renamed; AmbiguousName if another one has a name like it.
    """
    key = files.escape(name)
    if (present := store.renamed_item(kind.name, key)) and not (state and key in state.items):
        others = {*_alike([*(state.items if state else ()), *store.items(kind.name)], name)}
        if others - {present}:
            raise AmbiguousName(name, ", ".join(f'"{one}"' for one in sorted({present, *others})))
        return present
    unknown: UsageFailed | None = None
    try:
        if state:
            return actions.find(state, name)
    except NoSuchItem as error:
        unknown = error
    known = store.items(kind.name)
    fits = sorted(known & {name, files.escape(name)}) or _alike(known, name)
    if len(fits) > 1:
        raise AmbiguousName(name, ", ".join(f'"{key}"' for key in fits))
    if not fits:
        article = "an" if kind.noun.startswith(tuple("aeiou")) else "a"
        told = f'No file of {article} {kind.noun} named "{name}" was changed.'
        raise unknown or UsageFailed(told)
    return fits[0]


def _alike(known: Iterable[str], name: str) -> list[str]:
    wanted = {files.fold(name), files.fold(files.escape(name))}
    return sorted(key for key in known if files.fold(key) in wanted)


def _places(states: Iterable[State], store: Store, given: Path) -> frozenset[str]:
    """Return where the files lie that are meant by a path, which may be gone by now."""
    bases = [Path.cwd(), *(Path(files.unescape(one.head.library_path)) for one in states)]
    names = dict.fromkeys((given, Path(files.unescape(os.fspath(given)))))
    tried = [base / name.expanduser() for base in bases for name in names]
    there = [path for path in tried if os.path.lexists(path)]
    gone = [] if there else [Path(files.unescape(store.place(files.escape(one)))) for one in tried]
    there = there or [path for path in gone if os.path.lexists(path)]  # where it was renamed to
    found = frozenset(
        files.escape(place) for path in there[:1] or [*tried, *gone] for place in _led_to(path)
    )
    if not there and not any(store.knows(query) for query in Selection(places=found).queries):
        raise UsageFailed(
            f"There is no file or folder {files.display_path(given)},"
            " and no change of one that was there is recorded."
        )
    return found


def _led_to(path: Path) -> Iterator[Path]:
    """Give a path as it is written, where it leads, and where links below it lead.

    A link that leads back above it leads to no more than was asked for.
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
            waiting += [Path(os.path.realpath(one)) for one in linked if one.is_symlink()]
