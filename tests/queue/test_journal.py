"""The journal: what a crash tears is cut, what was acknowledged stays, and damage is refused."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep import atomic_files
from mediakeep.errors import JournalDamaged, RecordNotWritten
from mediakeep.queue import journal
from mediakeep.queue.journal import SEAL, Journal, JournalHeader, JournalRecord
from tests.queue import rig

HEADER = JournalHeader(generation=1, snapshot_id="ab", seq=0, digest="d", stat=(1, 2), previous="")
ROOM = bytes(1 << 17)


def record(seq: int, key: str = "U2", op: str = "claim") -> JournalRecord:
    return JournalRecord(seq=seq, time="2025-12-17", op=op, items={key: {"status": "pending"}})


RECORDS = [record(seq) for seq in range(1, 5)]


def made(folder: Path, records: list[JournalRecord]) -> Path:
    path = folder / "journal" / journal.journal_name(1, "ab")
    opened = Journal.create(path, HEADER)
    for record in records:
        opened.append(record)
    opened.close()
    return path


def text(path: Path) -> bytes:
    return path.read_bytes().rstrip(b"\0")


def reopened(path: Path) -> tuple[Journal, list[JournalRecord]]:
    opened = Journal(path, journal.records_offset(path))
    return opened, rig.catch_up(opened).records


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = made(tmp_path, RECORDS)
    assert journal.read_header(path) == HEADER
    reading = journal.read(path)
    assert reading.records == RECORDS
    assert reading.end == len(text(path))
    assert not reading.is_sealed


_text = st.text(max_size=9)
_value = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _text
_deep = _value | st.lists(_value, max_size=3) | st.dictionaries(_text, _value, max_size=3)
_items = st.dictionaries(_text, st.dictionaries(_text, _deep, max_size=4), max_size=3)


@given(_items, _text)
def test_a_record_with_any_content_is_one_line(items: dict[str, Any], op: str) -> None:
    given_ = JournalRecord(seq=7, time="", op=op, items=items)
    line = journal.encode_line(given_)
    assert line.index(b"\n") == len(line) - 1
    payload = journal._decode_line(line[:-1])
    assert payload is not None
    assert journal._record_decoder.decode(payload) == given_


@pytest.mark.parametrize("tail", [b"", bytes(300), ROOM], ids=["end", "zeros", "room"])
def test_a_line_torn_anywhere_is_cut_before_anything_is_appended(
    tail: bytes, tmp_path: Path
) -> None:
    path = made(tmp_path, RECORDS[:3])
    whole = text(path)
    for length in range(len(journal.encode_line(RECORDS[3]))):
        path.write_bytes(whole + journal.encode_line(RECORDS[3])[:length] + tail)
        assert journal.read(path).records == RECORDS[:3]
        opened, known = reopened(path)
        assert known == RECORDS[:3]
        short = JournalRecord(seq=4, time="", op="")
        other = short if length % 2 else record(4, key="A" * 7)  # shorter or longer than the torn
        opened.append(other)
        opened.close()
        assert journal.read(path).records == [*RECORDS[:3], other]
        assert text(path) == whole + journal.encode_line(other)


def test_any_flipped_bit_before_the_last_line_is_refused_and_named(tmp_path: Path) -> None:
    path = made(tmp_path, RECORDS)
    whole = text(path)
    start = len(whole) - sum(len(journal.encode_line(record)) for record in RECORDS)
    end = len(whole) - len(journal.encode_line(RECORDS[3])) - 1
    for place in range(start, end):
        for bit in (1, 16, 128):
            damaged = bytearray(whole)
            damaged[place] ^= bit
            path.write_bytes(damaged)
            with pytest.raises(JournalDamaged, match=r"damaged at line [234]: "):
                journal.read(path)


def test_a_flipped_bit_costs_the_salvage_its_own_line_at_most(tmp_path: Path) -> None:
    path = made(tmp_path, RECORDS)
    whole = text(path)
    damaged = bytearray(whole)
    damaged[whole.index(journal.encode_line(RECORDS[1])) + 30] ^= 1
    path.write_bytes(damaged)
    assert journal.read_records_before_damage(path) == RECORDS[:1]
    assert journal.last_seq(path) == 4


def test_two_writers_share_the_room_that_either_made(tmp_path: Path) -> None:
    path = made(tmp_path, [])
    (one, _), (two, _) = reopened(path), reopened(path)
    sizes = set()
    for seq in range(1, 41, 2):
        one.append(record(seq))
        assert two.has_unread_data()
        assert [known.seq for known in rig.catch_up(two).records] == [seq]
        two.append(record(seq + 1))
        rig.catch_up(one)
        sizes.add(path.stat().st_size)
    assert [known.seq for known in journal.read(path).records] == list(range(1, 41))
    assert len(sizes) == 1  # a line within the room does not change the file's size


def test_room_is_made_again_when_it_is_used_up(tmp_path: Path) -> None:
    path = made(tmp_path, [])
    opened, _ = reopened(path)
    long = [
        JournalRecord(seq=seq, time="", op="x", facts={"n": "x" * 50_000}) for seq in range(1, 9)
    ]
    for one in long:
        opened.append(one)
    assert journal.read(path).records == long


def test_a_seal_ends_the_journal_and_gives_the_room_back(tmp_path: Path) -> None:
    path = made(tmp_path, RECORDS)
    opened, _ = reopened(path)
    seal = record(4, op=SEAL)
    opened.seal(seal)
    assert path.read_bytes() == text(path)
    assert path.read_bytes().endswith(journal.encode_line(seal))
    assert journal.read(path).is_sealed


def test_a_seal_asks_for_no_more_space_than_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _ = reopened(made(tmp_path, RECORDS))
    pwrite, sizes = os.pwrite, []

    def measured(handle: int, data: bytes, offset: int) -> int:
        sizes.append(len(data))
        return pwrite(handle, data, offset)

    opened.path.write_bytes(text(opened.path))  # there is no room left in it
    monkeypatch.setattr(os, "pwrite", measured)
    seal = record(4, op=SEAL)
    opened.seal(seal)
    assert sizes == [len(journal.encode_line(seal))]


class Fault:
    """An error of the disk at the next call of a function, after so many bytes were written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
        self.fired = 0
        self._real, self._error = getattr(os, name), OSError(number, os.strerror(number))
        self.written: int | None = None
        monkeypatch.setattr(os, name, self)

    def __call__(self, handle: int, *arguments: Any) -> Any:
        if self.written and not self.fired:
            self.fired += 1
            data, offset = arguments
            return self._real(handle, data[: self.written], offset)
        self.fired += 1
        raise self._error


def test_a_short_write_leaves_the_journal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path, RECORDS[:2])
    whole = text(path)
    for written in (
        0,
        1,
        40,
        len(journal.encode_line(RECORDS[2])),
        len(journal.encode_line(RECORDS[2])) + 9,
    ):
        opened, _ = reopened(path)
        with monkeypatch.context() as patched:
            fault = Fault(patched, "pwrite", errno.ENOSPC)
            fault.written = written
            with pytest.raises(RecordNotWritten, match="No space left"):
                opened.append(RECORDS[2])
            assert fault.fired
        assert text(path) == whole
        opened.append(RECORDS[2])  # there is space again
        assert journal.read(path).records == RECORDS[:3]
        opened.end = len(whole)
        opened.truncate()
        opened.close()


@pytest.mark.parametrize("name", ["fdatasync", "ftruncate"])
def test_a_journal_in_an_unknown_state_accepts_no_more_lines(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path, RECORDS[:2])
    opened, _ = reopened(path)
    with monkeypatch.context() as patched:
        fault = Fault(patched, name, errno.EIO)
        if name == "fdatasync":
            patched.setattr(atomic_files, "sync_data", fault)  # by any call that syncs
        else:
            Fault(patched, "pwrite", errno.ENOSPC).written = 40
        with pytest.raises(RecordNotWritten):
            opened.append(RECORDS[2])
        assert fault.fired
    with pytest.raises(RecordNotWritten):  # though the disk would take it
        opened.append(RECORDS[2])
    opened.close()
    again, known = reopened(path)
    assert known[:2] == RECORDS[:2]
    again.append(record(known[-1].seq + 1))
