"""Select changes of files by session, item, file and time.

Each queue numbers its own sessions, so two may have the same id. Then the kind is part of the name:
movies/20251217_session_001.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mediakeep import kinds, path_text
from mediakeep.app.subjects import registry
from mediakeep.errors import AmbiguousName, NoSuchItem, UsageError
from mediakeep.kinds import Kind
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.apply_undo import RecordQuery, UndoStep
from mediakeep.media.undo.store import DONE, UndoStore
from mediakeep.queue import actions
from mediakeep.queue.state import QueueState

LAST_SESSION = "last"

# a session of a queue; those of commands are unique
_QUEUE_SESSION_NAME = re.compile(r"\d{8}_session_\d+")


@dataclass(frozen=True)
class ChangeSelector:
    """All criteria must match; `places` are escaped paths of files or folders.

    `queue` is the kind of the items, "" for all kinds.
    """

    session: str = ""
    item: str = ""
    queue: str = ""
    since: str = ""
    places: frozenset[str] | None = None

    @property
    def build_queries(self) -> list[RecordQuery]:
        """The queries for the undo store."""
        query = RecordQuery(
            session=self.session, item=self.item, queue=self.queue, since=self.since
        )
        if self.places is None:
            return [query]
        queries = [replace(query, path=place) for place in sorted(self.places)]
        return queries + [replace(query, below=place) for place in sorted(self.places)]

    def plan_steps(self, store: UndoStore) -> list[UndoStep]:
        """Return the undo steps, by file, the last change of each first."""
        return apply_undo.plan_undo(store, *self.build_queries)


def from_options(
    home: Path,
    store: UndoStore,
    options: dict[str, str | Path | None],
    damaged: registry.DamagedQueues,
) -> ChangeSelector:
    """Build a selector from a command's options.

    Raise UsageError if a session, item or path is unknown, StateDamaged if the queue of the item
    cannot be read; other such queues are added to `damaged`.
    """
    states = registry.read_states(home, registry.list_queues(home, damaged).values(), damaged)
    known = kinds.list_kinds().values()
    chosen = [(kind, str(options[kind.noun])) for kind in known if options.get(kind.noun)]
    queue, item = "", ""
    registry.check_damaged([kind.name for kind, _ in chosen], damaged)
    for kind, name in chosen[:1]:
        queue, item = kind.name, _resolve_item(states.get(kind.name), kind, store, name)
    session, path = "", options["file"]
    if options["session"]:
        session, queue = _resolve_session(store, str(options["session"]), queue)
    return ChangeSelector(
        session=session,
        item=item,
        queue=queue,
        since=str(options["since"] or ""),
        places=_resolve_paths(states.values(), store, Path(path)) if path else None,
    )


def is_queue_session(session: str) -> bool:
    """Return whether a session belongs to a queue, so that another queue may have the same id."""
    return bool(_QUEUE_SESSION_NAME.fullmatch(session))


def session_label(store: UndoStore, session: str, queue: str) -> str:
    """Return the unambiguous name of a queue's session."""
    alone = not is_queue_session(session) or _kinds_of_session(store, session) <= {queue}
    return session if alone else f"{queue}/{session}"


def _kinds_of_session(store: UndoStore, session: str) -> set[str]:
    """Return the kinds of items that have records of a session."""
    return {
        name
        for name in kinds.list_kinds()
        if store.has_record(RecordQuery(session=session, queue=name))
    }


def _resolve_session(store: UndoStore, name_given: str, queue: str) -> tuple[str, str]:
    """Return the id of a session and the kind of its items, "" for all kinds.

    Raise UsageError if it changed nothing, AmbiguousName if two queues have a session with this
    id.
    """
    if name_given == LAST_SESSION:
        return _find_last_session(store)
    kind, _, name = name_given.rpartition("/")
    kinds_found = _kinds_of_session(store, name)
    if not kinds_found or (kind and kind not in kinds_found):
        raise UsageError(f"Session {name_given} changed no files. --list shows those that did.")
    if kind and queue and kind != queue:
        raise UsageError(f"Session {name_given} changed no files of {queue}.")
    queue = kind or queue
    if is_queue_session(name) and not queue and len(kinds_found) > 1:
        raise AmbiguousName(
            name, ", ".join(f'"{kind_name}/{name}"' for kind_name in sorted(kinds_found))
        )
    return name, queue


def _find_last_session(store: UndoStore) -> tuple[str, str]:
    """Return the last session that changed files, but not one that undid changes.

    Otherwise, after a kill, the same command would redo what it had undone.
    """
    for entry in store.iter_newest():
        record = entry.record
        if entry.state == DONE and record.session and not record.undoes:
            return record.session, record.queue if is_queue_session(record.session) else ""
    raise UsageError("No session has changed files yet.")


def _resolve_item(state: QueueState | None, kind: Kind, store: UndoStore, name: str) -> str:
    """Return the key of an item: from its queue, or else from the undo records.

    A former name stands for the renamed item; raise AmbiguousName if another item has a similar
    name.
    """
    key = path_text.escape_path(name)
    if (present := store.find_renamed_item(kind.name, key)) and not (state and key in state.items):
        known = dict.fromkeys([*(state.items if state else ()), *store.changed_items(kind.name)])
        others = {*actions.find_similar_keys(known, name)}
        if others - {present}:
            raise AmbiguousName(
                name, ", ".join(f'"{candidate}"' for candidate in sorted({present, *others}))
            )
        return present
    unknown: UsageError | None = None
    try:
        if state:
            return actions.find_item_key(state, name)
    except NoSuchItem as error:
        unknown = error
    changed = dict.fromkeys(sorted(store.changed_items(kind.name)))
    match = actions.find_matching_key(changed, name)
    if match is None:
        article = "an" if kind.noun.startswith(tuple("aeiou")) else "a"
        message = f'No changes recorded for {article} {kind.noun} named "{name}".'
        raise unknown or UsageError(message)
    return match


def _resolve_paths(
    states: Iterable[QueueState], store: UndoStore, path_given: Path
) -> frozenset[str]:
    """Return the paths that a path given by the user stands for; the files may be gone."""
    bases = [
        Path.cwd(),
        *(Path(path_text.unescape_path(state.head.library_path)) for state in states),
    ]
    names = dict.fromkeys((path_given, Path(path_text.unescape_path(os.fspath(path_given)))))
    candidates = [base / name.expanduser() for base in bases for name in names]
    existing = [path for path in candidates if os.path.lexists(path)]
    gone = (
        []
        if existing
        else [
            Path(path_text.unescape_path(store.present_path(path_text.escape_path(state))))
            for state in candidates
        ]
    )
    existing = existing or [path for path in gone if os.path.lexists(path)]  # the renamed file
    places = frozenset(
        path_text.escape_path(place)
        for path in existing[:1] or [*candidates, *gone]
        for place in _iter_link_targets(path)
    )
    if not existing and not any(
        store.has_record(query) for query in ChangeSelector(places=places).build_queries
    ):
        raise UsageError(
            f"No such file or folder: {path_text.display_path(path_given)},"
            " and no changes are recorded for it."
        )
    return places


def _iter_link_targets(path: Path) -> Iterator[Path]:
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
