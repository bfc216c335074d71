"""What a user may do to items by name, and how a wrong name is answered."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from mediakeep import path_text
from mediakeep.errors import AmbiguousName, ItemInUse, NoSuchItem, UsageError
from mediakeep.item import Item, Status
from mediakeep.music.item import MUSIC
from mediakeep.queue import actions
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange
from tests.queue import rig
from tests.queue.neighbour import Neighbour
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741 - a table is read by its letters
NFD = unicodedata.normalize("NFD", "Motörhead")

FINDS = [
    (["U2"], "U2", "U2"),
    (["U2"], "u2", "U2"),
    (["ABBA", "Abba"], "Abba", "Abba"),
    ([NFD], unicodedata.normalize("NFC", NFD), NFD),
    (["Strauß"], "STRAUSS", "Strauß"),
    ([r"AC\\DC"], "AC\\DC", r"AC\\DC"),  # as the shell hands it over
    ([r"AC\\DC"], r"AC\\DC", r"AC\\DC"),  # as the queue prints it
    ([r"Bj\xF6rk"], "Bj\udcf6rk", r"Bj\xF6rk"),
]


@each_row(("keys", "name", "key"), FINDS)
def test_an_item_is_found_by_its_name_as_people_write_it(
    keys: list[str], name: str, key: str
) -> None:
    assert actions.find_item_key(rig.state({key: rig.item() for key in keys}), name) == key


def test_an_item_with_an_opaque_key_is_found_by_its_name() -> None:
    state = rig.state({"6a1f": rig.item(name="U2"), "77bc": rig.item(name="ABBA")})
    assert actions.find_item_key(state, "abba") == "77bc"


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    state = rig.state({"The Beatles": rig.item(), "U2": rig.item()})
    with pytest.raises(NoSuchItem, match=r'no artist named "The Beetles".*Did you mean \'The Bea'):
        actions.find_item_key(state, "The Beetles")
    with pytest.raises(NoSuchItem, match=r'"Zappa" in the queue\.$'):
        actions.find_item_key(state, "Zappa")


def test_a_name_that_fits_several_is_answered_with_all_of_them() -> None:
    state = rig.state({"ABBA": rig.item(), "Abba": rig.item(), "U2": rig.item()})
    with pytest.raises(AmbiguousName, match='"ABBA", "Abba"'):
        actions.find_item_key(state, "abba")


FULL: dict[str, Any] = {
    "session": "s",
    "claim": 3,
    "first_claim": 2,
    "suspect": True,
    "attempts": 2,
    "error_message": "x",
    "error_date": "2025",
    "not_before": "2026",
    "skip_reason": "duplicate",
    "returns_to": "completed",
    "processing_stage": "",
    "outdated": True,
    "lookup": "pending",
    "for_lookup": True,
}


@each_row("status", [I, C, E, S])
def test_a_reset_item_is_as_if_it_had_never_been_tried(status: Status, tmp_path: Path) -> None:
    kept = {"path": "/music/U2", "fingerprint": "f", "output_name": "U2", "issues_found": 4}
    state = rig.state({"U2": rig.item(status, **FULL, **kept)})
    change = actions.reset_items(rig.at(tmp_path), actions.select_by_name(["U2"]))(state)
    begun = {} if status is C else {"first_claim": 2}  # what was repaired since then still counts
    assert state.build_changed_items(change.items)["U2"] == rig.item(P, **kept, **begun)


def test_several_names_for_one_item_reset_it_once() -> None:
    state = rig.state({"U2": rig.item(C), "ABBA": rig.item(C)})
    assert actions.select_by_name(["u2", "U2", "abba"])(state) == ["U2", "ABBA"]


def test_resetting_nothing_changes_nothing(tmp_path: Path) -> None:
    state = rig.state({"U2": rig.item(C)})
    assert actions.reset_items(rig.at(tmp_path), actions.select_by_status(E))(state) is None


def test_what_a_living_session_works_on_is_reset_only_by_force(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    with rig.make(where, 2) as queue, Neighbour(where.folder) as batch:
        (item,) = batch.claim(1)
        everything = actions.select_by_status(*Status)
        with pytest.raises(ItemInUse, match=f"{item}.*{batch.session}"):
            queue.commit(actions.reset_items(where, everything))
        assert queue.state.items[item].status is I
        queue.commit(actions.reset_items(where, everything, force=True))
        assert queue.state.items[item].status is P
        assert batch.settle(item) is False


MARKS = [(P, True), (E, True), (I, False), (C, False), (S, False)]


@each_row(("status", "allowed"), MARKS)
def test_only_what_is_open_can_be_marked_completed(status: Status, allowed: bool) -> None:
    state = rig.state({"U2": rig.item(status, error_message="x", attempts=2)})
    mark = actions.mark_completed("u2", "2025-12-17T10:00:00+00:00")
    if not allowed:
        with pytest.raises(
            UsageError, match=f"U2 cannot be marked completed: it is {status.value}"
        ):
            mark(state)
        return
    item = state.build_changed_items(mark(state).items)["U2"]
    assert (item.status, item.error_message, item.rules) == (C, "", state.kind.rules)
    assert item.processed_date == "2025-12-17T10:00:00+00:00"
    assert item.note


def test_the_one_prioritised_last_comes_first() -> None:
    state = rig.state({key: rig.item() for key in "abc"} | {"done": rig.item(C)})
    for name in "bc":
        _apply(state, actions.prioritize_item(name)(state))
    assert sorted("abc", key=lambda key: -state.items[key].priority) == ["c", "b", "a"]
    with pytest.raises(UsageError, match=r"it is completed\. Reset it first"):
        actions.prioritize_item("done")(state)


RULES: list[tuple[Item, bool]] = [
    (rig.item(C, rules=0), True),
    (rig.item(C, rules=MUSIC.rules), False),
    (rig.item(E, rules=0), False),
    (rig.item(P), False),
]


@each_row(("item", "outdated"), RULES)
def test_what_older_rules_completed_is_outdated(item: Item, outdated: bool) -> None:
    state = rig.state({"U2": item})
    change = actions.reset_outdated(state)
    assert (change is not None) == outdated
    if change:
        after = state.build_changed_items(change.items)["U2"]
        assert (after.status, after.outdated) == (P, True)


def test_a_name_from_the_disk_is_escaped_once(tmp_path: Path) -> None:
    raw = "Bj\udcf6rk"
    where = rig.at(tmp_path)
    with Queue.create(where, rig.MUSIC, "/music", rig.found([path_text.escape_path(raw)])) as queue:
        queue.commit(actions.prioritize_item(raw))
        assert queue.state.items[r"Bj\xF6rk"].priority == 1
        assert queue.state.items[r"Bj\xF6rk"].output_name == "Bj_xF6rk"


def _apply(state: QueueState, change: QueueChange) -> None:
    for key, item in state.build_changed_items(change.items).items():
        state.items[key] = item


def test_what_is_forgotten_leaves_the_line_of_a_queue_that_is_open(tmp_path: Path) -> None:
    where = rig.at(tmp_path)
    gone = {"status": S, "skip_reason": "vanished", "returns_to": "pending"}
    with rig.make(where, 4) as batch, Queue.open(where, MUSIC) as manager:
        assert rig.peek_keys(batch, 1) == ["Artist 000"]
        manager.commit(lambda _: QueueChange("scan", {"Artist 000": gone, "Artist 001": gone}))
        manager.commit(actions.forget_item("artist 000"))
        manager.commit(actions.forget_gone)
        assert manager.commit(actions.forget_gone) is None
        assert list(manager.state.items) == ["Artist 002", "Artist 003"]
        batch.begin_session()
        assert [claim.key for claim in batch.claim(9)] == ["Artist 002", "Artist 003"]
        with pytest.raises(UsageError, match="it is in_progress"):
            manager.commit(actions.forget_item("Artist 002"))
        assert manager.state.counts[S] == 0
    with Queue.open(where, MUSIC) as again:
        assert list(again.state.items) == ["Artist 002", "Artist 003"]
