"""Read what happens in queues, again and again: their changes, and the progress of running items.

A cursor names the last change that was read of each queue, such as "albums=120,music=3411". The
changes after it are read from the journals, or from the history if these are gone. Nothing is
locked, and a queue without news costs a look at its journal and its live files.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import MediakeepError
from mediakeep.queue import change_events, incremental_reader, journal, sessions
from mediakeep.queue.journal import SEAL
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER

PROGRESS, RESTARTED = "progress", "restarted"  # operations that no journal has
INTERVAL = 0.3  # seconds between two reads
MAX_KEYS = 100  # items that an event names
_POSITION = re.compile(r"([\w/.-]{1,200})=(\d{1,16})")

QueueFolders = Callable[[], Mapping[str, Path]]  # returns the folders of all queues by name


class ItemProgress(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far an item is: `done` of its `of` steps, or of those of its stage."""

    done: int = 0
    of: int = 0
    stage: str = ""
    parts: tuple[int, int] | None = None  # ended, all
    seconds_left: float | None = None
    service: str = ""  # the one it waits for


class QueueEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of a queue, the progress of a session, or that a queue must be read again.

    `cursor` is the position after it, "" for progress; `count` is the number of changed items, of
    which `items` has the first ones.
    """

    queue: str
    op: str
    cursor: str = ""
    seq: int = 0
    time: str = ""
    session: str = ""
    items: tuple[str, ...] = ()
    count: int = 0
    state: str = ""
    message: str = ""
    progress: dict[str, ItemProgress] = {}


def parse_cursor(text: str) -> dict[str, int]:
    """Return the position in each queue; raise ValueError if a text is no cursor."""
    matches = [_POSITION.fullmatch(part) for part in text.split(",")] if text else []
    if len(matches) > 10_000 or not all(matches):
        raise ValueError("the cursor is not one that this program has given")
    return {match[1]: int(match[2]) for match in matches if match}


def format_cursor(positions: Mapping[str, int]) -> str:
    """Return the cursor of positions."""
    return ",".join(f"{name}={seq}" for name, seq in sorted(positions.items()))


class EventReader:
    """A reader of all queues of a home; without a cursor, it begins with the next change."""

    def __init__(self, folders: QueueFolders, cursor: str | None = None) -> None:
        self._folders = folders
        self.positions: dict[str, int] = parse_cursor(cursor or "")
        self._journals: dict[str, tuple[Path, int]] = {}  # path and offset of what was read
        self._live: dict[Path, int] = {}  # mtimes of live files
        if cursor is None:
            found = {name: self._locate(name, folder) for name, folder in folders().items()}
            self.positions = {name: last for name, last in found.items() if last}

    @property
    def cursor(self) -> str:
        return format_cursor(self.positions)

    def read(self) -> list[QueueEvent]:
        """Return what has happened since the last call, oldest first within each queue.

        A queue that cannot be read now has no events.
        """
        events: list[QueueEvent] = []
        try:
            folders = self._folders()
        except (OSError, MediakeepError):  # the disk of the home is gone for now
            return events
        for name, folder in folders.items():
            if name not in self.positions and not folder.is_dir():  # a kind without a queue
                continue
            with contextlib.suppress(OSError, MediakeepError, msgspec.MsgspecError):
                events += self._read_changes(name, folder)
                events += self._read_progress(name, folder)
        return events

    def _read_changes(self, name: str, folder: Path) -> Iterator[QueueEvent]:
        since = self.positions.get(name, 0)
        if name in self._journals:
            path, offset = self._journals[name]
            with contextlib.suppress(FileNotFoundError):
                if not incremental_reader.has_new_bytes(path, offset):
                    return
                content = journal.read(path, offset)
                self._journals[name] = path, content.end
                if not content.is_sealed:
                    yield from self._emit(name, map(change_events.build_event, content.records))
                    return
        last = self._locate(name, folder)
        if last < since:  # a restore, or the cursor of another home
            self.positions[name] = last
            yield QueueEvent(name, RESTARTED, self.cursor, last)
            return
        yield from self._emit(name, change_events.read_events(folder, since))

    def _locate(self, name: str, folder: Path) -> int:
        """Continue at the end of a queue's newest journal; return the number of its last change."""
        self._journals.pop(name, None)
        for path in sorted((folder / JOURNAL_FOLDER).glob("*.jsonl"), reverse=True):
            if header := journal.read_header(path):
                content = journal.read(path)
                self._journals[name] = path, content.end
                seqs = [record.seq for record in content.records if record.op != SEAL]
                return max(seqs, default=header.seq)
        return 0

    def _emit(self, name: str, changes: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Any:
        for change in changes:
            if change["seq"] > self.positions.get(name, 0) and change["op"] != SEAL:
                self.positions[name] = change["seq"]
                yield self._build_event(name, change)

    def _build_event(self, name: str, change: Mapping[str, Any]) -> QueueEvent:
        keys = change.get("items") or ([change["item"]] if change.get("item") else [])
        message = change.get("error") or change.get("message") or change.get("why") or ""
        return QueueEvent(
            queue=name,
            op=change["op"],
            cursor=self.cursor,
            seq=change["seq"],
            time=change["time"],
            session=change.get("session", ""),
            items=tuple(keys[:MAX_KEYS]),
            count=len(keys),
            state=str(change.get("state", "")),
            message=str(message),
        )

    def _read_progress(self, name: str, folder: Path) -> Iterator[QueueEvent]:
        """Yield the progress of the sessions whose live file was written since the last call."""
        for path in sessions.list_live_files(folder):
            time = path.stat().st_mtime_ns
            if self._live.get(path) == time:
                continue
            self._live[path] = time
            live = sessions.read_live_status(folder, path.stem)
            if live and live.begun:
                items = {key: _build_progress(live, key) for key in [*live.begun][:MAX_KEYS]}
                yield QueueEvent(
                    name, PROGRESS, time=live.renewed, session=live.session, progress=items
                )


def _build_progress(live: sessions.LiveStatus, key: str) -> ItemProgress:
    done, of = live.progress.get(key, (0, 0))
    stage, service = live.stages.get(key), live.waiting.get(key, "")
    if stage is None:
        return ItemProgress(done, of, service=service)
    return ItemProgress(stage.done, stage.of, stage.stage, stage.parts, stage.seconds_left, service)
