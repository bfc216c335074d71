"""Edits by hand: they win where nobody works, and are set aside, never lost, where a batch does."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mediakeep.errors import (
    InvalidQueueValues,
    JournalDamaged,
    QueueBusy,
    StateDamaged,
    UnknownField,
)
from mediakeep.item import Status
from mediakeep.music.item import MUSIC
from mediakeep.outcome import Outcome
from mediakeep.queue import compaction, journal_lookup, readonly, repair, snapshot, validate
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log, index
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.store import QueueChange
from tests.queue import rig
from tests.queue.neighbour import Neighbour
from tests.sampling import each_row

OLD, NEW = '"track_count": 7', '"track_count": 8'


def made(tmp_path: Path) -> QueueLocation:
    """Make a queue with three completed items."""
    where = rig.at(tmp_path)
    with rig.make(where, 9) as queue:
        queue.begin_session()
        for claim in queue.claim(3):
            data = {**rig.DONE.outcome.data, "track_count": 7}
            assert queue.settle(claim, SettleRequest(Outcome(data=data)))
        queue.end_session()
    return where


def in_place(path: Path) -> None:
    rig.edit(path, OLD, NEW)


def as_editors_do(path: Path) -> None:
    """Save next to and rename over, as most editors do."""
    beside = path.with_name("#queue#")
    beside.write_bytes(path.read_bytes())
    rig.edit(beside, OLD, NEW)
    beside.replace(path)


def twice(path: Path) -> None:
    in_place(path)
    rig.edit(path, "/music/Artist 008", "/music/elsewhere")


EDITS = {"in place": in_place, "as editors do": as_editors_do, "twice": twice}
Edit = Callable[[Path], None]


def counts(queue: Queue) -> list[int]:
    return [getattr(item, "track_count", 0) for item in queue.state.items.values()][:3]


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_wins_if_no_batch_is_running(edit: Edit, tmp_path: Path) -> None:
    where = made(tmp_path)
    before = dict(readonly.load_state(where.folder, MUSIC).items)
    edit(rig.file(where))
    for _ in range(2):
        with Queue.open(where, MUSIC) as queue:
            assert counts(queue) == [8, 7, 7]
            restored = queue.state.head.restored
            assert restored
            assert restored.source == "an edit by hand"
    (aside,) = rig.asides(where)
    assert snapshot.load(aside, MUSIC).items == before
    events = rig.events(where)
    assert [event["op"] for event in events].count("edit") == 1


def test_an_edit_keeps_claims_of_dead_owners_until_they_are_released(tmp_path: Path) -> None:
    where = made(tmp_path)
    with Neighbour(where.folder) as batch:
        claimed = batch.claim(2)
        batch.rewrite()
        batch.start_work(claimed[0])
        batch.kill()
    in_place(rig.file(where))
    with Queue.open(where, MUSIC) as queue:
        assert queue.recovered_items == claimed
        assert queue.state.items[claimed[0]].suspect
        assert counts(queue) == [8, 7, 7]


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_under_a_working_batch_is_set_aside_and_the_batch_goes_on(
    edit: Edit, tmp_path: Path
) -> None:
    where = made(tmp_path)
    with Neighbour(where.folder) as batch:
        claimed = batch.claim(2)
        batch.rewrite()
        edit(rig.file(where))
        edited = rig.file(where).read_bytes()
        for _ in range(2):
            with pytest.raises(QueueBusy, match=f"was edited while session {batch.session}"):
                Queue.open(where, MUSIC)
        assert batch.settle(claimed[0])
        (warning,) = batch.warnings()
        (aside,) = rig.asides(where)
        assert "edit of the queue" in warning
        assert str(aside) in warning
        assert aside.name.startswith("edited_")
        assert aside.read_bytes() == edited
        assert batch.settle(claimed[1])
        with Queue.open(where, MUSIC) as queue:
            assert counts(queue) == [7, 7, 7]
            assert rig.completed(queue) == 5
            assert queue.state.head.restored is None


def test_an_edit_that_is_refused_costs_the_history_nothing(tmp_path: Path) -> None:
    where = made(tmp_path)
    with Neighbour(where.folder) as batch:
        claimed = batch.claim(6)
        for first, second in (claimed[:2], claimed[2:4], claimed[4:]):
            batch.rewrite()
            assert batch.settle(first)  # in the journal alone
            in_place(rig.file(where))
            assert batch.settle(second)
        batch.close()
    done = [event["item"] for event in rig.events(where) if event["op"] == "settle"]
    assert done == [*rig.names(3), *claimed]
    with Queue.open(where, MUSIC) as queue:
        assert (
            queue.call_with_lock(
                lambda state: list(validate.check_queue_files(where.folder, state))
            )
            == []
        )


@pytest.mark.parametrize("gone", ["first", "last", "all"])
def test_a_settle_that_the_history_lacks_is_reported_and_repaired(
    gone: str, tmp_path: Path
) -> None:
    where = made(tmp_path)
    (path,) = event_log.list_files(where.folder)
    whole = rig.events(where)
    lines = path.read_bytes().splitlines(keepends=True)
    settles = [line for line in lines if b'"op":"settle"' in line]
    lost = {"first": settles[:1], "last": settles[-1:], "all": settles}[gone]
    path.write_bytes(b"".join(line for line in lines if line not in lost))
    with Queue.open(where, MUSIC) as queue:
        faults = queue.call_with_lock(
            lambda state: list(validate.check_queue_files(where.folder, state))
        )
    assert len(faults) == len(lost)
    assert "is missing in the history" in faults[0].what
    assert "--repair" in faults[0].cure
    result = repair.repair_queue(where, MUSIC, lambda _: [])
    assert len(result) == len(lost)
    for event, again in zip(whole, rig.events(where), strict=True):
        names = ("seq", "time", "op", "session", "item", "state")
        assert [event.get(name) for name in names] == [again.get(name) for name in names]
    assert repair.repair_queue(where, MUSIC, lambda _: []) == []


def test_what_a_file_from_elsewhere_says_need_not_be_in_this_history(tmp_path: Path) -> None:
    where = made(tmp_path)
    other = rig.at(tmp_path / "other")
    with rig.make(other, 9) as queue:
        queue.begin_session()
        rig.settle(queue)
    rig.cp(rig.file(where), rig.file(other))
    with Queue.open(other, MUSIC) as queue:
        assert rig.completed(queue) == 3
        assert (
            queue.call_with_lock(
                lambda state: list(validate.check_queue_files(other.folder, state))
            )
            == []
        )


def test_an_edit_wins_under_a_batch_that_holds_nothing(tmp_path: Path) -> None:
    where = made(tmp_path)
    with Neighbour(where.folder) as batch:
        batch.rewrite()
        in_place(rig.file(where))
        with Queue.open(where, MUSIC) as queue:
            assert counts(queue) == [8, 7, 7]
        assert batch.settle(*batch.claim(1))


def test_what_was_set_aside_can_be_put_in_place_later(tmp_path: Path) -> None:
    where = made(tmp_path)
    with Neighbour(where.folder) as batch:
        claimed = batch.claim(1)
        batch.rewrite()
        in_place(rig.file(where))
        assert batch.settle(*claimed)
        batch.close()
    (aside,) = rig.asides(where)
    rig.cp(aside, rig.file(where))
    with Queue.open(where, MUSIC) as queue:
        assert counts(queue) == [8, 7, 7]
        assert queue.state.items[claimed[0]].status is Status.PENDING


def test_an_edit_with_an_unknown_key_is_refused_and_kept(tmp_path: Path) -> None:
    where = made(tmp_path)
    rig.edit(rig.file(where), OLD, '"tracks": 7')
    edited = rig.file(where).read_bytes()
    for _ in range(2):
        with pytest.raises(UnknownField, match=r'artist "Artist 000".*tracks'):
            Queue.open(where, MUSIC)
    assert rig.file(where).read_bytes() == edited
    rig.edit(rig.file(where), '"tracks": 7', NEW)
    with Queue.open(where, MUSIC) as queue:
        assert counts(queue) == [8, 7, 7]


def _number(text: str, name: str, number: int) -> str:
    return re.sub(rf'"{name}": \d+', f'"{name}": {number}', text, count=1)


def _field(text: str, name: str, value: object) -> str:
    queue = json.loads(text)
    queue["artists"]["Artist 004"][name] = value
    return json.dumps(queue, indent=2)


STRANGE = {
    "seq-too-large": (lambda text: _number(text, "seq", 2**70), UnknownField, "<= 90071992547"),
    "count-too-large": (lambda text: _number(text, "track_count", 2**60), UnknownField, "track_c"),
    "seq-far-above": (lambda text: _number(text, "seq", 2**50), InvalidQueueValues, "its seq is"),
    "outside": (
        lambda text: text.replace('"/music/Artist 004"', '"/etc"'),
        InvalidQueueValues,
        '"Artist 004" has the path "/etc", which is not in the library /music',
    ),
    "settled-later": (
        lambda text: _field(text, "settled", 2**53 - 1),
        InvalidQueueValues,
        "settled is 9,007,199,254,740,991, above the seq of the queue",
    ),
    "no-date": (
        lambda text: _field(text, "not_before", "soon"),
        InvalidQueueValues,
        'is "soon", not',
    ),
    "output-elsewhere": (
        lambda text: _field(text, "output_name", "../../ESCAPED"),
        InvalidQueueValues,
        'output_name is "../../ESCAPED", which leaves its folder',
    ),
    "report-elsewhere": (
        lambda text: _field(text, "report", "/etc/passwd"),
        InvalidQueueValues,
        "which leaves its folder",
    ),
    "climbing": (
        lambda text: text.replace("/music/Artist 004", "/music/../etc"),
        InvalidQueueValues,
        "is not in the library",
    ),
    "nowhere": (
        lambda text: text.replace('"path": "/music/Artist 004"', '"path": ""'),
        InvalidQueueValues,
        "is not in the library",
    ),
}


@each_row(("change", "error", "told"), STRANGE.values(), ids=STRANGE)
def test_a_file_that_cannot_be_this_queue_is_refused_and_repair_goes_back(
    change: Callable[[str], str], error: type[StateDamaged], told: str, tmp_path: Path
) -> None:
    where = made(tmp_path)
    before = dict(readonly.load_state(where.folder, MUSIC).items)
    text = rig.file(where).read_text()
    strange = change(text)
    assert strange != text
    for put in (rig.file(where).write_text, partial(_elsewhere, where)):
        put(strange)
        for _ in range(2):
            with pytest.raises(error, match=told) as raised:
                Queue.open(where, MUSIC)
            assert raised.value.exit_code == 3
        assert repair.repair_queue(where, MUSIC, lambda _: [])
        with Queue.open(where, MUSIC) as queue:
            assert queue.state.items == before
            assert queue.state.seq < 2**32
            assert (
                queue.call_with_lock(
                    lambda state: list(validate.check_queue_files(where.folder, state))
                )
                == []
            )


def _elsewhere(where: QueueLocation, text: str) -> None:
    """Put a file in place that no journal knows, as from another home."""
    text = re.sub(r'"snapshot_id": "\w+"', '"snapshot_id": "feedfeedfeedfeed"', text)
    rig.file(where).write_text(text)


def test_an_item_may_are_where_its_library_was_before(tmp_path: Path) -> None:
    where = made(tmp_path)
    with Queue.open(where, MUSIC) as queue:
        queue.commit(lambda _: QueueChange("scan", {}, {"library": "/other"}))
        queue.commit(lambda _: QueueChange("scan", {}, {"library": "/third"}))
        queue.write_checkpoint()
        queue.commit(lambda _: QueueChange("scan", {}, {"library": "/music"}))
    edit = partial(rig.edit, rig.file(where))
    edit('"/music/Artist 004"', '"/other/Artist 004"')
    edit('"library_path": "/music"', '"library_path": "/third"')
    with Queue.open(where, MUSIC) as queue:
        assert queue.state.items["Artist 004"].path == "/other/Artist 004"


def test_a_line_of_the_history_with_a_number_too_large_is_damaged(tmp_path: Path) -> None:
    where = made(tmp_path)
    (path,) = event_log.list_files(where.folder)
    whole = path.read_bytes()
    line = whole.splitlines()[-1]
    path.write_bytes(whole + re.sub(rb'"seq":\d+', b'"seq":%d' % 2**70, line) + b"\n")
    with Queue.open(where, MUSIC) as queue:
        faults = queue.call_with_lock(
            lambda state: list(validate.check_queue_files(where.folder, state))
        )
    assert [fault.what for fault in faults] == [
        f"{path.name} line {len(whole.splitlines()) + 1} is damaged."
    ]
    assert index.query_history_index(
        where.folder, lambda base: base.execute("SELECT 1").fetchone()
    ) == (1,)
    repair.repair_queue(where, MUSIC, lambda _: [])
    assert path.read_bytes() == whole


def between(
    where: QueueLocation, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> None:
    """Have a user act right before the last moment of the next rewrite: its rename."""
    keep = compaction.link_previous_snapshot

    def acting(folder: Path) -> Path:
        monkeypatch.setattr(compaction, "link_previous_snapshot", keep)
        act()
        return keep(folder)

    monkeypatch.setattr(compaction, "link_previous_snapshot", acting)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_file_put_in_place_during_a_rewrite_is_set_aside_by_name(
    edit: Edit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = made(tmp_path)
    with Queue.open(where, MUSIC) as queue:
        between(where, monkeypatch, lambda: edit(rig.file(where)))
        queue.write_checkpoint()
        (aside,) = rig.asides(where)
        (warning,) = queue.take_warnings()
        assert str(aside) in warning
        assert NEW in aside.read_text()
        assert counts(queue) == [7, 7, 7]
    with Queue.open(where, MUSIC) as queue:
        assert counts(queue) == [7, 7, 7]
    assert rig.asides(where) == [aside]


def test_without_hard_links_the_snapshot_before_is_kept_as_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    where = made(tmp_path)
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        for _ in range(3):
            rig.settle(queue)
            queue.write_checkpoint()
        assert queue.take_warnings() == []
        assert rig.asides(where) == []
        rebuilt = journal_lookup.rebuild_previous_state(where.folder, MUSIC)
        assert rebuilt
        assert rebuilt.items == queue.state.items
        between(where, monkeypatch, lambda: in_place(rig.file(where)))
        queue.write_checkpoint()
        assert len(rig.asides(where)) == 1


def flipped(where: QueueLocation, line: int) -> Path:
    """Flip a bit in a line of the newest journal, counted from 0 for the header."""
    path = rig.journals(where)[-1]
    lines = path.read_bytes().split(b"\n")
    lines[line] = lines[line][:40] + bytes([lines[line][40] ^ 1]) + lines[line][41:]
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.mark.parametrize("line", [0, 1, 3])
def test_a_damaged_journal_is_refused_and_repaired_without_losing_a_number(
    line: int, tmp_path: Path
) -> None:
    where = made(tmp_path)
    with Neighbour(where.folder) as batch:
        batch.rewrite()
        done = [key for key in batch.claim(4) if batch.settle(key)]
        last = batch.seq()
        batch.kill()
    path = flipped(where, line)
    damaged, before = path.read_bytes(), rig.file(where).read_bytes()
    for attempt in (
        lambda: Queue.open(where, MUSIC),
        lambda: readonly.load_state(where.folder, MUSIC),
    ):
        with pytest.raises(JournalDamaged, match=f"{path.name} is damaged at line {line + 1}") as e:
            attempt()
        assert f"music_queue_manager.py --home {where.home} --repair to keep all" in str(e.value)
    assert (path.read_bytes(), rig.file(where).read_bytes()) == (damaged, before)
    result = repair.repair_queue(where, MUSIC, lambda _: [])
    # Behind a damaged header all is good; behind a damaged line nothing has a base.
    assert (f"to {last} could not be recovered" in " ".join(result)) == bool(line)
    assert damaged in [aside.read_bytes() for aside in rig.asides(where)]
    with Queue.open(where, MUSIC) as queue:
        assert queue.state.seq > last
        assert rig.completed(queue) == 3 + (max(0, line - 2) if line else len(done))
        queue.begin_session()
        assert rig.settle(queue)


def test_a_batch_whose_journal_is_damaged_under_it_stops_loudly(tmp_path: Path) -> None:
    where = made(tmp_path)
    queue = Queue.open(where, MUSIC)
    queue.begin_session()
    rig.settle(queue, 3)
    path = flipped(where, 2)
    damaged, before = path.read_bytes(), rig.file(where).read_bytes()
    for attempt in (queue.write_checkpoint, queue.close):
        with pytest.raises(JournalDamaged, match="is damaged at line 3"):
            attempt()
    assert (path.read_bytes(), rig.file(where).read_bytes()) == (damaged, before)
