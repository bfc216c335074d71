"""Changes of an ID3v2 tag, frame by frame, after id3.org's "ID3v2.3.0" and "ID3v2.4.0-frames"."""

from __future__ import annotations

import re
from collections.abc import Callable

from mediakeep.media.dialects import frames
from mediakeep.media.edits import native
from mediakeep.media.edits.changes import Cover, Values, Wanted
from mediakeep.media.edits.id3 import NEW, Frame, Tag
from mediakeep.media.names import FIELDS

FRONT = 3

_LATIN, _WIDE, _UTF8 = 0, 1, 3
_ENDS = {_LATIN: b"\0", _WIDE: b"\0\0", 2: b"\0\0", _UTF8: b"\0"}
_UNKNOWN = b"XXX"  # the language of a comment
_ID = {name: field.name for field in FIELDS for name in field.id3}
# What 2.3 keeps of a date in frames of its own, and would tell on its own behalf if left.
_PARTS = ("TDAT", "TIME")
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)


def edited(data: bytes, wanted: Wanted) -> bytes:
    """Return a tag with what is wanted in it; b"" begins a new one. OverflowError if too large."""
    tag = Tag.parse(data) if data else Tag(NEW)
    if tag is None:
        return data
    tag = tag.raised()
    for name, values in native.translate(tag.texts(), "id3", wanted.texts).items():
        _assign(tag, name, values)
    if wanted.cover:
        _embed(tag, wanted.cover)
    return tag.render()


def _assign(tag: Tag, name: str, values: Values) -> None:
    """Put one frame in the place of the first that says the same, and take the others away."""
    field = _ID[name]
    if field == "date":
        _assign_date(tag, values)
    elif field == "originaldate":
        frame = "TDOR" if tag.version == 4 else "TORY"
        _replace(tag, lambda old: old.name in ("TDOR", "TORY"), _text(tag, frame, values))
    elif name.startswith("TXXX:"):
        spelt = native.spelt(field, name.removeprefix("TXXX:"))
        _replace(tag, lambda old: name in _told(tag, old, "TXXX"), _own(tag, spelt, values))
    elif name.startswith("UFID:"):
        content = (
            name.removeprefix("UFID:").encode()
            + b"\0"
            + "".join(values[:1]).encode("latin-1", "replace")
        )
        new = [tag.frame("UFID", content)] if values else []
        _replace(tag, lambda old: name in _told(tag, old, "UFID"), new)
    elif name == "COMM":
        _replace(tag, lambda old: name in _told(tag, old, name), _comment(tag, values))
    else:
        _replace(tag, lambda old: old.name == name, _text(tag, name, values))


def _assign_date(tag: Tag, values: Values) -> None:
    """2.4 has one frame for a date; 2.3 has one for the year and one for day and month.

    A month alone has no place in 2.3. The frame of 2.4 tells it; readers that do not look for that
    find the year, and those that find more than a year where the year belongs would take nothing.
    """
    year, month, day = _parted(values)
    if tag.version == 4:
        new = _text(tag, "TDRC", values)
    elif day:
        new = _text(tag, "TYER", (year,)) + _text(tag, "TDAT", (day + month,))
    elif month:
        new = _text(tag, "TDRC", values) + _text(tag, "TYER", (year,))
    else:
        new = _text(tag, "TYER", values)
    _replace(tag, lambda old: old.name in ("TDRC", "TYER", *_PARTS), new)


def _parted(values: Values) -> tuple[str, str, str]:
    """Return year, month and day of the only date, each "" where it is not told as 2.4 does."""
    found = _DATE.fullmatch(values[0]) if len(values) == 1 else None
    year, month, day = found.groups("") if found else ("", "", "")
    return year, month, day


def _told(tag: Tag, frame: Frame, name: str) -> dict[str, list[str]]:
    return tag.told(frame).texts if frame.name == name else {}


def _replace(tag: Tag, fits: Callable[[Frame], bool], new: list[Frame]) -> None:
    old = [index for index, frame in enumerate(tag.frames) if fits(frame)]
    place = old[0] if old else len(tag.frames)
    kept = [frame for index, frame in enumerate(tag.frames) if index not in old]
    tag.frames = [*kept[:place], *new, *kept[place:]]


def _text(tag: Tag, name: str, values: Values) -> list[Frame]:
    """A frame of texts, in the encoding of the one that it replaces where that can hold them."""
    if not values:
        return []
    old = next((frame for frame in tag.frames if frame.name == name), None)
    encoding = _encoding(tag, values, old)
    return [tag.frame(name, bytes([encoding]) + _joined(values, encoding))]


def _own(tag: Tag, about: str, values: Values) -> list[Frame]:
    """A frame that is named by what it is about."""
    if not values:
        return []
    encoding = _encoding(tag, (about, *values))
    return [tag.frame("TXXX", bytes([encoding]) + _joined((about, *values), encoding))]


def _comment(tag: Tag, values: Values) -> list[Frame]:
    if not values:
        return []
    old = [frame for frame in tag.frames if "COMM" in _told(tag, frame, "COMM")]
    language = old[0].raw[11:14] if old and old[0].raw[9] == 0 else _UNKNOWN
    encoding = _encoding(tag, values)
    return [tag.frame("COMM", bytes([encoding]) + language + _joined(("", *values), encoding))]


def _encoding(tag: Tag, values: Values, old: Frame | None = None) -> int:
    """UTF-8 is of 2.4 only; 2.3 has Latin-1, and UTF-16 for all else."""
    latin = all(_is_latin(text) for text in values)
    before = old.raw[10] if old and len(old.raw) > 10 and not any(old.raw[8:10]) else None
    if before in (_WIDE, _UTF8) or (before == _LATIN and latin):
        return before
    if tag.version == 4:
        return _UTF8
    return _LATIN if latin else _WIDE


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _joined(values: Values, encoding: int) -> bytes:
    """Texts with what stands between them; each in UTF-16 has its own byte order mark."""
    if encoding == _WIDE:
        return _ENDS[_WIDE].join(b"\xff\xfe" + text.encode("utf-16-le") for text in values)
    return b"\0".join(text.encode("utf-8" if encoding == _UTF8 else "latin-1") for text in values)


def _embed(tag: Tag, cover: Cover) -> None:
    """A second picture of the same description would be taken for the first."""
    front = next((frame for frame in tag.frames if _is_front(tag, frame)), None)
    plain = (_description(frame) for frame in tag.frames if frame.name == frames.PICTURE)
    about = b"Front cover" if b"" in plain and not front else b""
    if front:
        about = _description(front).strip(b"\xff\xfe")
    head = bytes([_LATIN]) + cover.mime.encode("latin-1", "replace") + b"\0" + bytes([FRONT])
    _replace(
        tag, lambda frame: frame is front, [tag.frame("APIC", head + about + b"\0" + cover.data)]
    )


def _is_front(tag: Tag, frame: Frame) -> bool:
    found = tag.told(frame).pictures if frame.name == frames.PICTURE else []
    return bool(found) and found[0].type == FRONT


def _description(frame: Frame) -> bytes:
    """Return the description of a picture as it is stored; b"" where it is stored oddly."""
    content = frame.raw[10:]
    if any(frame.raw[8:10]) or not content or content[0] not in (_LATIN, _UTF8):
        return b""
    start = content.find(b"\0", 1) + 2
    return content[start : content.find(b"\0", start)]
