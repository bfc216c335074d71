"""A scan of the library against the queue: what each difference means, and what is refused."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from mediakeep import path_text
from mediakeep.errors import ScanRefused
from mediakeep.item import Item, ScannedItem, Status
from mediakeep.queue import scan_diff
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.scan_diff import ScanDiff
from mediakeep.queue.state import QueueState
from tests.queue import rig
from tests.sampling import each_row

P, I, C, E, S = Status  # noqa: E741 - a table is read by its letters


def build_known(status: Status = C, **fields: Any) -> Item:
    given = {"fingerprint": "f1", "path": "/music/A", "output_name": "A", **fields}
    return rig.item(status, **given)


def build_gone(status: Status) -> Item:
    return build_known(S, skip_reason="vanished", returns_to=status.value)


def build_scanned(fingerprint: str = "f1", path: str = "/music/A", key: str = "A") -> ScannedItem:
    return ScannedItem(key=key, path=path, fingerprint=fingerprint, fields={"track_count": 7})


def apply(state: QueueState, result: ScanDiff) -> QueueState:
    record = JournalRecord(seq=state.seq + 1, time="", op="scan", items=result.build_patches())
    state.apply_record(record, state.build_changed_items(record.items))
    return state


# known item, found item: where the difference is listed, the status after
DECISIONS: list[tuple[Item | None, ScannedItem | None, str, Status]] = [
    (None, build_scanned(), "new", P),
    (build_known(C), build_scanned(), "", C),
    (build_known(C), build_scanned("f2"), "changed", P),
    (build_known(E, error_message="x"), build_scanned("f2"), "changed", P),
    (build_known(P), build_scanned("f2"), "changed", P),
    (build_known(I), build_scanned("f2"), "", I),
    (build_known(I), None, "", I),
    (build_known(C), None, "vanished", S),
    (build_known(P), None, "vanished", S),
    (build_known(E, not_before="2025"), None, "vanished", S),
    (build_gone(C), None, "", S),
    (build_gone(C), build_scanned(), "returned", C),
    (build_gone(E), build_scanned(), "returned", E),
    (build_gone(P), build_scanned(), "returned", P),
    (build_gone(C), build_scanned("f2"), "changed", P),
    (build_known(S, skip_reason="duplicate"), build_scanned(), "", S),
    (build_known(S, skip_reason="duplicate"), None, "", S),
    (build_known(S, skip_reason="duplicate"), build_scanned("f2"), "changed", P),
    (build_known(S, skip_reason="never ask again"), build_scanned("f2"), "changed", S),
    (build_known(C), build_scanned(path="/elsewhere/A"), "moved", C),
    (build_gone(C), build_scanned(path="/elsewhere/A"), "returned", C),
]


@each_row(("item", "one", "listed", "after"), DECISIONS)
def test_each_difference_is_listed_once_and_leads_to_its_status(
    item: Item | None, one: ScannedItem | None, listed: str, after: Status
) -> None:
    state = rig.state({"A": item} if item else {})
    result = scan_diff.compare_with_scan(state, [one] if one else [])
    lists = ("new", "changed", "vanished", "returned", "moved")
    assert [name for name in lists if getattr(result, name)] == ([listed] if listed else [])
    apply(state, result)
    assert state.items["A"].status is after
    if one and after is not I:
        assert state.items["A"].path == one.path
        assert state.items["A"].fingerprint == one.fingerprint


@each_row(("item", "one", "listed", "after"), DECISIONS)
def test_a_second_scan_finds_nothing_to_do(
    item: Item | None, one: ScannedItem | None, listed: str, after: Status
) -> None:
    found = [one] if one else []
    state = rig.state({"A": item} if item else {})
    again = scan_diff.compare_with_scan(
        apply(state, scan_diff.compare_with_scan(state, found)), found
    )
    assert again.build_patches() == {}


def test_a_changed_folder_starts_over_and_says_why() -> None:
    old = build_known(E, error_message="x", attempts=3, not_before="2025", first_claim=4)
    state = rig.state({"A": old})
    item = apply(state, scan_diff.compare_with_scan(state, [build_scanned("f2")])).items["A"]
    assert (item.attempts, item.error_message, item.not_before) == (0, "", "")
    assert item.first_claim == 4, "what was repaired before it failed still counts"
    assert "changed" in item.note
    assert getattr(item, "track_count", 0) == 7


NFC = unicodedata.normalize("NFC", "Motörhead")
NFD = unicodedata.normalize("NFD", "Motörhead")
NAMES = [
    ([NFC], [NFD], {NFD: NFC}),  # another file system, the same artist
    (["Abba"], ["ABBA"], {"ABBA": "Abba"}),
    (["ABBA", "Abba"], ["ABBA", "Abba"], {"ABBA": "ABBA", "Abba": "Abba"}),
    (["ABBA", "Abba"], ["abba"], {}),  # which of the two it is, nobody knows
    (["Abba"], ["ABBA", "abba"], {}),
    (["ABBA", "Abba"], ["ABBA", "abba"], {"ABBA": "ABBA", "abba": "Abba"}),
]


@each_row(("keys", "there", "pairs"), NAMES)
def test_names_are_one_where_they_fold_alike_and_only_there(
    keys: list[str], there: list[str], pairs: dict[str, str]
) -> None:
    state = rig.state({key: build_known(path=f"/music/{key}", output_name=key) for key in keys})
    items = [build_scanned(key=key, path=f"/music/{key}") for key in there]
    result = scan_diff.compare_with_scan(state, items)
    assert set(result.new) == set(there) - set(pairs)
    assert set(result.vanished) == set(keys) - set(pairs.values())
    assert set(result.moved) == {old for new, old in pairs.items() if new != old}


def test_outputs_of_two_artists_never_share_a_name() -> None:
    keys = ["AC/DC", "AC_DC", "ac_dc", "Abba", "ABBA", NFC, NFD, "..", ".", "CON"]
    state = rig.state({"abba": build_known(output_name="abba")})
    items = [build_scanned(key=key, path=f"/music/{key}") for key in keys]
    apply(
        state,
        scan_diff.compare_with_scan(state, [build_scanned(key="abba", path="/music/A"), *items]),
    )
    folded = [path_text.normalize_name(item.output_name) for item in state.items.values()]
    assert len(set(folded)) == len(folded)


GUARDS = [
    (10, [], "holds no artist folders"),  # an unmounted disk
    (10, rig.names(8), "2 of 10 artists would vanish"),
    (10, rig.names(9), ""),  # a tenth may go
    (100, rig.names(89), "11 of 100"),
    (1, ["Somebody else"], "1 of 1"),
]


@each_row(("count", "there", "refusal"), GUARDS)
def test_a_scan_that_would_lose_much_is_refused(count: int, there: list[str], refusal: str) -> None:
    state = rig.state({key: build_known(path=f"/music/{key}") for key in rig.names(count)})
    result = scan_diff.compare_with_scan(state, rig.found(there))
    if refusal:
        with pytest.raises(ScanRefused, match=refusal):
            scan_diff.refuse_mass_removal(result, state, "/music")
    else:
        scan_diff.refuse_mass_removal(result, state, "/music")
