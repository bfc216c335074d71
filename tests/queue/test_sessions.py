"""Sessions: a number nobody else has, a log for people, and a lock that falls with its owner."""

from __future__ import annotations

import errno
import fcntl
import gzip
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep import atomic_files
from mediakeep.errors import RecordNotWritten
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import repair, session_log_archive, sessions, validate
from mediakeep.queue.backups import restore
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.queue import Queue
from mediakeep.queue.sessions import LEASE, Session
from tests.queue import neighbour, rig
from tests.queue.neighbour import Neighbour

FAR = "another-host"


def _number(folder: Path, go: Any, numbers: Any) -> None:
    go.wait()
    session = Session(rig.at(folder))
    numbers.put(session.id)
    session.write_log("Batch started")
    session.close()


def test_twenty_sessions_started_at_once_get_twenty_numbers(tmp_path: Path) -> None:
    go, numbers = neighbour.context.Barrier(20), neighbour.context.Queue()
    crowd = [
        neighbour.context.Process(target=_number, args=(tmp_path, go, numbers)) for _ in range(20)
    ]
    for session in crowd:
        session.start()
    ids = [numbers.get(timeout=60) for _ in crowd]
    for one in crowd:
        one.join()
    assert sorted(id_[-3:] for id_ in ids) == [f"{number:03d}" for number in range(1, 21)]
    logs = list((rig.at(tmp_path).folder / "session_logs").iterdir())
    assert sorted(path.stem for path in logs) == sorted(ids)
    assert all(path.read_text().count("Batch started") == 1 for path in logs)


def test_numbers_go_on_within_a_day_and_start_again_on_the_next(tmp_path: Path) -> None:
    clock = rig.Clock("2025-12-17T23:00:00+00:00")
    where = rig.at(tmp_path, clock)
    folder = where.folder / "session_logs"
    folder.mkdir(parents=True)
    (folder / "20251217_session_041.log").touch()
    (folder / "20251217_session_007 copy.log").touch()
    (folder / "20251217_notes.log").write_text("a person's own")
    ids = []
    for hours in (0, 0, 2):
        clock.forward(hours=hours)
        session = Session(where)
        ids.append(session.id)
        session.close()
    assert ids == ["20251217_session_042", "20251217_session_043", "20251218_session_001"]


@pytest.mark.parametrize("rewritten", [True, False])
def test_a_number_is_not_given_again_after_the_logs_were_removed(
    rewritten: bool, tmp_path: Path
) -> None:
    where = rig.at(tmp_path, rig.Clock())
    rig.make(where).close()
    for number in (1, 2, 3):
        queue = Queue.open(where, MUSIC)
        session = queue.begin_session()
        assert session.id == f"20251217_session_{number:03d}"
        if rewritten:
            queue.end_session()
            queue.close()
        else:
            rig.abandon(queue)  # what it did stands in the journal alone
        for folder in ("session_logs", "live"):
            for path in (where.folder / folder).iterdir():
                path.unlink()


def test_a_journal_that_another_process_removes_meanwhile_stops_no_session(tmp_path: Path) -> None:
    where = rig.at(tmp_path, rig.Clock())
    rig.make(where).close()
    # Listed, and gone when it is opened: like a link that leads nowhere.
    (where.folder / "processing_queue.journal" / "00000000-gone.jsonl").symlink_to("nowhere")
    session = Session(where)
    session.close()
    assert session.id == "20251217_session_001"


def test_more_than_999_sessions_a_day_are_distinguished(tmp_path: Path) -> None:
    where = rig.at(tmp_path, rig.Clock())
    folder = where.folder / "session_logs"
    folder.mkdir(parents=True)
    for number in (999, 1000, 1001):
        (folder / f"20251217_session_{number}.log").touch()
    session = Session(where)
    session.close()
    assert session.id == "20251217_session_1002"


def test_a_line_of_the_log_begins_with_time_level_and_a_plain_sentence(tmp_path: Path) -> None:
    where = rig.at(tmp_path, rig.Clock())
    session = Session(where)
    session.write_log("U2: 261 tracks", item="U2", seconds=1.5)
    session.write_log("No space", "warning")
    session.close()
    lines = (where.folder / "session_logs" / f"{session.id}.log").read_text().splitlines()
    assert lines[0].startswith('{"time":"2025-12-17T10:00:00+00:00","level":"info","message":"U2:')
    assert msgspec.json.decode(lines[0])["seconds"] == 1.5
    assert msgspec.json.decode(lines[1])["level"] == "warning"


def test_a_sign_of_life_that_was_under_way_does_not_outlive_its_session(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    session = Session(where)
    assert sessions.list_live_files(where.folder)
    session.close()
    session._write_live_file()  # as the renewing thread does if it had to wait for the close
    assert sessions.list_live_files(where.folder) == []


def test_the_live_file_says_what_is_begun_and_how_far_it_is(tmp_path: Path) -> None:
    where = rig.at(tmp_path, rig.Clock())
    session = Session(where)
    session.begin_item("U2")
    session.begin_item("ABBA")
    session.end_item("ABBA")
    session.begin_item("Zappa")
    known = sessions.read_live_status(where.folder, session.id)
    assert known
    assert (known.host, set(known.begun)) == (rig.HOST, {"U2", "Zappa"})
    session.close()
    assert sessions.read_live_status(where.folder, session.id) is None


def test_two_who_ask_at_once_do_not_take_each_other_for_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = rig.at(tmp_path)
    session = Session(where)
    assert sessions.is_alive(where, session.id)
    session.close()
    flock, answers = fcntl.flock, []

    def while_another_asks(handle: int, how: int) -> None:
        flock(handle, how)
        monkeypatch.setattr(fcntl, "flock", flock)
        answers.append(sessions.is_alive(where, session.id))

    monkeypatch.setattr(fcntl, "flock", while_another_asks)
    answers.append(sessions.is_alive(where, session.id))
    assert answers == [False, False]


def test_the_items_of_a_killed_session_are_released_at_once(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 6).close()
    with Neighbour(where.folder) as batch:
        taken = batch.claim(3)
        batch.settle(taken[0])
        batch.start_work(taken[1])
        assert neighbour.alive(where.folder, batch.session)
        batch.kill()
        assert not neighbour.alive(where.folder, batch.session)
        with Queue.open(where, MUSIC) as queue:
            assert queue.state.items[taken[0]].status is Status.COMPLETED
            for key, suspect in ((taken[1], True), (taken[2], False)):
                item = queue.state.items[key]
                assert (item.status, item.suspect) == (Status.PENDING, suspect)
                assert (item.session, item.claim, item.attempts) == ("", 0, 0)
                assert item.first_claim
            assert sessions.list_live_files(where.folder) == []


def test_items_worked_on_in_other_processes_are_no_suspects_after_a_kill(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    rig.make(where, 6).close()
    with Neighbour(where.folder) as batch:
        batch.isolate()
        (key,) = batch.claim(1)
        batch.start_work(key)
        batch.kill()
        with Queue.open(where, MUSIC) as queue:
            item = queue.state.items[key]
            assert (item.status, item.suspect) == (Status.PENDING, False)


def test_a_living_session_keeps_its_items_and_its_live_file(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 6) as queue, Neighbour(where.folder) as batch:
        queue.begin_session()
        claimed = batch.claim(1)
        assert [claim.key for claim in queue.claim(1)] == ["Artist 001"]
        assert batch.settle(*claimed)
        # As this process last saw it, the other one still held its item.
        assert queue.claim(1)
        assert sessions.read_live_status(where.folder, batch.session)


def test_on_another_host_a_lease_decides(tmp_path: Path) -> None:
    clock = rig.Clock()
    here, there = rig.at(tmp_path, clock), rig.at(tmp_path, clock, FAR)
    rig.make(here, 4).close()
    with Queue.open(there, MUSIC) as far:
        far.begin_session()
        (item,) = far.claim(1)
        clock.forward(seconds=LEASE - 1)
        with Queue.open(here, MUSIC) as near:
            near.begin_session()
            (other,) = near.claim(1)
            assert other.key != item.key
            assert far.session
            far.session._write_live_file()  # renewed
            clock.forward(seconds=LEASE - 1)
            assert near.recover_orphaned_items() == []
            clock.forward(seconds=2)
            assert near.recover_orphaned_items() == [item.key]
            (again,) = near.claim_by_key(item.key)
            assert rig.stale(item, far)
            assert near.settle(again, rig.DONE)
        assert rig.stale(item, far)
        assert far.state.items[item.key].status is Status.COMPLETED


def test_the_renewal_thread_keeps_a_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "RENEWAL", 0.001)
    clock = rig.Clock()
    where = rig.at(tmp_path, clock, FAR)
    session = Session(where)
    clock.forward(seconds=LEASE + 1)
    renewed = threading.Event()
    write = atomic_files.write_atomic

    def noticed(*arguments: Any, **options: Any) -> None:
        write(*arguments, **options)
        renewed.set()

    monkeypatch.setattr(atomic_files, "write_atomic", noticed)
    assert renewed.wait(60)
    assert sessions.is_alive(rig.at(tmp_path, clock), session.id)
    session.close()


def make_ended_session(tmp_path: Path, *, archived: bool) -> tuple[QueueLocation, Path]:
    """Make a queue with a session that ended, and return where its log is."""
    clock = rig.Clock()
    where = rig.at(tmp_path, clock)
    with rig.make(where) as queue:
        session = queue.begin_session()
        session.write_log("Batch started", workers=2)
        rig.settle(queue, 2)
        session.write_log("Batch ended")
        queue.end_session()
    path = where.folder / "session_logs" / f"{session.id}.log"
    if archived:
        clock.forward(days=40000)
        assert session_log_archive.archive_logs(where, 1)
        path = path.with_name(f"{path.name}.gz")
    return where, path


def faults(where: QueueLocation) -> list[str]:
    with Queue.open(where, MUSIC) as queue:
        faults = (
            *validate.check_queue_files(where.folder, queue.state),
            *validate.check_written_files(where.folder, queue.state, lambda _: []),
        )
        return [fault.what for fault in faults]


def rewrite(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = text.replace(b'"workers":2', b'"workers":4')
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def lengthen(path: Path) -> None:
    more = b'{"time":"2025-12-17T10:00:00+00:00","level":"info","message":"All is well"}\n'
    path.write_bytes(path.read_bytes() + (gzip.compress(more) if path.suffix == ".gz" else more))


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("change", [rewrite, lengthen, shorten, lambda path: path.write_bytes(b"")])
def test_a_log_that_was_changed_afterwards_is_reported(
    change: Callable[[Path], None], archived: bool, tmp_path: Path
) -> None:
    where, path = make_ended_session(tmp_path, archived=archived)
    assert faults(where) == []
    change(path)
    message = f"session_logs/{path.name} was changed after its session ended."
    assert faults(where) == [message]
    strange = path.read_bytes()
    (sentence,) = repair.repair_queue(where, MUSIC, lambda _: [])
    (aside,) = rig.asides(where)
    assert str(aside) in sentence
    assert aside.read_bytes() == strange
    assert faults(where) == []


def test_a_log_truncated_by_a_full_disk_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = rig.at(tmp_path)
    with rig.make(where) as queue:
        session = queue.begin_session()

        def fill(handle: int, data: bytes) -> None:
            os.write(handle, data[:7])
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(atomic_files, "write_all", fill)
            with pytest.raises(RecordNotWritten):
                session.write_log("Batch started")
        queue.end_session()
    assert faults(where) == []


def test_a_log_that_was_removed_or_whose_session_died_is_no_fault(tmp_path: Path) -> None:
    where, path = make_ended_session(tmp_path, archived=False)
    queue = Queue.open(where, MUSIC)
    session = queue.begin_session()
    rig.abandon(queue)
    log = where.folder / "session_logs" / f"{session.id}.log"
    log.write_bytes(log.read_bytes() + b"torn")
    assert faults(where) == []
    path.unlink()
    assert faults(where) == []


def test_a_log_that_grew_since_a_backup_stays_when_that_is_restored(tmp_path: Path) -> None:
    where, path = make_ended_session(tmp_path, archived=False)
    whole = path.read_bytes()
    staged = tmp_path / "staged"
    (staged / "session_logs").mkdir(parents=True)
    copied = staged / "session_logs" / path.name
    for beginning, left in ((whole[: whole.index(b"\n") + 1], whole), (b"else\n", b"else\n")):
        copied.write_bytes(beginning)
        restore.carry_over_newer_state(where.folder, staged)
        assert copied.read_bytes() == left
