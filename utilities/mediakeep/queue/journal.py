"""The journal: a file with every change of the queue since its last snapshot, one per line.

A line is `{"crc":"0a1b2c3d",...}`: the CRC-32 covers all bytes after the comma that follows it. The
first line of a file is its header, which names the snapshot that the journal continues. A journal
that a later journal continues ends with a closing record, the seal.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import JournalDamaged, RecordNotWritten
from mediakeep.untrusted_files import JsonDecoder, decode_json

_PREALLOCATED = 128 << 10  # bytes of zeros preallocated
KEPT_JOURNALS = 3  # sealed journals; older ones are removed
SEAL = "seal"
_PREFIX = len(b'{"crc":"00000000",')


# Items as a JSON merge patch (RFC 7396): the fields to set, or None to remove the item.
ItemPatches = dict[str, dict[str, Any] | None]


class JournalRecord(
    msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One change of the queue: number, time, operation, session, and the item fields it sets."""

    seq: int
    time: str
    op: str
    session: str = ""
    items: ItemPatches = {}
    facts: dict[str, Any] = {}


class JournalHeader(msgspec.Struct, kw_only=True, frozen=True):
    """The first line of a journal, which identifies the snapshot that the journal continues."""

    generation: int
    snapshot_id: str
    seq: int
    digest: str
    stat: tuple[int, ...]
    previous: str  # file name of the previous journal, "" for the first
    replaces: tuple[int, ...] = ()  # the identity of the file that the snapshot replaced


class JournalContent(msgspec.Struct, frozen=True):
    """The complete records of a journal, and the byte offset after the last of them."""

    records: list[JournalRecord]
    end: int

    @property
    def is_sealed(self) -> bool:
        """Whether the journal ends with a seal, because a later journal continues it."""
        return bool(self.records) and self.records[-1].op == SEAL


_record_decoder = JsonDecoder(JournalRecord)
_header_decoder = JsonDecoder(JournalHeader)


def encode_line(entry: JournalRecord | JournalHeader) -> bytes:
    """Return a record or header as one line of a journal, with its checksum."""
    payload = msgspec.json.encode(entry)[1:]
    return b'{"crc":"%08x",%b\n' % (zlib.crc32(payload), payload)


def _decode_line(text: bytes) -> bytes | None:
    """Return the JSON in a line of a journal, or None if the checksum is wrong."""
    payload = text[_PREFIX:]
    if text[:_PREFIX] != b'{"crc":"%08x",' % zlib.crc32(payload):
        return None
    return b"{" + payload


def journal_name(generation: int, snapshot_id: str) -> str:
    """Return the file name of the journal that continues the snapshot with this id."""
    return f"{generation:08d}-{snapshot_id}.jsonl"


def read_header(path: Path) -> JournalHeader | None:
    """Return the header of a journal, or None if it is missing or incomplete."""
    try:
        with path.open("rb") as stream:
            text = stream.readline()
    except FileNotFoundError:
        return None
    payload = _decode_line(text[:-1]) if text.endswith(b"\n") else None
    return _header_decoder.decode(payload) if payload else None


def records_offset(path: Path) -> int:
    """Return the byte offset of the first record in a journal, after the header."""
    with path.open("rb") as stream:
        return len(stream.readline())


def read(path: Path, offset: int = 0) -> JournalContent:
    """Read the complete records of a journal from a byte offset on.

    An incomplete line at the end, as after a crash, is ignored. Raise JournalDamaged if a bad line
    is followed by good ones, because no crash leaves that.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        data = stream.read()
    records: list[JournalRecord] = []
    start = good = bad = 0
    for number, text in enumerate(data.split(b"\n")[:-1], 1):
        start += len(text) + 1
        payload = _decode_line(text)
        if payload is None:
            bad = bad or number
            continue
        if bad:
            what = "its checksum does not hold, and good lines follow it"
            raise JournalDamaged(path, f"line {bad}: {what}", "")
        if offset or number > 1:
            records.append(_decode_record(path, number, payload))
        good = start
    return JournalContent(records, offset + good)


def read_records_before_damage(path: Path) -> list[JournalRecord]:
    """Read the records of a journal before the first damaged one; a damaged header is skipped."""
    records = []
    for number, text in enumerate(path.read_bytes().split(b"\n")[:-1]):
        payload = _decode_line(text)
        if number and payload is None:
            break
        if number and payload:
            with contextlib.suppress(JournalDamaged):
                records.append(_decode_record(path, number, payload))
    return records


def last_seq(path: Path) -> int:
    """Return the highest change number in a journal, or 0 if it has none.

    Lines after a damaged one count too.
    """
    payloads = map(_decode_line, path.read_bytes().split(b"\n"))
    seqs = [decode_json(payload).get("seq", 0) for payload in payloads if payload]
    return max(seqs, default=0)


def _decode_record(path: Path, number: int, payload: bytes) -> JournalRecord:
    try:
        return _record_decoder.decode(payload)
    except msgspec.MsgspecError as error:
        raise JournalDamaged(path, f"line {number}: {error}", "") from error


class Journal:
    """A journal file open for appending; the caller must hold the lock of the queue.

    The file is preallocated with zeros, because a line that does not change the file size is synced
    in two thirds of the time. A seal removes the zeros.
    """

    def __init__(self, path: Path, end: int) -> None:
        self.path = path
        self.end = end  # everything before this offset is complete
        self._handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._zeros_end = 0  # the offset where the preallocated zeros end
        self._broken: OSError | None = None

    @classmethod
    def create(cls, path: Path, header: JournalHeader) -> Journal:
        """Create a journal with its header, and sync the file and its folder to the disk."""
        path.parent.mkdir(parents=True, exist_ok=True)
        data = encode_line(header)
        with atomic_files.open_handle(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as handle:
            atomic_files.write_all(handle, data)
            atomic_files.sync_data(handle)
        atomic_files.sync_folder(path.parent)
        return cls(path, len(data))

    def has_unread_data(self) -> bool:
        """Return whether the file has data after the last line that this object read or wrote."""
        return os.pread(self._handle, 1, self.end) not in (b"", b"\0")

    def resume_after(self, reading: JournalContent) -> None:
        """Continue after the records that were read, and remove an incomplete line that follows.

        The caller must hold the lock of the queue.
        """
        self.end = reading.end
        if self.has_unread_data():
            self.truncate()

    def truncate(self) -> None:
        """Remove everything after the last complete line."""
        os.ftruncate(self._handle, self.end)
        self._zeros_end = 0

    def append(self, record: JournalRecord) -> None:
        """Write one record and sync it to the disk, or leave the journal unchanged.

        Raise RecordNotWritten on any error. After a failed sync the content on the disk is unknown,
        so this object then refuses all further records.
        """
        if self._broken:
            raise RecordNotWritten(self.path, self._broken)
        data = encode_line(record)
        try:
            atomic_files.write_at(self._handle, self._add_padding(data), self.end)
        except OSError as error:
            self._revert_append(error)
        try:
            atomic_files.sync_data(self._handle)
        except OSError as error:
            self._broken = error
            self._revert_append(error)
        self.end += len(data)

    def _revert_append(self, error: OSError) -> NoReturn:
        """Remove an incomplete line, and raise RecordNotWritten.

        If the line cannot be removed, refuse all further records.
        """
        try:
            self.truncate()
        except OSError:
            self._broken = error
        raise RecordNotWritten(self.path, error) from error

    def _add_padding(self, data: bytes) -> bytes:
        """Return a line with zeros appended if no preallocated zeros are left in the file.

        Another process may have added some meanwhile.
        """
        if self.end + len(data) <= self._zeros_end:
            return data
        self._zeros_end = os.fstat(self._handle).st_size
        if self.end + len(data) <= self._zeros_end:
            return data
        self._zeros_end = self.end + len(data) + _PREALLOCATED
        return data + bytes(_PREALLOCATED)

    def seal(self, record: JournalRecord) -> None:
        """Write the closing record, remove the preallocated zeros, and close the file.

        The seal is synced. So after a power loss, only the current journal and the one before it
        may lack a seal.
        """
        self._zeros_end = self.end + _PREALLOCATED  # no zeros after the last line
        self.append(record)
        self.truncate()
        self.close()

    def close(self) -> None:
        """Close the journal file; a second call does nothing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
