"""Helpers for failing tag writes, changes by other programs, and the resulting undo store."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen.id3 import ID3
from mutagen.musepack import Musepack

from mediakeep.errors import MediakeepError
from mediakeep.media.safewrite import atomic_replace, write_tags
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp
from tests.media import writable_files

TITLE = SetField("title", ("Ebb",))
FORMATS = ["mp3", "m4a", "flac", "ogg", "opus"]
OTHER = Stamp("20251218_session_002", "Anna Meer", 9, 8)


def refused(path: Path, home: Path, kind: type[MediakeepError], match: str = ".") -> None:
    """Assert that the file and its folder are unchanged, and no change is marked as done."""
    before = (
        path.read_bytes(),
        atomic_replace.stat_identity(path.stat()),
        sorted(path.parent.iterdir()),
    )
    with pytest.raises(kind, match=match):
        writable_files.write(path, home, TITLE)
    after = (
        path.read_bytes(),
        atomic_replace.stat_identity(path.stat()),
        sorted(path.parent.iterdir()),
    )
    assert after == before
    assert [
        entry for entry in writable_files.store(home).find(RecordQuery()) if entry.state == "done"
    ] == []


def rename(
    path: Path, store: UndoStore, text: str, stamp: Stamp = writable_files.STAMP
) -> ChangeRecord:
    """Set another title."""
    written = write_tags.write(path, [SetField("title", (text,))], store, stamp, queue="music")
    assert written
    return written.record


def copy_by_hand(patched: pytest.MonkeyPatch) -> None:
    """Disable `copy_file_range`, whose bytes no tap sees."""

    def refuse(*_: object) -> int:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    patched.setattr("os.copy_file_range", refuse, raising=False)


def logs(home: Path) -> list[Path]:
    """Return the files of the undo log."""
    return sorted((home / "status" / "undo").glob("*.jsonl"))


def blobs(home: Path) -> list[Path]:
    """Return the blobs: pictures and long records."""
    return [one for one in (home / "status" / "undo" / "blobs").rglob("*") if one.is_file()]


def strangers(path: Path) -> None:
    """Write tags as another program does."""
    # mutagen takes any file that begins with ID3v2 for MP3.
    audio: Any = Musepack(path) if path.suffix == ".mpc" else mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    if isinstance(audio.tags, ID3):
        audio.tags.delall("TALB")
        audio.tags.add(mutagen.id3.TIT2(encoding=3, text=["Stranger " * 3000]))
    else:
        audio.tags["\xa9nam" if path.suffix == ".m4a" else "title"] = ["Stranger " * 3000]
    audio.save()
