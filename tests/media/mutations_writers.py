"""The parts of mediakeep that call mutagen on a user's audio file: read, compare, write, undo.

The undo records are written into the folder next to that of the files.
"""

from __future__ import annotations

import contextlib
from functools import cache
from pathlib import Path

from mediakeep.errors import MediakeepError, ReadOnlyFormat
from mediakeep.media.audio import essence, formats
from mediakeep.media.audio.tag_edits import SetCover, SetField, TargetTags
from mediakeep.media.audio.write_options import DEFAULT_OPTIONS
from mediakeep.media.bounded_file import InMemoryFile
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.tag_write_plan import WRITABLE_FORMATS
from mediakeep.media.undo import apply_undo
from mediakeep.media.undo.store import UndoStore
from tests.media import writable_files
from tests.media.mutations_child import Readers

_COVER = SetCover(writable_files.PHOTO, "image/png")
_TARGET = TargetTags({"title": ("Ebb",)}, _COVER)
_EDITS = (SetField("title", ("Ebb " * 900,)), SetField("track", ("4",)), _COVER)
_FORMATS = {
    suffix: kind.name
    for kind in reversed(formats.ALL.values())
    for suffix in kind.suffixes
    if kind.name in WRITABLE_FORMATS
}


def _read(path: Path) -> None:
    """Let mutagen read a file by its extension, also one that our reader would refuse."""
    if kind := _FORMATS.get(path.suffix):
        source = InMemoryFile(path.read_bytes())
        with contextlib.suppress(ReadOnlyFormat):  # the translation of what mutagen raises
            adapter.read_tags(path, source, kind)
            adapter.find_lost_items(path, (source, source), kind, _TARGET, DEFAULT_OPTIONS)


def _write(path: Path) -> None:
    """Write tags and undo that; a refused file stays unchanged."""
    data, store = path.read_bytes(), _open_store(path.parent.parent / "undo")
    try:
        audio_hash = essence.compute_audio_hash(path)
        written = write_tags.write(path, _EDITS, store, queue="music")
    except MediakeepError:
        assert path.read_bytes() == data
        return
    assert written
    assert essence.compute_audio_hash(path) == audio_hash
    assert apply_undo.apply_undo(store, written.record)
    assert path.read_bytes() == data


@cache
def _open_store(folder: Path) -> UndoStore:
    return UndoStore(folder)


READERS = Readers(files={"mutagen": _read}, folders={})
WRITERS = Readers(files={"write": _write}, folders={})
