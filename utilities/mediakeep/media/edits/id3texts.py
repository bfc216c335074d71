"""Changes of an ID3v2 tag, frame by frame, after id3.org's "ID3v2.3.0" and "ID3v2.4.0-frames"."""

from __future__ import annotations

from collections.abc import Mapping

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.id3 import frames
from mediakeep.media.audio.tag_edits import SetCover, TargetTags, Values
from mediakeep.media.audio.tag_map import TAG_MAP
from mediakeep.media.audio.write_options import Id3Version
from mediakeep.media.edits import id3dates, id3versions, recoding
from mediakeep.media.edits.id3 import NEW, Frame, Tag
from mediakeep.media.edits.recoding import LATIN, UTF8, WIDE

FRONT = 3

_UNKNOWN = b"XXX"  # the language of a comment
_ID = {name: field.name for field in TAG_MAP for name in field.id3}


def edited(data: bytes, wanted: TargetTags, version: Id3Version) -> bytes:
    """Return a tag with what is wanted in it; b"" begins a new one. OverflowError if too large."""
    tag = Tag.parse(data) if data else Tag(NEW)
    if tag is None:
        return data
    tag = tag.raised()
    tag = id3versions.carried(tag, version.version_after(tag.version))
    for name, values in to_native_tags.convert_to_native_tags(
        tag.texts(), "id3", wanted.texts
    ).items():
        _assign(tag, name, values)
    if wanted.cover:
        _embed(tag, wanted.cover)
    return tag.render()


def _assign(tag: Tag, name: str, values: Values) -> None:
    """Put one frame in the place of the first that says the same, and take the others away."""
    field = _ID[name]
    if field == "date":
        _assign_date(tag, id3dates.RECORDED, id3dates.recorded(tag.version, values))
    elif field == "originaldate":
        _assign_date(tag, id3dates.ORIGINAL, id3dates.original(tag.version, values))
    elif name.startswith("TXXX:"):
        spelt = to_native_tags.restore_name_case(field, name.removeprefix("TXXX:"))
        tag.replace(lambda old: name in _told(tag, old, "TXXX"), _own(tag, spelt, values))
    elif name.startswith("UFID:"):
        content = (
            name.removeprefix("UFID:").encode()
            + b"\0"
            + "".join(values[:1]).encode("latin-1", "replace")
        )
        new = [tag.frame("UFID", content)] if values else []
        tag.replace(lambda old: name in _told(tag, old, "UFID"), new)
    elif name == "COMM":
        tag.replace(lambda old: name in _told(tag, old, name), _comment(tag, values))
    else:
        tag.replace(lambda old: old.name == name, _text(tag, name, values))


def _assign_date(tag: Tag, names: tuple[str, ...], held: Mapping[str, Values]) -> None:
    new = [frame for name, values in held.items() for frame in _text(tag, name, values)]
    tag.replace(lambda old: old.name in names, new)


def _told(tag: Tag, frame: Frame, name: str) -> dict[str, list[str]]:
    return tag.told(frame).texts if frame.name == name else {}


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
    latin = recoding.is_latin("".join(values))
    before = old.raw[10] if old and len(old.raw) > 10 and not any(old.raw[8:10]) else None
    if before in (WIDE, UTF8) or (before == LATIN and latin):
        return before
    if tag.version == 4:
        return UTF8
    return LATIN if latin else WIDE


def _joined(values: Values, encoding: int) -> bytes:
    return recoding.encoded("\0".join(values), encoding)


def _embed(tag: Tag, cover: SetCover) -> None:
    """A second picture of the same description would be taken for the first."""
    front = next((frame for frame in tag.frames if _is_front(tag, frame)), None)
    plain = (_description(frame) for frame in tag.frames if frame.name == frames.PICTURE_FRAME)
    about, encoding = b"Front cover" if b"" in plain and not front else b"", LATIN
    if front and (about := _description(front)):
        encoding = front.raw[10]
    head = bytes([encoding]) + cover.mime.encode("latin-1", "replace") + b"\0" + bytes([FRONT])
    tag.replace(
        lambda frame: frame is front, [tag.frame("APIC", head + about + b"\0" + cover.data)]
    )


def _is_front(tag: Tag, frame: Frame) -> bool:
    found = tag.told(frame).pictures if frame.name == frames.PICTURE_FRAME else []
    return bool(found) and found[0].type == FRONT


def _description(frame: Frame) -> bytes:
    """Return the description of a picture as it is stored; b"" where it is stored oddly."""
    content = frame.raw[10:]
    if any(frame.raw[8:10]) or not content or content[0] not in (LATIN, UTF8):
        return b""
    start = content.find(b"\0", 1) + 2
    return content[start : content.find(b"\0", start)]
