"""A FLAC file may contain front covers in picture blocks and in its comments."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from mutagen.flac import FLAC, Picture

from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import SetCover
from mediakeep.media.undo import apply_undo
from mediakeep_samples.music import track_files
from tests.media import writable_files
from tests.sampling import each_row

COVER = SetCover(writable_files.PHOTO, "image/jpeg")
PICTURE_NAME = "METADATA_BLOCK_PICTURE"


def build_picture(kind: int) -> Picture:
    picture = Picture()
    picture.type, picture.mime = kind, "image/png"
    picture.data = track_files.read_seed_file("cover.png")
    return picture


def put(folder: Path, blocks: Sequence[int], comment: str) -> Path:
    """Write a FLAC with picture blocks of these types, and a picture comment if it has a text."""
    path = folder / "a.flac"
    path.write_bytes(track_files.read_seed_file("chord.flac"))
    audio = FLAC(path)
    for kind in blocks:
        audio.add_picture(build_picture(kind))
    if comment:
        audio[PICTURE_NAME] = comment
    audio.save()
    return path


FRONT_COMMENT = base64.b64encode(build_picture(3).write()).decode()


@each_row(
    ("blocks", "comment"),
    [
        ([4, 3], FRONT_COMMENT),
        ([4], FRONT_COMMENT),
        ([], FRONT_COMMENT),
        ([3], "AAA"),  # no base64
        ([], "AAA"),
        ([], ""),
    ],
)
def test_a_new_front_cover_is_written_once_and_undone(
    tmp_path: Path, blocks: Sequence[int], comment: str
) -> None:
    path = put(tmp_path, blocks, comment)
    before = path.read_bytes()
    record = writable_files.write(path, tmp_path, COVER).record
    store = writable_files.store(tmp_path)
    assert write_tags.write(path, [COVER], store, queue="music") is None
    audio = FLAC(path)
    in_blocks = [picture.data for picture in audio.pictures if picture.type == 3]
    if 3 not in blocks and comment == FRONT_COMMENT:
        [text] = audio[PICTURE_NAME]
        assert in_blocks == []
        assert Picture(base64.b64decode(text)).data == COVER.data
    else:
        assert in_blocks == [COVER.data]
        assert audio.get(PICTURE_NAME, [""]) == [comment]
    assert apply_undo.apply_undo(store, record)
    assert path.read_bytes() == before
