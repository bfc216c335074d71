"""Write fields into ID3v2 tags: each changed frame is built by mutagen, all others stay."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.audio.id3 import frames, raw_frames
from mediakeep.media.audio.id3.raw_frames import RawFrame, RawTag
from mediakeep.media.audio.tag_edits import SetCover, TargetTags, Values
from mediakeep.media.audio.tag_map import WRITTEN_FIELDS
from mediakeep.media.audio.write_options import Id3Version
from mediakeep.media.mutagen_tags import id3_dates, id3_frames, id3_versions
from mediakeep.media.mutagen_tags.tag_items import UNKNOWN_LANGUAGE

PADDING = 4096  # bytes of new padding if a tag has to grow

_NEW_VERSION = 4  # of a tag in a file that had none
_OLDEST_VERSION = 3  # that mutagen can write
_MAX_KEPT_PADDING = 1 << 16  # bytes that may stay unused if a tag becomes smaller
_FIELD_BY_FRAME = {name: field.name for field in WRITTEN_FIELDS for name in field.id3}


def update_tag(data: bytes, target: TargetTags, version: Id3Version) -> bytes:
    """Return an ID3v2 tag with the target values; b"" begins a new one.

    A tag of an unknown version is returned unchanged. Raises OverflowError if it becomes too large.
    """
    old = raw_frames.parse_tag(data) if data else RawTag(_NEW_VERSION)
    if old is None:
        return data
    wanted_version = max(_OLDEST_VERSION, version.version_after(old.version))
    converted = id3_versions.convert_tag(old, wanted_version)
    editor = _FrameEditor(list(converted.frames), converted.version)
    for name, values in to_native_tags.convert_to_native_tags(
        converted.read().texts, "id3", target.texts
    ).items():
        editor.assign(name, values)
    if target.cover:
        editor.assign_front_cover(target.cover)
    if converted.is_truncated and editor.is_assigned(raw_frames.frame_name(converted.rest)):
        converted = replace(converted, rest=b"")  # mutagen would read the old value from it
    return _render(editor.frames, converted)


def read_texts(data: bytes) -> dict[str, list[str]]:
    """Return the texts of a tag as mutagen reads them, by the names that our reader uses."""
    tag = id3_frames.load_tag(data)
    texts: dict[str, list[str]] = {}
    for frame in tag.values() if tag else ():
        if frame.FrameID == "UFID":
            texts[f"UFID:{frame.owner}"] = [frame.data.decode("latin-1")]
        elif frame.FrameID == "TXXX":
            texts.setdefault(f"TXXX:{frame.desc.upper()}", []).extend(frame.text)
        elif frame.FrameID == "COMM":
            if not frame.desc:
                texts.setdefault("COMM", []).extend(frame.text)
        elif frame.FrameID == "TCON":
            texts["TCON"] = list(frame.genres)
        elif frame.FrameID.startswith("T") and hasattr(frame, "text"):
            texts[frame.FrameID] = [str(text) for text in frame.text]
    return texts


def find_lost_frames(old: bytes, new: bytes, target: TargetTags) -> list[str]:
    """Return the names of frames that a new tag lacks and `target` does not change."""
    before, after = raw_frames.parse_tag(old), raw_frames.parse_tag(new)
    if before is None or after is None:
        return [] if old == new else ["ID3v2"]
    converted = before.version != after.version
    may_change = _changed_frames(target, converted=converted)
    expected = Counter(_describe_frames(before, may_change, converted=converted))
    lost = expected - Counter(_describe_frames(after, may_change, converted=converted))
    return sorted({name for name, _ in lost})


class _FrameEditor:
    """The frames of a tag while they are edited."""

    def __init__(self, held: list[RawFrame], version: int) -> None:
        self.frames, self._version = held, version
        self._assigned: set[str] = set()

    def assign(self, name: str, values: Values) -> None:
        """Replace the frames of a native name by one with the given values, if there are any."""
        field = _FIELD_BY_FRAME[name]
        self._assigned.add(name.partition(":")[0])
        if field == "date":
            self._assign_date(id3_dates.RECORDED, id3_dates.recorded_frames(self._version, values))
        elif field == "originaldate":
            self._assign_date(id3_dates.ORIGINAL, id3_dates.original_frames(self._version, values))
        else:
            old = [frame for frame in self.frames if self._contains(frame, name)]
            self._replace(old, self._build(field, name, values, old) if values else None)

    def is_assigned(self, name: str) -> bool:
        """Return True if frames of this name were replaced."""
        return name in self._assigned

    def assign_front_cover(self, cover: SetCover) -> None:
        """Replace the first front cover; without one, add a picture with a new description.

        Readers take a second picture of the same description for the first.
        """
        pictures = [frame for frame in self.frames if frame.name == frames.PICTURE_FRAME]
        front = next((frame for frame in pictures if self._is_front_cover(frame)), None)
        if front:
            description = self._description(front)
        else:
            used = {self._description(frame) for frame in pictures}
            description = "Front cover" if "" in used else ""
        self._replace(
            [front] if front else [],
            id3_frames.build_front_cover(cover, description, self._version),
        )

    def _replace(self, old: list[RawFrame], new: RawFrame | None) -> None:
        id3_versions.replace_frames(self.frames, old, [new] if new else [])

    def _assign_date(self, names: tuple[str, ...], texts: Mapping[str, Values]) -> None:
        old = [frame for frame in self.frames if frame.name in names]
        new = [
            id3_frames.build_text_frame(name, values, self._version)
            for name, values in texts.items()
        ]
        id3_versions.replace_frames(self.frames, old, new)

    def _contains(self, frame: RawFrame, name: str) -> bool:
        """Return True if a frame stores the values of a native name."""
        kind = name.partition(":")[0]
        if frame.name != kind or (kind == name and name != "COMM"):
            return frame.name == name
        return name in raw_frames.read_frames([frame], self._version).texts

    def _build(self, field: str, name: str, values: Values, old: list[RawFrame]) -> RawFrame:
        kind, _, about = name.partition(":")
        if kind == "TXXX":
            description = to_native_tags.restore_name_case(field, about)
            return id3_frames.build_described_text(description, values, self._version)
        if kind == "UFID":
            return id3_frames.build_identifier(about, values[0], self._version)
        if kind == "COMM":
            parsed = id3_frames.parse_frame(old[0], self._version) if old else None
            language = getattr(parsed, "lang", UNKNOWN_LANGUAGE)
            return id3_frames.build_comment(language, values, self._version)
        return id3_frames.build_text_frame(name, values, self._version)

    def _is_front_cover(self, frame: RawFrame) -> bool:
        found = raw_frames.read_frames([frame], self._version).pictures
        return bool(found) and found[0].type == FRONT_COVER_TYPE

    def _description(self, frame: RawFrame) -> str:
        parsed = id3_frames.parse_frame(frame, self._version)
        return getattr(parsed, "desc", "")


def _render(held: list[RawFrame], old: RawTag) -> bytes:
    """Let mutagen save raw frames; the tag keeps its size if possible."""
    tag = id3_frames.empty_tag(old.version)
    tag.unknown_frames = [b"".join(frame.raw for frame in held) + old.rest]

    def choose_padding(info: Any) -> int:
        if old.rest:  # it must not become a valid frame
            return 0
        most = max(_MAX_KEPT_PADDING, old.padding)
        return info.padding if 0 <= info.padding <= most else PADDING

    return id3_frames.save_tag(tag, old.version, old.size, choose_padding)


def _changed_frames(target: TargetTags, *, converted: bool) -> Callable[[RawTag, RawFrame], bool]:
    """Return a function that says whether target values may change a frame."""
    names = {name for field in target.texts for name in to_native_tags.native_names(field, "id3")}
    if {"track_total", "disc_total"} & target.texts.keys():
        names |= {"TRCK", "TPOS"}
    if converted or "date" in target.texts:
        names |= {*id3_dates.RECORDED}
    if converted or "originaldate" in target.texts:
        names |= {*id3_dates.ORIGINAL}
    if converted:
        names |= {*id3_versions.PEOPLE, "TCON"}

    def may_change(tag: RawTag, frame: RawFrame) -> bool:
        if frame.name == frames.PICTURE_FRAME and target.cover:
            return any(one.type == FRONT_COVER_TYPE for one in tag.read_frame(frame).pictures)
        kinds = {name for name in names if name.startswith(frame.name)}
        if not kinds or frame.name in kinds - {"COMM"}:
            return bool(kinds)
        return bool(kinds & tag.read_frame(frame).texts.keys())

    return may_change


def _describe_frames(
    tag: RawTag, may_change: Callable[[RawTag, RawFrame], bool], *, converted: bool
) -> Iterator[tuple[str, str]]:
    """Yield name and content of the frames that the target values do not change.

    If the tag is or was converted, the content is described independently of the version.
    """
    for frame in tag.frames:
        content = tag.decode(frame)
        if not content or may_change(tag, frame):
            continue
        if not converted:
            yield frame.name, str(content)
            continue
        raised, version = frame, tag.version
        if version == 2:
            raised, version = id3_versions.raise_frame(frame), 3
            content = raised.content
        plain = raw_frames.build_frame(raised.raw[:4], content, 0, version)
        yield plain.name, id3_versions.describe_frame(plain, version)
