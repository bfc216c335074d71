"""The tables of the history index: events, tallies, items, issues, sessions and stages.

A tally is a sum over a quarter of an hour, so the numbers of a day in any time zone are sums of
tallies. For long periods, tallies over 64 and 4,096 quarters are stored, too. The measures:

    settled    by state: items that batches finished (`again`: those that were done before)
    by_hand    by state: items that a command of the user read again
    done       items that became completed, minus those that ceased to be
    opened, closed, regressed     by kind: issues that appeared, disappeared, and appeared again
    reverted, reopened     by kind: those of opened and regressed that appeared when a command of
               the user, such as an undo, read their item again
    first      by kind: those of them that appeared when their item was read for the first time
    vanished, reappeared          items that a scan or a batch no longer found, and found again
    forgotten  items that were skipped when the user removed them from the queue, minus those of
               them that were restored
    left, returned                by kind: open issues of these
    repaired   by kind: repairs made by batches
    mended     by kind: closed issues that were repaired by batches
    sum        by name: every other number of a settle, or of the facts of a stage or a wait, such
               as tracks and requests
"""

from __future__ import annotations

import msgspec

from mediakeep.queue.history import stage_rows

SPANS = 1, 64, 4096  # slots in a tally; each span divides the next
SLOT = 900  # seconds; the UTC offsets of all current time zones are multiples of this
TABLES = """
CREATE TABLE source(path TEXT PRIMARY KEY, offset INTEGER NOT NULL);
CREATE TABLE event(
  seq INTEGER PRIMARY KEY, time TEXT NOT NULL, op TEXT NOT NULL, session TEXT, item TEXT,
  state TEXT, seconds REAL, by_hand INTEGER, opened INTEGER, closed INTEGER, regressed INTEGER,
  fixed INTEGER, repairs TEXT, error TEXT);
CREATE INDEX event_time ON event(time);
CREATE INDEX event_item ON event(item);
CREATE TABLE tally(
  span INTEGER NOT NULL, slot INTEGER NOT NULL, measure TEXT NOT NULL, what TEXT NOT NULL,
  amount REAL NOT NULL, PRIMARY KEY(span, slot, measure, what)) WITHOUT ROWID;
CREATE TABLE step(slot INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
CREATE TABLE size(slot INTEGER PRIMARY KEY, items INTEGER NOT NULL);
CREATE TABLE session(
  began INTEGER PRIMARY KEY, id TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
  seconds REAL, command TEXT NOT NULL, settled INTEGER NOT NULL);
CREATE INDEX session_id ON session(id, began);
CREATE TABLE item(
  item TEXT PRIMARY KEY, done INTEGER NOT NULL, ever INTEGER NOT NULL, away INTEGER NOT NULL,
  cleanup INTEGER NOT NULL);
CREATE TABLE issue(
  item TEXT NOT NULL, id TEXT NOT NULL, opened INTEGER NOT NULL, closed INTEGER,
  times INTEGER NOT NULL, by_hand INTEGER, PRIMARY KEY(item, id)) WITHOUT ROWID;
CREATE INDEX issue_by_hand ON issue(by_hand) WHERE by_hand IS NOT NULL;
"""
TABLES += stage_rows.TABLE


class IndexedIssue(msgspec.Struct):
    """An issue in the history index.

    It has the numbers of the changes that opened and closed the issue, how often it was opened, and
    the number of the last change by which a command of the user, such as an undo, opened it.
    """

    opened: int
    closed: int | None = None
    times: int = 1
    by_hand: int | None = None


class ItemHistory(msgspec.Struct):
    """What the history index stores about one item."""

    done: bool = False  # completed now
    was_completed: bool = False  # completed at any time
    away: bool = False  # skipped; its open issues do not count
    cleanup_due: bool = False  # a stage failed for the last time, and its settle follows
    issues: dict[str, IndexedIssue] = {}
    touched: set[str] = set()  # issues that are not written yet

    @property
    def open_issues(self) -> list[str]:
        """The ids of the item's open issues."""
        return [name for name, issue in self.issues.items() if issue.closed is None]


class IndexedSession(msgspec.Struct):
    """A session in the history index, from its first to its last event.

    A name may occur twice: sessions are numbered by their logs, and logs can be moved away.
    """

    began: int  # its first change
    first: str
    last: str
    seconds: float | None = None  # as measured by itself; None if it was killed
    command: str = ""  # of the user; "" for a batch
    settled: int = 0
