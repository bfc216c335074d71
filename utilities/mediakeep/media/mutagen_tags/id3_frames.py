"""Build single ID3v2 frames with mutagen, and parse them with it.

A frame is passed to mutagen alone, as a tag of one frame. In a whole tag, mutagen merges frames of
the same description, and drops some that it does not know.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

from mutagen import MutagenError, id3

from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.audio.id3 import raw_frames
from mediakeep.media.audio.id3.raw_frames import RawFrame
from mediakeep.media.audio.tag_edits import SetCover, Values

ENCODED_FLAGS = {3: 0xFF, 4: 0x0F | 0x40}  # flags of a frame whose content is stored encoded

_ROOM = bytes(160)  # after a tag, where mutagen looks for ID3v1
_STATUS_SHIFT = {3: 13, 4: 12}  # of the three bits that say when to discard a frame
_MAX_COPIED = 1 << 30  # bytes; some parsers copy the rest of a frame for each of its parts
_SINGLE_PART = frozenset({"APIC", "GEOB", "PRIV", "MCDI", "UFID", "ENCR", "GRID"})
_MAX_NESTED = 20  # chapters inside of chapters, which mutagen parses recursively


class EmptyFrame(ValueError):
    """Raised if a frame contains only an empty text."""


@lru_cache
def _text_class(name: str) -> Any:
    """Return a class for a text frame of any name.

    mutagen's own classes drop a date or a number that is malformed.
    """
    return type(name, (id3.TextFrame,), {})


def build_text_frame(name: str, values: Values, version: int) -> RawFrame:
    """Build a frame that contains only texts."""
    return save_frame(_text_class(name)(_encoding(values, version), list(values)), version)


def build_described_text(description: str, values: Values, version: int) -> RawFrame:
    """Build a TXXX frame."""
    encoding = _encoding((description, *values), version)
    return save_frame(id3.TXXX(encoding, description, list(values)), version)


def build_comment(language: str, values: Values, version: int) -> RawFrame:
    """Build a COMM frame without description."""
    return save_frame(id3.COMM(_encoding(values, version), language, "", list(values)), version)


def build_identifier(owner: str, identifier: str, version: int) -> RawFrame:
    """Build a UFID frame."""
    return save_frame(id3.UFID(owner, identifier.encode("latin-1", "replace")), version)


def build_front_cover(cover: SetCover, description: str, version: int) -> RawFrame:
    """Build an APIC frame for a front cover."""
    mime = cover.mime.encode("latin-1", "replace").decode("latin-1")
    encoding = _encoding((description,), 3)  # iTunes shows no picture with a UTF-8 description
    return save_frame(id3.APIC(encoding, mime, FRONT_COVER_TYPE, description, cover.data), version)


def save_frame(frame: Any, version: int) -> RawFrame:
    """Return a frame of mutagen as it is stored; raise OverflowError if it is too large.

    Raises EmptyFrame for a frame with an empty text, which mutagen does not save.
    """
    tag = id3.ID3()
    tag.add(frame)
    file = BytesIO()
    tag.save(file, v1=0, v2_version=version, v23_sep=None, padding=lambda _: 0)
    for raw in raw_frames.iter_frames(file.getvalue()[10:], version):
        return raw
    raise EmptyFrame


def parse_frame(raw: RawFrame, version: int) -> Any | None:
    """Return a frame parsed by mutagen, or None if it cannot parse it.

    That includes compressed frames, which mutagen decompresses without a limit.
    """
    if raw.flags & ENCODED_FLAGS[version] or not _is_safe(raw.name, raw.content):
        return None
    known = {raw.name: _text_class(raw.name)} if _is_plain_text(raw.name) else None
    data = raw_frames.build_tag(raw.raw, version)
    try:
        tag = id3.ID3(BytesIO(data), known_frames=known, translate=False, load_v1=False)
    except MutagenError:
        return None
    frames = list(tag.values())
    return frames[0] if len(frames) == 1 else None


def load_tag(data: bytes) -> Any | None:
    """Return a tag as mutagen reads it, without frames that it cannot parse safely."""
    tag = raw_frames.parse_tag(data)
    if tag is None:
        return None
    encoded = ENCODED_FLAGS.get(tag.version, 0)
    safe = [
        frame
        for frame in tag.frames
        if _is_safe(frame.name, frame.raw) and not frame.flags & encoded
    ]
    if len(safe) < len(tag.frames):
        data = raw_frames.build_tag(b"".join(frame.raw for frame in safe), tag.version)
    return id3.ID3(BytesIO(data), translate=False, load_v1=False)


def describe(frame: Any) -> dict[str, Any]:
    """Return what a frame of mutagen contains, without the encoding of its texts."""
    held: dict[str, Any] = {
        spec.name: getattr(frame, spec.name, None)
        for spec in (*frame._framespec, *frame._optionalspec)
        if spec.name != "encoding"
    }
    if "sub_frames" in held:
        inner = held["sub_frames"]
        held["sub_frames"] = {key: describe(one) for key, one in inner.items()}
        held["unknown"] = [len(data) for data in inner.unknown_frames]
    if isinstance(held.get("text"), list):
        held["text"] = [str(text) if isinstance(text, str) else text for text in held["text"]]
        while held["text"] and held["text"][-1] == "":
            held["text"].pop()
    return held


def status_bits(flags: int, version: int) -> int:
    """Return the bits of a frame's flags that say when to discard it."""
    return flags >> _STATUS_SHIFT[version] & 7


def status_flags(bits: int, version: int) -> int:
    """Return the flags of a frame for those bits."""
    return bits << _STATUS_SHIFT[version]


def empty_tag(version: int) -> Any:
    """Return an empty tag of mutagen that keeps raw frames of a version."""
    return id3.ID3(BytesIO(raw_frames.build_tag(b"", version)), translate=False, load_v1=False)


def save_tag(tag: Any, version: int, old_size: int, padding: Any) -> bytes:
    """Return a tag of mutagen as it is stored, with padding computed by a function."""
    file = BytesIO(raw_frames.build_tag(bytes(max(0, old_size - 10)), version) + _ROOM)
    tag.save(file, v1=0, v2_version=version, v23_sep=None, padding=padding)
    return file.getvalue()[: -len(_ROOM)]


def _is_plain_text(name: str) -> bool:
    return name == "IPLS" or (name.startswith("T") and name != "TXXX")


def _is_safe(name: str, content: bytes) -> bool:
    """Return True if mutagen parses content of this size and structure in a short time."""
    if name in ("CHAP", "CTOC"):
        return content.count(b"CHAP") + content.count(b"CTOC") <= _MAX_NESTED
    return name in _SINGLE_PART or len(content) * content.count(b"\0") <= _MAX_COPIED


def _encoding(texts: Values, version: int) -> int:
    """Return the encoding for texts: UTF-8 in 2.4; in 2.3 Latin-1 if possible, else UTF-16."""
    if version == 4:
        return id3.Encoding.UTF8
    is_latin = all(letter <= "\xff" for text in texts for letter in text)
    return id3.Encoding.LATIN1 if is_latin else id3.Encoding.UTF16
