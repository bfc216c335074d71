"""The undo record of a change: old and new file version, changed fields, reverse patch."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, Self

import msgspec
from msgspec import structs

from mediakeep import kinds

Values = tuple[str, ...]

LIMIT = 4096  # bytes of an encoded record; longer parts are stored as a blob
_SHOWN = 200  # characters of a value in a record whose details are in a blob
_FEW = 12  # fields that such a record shows


class Recipe(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to rebuild the old file from its non-audio bytes and the audio of the current file.

    `steps` are ["r", n] for the next n bytes of `raw` (compressed), ["a", n] for the next n bytes
    of the audio, ["b", i, start, n] for bytes of a blob, and ["t", i, start, n] for characters of
    its base64 text. `mdats` are the offsets of the audio in an MP4, and `page` is the number of the
    first audio page in an Ogg.
    """

    raw: bytes
    steps: tuple[tuple[str | int, ...], ...]
    blobs: tuple[str, ...] = ()  # SHA-256 of each
    mdats: tuple[int, ...] = ()
    page: int = 0


class State(msgspec.Struct, frozen=True):
    """One version of a file: its size, SHA-256 and stat values."""

    size: int
    sha256: str
    device: int
    inode: int
    mtime_ns: int

    @classmethod
    def of(cls, facts: os.stat_result, sha256: str) -> Self:
        """Build the version from a stat result and the hash of the file."""
        return cls(facts.st_size, sha256, facts.st_dev, facts.st_ino, facts.st_mtime_ns)

    @property
    def is_nothing(self) -> bool:
        """True if this stands for "no file"."""
        return self.sha256 == NOTHING.sha256

    def fits(self, facts: os.stat_result) -> bool:
        """Return True if the stat values match, which is no proof."""
        actual = (facts.st_size, facts.st_dev, facts.st_ino, facts.st_mtime_ns)
        return actual == (self.size, self.device, self.inode, self.mtime_ns)


NOTHING = State(0, "nothing", 0, 0, 0)  # no file


class Changed(msgspec.Struct, frozen=True, omit_defaults=True):
    """The old and new values of a field; the hash of a picture, the beginning of a long text."""

    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    reason: str = ""


class Record(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="change", tag_field="op"
):
    """A prepared change; marks in the log, or the file's hash, show whether it was made.

    `old` is NO_FILE for a created file, `new` for a removed one. `queue` is the kind of the item:
    items of several kinds may have the same key.

    `details` is the blob with `fields` and `recipe` if they are long. A `forgotten` (pruned) record
    has no recipe any more.
    """

    id: str
    time: str
    path: str  # escaped, see `escape`
    kind: str  # the audio format, or a MIME type
    old: State
    new: State
    essence: str
    session: str = ""
    item: str = ""
    queue: str = kinds.MUSIC.name
    claim: int = 0
    first_claim: int = 0
    undoes: str = ""  # the id of the record that this one undoes
    aside: str = ""  # path of a saved version made by another program
    fields: dict[str, Changed] = {}
    recipe: Recipe | None = None
    details: str = ""
    forgotten: bool = False


class Details(msgspec.Struct, frozen=True):
    """The parts that do not fit into a record of 4 KB."""

    fields: dict[str, Changed]
    recipe: Recipe | None


class Mark(msgspec.Struct, frozen=True, tag="mark", tag_field="op"):
    """The state of a recorded change: "done", or "void" if it was not made."""

    id: str
    mark: str


class Head(msgspec.Struct, frozen=True, gc=False):
    """The first fields of a line, parsed in a fraction of the time of the whole line."""

    op: Literal["change", "mark"]
    id: str
    mark: str = ""


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record | Mark).decode


_decode_head = msgspec.json.Decoder(Head).decode


def parse_head(line: bytes) -> Head | None:
    """Parse the head of a log line; return None if the line is torn or damaged."""
    try:
        return _decode_head(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def parse(line: bytes) -> Record | Mark | None:
    """Parse a log line; return None if it is torn or damaged."""
    try:
        read: Record | Mark = _decode(line)
        return read
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def fitted(record: Record, keep: Callable[[bytes], str]) -> Record:
    """Return a record of limited size; `keep` stores long details and returns the blob name."""
    if len(encode(record)) < LIMIT:
        return record
    details = keep(encode(Details(record.fields, record.recipe)))
    few = _shortened(record.fields)
    return structs.replace(record, fields=few, recipe=None, details=details)


def _shortened(fields: dict[str, Changed]) -> dict[str, Changed]:
    def cut(values: Values) -> Values:
        return tuple(text[:_SHOWN] for text in values[:1])

    few = sorted(fields)[:_FEW]
    return {
        field: Changed(cut(change.old), cut(change.new), change.reason[:_SHOWN])
        for field in few
        for change in [fields[field]]
    }
