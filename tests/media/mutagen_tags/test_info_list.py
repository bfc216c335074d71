"""An INFO list with sizes that do not fit is written without losing bytes of it."""

from __future__ import annotations

import struct
from pathlib import Path

from mediakeep.media.audio import tags
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.mutagen_tags import riff_file
from mediakeep.media.safewrite.write_tags import SetField
from tests.media import mutations_sounds as small
from tests.media import writable_files
from tests.sampling import each_row

TITLE = TargetTags({"title": ("Ebb",)})
NEW_TITLE = b"INAM\4\0\0\0Ebb\0"


def item(name: bytes, content: bytes, padding: bytes = b"") -> bytes:
    return name + struct.pack("<I", len(content)) + content + padding


COPYRIGHT, SOFTWARE = item(b"ICOP", b"Copyrigh\0"), item(b"ISFT", b"Lavf5\0")


@each_row(
    ("old", "new"),
    [
        (COPYRIGHT + SOFTWARE, COPYRIGHT + b"\0" + SOFTWARE + NEW_TITLE),
        (COPYRIGHT + b"\0" + SOFTWARE, COPYRIGHT + b"\0" + SOFTWARE + NEW_TITLE),
        (COPYRIGHT + b"x" + SOFTWARE, COPYRIGHT + b"x" + SOFTWARE + NEW_TITLE),
        (SOFTWARE + COPYRIGHT, SOFTWARE + COPYRIGHT + b"\0" + NEW_TITLE),
        (SOFTWARE + COPYRIGHT[:-1], SOFTWARE + NEW_TITLE + COPYRIGHT[:-1]),
        (SOFTWARE + b"rest", SOFTWARE + NEW_TITLE + b"rest"),
        (item(b"INAM", b"Tide\0") + SOFTWARE, NEW_TITLE + SOFTWARE),
    ],
)
def test_items_without_padding_and_bytes_after_the_items_stay(old: bytes, new: bytes) -> None:
    assert riff_file.update_list(b"INFO" + old, TITLE) == b"INFO" + new


def test_a_wav_with_unpadded_info_items_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    listed = small.chunk(b"LIST", b"INFO" + COPYRIGHT + SOFTWARE)
    data = writable_files.whole("bare.wav") + listed
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    writable_files.write(path, tmp_path, SetField("title", ("Ebb",)))
    assert tags.read(path).tags.title == ("Ebb",)
    assert SOFTWARE in path.read_bytes()
