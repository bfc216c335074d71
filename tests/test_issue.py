"""Issues: what prevents their repair is a code; texts of old versions are still understood."""

from __future__ import annotations

import msgspec

from mediakeep import issue
from mediakeep.errors import (
    MediakeepError,
    ReadOnlyFormat,
    Unreadable,
    VerificationFailed,
    WriteRefused,
)
from mediakeep.issue import UNDONE_BEFORE, BlockCode, BlockReason, Issue, Severity
from tests.sampling import each_row

FOUND = Issue(kind="whitespace", severity=Severity.NOTE, id="whitespace:0")


def stored(**fields: str) -> Issue:
    data = {"kind": "whitespace", "severity": "note", "id": "whitespace:0", **fields}
    return msgspec.json.decode(msgspec.json.encode(data), type=Issue)


def test_an_undone_repair_is_known_by_its_code_and_not_by_its_text() -> None:
    assert FOUND.with_block(UNDONE_BEFORE).is_undone
    assert stored(held="other words", held_code="undone").is_undone
    assert not stored(held=UNDONE_BEFORE.text, held_code="locked").is_undone
    assert not FOUND.is_undone


def test_an_undone_repair_of_an_old_version_is_known_by_its_text() -> None:
    assert stored(held="it was made before and taken back").is_undone
    assert not stored(held="a setting locks this field").is_undone


def test_the_code_is_stored_only_if_there_is_one() -> None:
    assert b"held_code" not in msgspec.json.encode(FOUND)
    locked = FOUND.with_block(BlockReason(BlockCode.LOCKED, "a setting locks this field"))
    assert msgspec.json.decode(msgspec.json.encode(locked), type=Issue) == locked
    assert FOUND.with_block(None) is FOUND


@each_row(
    ("error", "code"),
    [
        (WriteRefused("a", "b", "c"), "refused"),
        (ReadOnlyFormat("a", "b"), "read_only"),
        (VerificationFailed("a", "b"), "failed"),
        (Unreadable("a", "b", "c"), "failed"),
    ],
)
def test_an_error_has_a_code(error: MediakeepError, code: str) -> None:
    assert issue.block_code(error) == code
