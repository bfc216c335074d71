"""Tags of more items than any program writes are refused before mutagen sees them."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from mediakeep.media.audio.flac.raw_comments import RawComments
from mediakeep.media.audio.id3 import raw_frames
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.mutagen_tags import mp4_items, mp4_patch
from tests.sampling import each_row

MOST = 20_000


def split_comments(count: int) -> int:
    return len(RawComments.parse(RawComments(b"", [b"a=b"] * count).build()).entries)


def split_items(count: int) -> int:
    return len(mp4_items.split_items(struct.pack(">I4s", 8, b"free") * count))


def split_frames(count: int) -> int:
    frame = raw_frames.build_frame(b"TIT2", b"\0a", 0, 3).raw
    tag = raw_frames.parse_tag(raw_frames.build_tag(frame * count, 3))
    return len(tag.frames) if tag else 0


@each_row("split", [split_comments, split_items, split_frames])
def test_too_many_items_are_refused(split: Callable[[int], int]) -> None:
    assert split(MOST) == MOST
    with pytest.raises(ValueError, match="too many"):
        split(MOST + 1)


def test_atoms_without_end_are_not_parsed_by_mutagen() -> None:
    data = struct.pack(">I4s", 8, b"free") * 30_000
    deep = b""
    for _ in range(40):
        deep = struct.pack(">I4s", 8 + len(deep), b"udta") + deep
    assert not mp4_patch.is_parsed_by_mutagen(InMemoryFile(data))
    assert not mp4_patch.is_parsed_by_mutagen(InMemoryFile(deep))
    assert mp4_patch.is_parsed_by_mutagen(InMemoryFile(data[:800]))
