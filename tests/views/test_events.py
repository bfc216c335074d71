"""Events of queues: each change once and in order, whatever happens to the journals meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mediakeep.music.item import MUSIC
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from mediakeep.views import events
from mediakeep.views.events import EventReader
from tests.queue import rig
from tests.sampling import each_row

SCRIPT = Path(__file__).parents[2] / "utilities" / "media_dashboard.py"


@pytest.fixture
def where(tmp_path: Path) -> QueueLocation:
    place = rig.at(tmp_path)
    rig.make(place, 30).close()
    return place


def open_reader(where: QueueLocation, cursor: str | None = None) -> EventReader:
    return EventReader(lambda: {"music": where.folder}, cursor)


def rewrite(queue: Queue) -> None:
    with queue._store.hold_lock():
        queue._store.try_rewrite_snapshot()


def test_each_change_is_read_once_across_rewrites_of_the_snapshot(where: QueueLocation) -> None:
    reader = open_reader(where)
    assert reader.read() == []
    found = []
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        for _ in range(3):
            rig.settle(queue, 2)
            found += reader.read()
            rewrite(queue)
            rig.settle(queue, 1)
            found += reader.read()
        queue.end_session()
    found += reader.read()
    changes = [event for event in found if event.op != events.PROGRESS]
    seqs = [event.seq for event in changes]
    assert seqs == sorted(set(seqs))
    settled = [key for event in changes if event.op == "settle" for key in event.items]
    assert settled == rig.names(9)
    assert [event.state for event in changes if event.op == "settle"] == ["completed"] * 9
    assert reader.read() == []
    # A cursor continues after the event that it came with; changes of no item are gone with their
    # journal, the others are not.
    fourth = [event for event in changes if event.op == "settle"][3]
    later = [event for event in open_reader(where, fourth.cursor).read() if event.op == "settle"]
    assert [key for event in later for key in event.items] == rig.names(9)[4:]


def test_progress_is_that_of_the_live_file(where: QueueLocation) -> None:
    reader = open_reader(where)
    with Queue.open(where, MUSIC) as queue:
        session = queue.begin_session()
        claim = queue.claim(1)[0]
        session.begin_item(claim.key)
        session.note_progress(claim.key, 3, 7, "MusicBrainz")
        last = [event for event in reader.read() if event.op == events.PROGRESS][-1]
        assert last.progress == {claim.key: events.ItemProgress(3, 7, service="MusicBrainz")}
        assert (last.cursor, last.session) == ("", session.id)
        assert reader.read() == []


def test_a_position_that_the_queue_does_not_reach_restarts_it(where: QueueLocation) -> None:
    reader = open_reader(where, "music=999999")
    first, *rest = reader.read()
    assert (first.op, rest) == (events.RESTARTED, [])
    with Queue.open(where, MUSIC) as queue, queue.open_session(command="test"):
        pass
    assert [event.op for event in reader.read()] == ["start", "end"]


@each_row("text", ["music", "music=", "music=x", "=1", "music=1;movies=2", "a b=1", "music=-1"])
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        events.parse_cursor(text)


@pytest.mark.long
def test_follow_prints_lines_that_another_process_made(where: QueueLocation) -> None:
    home = where.folder.parents[1]
    with Queue.open(where, MUSIC) as queue, queue.open_session(command="test"):
        rig.settle(queue, 1)
    words = [sys.executable, str(SCRIPT), "--home", str(home), "--follow", "--since", "music=0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ}) as process:
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(4)]
        with Queue.open(where, MUSIC) as queue, queue.open_session(command="test"):
            pass
        started = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert [line["op"] for line in first] == ["start", "claim", "settle", "end"]
    assert (started["op"], started["cursor"]) == ("start", "music=5")
    assert process.returncode == 130
