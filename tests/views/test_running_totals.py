"""What is kept while items change is what a count of all of them says."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.item import Status
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.queue.history.queries import Throughput
from mediakeep.views import summary
from mediakeep.views.running_totals import RunningTotals
from tests.queue import rig

KEYS = st.sampled_from(["A", "B", "C", "D"])
COUNTS = st.dictionaries(st.sampled_from(["missing-cover", "mojibake"]), st.integers(1, 3))
ITEMS = st.builds(
    MusicItem,
    status=st.sampled_from(Status),
    issues=COUNTS,
    notes=st.integers(0, 3),
    manual_reviews=st.integers(0, 3),
    auto_fixed=st.integers(0, 3),
    albums_matched=st.integers(0, 3),
    fields_filled=st.integers(0, 3),
    rules=st.sampled_from([0, MUSIC.rules]),
    lookup=st.sampled_from(["", "pending", "done", "unsure", "unknown"]),
    error_message=st.sampled_from(["", "It failed."]),
    error_date=st.sampled_from(["", "2025-12-17"]),
    not_before=st.sampled_from(["", "2025-12-18", "2025-12-19"]),
)


@given(st.dictionaries(KEYS, ITEMS), st.lists(st.tuples(KEYS, ITEMS), max_size=12))
def test_sums_that_are_kept_equal_sums_that_are_made(
    before: dict[str, MusicItem], changes: list[tuple[str, MusicItem]]
) -> None:
    state = rig.state(dict(before))
    sums = RunningTotals(state)
    state.listener = sums.update
    pace = Throughput(10, 100.0)
    for key, item in changes:
        state.put_item(key, item)
        assert summary.build_queue_status(state, pace, sums) == summary.build_queue_status(
            state, pace
        )
        assert summary.list_failed_items(MUSIC, sums) == summary.list_failed_items(
            MUSIC, RunningTotals(state)
        )


@given(st.dictionaries(KEYS, ITEMS))
def test_sums_equal_a_manual_count(items: dict[str, MusicItem]) -> None:
    sums = RunningTotals(rig.state(dict(items)))
    there = [item for item in items.values() if item.status is not Status.SKIPPED]
    waiting = [
        item.not_before
        for item in items.values()
        if item.status is Status.ERROR and item.not_before
    ]
    assert Counter(sums.issues) == sum((Counter(item.issues) for item in there), Counter())
    assert list(sums.issues.values()) == sorted(sums.issues.values(), reverse=True)
    assert sums.notes == sum(item.notes for item in there)
    assert sums.reviews == sum(item.manual_reviews for item in there)
    assert sums.fixed == sum(item.auto_fixed for item in items.values())
    assert (sums.waiting, sums.next_retry) == (len(waiting), min(waiting, default=""))
    done = [item for item in items.values() if item.status is Status.COMPLETED]
    assert sums.outdated == sum(item.rules == 0 for item in done)
    assert sums.pending_lookups == sum(item.lookup == "pending" for item in done)
    assert sums.unsure == sum(item.lookup == "unsure" for item in done)
    assert sums.unknown == sum(item.lookup == "unknown" for item in done)
    assert sums.looked_up == sum(item.lookup not in ("", "pending") for item in done)
    names = [counter.name for counter in MUSIC.counters]
    told = {name: sum(getattr(item, name) for item in done) for name in names}
    assert sums.tallies == {name: number for name, number in told.items() if number}
    assert set(sums.failed_items) == {
        key for key, item in items.items() if item.status is Status.ERROR
    }
