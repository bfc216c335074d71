"""A change of an item: which merges into what, and which transitions the queue allows."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.errors import IllegalTransition, InvalidItemData
from mediakeep.item import LookupState, Status
from mediakeep.kinds import Kind
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.queue import stage_changes
from mediakeep.queue.state import QueueState, apply_merge_patch, percentage
from mediakeep.stages import Stage, StageTable
from tests.queue import rig
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741 - a table is read by its letters

# From the row to the column; as the design lists it, with "staying" on the diagonal.
LEGAL = {
    P: (P, I, C, S),
    I: (I, P, C, E, S),
    C: (C, P, S),
    E: (E, P, C, S),
    S: (S, P, C, E),
}

MERGES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {"a": 1}, {"a": 1}),
    ({"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
    ({}, {"a": None}, {}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
    ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
    ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
    ({"a": 5}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": "text"}, {"a": {"b": {"c": None, "d": 1}}}, {"a": {"b": {"d": 1}}}),
]


@each_row(("target", "patch", "expected"), MERGES)
def test_a_patch_merges_as_rfc_7396_says(
    target: dict[str, Any], patch: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert apply_merge_patch(target, patch) == expected


_flat = st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(max_size=3), max_size=3)
_deep = st.dictionaries(st.sampled_from("abc"), st.integers() | _flat, max_size=3)


@given(_flat, _flat)
def test_values_given_by_a_worker_replace_those_of_before_whole(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    before = rig.item(issues={key: len(str(value)) for key, value in old.items()})
    issues = {key: len(str(value)) for key, value in new.items()}
    changes = stage_changes.build_data_patch(before, {"issues": issues})
    after = apply_merge_patch(msgspec.to_builtins(before), changes)
    assert msgspec.convert(after, MusicItem).issues == issues


@given(_deep, _deep)
def test_a_patch_done_twice_is_a_patch_done_once(
    target: dict[str, Any], patch: dict[str, Any]
) -> None:
    once = apply_merge_patch(msgspec.json.decode(msgspec.json.encode(target)), patch)
    assert apply_merge_patch(msgspec.json.decode(msgspec.json.encode(once)), patch) == once


@each_row(("old", "new"), list(product(Status, Status)))
def test_the_whole_table_of_transitions_is_as_the_design_says(old: Status, new: Status) -> None:
    state = rig.state({"U2": rig.item(old)})
    if new in LEGAL[old]:
        assert state.build_changed_item("U2", {"status": new}).status is new
    else:
        with pytest.raises(IllegalTransition, match=f"U2: a change from {old} to {new}"):
            state.build_changed_item("U2", {"status": new})


@each_row("lookup", ["", "pending", "done", "unsure", "unknown"])
def test_a_completed_item_is_taken_only_for_a_lookup_that_it_lacks(lookup: LookupState) -> None:
    state = rig.state({"U2": rig.item(C, lookup=lookup)})
    if lookup == "pending":
        assert state.build_changed_item("U2", {"status": I}).status is I
    else:
        with pytest.raises(IllegalTransition):
            state.build_changed_item("U2", {"status": I})


def test_a_look_up_that_ended_in_no_known_way_is_refused() -> None:
    with pytest.raises(InvalidItemData, match=r"lookup.*U2"):
        rig.state({"U2": rig.item(I)}).build_changed_item("U2", {"lookup": "maybe"})


STAGED = StageTable(
    (Stage("read", ("convert", "write")), Stage("convert", ("write",)), Stage("write"))
)
STAGES = [
    ("", "read", True),
    ("", "convert", True),
    ("read", "read", True),
    ("read", "write", True),
    ("read", "", True),
    ("convert", "read", False),
    ("write", "convert", False),
    ("read", "unheard-of", False),
]


@each_row(("was", "now", "legal"), STAGES)
def test_stages_follow_their_table(was: str, now: str, legal: bool) -> None:
    kind = Kind("music", "artist", "artists", "", "", MUSIC.item_type, stages=STAGED)
    head = rig.state({}).head
    item = rig.item(I, processing_stage=was)
    changes = {"processing_stage": now or None}
    if legal:
        changed = QueueState(kind, head, {"U2": item}).build_changed_item("U2", changes)
        assert changed.processing_stage == now
    else:
        with pytest.raises(IllegalTransition, match="stage"):
            QueueState(kind, head, {"U2": item}).build_changed_item("U2", changes)


@each_row("data", [{"no_such_field": 1}, {"track_count": "many"}])
def test_a_field_that_the_kind_does_not_have_is_refused_by_name(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidItemData, match=r"music.*U2"):
        rig.state({"U2": rig.item(I)}).build_changed_item("U2", data)


def test_counts_and_holders_follow_every_change() -> None:
    state = rig.state({"A": rig.item(), "B": rig.item(I, session="s1", claim=1)})
    assert state.claimed_keys == {"s1": {"B"}}
    for seq, changes in enumerate(
        [
            {"A": {"status": "in_progress", "session": "s1"}, "B": {"status": "completed"}},
            {"A": {"status": "error"}, "C": {"status": "pending"}},
        ],
        1,
    ):
        record = _record(seq, changes)
        state.apply_record(record, state.build_changed_items(record.items))
    recount = rig.state(state.items)
    assert {status: count for status, count in state.counts.items() if count} == recount.counts
    assert state.claimed_keys == recount.claimed_keys == {}
    assert state.build_summary() == {
        "total_artists": 3,
        "completed": 1,
        "in_progress": 0,
        "pending": 1,
        "error": 1,
        "skipped": 0,
        "completion_percentage": 33.3,
    }


def _record(seq: int, items: dict[str, dict[str, Any]]) -> Any:
    from mediakeep.queue.journal import JournalRecord

    return JournalRecord(seq=seq, time="", op="test", items=items)


@each_row(
    ("done", "total", "shown"),
    [(0, 0, 0.0), (0, 9, 0.0), (1, 3, 33.3), (99_999, 100_000, 99.9), (7, 7, 100.0)],
)
def test_a_hundred_per_cent_is_shown_only_when_all_is_done(
    done: int, total: int, shown: float
) -> None:
    assert percentage(done, total) == shown
