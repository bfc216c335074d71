"""ID3v2 tags brought from 2.3 to 2.4 and back with all that is in them, after id3.org's standards.

A frame keeps its bytes where both versions agree. What else there is to do:

1. flags have other places, and what was compressed or unsynchronised is so no more
2. texts in UTF-8 become Latin-1 or UTF-16, which both know; numbers of genres become names
3. frames inside of chapters (id3.org, "ID3v2 Chapter Frame Addendum") are brought over likewise
4. dates and the people involved move to other frames

A frame that the other version does not know stays under its own name, where many readers find it:
so iTunes and others write the sort names of 2.4 in 2.3. A tag that breaks off within a frame keeps
its version: in the other, the same bytes might make a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mediakeep.media.audio import normalize_tags
from mediakeep.media.audio.id3 import frames
from mediakeep.media.audio.id3.frame_encoding import FrameDecoder
from mediakeep.media.audio.tag_edits import Values
from mediakeep.media.edits import envelopes, id3dates, recoding
from mediakeep.media.edits.id3 import Frame, Tag, walk

_DEEPEST = 3  # chapters in chapters, which no standard allows, are not followed further
_TIMES = 16  # bytes of a chapter's begin and end
_PEOPLE = ("IPLS", "TIPL", "TMCL")

Spelling = Callable[[int, Values], Mapping[str, Values]]


def carried(tag: Tag, version: int) -> Tag:
    """Return a tag of 2.3 or 2.4 as another version has it; OverflowError if it is too large."""
    if tag.version == version or tag.broken:
        return tag
    new = replace(tag, version=version, unsynced=False, frames=_frames(tag, version, 0))
    told = normalize_tags.normalize(new.texts(), "id3")
    _move(new, id3dates.RECORDED, id3dates.recorded, told.date)
    _move(new, id3dates.ORIGINAL, id3dates.original, told.originaldate)
    _gather(new)
    return new


def _frames(tag: Tag, version: int, depth: int) -> list[Frame]:
    storage = FrameDecoder(tag.version, unsynced=tag.unsynced)
    return [_frame(tag, frame, version, storage, depth) for frame in tag.frames]


def _frame(tag: Tag, frame: Frame, version: int, storage: FrameDecoder, depth: int) -> Frame:
    """Put a frame's content into another envelope; one that cannot be read goes as it is."""
    held = envelopes.opened(tag, frame)
    if held.sealed and (content := storage.decode(frame.raw[10:], frame.raw[9])):
        held = held._replace(method=b"", compressed=False, data=content)
    if not held.sealed:
        content = _content(frame.name, held.data, (tag.version, version), depth)
        held = held._replace(data=content)
    return replace(
        envelopes.frame(version, frame.raw[:4].decode("ascii"), held),
        name=frame.name,
        place=frame.place,
    )


def _content(name: str, content: bytes, versions: tuple[int, int], depth: int) -> bytes:
    old, new = versions
    if name == "TCON":
        content = _genres(content)
    if name in ("CHAP", "CTOC") and depth < _DEEPEST:
        start = end = _inside(name, content)
        inner = Tag(old)
        for frame in walk(content, old, start):
            inner.frames.append(frame)
            end = frame.place + len(frame.raw)
        carried = b"".join(frame.raw for frame in _frames(inner, new, depth + 1))
        return content[:start] + carried + content[end:]
    return recoding.shared(name, content) if new == 3 else content


def _genres(content: bytes) -> bytes:
    """Write genres by their names, which both versions read, if all their numbers have one."""
    try:
        texts = [text for text in recoding.texts(content) if text]
    except ValueError:
        return content
    named = [name for text in texts for name in frames.expand_genres(text)]
    return recoding.written(named) if named != texts and all(named) else content


def _inside(name: str, content: bytes) -> int:
    """Return where the frames of a chapter or of a table of contents begin."""
    try:
        at = content.index(b"\0") + 1
        if name == "CHAP":
            return at + _TIMES
        children, at = content[at + 1], at + 2
        for _ in range(children):
            at = content.index(b"\0", at) + 1
    except (ValueError, IndexError):
        return len(content)
    return at


def _move(tag: Tag, names: tuple[str, ...], spelling: Spelling, values: Values) -> None:
    """Tell a date in a version's own frames; in 2.4, one that tells another thing stays beside.

    In 2.3 it could not: day and time belong to any year there.
    """
    if not values:
        return
    told, new = (spelling(3, values), spelling(4, values)), spelling(tag.version, values)

    def goes(frame: Frame) -> bool:
        if frame.name not in names or tag.version == 3:
            return frame.name in names
        held = tuple(tag.told(frame).texts.get(frame.name, ()))
        return any(one.get(frame.name) == held for one in told)

    made = [tag.frame(name, recoding.written([*texts])) for name, texts in new.items()]
    tag.replace(goes, made)


def _gather(tag: Tag) -> None:
    """2.4 tells musicians from others who took part, 2.3 has one list of roles and names."""
    held = [frame for frame in tag.frames if frame.name in _PEOPLE]
    try:
        listed = [text for frame in held for text in _pairs(frame)]
    except ValueError:
        return  # what is odd stays where it is
    if not held or (tag.version == 4 and any(frame.name != "IPLS" for frame in held)):
        return
    new = tag.frame("IPLS" if tag.version == 3 else "TIPL", recoding.written(listed))
    tag.replace(lambda frame: frame in held, [new])


def _pairs(frame: Frame) -> list[str]:
    texts = recoding.texts(frame.raw[10:])
    if len(texts) % 2 and not texts[-1]:
        texts.pop()
    if len(texts) % 2 or any(frame.raw[8:10]):
        raise ValueError
    return texts
