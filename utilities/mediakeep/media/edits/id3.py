"""ID3v2 tags taken apart into frames and put together, after id3.org's standards of 2.2 to 2.4.

What a frame tells is asked of the reader, frame by frame; those that a change does not concern keep
every byte. A tag of 2.2, which nobody writes any more, is raised to 2.3 when it is changed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

from mediakeep.media.audio.id3 import frames, id3v2
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import InMemoryFile

PADDING = 4096  # bytes of fresh padding where a tag has to grow
NEW = 4  # the version of a tag that is made where there was none
LARGEST = (1 << 28) - 1

_HEADER = 10
_KEPT_PADDING = 1 << 16  # bytes that may stay empty where a tag has become smaller
_UNSYNCED, _EXTENDED = 0x80, 0x40
_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0 ]?")
_FF = re.compile(rb"\xff(?=[\xe0-\xff\0]|\Z)")

# The frames of 2.2 under their names of 2.3; what is in them is the same, but for pictures.
_LATER = """
    BUF:RBUF CNT:PCNT COM:COMM CRA:AENC EQU:EQUA ETC:ETCO GEO:GEOB IPL:IPLS MCI:MCDI MLL:MLLT
    POP:POPM REV:RVRB RVA:RVAD SLT:SYLT STC:SYTC TAL:TALB TBP:TBPM TCM:TCOM TCO:TCON TCR:TCOP
    TDA:TDAT TDY:TDLY TEN:TENC TFT:TFLT TIM:TIME TKE:TKEY TLA:TLAN TLE:TLEN TMT:TMED TOA:TOPE
    TOF:TOFN TOL:TOLY TOR:TORY TOT:TOAL TP1:TPE1 TP2:TPE2 TP3:TPE3 TP4:TPE4 TPA:TPOS TPB:TPUB
    TRC:TSRC TRD:TRDA TRK:TRCK TSI:TSIZ TSS:TSSE TT1:TIT1 TT2:TIT2 TT3:TIT3 TXT:TEXT TXX:TXXX
    TYE:TYER UFI:UFID ULT:USLT WAF:WOAF WAR:WOAR WAS:WOAS WCM:WCOM WCP:WCOP WPB:WPUB WXX:WXXX
    TCP:TCMP TSA:TSOA TSP:TSOP TST:TSOT TS2:TSO2 TSC:TSOC PIC:APIC
"""
_RAISED = dict(pair.split(":") for pair in _LATER.split())
_MIMES = {b"JPG": b"image/jpeg", b"PNG": b"image/png", b"-->": b"-->"}


@dataclass(frozen=True)
class Frame:
    """A frame with its header, as it is stored in a tag without the marks of unsynchronisation."""

    name: str  # as 2.3 and later spell it
    raw: bytes
    place: int  # in the tag


@dataclass
class Tag:
    """A tag taken apart; behind the frames come `rest`, which makes no sense, and padding."""

    version: int
    unsynced: bool = False
    frames: list[Frame] = field(default_factory=list)
    rest: bytes = b""
    size: int = 0  # of the whole tag as it is stored; 0 for a new one
    padding: int = 0

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """Take a tag apart; None where its version is not known."""
        version, flags = data[3], data[5]
        if version not in (2, 3, 4):
            return None
        body = data[_HEADER : _HEADER + id3v2.decode_syncsafe(data[6:10])]
        unsynced = bool(flags & _UNSYNCED)
        if unsynced and version < 4:
            body = body.replace(b"\xff\0", b"\xff")
        tag = cls(version, unsynced, size=len(data))
        place = _first(body, version, flags)
        for frame in walk(body, version, place):
            tag.frames.append(replace(frame, place=frame.place + _HEADER))
            place = frame.place + len(frame.raw)
        rest = body[place:]
        if rest.strip(b"\0"):
            tag.rest = rest
        else:
            tag.padding = len(rest)
        return tag

    @property
    def broken(self) -> bool:
        """Whether the rest begins like a frame, which would reach beyond the tag."""
        return bool(_NAME.fullmatch(self.rest[:4]))

    def told(self, frame: Frame) -> TagBlock:
        """Ask the reader what one frame tells."""
        data = _headed(frame.raw, self.version, self._flags)
        return id3v2.read_tag(InMemoryFile(data), 0, len(data)) or TagBlock(
            name="", tag_format="id3"
        )

    def texts(self) -> dict[str, list[str]]:
        """Return all that the tag tells."""
        data = self.render(0)
        block = id3v2.read_tag(InMemoryFile(data), 0, len(data))
        return block.texts if block else {}

    def frame(self, name: str, content: bytes, flags: int = 0) -> Frame:
        """Make a frame for this tag."""
        if self.version == 4:
            if self.unsynced and (marked := _FF.sub(b"\xff\0", content)) != content:
                content, flags = marked, flags | 0x0002
            size = sevens(len(content))
        else:
            size = struct.pack(">I", len(content))
        return Frame(name, name.encode() + size + struct.pack(">H", flags) + content, 0)

    def replace(self, goes: Callable[[Frame], bool], new: list[Frame]) -> None:
        """Put frames in the place of the first that goes, else behind all others."""
        old = {index for index, frame in enumerate(self.frames) if goes(frame)}
        place = min(old, default=len(self.frames))
        kept = [frame for index, frame in enumerate(self.frames) if index not in old]
        self.frames = [*kept[:place], *new, *kept[place:]]

    def raised(self) -> Tag:
        """Return the tag as 2.3 has it, if it is one of 2.2."""
        if self.version != 2:
            return self
        tag = Tag(3, self.unsynced, rest=self.rest, size=self.size)
        tag.frames = [_raised(tag, frame) for frame in self.frames]
        return tag

    def render(self, padding: int | None = None) -> bytes:
        """Put the tag together: as large as it was where that fits, else with fresh padding."""
        body = b"".join(frame.raw for frame in self.frames) + self.rest
        if padding is None:
            padding = self.size - _HEADER - len(body)
            if (self.rest and padding) or not 0 <= padding <= max(_KEPT_PADDING, self.padding):
                padding = 0 if self.rest else PADDING
        return _headed(body + bytes(padding), self.version, self._flags)

    @property
    def _flags(self) -> int:
        """A tag of 2.3 is written without marks: FFmpeg takes its sizes as if they counted them."""
        return _UNSYNCED if self.unsynced and self.version == 4 else 0


def _headed(body: bytes, version: int, flags: int) -> bytes:
    return b"ID3" + bytes((version, 0, flags)) + sevens(len(body)) + body


def _first(body: bytes, version: int, flags: int) -> int:
    """Step over the extended header, whose checksum would be wrong from now on."""
    if version == 2 or not flags & _EXTENDED or _NAME.fullmatch(body[:4]) or len(body) < 4:
        return 0
    return id3v2.decode_syncsafe(body) if version == 4 else 4 + int.from_bytes(body[:4])


def walk(body: bytes, version: int, place: int) -> Iterator[Frame]:
    """Give the frames from a place on, up to what is none."""
    length = 6 if version == 2 else 10
    while (head := body[place : place + length]) and len(head) == length:
        name = head[: 3 if version == 2 else 4]
        if not _NAME.fullmatch(name):
            return
        size = _size(body, place, version)
        if place + length + size > len(body):
            return
        end = place + length + size
        yield Frame(frames.normalize_frame_name(name), body[place:end], place)
        place = end


def _size(body: bytes, place: int, version: int) -> int:
    """Read a frame's size; iTunes wrote that of 2.4 as a plain number, as in 2.3."""
    if version == 2:
        return int.from_bytes(body[place + 3 : place + 6])
    stored = body[place + 4 : place + 8]
    plain = int.from_bytes(stored)
    if version == 3 or plain < 128:
        return plain
    seven = id3v2.decode_syncsafe(stored)
    if plain & 0x80808080 or (_ends(body, place + plain) and not _ends(body, place + seven)):
        return plain
    return seven


def _ends(body: bytes, place: int) -> bool:
    after = body[place + 10 : place + 14]
    return place + 10 == len(body) or after[:1] == b"\0" or bool(_NAME.fullmatch(after))


def _raised(tag: Tag, frame: Frame) -> Frame:
    """Give a frame of 2.2 its later header; one without a later name keeps its own."""
    old, content = frame.raw[:3].decode("ascii"), frame.raw[6:]
    if old == "PIC":
        mime = _MIMES.get(content[1:4], b"image/" + content[1:4].lower())
        content = content[:1] + mime + b"\0" + content[4:]
    return tag.frame(_RAISED.get(old, old + "\0"), content)


def sevens(number: int) -> bytes:
    """Write a number in four bytes of seven bits each; OverflowError if it has more."""
    if number > LARGEST:
        raise OverflowError
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))
