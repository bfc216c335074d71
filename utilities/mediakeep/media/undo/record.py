"""The undo record of a change: old and new file version, changed fields, reverse patch."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, Self

import msgspec
from msgspec import structs

from mediakeep import kinds

Values = tuple[str, ...]

MAX_RECORD_SIZE = 4096  # bytes of an encoded record; longer parts are stored as a blob
_MAX_SHOWN_TEXT = 200  # characters of a value in a record whose details are in a blob
_MAX_SHOWN_FIELDS = 12  # fields that such a record shows


class ReversePatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to rebuild an old file from its stored non-audio bytes and the current file's audio.

    `raw` is the compressed non-audio bytes. `steps` say what follows what: ["r", n] means the next
    n bytes of the decompressed `raw`; ["a", n] the next n bytes of the audio; ["b", i, start, n] n
    bytes of blob i; ["t", i, start, n] n characters of its base64 text. `mdats` are the byte
    offsets of the audio in an MP4, and `page` is the number of the first audio page in an Ogg.
    """

    raw: bytes
    steps: tuple[tuple[str | int, ...], ...]
    blobs: tuple[str, ...] = ()  # SHA-256 of each
    mdats: tuple[int, ...] = ()
    page: int = 0


class FileVersion(msgspec.Struct, frozen=True):
    """One version of a file: its size in bytes, SHA-256 and stat values."""

    size: int
    sha256: str
    device: int
    inode: int
    mtime_ns: int

    @classmethod
    def from_stat(cls, facts: os.stat_result, sha256: str) -> Self:
        """Build a file version from a stat result and the SHA-256 of the file."""
        return cls(facts.st_size, sha256, facts.st_dev, facts.st_ino, facts.st_mtime_ns)

    @property
    def is_no_file(self) -> bool:
        """True if this version stands for "no file"."""
        return self.sha256 == NO_FILE.sha256

    def matches(self, facts: os.stat_result) -> bool:
        """Return True if a file has the stat values of this version.

        That does not prove that its content is the same.
        """
        actual = (facts.st_size, facts.st_dev, facts.st_ino, facts.st_mtime_ns)
        return actual == (self.size, self.device, self.inode, self.mtime_ns)


NO_FILE = FileVersion(0, "nothing", 0, 0, 0)  # no file


class FieldChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """The old and the new values of a tag field.

    For a picture the value is its hash, for a long text the beginning.
    """

    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    reason: str = ""


class ChangeRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="change", tag_field="op"
):
    """The undo record of a change to a file, written before the change is made.

    Marks in the log, or the file's hash, show whether it was made. `old` is NO_FILE for a created
    file, `new` for a removed one. `queue` is the kind of the item: items of several kinds may have
    the same key.

    `details` is the name of the blob with `fields` and `recipe` if they are long. A `forgotten`
    (pruned) record has no `recipe` any more.
    """

    id: str
    time: str
    path: str  # escaped, see `escape`
    kind: str  # the audio format, or a MIME type
    old: FileVersion
    new: FileVersion
    essence: str
    session: str = ""
    item: str = ""
    queue: str = kinds.FIRST_NAME
    claim: int = 0
    first_claim: int = 0
    undoes: str = ""  # the id of the record that this one undoes
    aside: str = ""  # path of a saved version made by another program
    fields: dict[str, FieldChange] = {}
    recipe: ReversePatch | None = None
    details: str = ""
    forgotten: bool = False


class RecordDetails(msgspec.Struct, frozen=True):
    """The parts of an undo record that do not fit into its limit of 4 KB."""

    fields: dict[str, FieldChange]
    recipe: ReversePatch | None


class RecordState(msgspec.Struct, frozen=True, tag="mark", tag_field="op"):
    """The state of a recorded change: "done", or "void" if the change was not made."""

    id: str
    mark: str


class LogLineHead(msgspec.Struct, frozen=True, gc=False):
    """The first fields of a log line; parsing only these is much faster than the whole line."""

    op: Literal["change", "mark"]
    id: str
    mark: str = ""


encode_line = msgspec.json.Encoder().encode
_decode_line = msgspec.json.Decoder(ChangeRecord | RecordState).decode


_decode_head = msgspec.json.Decoder(LogLineHead).decode


def parse_line_head(line: bytes) -> LogLineHead | None:
    """Parse the first fields of a change log line; return None if it is torn or damaged."""
    try:
        return _decode_head(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def parse_line(line: bytes) -> ChangeRecord | RecordState | None:
    """Parse a line of the change log; return None if it is torn or damaged."""
    try:
        read: ChangeRecord | RecordState = _decode_line(line)
        return read
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def move_details_to_blob(record: ChangeRecord, keep: Callable[[bytes], str]) -> ChangeRecord:
    """Return an undo record of limited size, with long details moved to a blob.

    `keep` stores the details and returns the name of the blob.
    """
    if len(encode_line(record)) < MAX_RECORD_SIZE:
        return record
    details = keep(encode_line(RecordDetails(record.fields, record.recipe)))
    few = _shorten_fields(record.fields)
    return structs.replace(record, fields=few, recipe=None, details=details)


def _shorten_fields(fields: dict[str, FieldChange]) -> dict[str, FieldChange]:
    def cut(values: Values) -> Values:
        return tuple(text[:_MAX_SHOWN_TEXT] for text in values[:1])

    few = sorted(fields)[:_MAX_SHOWN_FIELDS]
    return {
        field: FieldChange(cut(change.old), cut(change.new), change.reason[:_MAX_SHOWN_TEXT])
        for field in few
        for change in [fields[field]]
    }
