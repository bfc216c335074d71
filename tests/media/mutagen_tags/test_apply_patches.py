"""Ranges of a file are replaced in any order, and the bytes between them are moved once."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from mediakeep.media.bounded_file import ByteRange
from mediakeep.media.mutagen_tags import other_tags
from mediakeep.media.mutagen_tags.other_tags import Patch
from mediakeep.media.safewrite.write_tags import OtherTags, SetField, WriteRules
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.sampling import each_row


class CountingFile(BytesIO):
    """A file that counts the bytes written to it."""

    written = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += len(data)
        return super().write(data)


def replace(data: bytes, patches: list[Patch]) -> bytes:
    parts, at = [], 0
    for span, new in patches:
        parts += [data[at : span.start], new]
        at = span.end
    return b"".join([*parts, data[at:]])


@each_row("seed", range(50))
def test_ranges_of_all_sizes_are_replaced(seed: int) -> None:
    random = Random(seed)
    data = random.randbytes(random.randrange(1, 3000))
    cuts = sorted(random.choices(range(len(data) + 1), k=2 * random.randrange(8)))
    patches = [
        (ByteRange(start, end), random.randbytes(random.choice([0, end - start, 1, 7, 500])))
        for start, end in zip(cuts[::2], cuts[1::2], strict=True)
        if start < end
    ]
    file = BytesIO(data)
    other_tags.apply_patches(file, random.sample(patches, len(patches)))
    assert file.getvalue() == replace(data, patches)


def test_ranges_that_overlap_are_refused() -> None:
    file = BytesIO(bytes(100))
    with pytest.raises(ValueError, match="overlap"):
        other_tags.apply_patches(file, [(ByteRange(20, 40), b""), (ByteRange(10, 21), b"x")])
    assert file.getvalue() == bytes(100)


def test_the_bytes_after_many_ranges_are_moved_once() -> None:
    data = bytes(1_000_000)
    file = CountingFile(data)
    file.written = 0
    other_tags.apply_patches(file, [(ByteRange(8 * n, 8 * n + 4), b"longer") for n in range(50)])
    assert file.written < 1.1 * len(data)


@each_row("others", list(OtherTags))
def test_an_id3v1_tag_before_the_apev2_tag_stays_there(tmp_path: Path, others: OtherTags) -> None:
    path = tmp_path / "a.wv"
    audio, id3v1 = writable_files.whole("bare.wv"), tagging.id3v1()
    path.write_bytes(audio + id3v1 + tagging.apev2_tag())
    edits = [SetField("title", ("Ebb",)), SetField("comment", ("Long " * 300,))]
    writable_files.write(path, tmp_path, *edits, rules=WriteRules(other_tags=others))
    after = path.read_bytes()[len(audio) :]
    assert after.startswith(b"APETAGEX" if others is OtherTags.REMOVE else b"TAG")
    assert after[-32:].startswith(b"APETAGEX")
    assert after.count(b"APETAGEX") == 2  # a header and a footer
    assert (id3v1 in after) is (others is OtherTags.LEAVE)
