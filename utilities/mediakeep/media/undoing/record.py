"""The record of a change: what the file was and became, what changed, and the way back."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, Self

import msgspec
from msgspec import structs

from mediakeep import kinds

Values = tuple[str, ...]

LIMIT = 4096  # bytes of a record as it is written; what is longer goes to the blobs
_SHOWN = 200  # letters of a value in a record whose full values went to the blobs
_FEW = 12  # fields that such a record shows


class Recipe(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the old file is made again: from its bytes that are no sound, and the sound that is.

    `steps` are ["r", n] for the next n bytes of `raw` (compressed), ["a", n] for the next n bytes
    of the sound, ["b", i, start, n] for bytes of a blob, and ["t", i, start, n] for letters of the
    text that stands for it (base64). `mdats` are where the sound lies in an MP4, and `page` is the
    number of its first page in an Ogg.
    """

    raw: bytes
    steps: tuple[tuple[str | int, ...], ...]
    blobs: tuple[str, ...] = ()  # SHA-256 of each
    mdats: tuple[int, ...] = ()
    page: int = 0


class State(msgspec.Struct, frozen=True):
    """A file in one state: its size, its SHA-256, and what the system says of it."""

    size: int
    sha256: str
    device: int
    inode: int
    mtime_ns: int

    @classmethod
    def of(cls, facts: os.stat_result, sha256: str) -> Self:
        """Take down what the system says of a file with this hash."""
        return cls(facts.st_size, sha256, facts.st_dev, facts.st_ino, facts.st_mtime_ns)

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is no file in this state."""
        return self.sha256 == NOTHING.sha256

    def fits(self, facts: os.stat_result) -> bool:
        """Tell whether a file is in this state by its outward signs, which is no proof."""
        there = (facts.st_size, facts.st_dev, facts.st_ino, facts.st_mtime_ns)
        return there == (self.size, self.device, self.inode, self.mtime_ns)


NOTHING = State(0, "nothing", 0, 0, 0)  # where no file is


class Changed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a field held and holds; of a picture its hash, of a long text its beginning."""

    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    reason: str = ""


class Record(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="change", tag_field="op"
):
    """A change that was prepared; whether it was made is told by marks, or by the file's hash.

    A file that was put where none was is NOTHING before, one that was taken away is so afterwards.
    `queue` is the kind of the item, of which several may have the same key.

    `details` is the blob that holds `fields` and `recipe` where they are long. One that is
    `forgotten` has no recipe any more.
    """

    id: str
    time: str
    path: str  # escaped, see files.escape
    kind: str  # the format; of a file without sound its MIME type
    old: State
    new: State
    essence: str
    session: str = ""
    item: str = ""
    queue: str = kinds.MUSIC.name
    claim: int = 0
    first_claim: int = 0
    undoes: str = ""  # the id of the record that this one undoes
    aside: str = ""  # where a version is kept that somebody else had made
    fields: dict[str, Changed] = {}
    recipe: Recipe | None = None
    details: str = ""
    forgotten: bool = False


class Details(msgspec.Struct, frozen=True):
    """What does not fit into a record of 4 KB."""

    fields: dict[str, Changed]
    recipe: Recipe | None


class Mark(msgspec.Struct, frozen=True, tag="mark", tag_field="op"):
    """What became of a record: "done", or "void" where the change was not made."""

    id: str
    mark: str


class Head(msgspec.Struct, frozen=True, gc=False):
    """What a line is about, read in a fraction of the time that a whole one takes."""

    op: Literal["change", "mark"]
    id: str
    mark: str = ""


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record | Mark).decode


_decode_head = msgspec.json.Decoder(Head).decode


def parse_head(line: bytes) -> Head | None:
    """Read the head of a line of the log; None where the line is torn or damaged."""
    try:
        return _decode_head(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def parse(line: bytes) -> Record | Mark | None:
    """Read a line of the log; None where it is torn or damaged."""
    try:
        read: Record | Mark = _decode(line)
        return read
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def fitted(record: Record, keep: Callable[[bytes], str]) -> Record:
    """Have what is too long for a record kept elsewhere, under the name that is given back."""
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
        field: Changed(cut(one.old), cut(one.new), one.reason[:_SHOWN])
        for field in few
        for one in [fields[field]]
    }
