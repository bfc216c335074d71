"""The journal: every change since a snapshot, one line each, each with its own checksum.

A line is `{"crc":"0a1b2c3d",...}`: the crc covers all bytes after its own comma. The first line
of a file is its header, which names the snapshot that it continues. A superseded journal ends
in a seal.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from mediakeep import files
from mediakeep.errors import JournalDamaged, RecordNotWritten

_ROOM = 128 << 10  # bytes of zeros written ahead
KEPT = 3  # sealed journals older than these go
SEAL = "seal"
_PREFIX = len(b'{"crc":"00000000",')


# Items as a JSON merge patch (RFC 7396): fields that are set, and None for an item that goes.
Patches = dict[str, dict[str, Any] | None]


class Record(
    msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One change: a number without gaps, when, what, who, and the fields of items that it sets."""

    seq: int
    time: str
    op: str
    session: str = ""
    items: Patches = {}
    facts: dict[str, Any] = {}


class Header(msgspec.Struct, kw_only=True, frozen=True):
    """What a journal continues: a snapshot by generation, id, content and place on the disk."""

    generation: int
    snapshot_id: str
    seq: int
    digest: str
    stat: tuple[int, ...]
    previous: str  # file name of the journal before, "" for the first
    replaces: tuple[int, ...] = ()  # the identity of the file that the snapshot replaced


class Reading(msgspec.Struct, frozen=True):
    """What a look into a journal found: whole records, and the offset behind the last of them."""

    records: list[Record]
    end: int

    @property
    def sealed(self) -> bool:
        """Whether a later journal has taken over."""
        return bool(self.records) and self.records[-1].op == SEAL


_records = msgspec.json.Decoder(Record)
_headers = msgspec.json.Decoder(Header)


def line(thing: Record | Header) -> bytes:
    """Write a record or header as its line."""
    payload = msgspec.json.encode(thing)[1:]
    return b'{"crc":"%08x",%b\n' % (zlib.crc32(payload), payload)


def _payload(text: bytes) -> bytes | None:
    """Return the JSON of a line, or None where its checksum does not hold."""
    payload = text[_PREFIX:]
    if text[:_PREFIX] != b'{"crc":"%08x",' % zlib.crc32(payload):
        return None
    return b"{" + payload


def name(generation: int, snapshot_id: str) -> str:
    """Return the file name of the journal that continues a snapshot."""
    return f"{generation:08d}-{snapshot_id}.jsonl"


def header(path: Path) -> Header | None:
    """Read a journal's header, or None where it was never written whole."""
    try:
        with path.open("rb") as stream:
            text = stream.readline()
    except FileNotFoundError:
        return None
    payload = _payload(text[:-1]) if text.endswith(b"\n") else None
    return _headers.decode(payload) if payload else None


def start(path: Path) -> int:
    """Return the offset behind a journal's header."""
    with path.open("rb") as stream:
        return len(stream.readline())


def read(path: Path, offset: int = 0) -> Reading:
    """Read the whole records behind an offset and leave out a torn tail.

    JournalDamaged where a bad line stands before good ones: that is no crash but damage.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        data = stream.read()
    records: list[Record] = []
    start = good = bad = 0
    for number, text in enumerate(data.split(b"\n")[:-1], 1):
        start += len(text) + 1
        payload = _payload(text)
        if payload is None:
            bad = bad or number
            continue
        if bad:
            raise JournalDamaged(path, bad, "its checksum does not hold, and good lines follow it")
        if offset or number > 1:
            records.append(_decode(path, number, payload))
        good = start
    return Reading(records, offset + good)


def salvage(path: Path) -> list[Record]:
    """Read the records before the first damage of a journal; a damaged header hides none."""
    records = []
    for number, text in enumerate(path.read_bytes().split(b"\n")[:-1]):
        payload = _payload(text)
        if number and payload is None:
            break
        if number and payload:
            with contextlib.suppress(JournalDamaged):
                records.append(_decode(path, number, payload))
    return records


def last_seq(path: Path) -> int:
    """Return the highest number in any whole line, also behind damage, or 0."""
    payloads = map(_payload, path.read_bytes().split(b"\n"))
    seqs = [msgspec.json.decode(payload).get("seq", 0) for payload in payloads if payload]
    return max(seqs, default=0)


def _decode(path: Path, number: int, payload: bytes) -> Record:
    try:
        return _records.decode(payload)
    except msgspec.MsgspecError as error:
        raise JournalDamaged(path, number, error) from error


class Journal:
    """A journal open for appending; its caller holds the queue's lock.

    The file is kept longer than its text, filled with zeros: a line that does not change the file's
    size reaches the disk in two thirds of the time. A seal cuts the zeros off.
    """

    def __init__(self, path: Path, end: int) -> None:
        self.path = path
        self.end = end  # everything before this offset is whole
        self._handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._room = 0  # the offset up to which there are zeros to write into
        self._broken: OSError | None = None

    @classmethod
    def create(cls, path: Path, header: Header) -> Journal:
        """Write a new journal with its header, and bring it and its name to the disk."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            data = line(header)
            files.write_all(handle, data)
            files.sync_data(handle)
        finally:
            os.close(handle)
        files.sync_folder(path.parent)
        return cls(path, len(data))

    def behind(self) -> bool:
        """Tell whether anything stands behind the last line that is known here."""
        return os.pread(self._handle, 1, self.end) not in (b"", b"\0")

    def settle(self, reading: Reading) -> None:
        """Go on behind what was read and taken in; cut what a crash tore. The lock is held."""
        self.end = reading.end
        if self.behind():
            self.cut()

    def cut(self) -> None:
        """Remove everything behind the last whole line."""
        os.ftruncate(self._handle, self.end)
        self._room = 0

    def append(self, record: Record) -> None:
        """Write one record so that it survives a power loss, or leave the journal as it was.

        RecordNotWritten on any error; after a failed sync nobody knows what is on the disk, so
        this journal then takes no more records.
        """
        if self._broken:
            raise RecordNotWritten(self.path, self._broken)
        data = line(record)
        try:
            files.write_at(self._handle, self._padded(data), self.end)
        except OSError as error:
            self._take_back(error)
        try:
            files.sync_data(self._handle)
        except OSError as error:
            self._broken = error
            self._take_back(error)
        self.end += len(data)

    def _take_back(self, error: OSError) -> NoReturn:
        """Cut what an error left of a line; where even that fails, take no more lines."""
        try:
            self.cut()
        except OSError:
            self._broken = error
        raise RecordNotWritten(self.path, error) from error

    def _padded(self, data: bytes) -> bytes:
        """Add zeros to a line where there is no room for it; another process may have made some."""
        if self.end + len(data) <= self._room:
            return data
        self._room = os.fstat(self._handle).st_size
        if self.end + len(data) <= self._room:
            return data
        self._room = self.end + len(data) + _ROOM
        return data + bytes(_ROOM)

    def seal(self, record: Record) -> None:
        """Write the last record, cut the zeros off, and let go of the file.

        Synced: after a power loss, only the journal in use and the one before may lack a seal.
        """
        self._room = self.end + _ROOM  # no zeros for a line that is the last
        self.append(record)
        self.cut()
        self.close()

    def close(self) -> None:
        """Let go of the file; once is enough."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
