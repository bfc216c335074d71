"""A copy in which the tag writer has lost something never replaces the file."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import pytest
from mutagen import id3, mp4

from mediakeep.errors import VerificationFailed
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite import write_tags
from tests.media import writable_files
from tests.media.failing_writes import TITLE, refused

OWN_ATOM = "----:org.own:Thing"


def add_comment(path: Path) -> None:
    audio: Any = mutagen.File(path)
    audio["X-OWN"] = ["kept"]
    audio.save()


def remove_comment(path: Path) -> None:
    audio: Any = mutagen.File(path)
    del audio["X-OWN"]
    audio.save()


def add_private_frame(path: Path) -> None:
    tag = id3.ID3(path)
    tag.add(id3.PRIV(owner="own", data=b"kept"))
    tag.save()


def remove_private_frame(path: Path) -> None:
    tag = id3.ID3(path)
    tag.delall("PRIV")
    tag.save()


def add_atom(path: Path) -> None:
    audio = mp4.MP4(path)
    audio[OWN_ATOM] = [mp4.MP4FreeForm(b"\1\2", mp4.AtomDataType.INTEGER)]
    audio.save()


def change_type_of_atom(path: Path) -> None:
    audio = mp4.MP4(path)
    audio[OWN_ATOM] = [mp4.MP4FreeForm(b"\1\2", mp4.AtomDataType.UTF8)]
    audio.save()


def add_top_level_atom(path: Path) -> None:
    path.write_bytes(path.read_bytes() + struct.pack(">I4s", 58, b"uuid") + b"U" * 50)


def change_top_level_atom(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"U" * 50, b"X" * 50))


@pytest.mark.parametrize(
    ("name", "prepare", "spoil", "lost"),
    [
        ("mp3", add_private_frame, remove_private_frame, "PRIV"),
        ("flac", add_comment, remove_comment, "x-own"),
        ("ogg", add_comment, remove_comment, "x-own"),
        ("opus", add_comment, remove_comment, "x-own"),
        ("m4a", add_top_level_atom, change_top_level_atom, "uuid"),
        ("m4a", add_atom, change_type_of_atom, "----:org.own:thing"),
    ],
)
def test_a_lost_item_is_named_and_the_file_stays(
    tmp_path: Path,
    music: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    prepare: Callable[[Path], None],
    spoil: Callable[[Path], None],
    lost: str,
) -> None:
    path = writable_files.put(music, name)
    prepare(path)
    real = adapter.save_tags

    def lose(original: Path, copy: int, *rest: Any) -> None:  # a bug of ours or of mutagen
        real(original, copy, *rest)
        spoil(Path(f"/dev/fd/{copy}"))

    with monkeypatch.context() as patch:
        patch.setattr(adapter, "save_tags", lose)
        refused(path, tmp_path, VerificationFailed, f"it would lose .*{lost}.*ffmpeg")
    writable_files.write(path, tmp_path, TITLE)
    assert write_tags.pending_changes(path, [TITLE]) == {}
