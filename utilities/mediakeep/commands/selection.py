"""Which changes of files a person means, by session, artist, file and time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mediakeep import files, kinds
from mediakeep.commands import subjects
from mediakeep.errors import AmbiguousName, NoQueue, NoSuchItem, UsageFailed
from mediakeep.media import undo
from mediakeep.media.undo import Query, Step
from mediakeep.media.undoing.store import DONE, Store
from mediakeep.queue import actions, reading
from mediakeep.queue.state import State

LAST = "last"


@dataclass(frozen=True)
class Selection:
    """All that must fit; `places` are files, or folders with all below them, escaped."""

    session: str = ""
    item: str = ""
    since: str = ""
    places: frozenset[str] | None = None

    @property
    def queries(self) -> list[Query]:
        """What to ask the store for."""
        one = Query(session=self.session, item=self.item, since=self.since)
        if self.places is None:
            return [one]
        found = [replace(one, path=place) for place in sorted(self.places)]
        return found + [replace(one, below=place) for place in sorted(self.places)]

    def steps(self, store: Store) -> list[Step]:
        """Return what is to be taken back file by file, of each the last change first."""
        return undo.plan(store, *self.queries)


def of(home: Path, store: Store, given: dict[str, str | Path | None]) -> Selection:
    """Find out what is meant by the selectors of a command.

    UsageFailed where a session, an artist or a path is none that is known.
    """
    state = _state(home)
    session, artist, path = given["session"], given["artist"], given["file"]
    return Selection(
        session=_session(store, str(session)) if session else "",
        item=_item(state, store, str(artist)) if artist else "",
        since=str(given["since"] or ""),
        places=_places(state, store, Path(path)) if path else None,
    )


def _state(home: Path) -> State | None:
    with contextlib.suppress(NoQueue):
        return reading.state(subjects.folder(home, kinds.MUSIC), kinds.MUSIC)
    return None


def _session(store: Store, name: str) -> str:
    """Find a session; the last one is never one that took changes back.

    Otherwise, after a kill, the same command would bring back what it had taken back.
    """
    if name != LAST:
        if not store.knows(Query(session=name)):
            raise UsageFailed(f"No session {name} has changed files. --list shows those that did.")
        return name
    for entry in store.newest():
        if entry.state == DONE and entry.record.session and not entry.record.undoes:
            return entry.record.session
    raise UsageFailed("No session has changed files yet.")


def _item(state: State | None, store: Store, name: str) -> str:
    """Find an artist in the queue, else among those whose files were changed."""
    unknown: UsageFailed | None = None
    try:
        if state:
            return actions.find(state, name)
    except NoSuchItem as error:
        unknown = error
    known = store.items()
    fits = sorted(known & {name, files.escape(name)}) or _alike(known, name)
    if len(fits) > 1:
        raise AmbiguousName(name, ", ".join(f'"{key}"' for key in fits))
    if not fits:
        raise unknown or UsageFailed(f'No file of an artist named "{name}" was changed.')
    return fits[0]


def _alike(known: Iterable[str], name: str) -> list[str]:
    wanted = {files.fold(name), files.fold(files.escape(name))}
    return sorted(key for key in known if files.fold(key) in wanted)


def _places(state: State | None, store: Store, given: Path) -> frozenset[str]:
    """Return where the files lie that are meant by a path, which may be gone by now."""
    bases = [Path.cwd()]
    if state:
        bases.append(Path(files.unescape(state.head.library_path)))
    names = dict.fromkeys((given, Path(files.unescape(os.fspath(given)))))
    tried = [base / name.expanduser() for base in bases for name in names]
    there = [path for path in tried if os.path.lexists(path)]
    found = frozenset(files.escape(place) for path in there[:1] or tried for place in _led_to(path))
    if not there and not any(store.knows(query) for query in Selection(places=found).queries):
        raise UsageFailed(
            f"There is no file or folder {files.escape(given)},"
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
