"""What the index of the history holds: events, tallies, items, issues and sessions.

A tally is a sum within a quarter of an hour, so that the numbers of any day of any time zone are
sums of tallies; and so that a long time is few of them, they are also kept for 64 quarters, and for
4,096. The measures:

    settled    by state: items that batches finished (`again` those of them that were done before)
    by_hand    by state: items that a person's command read again
    done       items that became completed, less those that ceased to be
    opened, closed, regressed     by kind: issues that came, went, and came again
    vanished, reappeared          items that a scan or a batch no longer found, and found again
    forgotten  items that were away when a person had them removed from the queue
    left, returned                by kind: open issues of these
    repaired   by kind: repairs that batches made
    mended     by kind: closed issues that were so repaired
    sum        by name: every number that a settle holds besides, such as tracks and requests
"""

from __future__ import annotations

import msgspec

SPANS = 1, 64, 4096  # slots that a tally sums up, each a part of the next
SLOT = 900  # seconds; every time zone of today lies a multiple of this from UTC
TABLES = """
CREATE TABLE source(path TEXT PRIMARY KEY, offset INTEGER NOT NULL);
CREATE TABLE event(
  seq INTEGER PRIMARY KEY, time TEXT NOT NULL, op TEXT NOT NULL, session TEXT, item TEXT,
  state TEXT, seconds REAL, by_hand INTEGER, opened INTEGER, closed INTEGER, regressed INTEGER,
  fixed INTEGER, repairs TEXT, error TEXT);
CREATE INDEX event_time ON event(time);
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
  item TEXT PRIMARY KEY, done INTEGER NOT NULL, ever INTEGER NOT NULL, away INTEGER NOT NULL);
CREATE TABLE issue(
  item TEXT NOT NULL, id TEXT NOT NULL, opened INTEGER NOT NULL, closed INTEGER,
  times INTEGER NOT NULL, PRIMARY KEY(item, id)) WITHOUT ROWID;
"""


class Issue(msgspec.Struct):
    """An issue as the index knows it: the changes that opened and closed it, and how often."""

    opened: int
    closed: int | None = None
    times: int = 1


class Standing(msgspec.Struct):
    """What an item came to so far."""

    done: bool = False  # completed now
    ever: bool = False  # completed at any time
    away: bool = False  # skipped: its open issues do not count
    issues: dict[str, Issue] = {}
    touched: set[str] = set()  # issues that are not written yet

    @property
    def open(self) -> list[str]:
        """The issues that are open."""
        return [name for name, one in self.issues.items() if one.closed is None]


class Session(msgspec.Struct):
    """A session from its first record to its last.

    A name comes again where the logs, by which they are numbered, were moved away.
    """

    began: int  # the change that it began with
    first: str
    last: str
    seconds: float | None = None  # as it measured itself; None where it was killed
    command: str = ""  # of a person; "" for a batch
    settled: int = 0
