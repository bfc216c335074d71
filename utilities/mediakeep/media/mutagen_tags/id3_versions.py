"""Convert ID3v2 tags to another version, frame by frame, so that no frame is lost.

1. mutagen converts each frame that it can parse.
2. Other frames keep their content if it does not depend on the version.
3. Dates and involved people move to the frames of the version.

A tag keeps its version if a frame cannot be converted, if it has more frames than any program
writes, or if it is truncated within a frame: in the other version, the same bytes might be another
frame. mutagen cannot write 2.2, so a tag of that version always becomes one of 2.3 at least. Frames
of 2.4 that have no equivalent in 2.3 keep their names, under which many readers find them.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mutagen.id3 import Frames

from mediakeep.media.audio import normalize_tags
from mediakeep.media.audio.id3 import frames, raw_frames
from mediakeep.media.audio.id3.raw_frames import RawFrame, RawTag
from mediakeep.media.audio.tag_edits import Values
from mediakeep.media.mutagen_tags import id3_dates, id3_frames
from mediakeep.media.mutagen_tags.id3_frames import EmptyFrame

_MAX_FRAMES = 1000  # that are converted; each takes about half a millisecond
PEOPLE = ("IPLS", "TIPL", "TMCL")

_ENCRYPTED, _GROUPED = {3: 0x40, 4: 0x04}, {3: 0x20, 4: 0x40}
_COMPRESSED = {3: 0x80, 4: 0}  # a size that precedes the group
_NESTED = ("CHAP", "CTOC")  # frames that contain frames

DateFrames = Callable[[int, Values], Mapping[str, Values]]


def convert_tag(tag: RawTag, version: int) -> RawTag:
    """Return a tag in another version if possible; its frames are without unsynchronisation."""
    if tag.version == 2:
        raised = tuple(raise_frame(frame) for frame in tag.frames if len(frame.raw) > 6)
        tag = replace(tag, version=3, unsynced=False, frames=raised)
    synced = replace(tag, unsynced=False, frames=tuple(tag.iter_without_unsynchronisation()))
    if version == tag.version or tag.is_truncated or len(synced.frames) > _MAX_FRAMES:
        return synced
    converted = [_convert_frame(tag, frame, version) for frame in synced.frames]
    kept = [frame for frame in converted if frame is not None]
    if len(kept) < len(converted):
        return synced
    texts = raw_frames.read_frames(kept, version).texts
    fields = normalize_tags.normalize(texts, "id3")
    _move_date(kept, version, id3_dates.RECORDED, id3_dates.recorded_frames, fields.date)
    _move_date(kept, version, id3_dates.ORIGINAL, id3_dates.original_frames, fields.originaldate)
    _merge_people(kept, version)
    return replace(synced, version=version, frames=tuple(kept))


def replace_frames(held: list[RawFrame], old: Iterable[RawFrame], new: Iterable[RawFrame]) -> None:
    """Put new frames at the place of the first of the old ones, or at the end."""
    gone = {id(frame) for frame in old}
    at = next((n for n, frame in enumerate(held) if id(frame) in gone), len(held))
    held[at:] = [*new, *(frame for frame in held[at:] if id(frame) not in gone)]


def describe_frame(frame: RawFrame, version: int) -> str:
    """Return a text that is the same for the same content of a frame in 2.3 and 2.4."""
    parsed = id3_frames.parse_frame(frame, version)
    return str(frame.content if parsed is None else id3_frames.describe(parsed))


def raise_frame(frame: RawFrame) -> RawFrame:
    """Return a frame of 2.2 as 2.3 stores it; one without equivalent keeps its name."""
    old, content = frame.raw[:3].decode("ascii"), frame.raw[6:]
    if old == "PIC":
        mime = {b"JPG": b"image/jpeg", b"PNG": b"image/png", b"-->": b"-->"}.get(
            content[1:4], b"image/" + content[1:4].lower()
        )
        content = content[:1] + mime + b"\0" + content[4:]
    name = frames.normalize_frame_name(frame.raw[:3]).ljust(4, "\0")
    return raw_frames.build_frame(name.encode(), content, 0, 3)


def _convert_frame(tag: RawTag, frame: RawFrame, version: int) -> RawFrame | None:
    """Return a frame in the other version of 2.3 and 2.4, or None if that is not possible."""
    if frame.flags & _ENCRYPTED[tag.version]:
        return None
    content = frame.content
    if frame.flags & id3_frames.ENCODED_FLAGS[tag.version]:
        content = replace(tag, unsynced=False).decode(frame)
        if not content:
            return None
    plain = raw_frames.build_frame(frame.raw[:4], content, 0, tag.version)
    converted = _convert_content(plain, tag.version, version)
    if converted is None:
        return None
    group = _group(frame, tag.version)
    bits = id3_frames.status_bits(frame.flags, tag.version)
    flags = id3_frames.status_flags(bits, version) | _GROUPED[version] * bool(group)
    return raw_frames.build_frame(frame.raw[:4], group + converted, flags, version)


def _convert_content(frame: RawFrame, old: int, new: int) -> bytes | None:
    """Return the content of a frame for another version, or None if that is not possible.

    Content that mutagen cannot parse stays, unless it contains frames.
    """
    if frame.name == "TCON":
        frame = _name_genres(frame, old)
    parsed = id3_frames.parse_frame(frame, old) if frame.name in Frames else None
    if parsed is not None:
        with contextlib.suppress(EmptyFrame):
            converted = id3_frames.save_frame(parsed, new)
            if _contain_the_same((frame, parsed, old), (converted, new)):
                return converted.content
    return None if frame.name in _NESTED else frame.content


def _group(frame: RawFrame, version: int) -> bytes:
    """Return the group of a frame, one byte, or b"" if it has none."""
    at = 4 * bool(frame.flags & _COMPRESSED[version])
    return frame.content[at : at + 1] if frame.flags & _GROUPED[version] else b""


def _contain_the_same(before: tuple[RawFrame, Any, int], after: tuple[RawFrame, int]) -> bool:
    """Return True if mutagen and our reader read the same from a frame and a converted one.

    `before` is the frame, as mutagen parsed it, and its version; `after` the frame and its version.
    """
    frame, parsed, old = before
    again = id3_frames.parse_frame(*after)
    return (
        again is not None
        and id3_frames.describe(parsed) == id3_frames.describe(again)
        and raw_frames.read_frames([frame], old).texts
        == raw_frames.read_frames([after[0]], after[1]).texts
    )


def _name_genres(frame: RawFrame, version: int) -> RawFrame:
    """Replace the numbers of genres by names, which both versions read, if all have a name."""
    parsed = id3_frames.parse_frame(frame, version)
    texts = [text for text in parsed.text if text] if parsed is not None else []
    named = [name for text in texts for name in frames.expand_genres(text)]
    if named == texts or not all(named):
        return frame
    return id3_frames.build_text_frame("TCON", tuple(named), version)


def _move_date(
    held: list[RawFrame],
    version: int,
    names: tuple[str, ...],
    date_frames: DateFrames,
    values: Values,
) -> None:
    """Store a date in the frames of a version.

    In 2.4, a frame of 2.3 that contains another date stays. In 2.3 it cannot: day and time belong
    to any year there.
    """
    if not values:
        return
    either = (date_frames(3, values), date_frames(4, values))
    old = [
        frame
        for frame in held
        if frame.name in names
        and (version == 3 or any(one.get(frame.name) == _texts(frame) for one in either))
    ]
    new = date_frames(version, values).items()
    built = [id3_frames.build_text_frame(name, texts, version) for name, texts in new]
    replace_frames(held, old, built)


def _texts(frame: RawFrame) -> Values:
    """Return the texts of a frame of 2.4."""
    return tuple(raw_frames.read_frames([frame], 4).texts.get(frame.name, ()))


def _merge_people(held: list[RawFrame], version: int) -> None:
    """Convert the lists of involved people: 2.3 has one, 2.4 has another one for musicians."""
    old = [frame for frame in held if frame.name in PEOPLE]
    if not old or (version == 4 and any(frame.name != "IPLS" for frame in old)):
        return
    people: list[str] = []
    for frame in old:
        parsed = id3_frames.parse_frame(frame, version)
        texts = list(parsed.text) if parsed is not None and not frame.flags else [""]
        if len(texts) % 2 and not texts[-1]:
            texts.pop()
        if len(texts) % 2 or not texts:
            return  # malformed
        people += texts
    name = "IPLS" if version == 3 else "TIPL"
    replace_frames(held, old, [id3_frames.build_text_frame(name, tuple(people), version)])
