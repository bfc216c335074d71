"""Write tags into a copy of a file with mutagen, and read them back with it.

This package is the only part of mediakeep that calls mutagen on users' files; its exceptions are
translated here. Each format has a module with the functions of `FormatTagWriter`.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from mutagen import MutagenError
from mutagen.mp4._atom import AtomError

from mediakeep import path_text
from mediakeep.errors import ReadOnlyFormat, Unreadable, ValueNotSupported
from mediakeep.media import open_file
from mediakeep.media.audio import embedded_pictures, formats, normalize_tags, tta
from mediakeep.media.audio.model import Tags
from mediakeep.media.audio.mp3 import mp3_stream
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.unsupported_layout import DAMAGED_TAGS, UnsupportedLayout
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, open_bounded
from mediakeep.media.mutagen_tags import (
    ape_file,
    asf_file,
    compare_other_tags,
    copy_file,
    dsf_file,
    flac_file,
    mp4_file,
    riff_file,
)
from mediakeep.media.mutagen_tags.id3_file import Id3TagWriter
from mediakeep.media.mutagen_tags.ogg_file import OggTagWriter
from mediakeep.media.mutagen_tags.read_items import read_items as read_items_from_file
from mediakeep.media.mutagen_tags.save_items import save_items as save_items_to_file
from mediakeep.media.mutagen_tags.tag_items import FileItems, NativeTagItems, TagPicture

# What mutagen raises on malformed bytes, and our parsers.
_PARSE_ERRORS = (
    *(MutagenError, AtomError, ValueError, LookupError, ArithmeticError, struct.error, EOFError),
    *(TypeError, AttributeError, RecursionError, NotImplementedError, OSError),
)
_REMOVE_HINT = "Remove them with another program and run again."


class FormatTagWriter(Protocol):
    """The functions of a module that writes the tags of one format.

    They may raise anything that `_translate_errors` translates.
    """

    TAG_FORMAT: str  # the naming scheme of the texts, see `normalize_tags`

    def save_tags(
        self, file: BinaryIO, source: BoundedFile, target: TargetTags, options: TagWriteOptions
    ) -> None:
        """Write target values into the open file `file`, whose current bytes are `source`."""

    def read_texts(self, source: BoundedFile) -> dict[str, list[str]]:
        """Return the texts of the main tags as mutagen reads them, by native name."""

    def find_lost_items(self, old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
        """Return the names of items that the main tag of a new file has lost.

        Items that `target` changes are left out.
        """


_WRITERS: Mapping[str, FormatTagWriter] = {
    formats.MP3.name: Id3TagWriter(mp3_stream.iter_essence),
    formats.FLAC.name: flac_file,
    formats.MP4.name: mp4_file,
    formats.VORBIS.name: OggTagWriter(formats.VORBIS.name),
    formats.OPUS.name: OggTagWriter(formats.OPUS.name),
    formats.WAV.name: riff_file,
    formats.AIFF.name: riff_file,
    formats.DSF.name: dsf_file,
    formats.ASF.name: asf_file,
    formats.TRUE_AUDIO.name: Id3TagWriter(tta.iter_essence),
    formats.MONKEYS.name: ape_file,
    formats.WAVPACK.name: ape_file,
    formats.MUSEPACK.name: ape_file,
}


def save_tags(
    original: Path, copy: int, kind: str, target: TargetTags, options: TagWriteOptions
) -> None:
    """Write target values into the open copy of an original file.

    Raises ReadOnlyFormat, ValueNotSupported or OSError; messages name the original file.
    """
    with _translate_errors(original), copy_file.open_copy(copy) as file:
        source = BoundedFile(copy, os.fstat(copy).st_size)
        _WRITERS[kind].save_tags(file, source, target, options)


def read_tags(original: Path, source: BoundedFile, kind: str) -> Tags:
    """Return the text fields of a file as mutagen reads them, without pictures."""
    writer = _WRITERS[kind]
    with _translate_errors(original):
        return normalize_tags.normalize(writer.read_texts(source), writer.TAG_FORMAT)


def read_items(path: Path, kind: str) -> tuple[list[NativeTagItems], tuple[TagPicture, ...]]:
    """Return all tag items of a file as mutagen reads them, and the pictures of its main tag.

    Pictures that mutagen does not find are those of our reader. Raises Unreadable.
    """
    with open_file.open_regular_file(path) as handle:
        try:
            blocks = read_items_from_file(handle)
            pictures = next((block.pictures for block in blocks if block.pictures), ())
            if not pictures and kind in embedded_pictures.SUPPORTED_FORMATS:
                with contextlib.suppress(UnsupportedLayout):  # such as WAV that a pipe has written
                    stored = embedded_pictures.find_pictures(open_bounded(handle), kind)
                    pictures = tuple(TagPicture(one.type, one.mime, "", one.data) for one in stored)
        except _PARSE_ERRORS as error:
            if isinstance(error, OSError):
                raise open_file.to_unreadable(path, error) from error
            reason = "its tags are damaged"
            raise Unreadable(path_text.escape_path(path), reason, _REMOVE_HINT) from error
    return blocks, pictures


def save_items(path: Path, kind: str, content: FileItems) -> None:
    """Replace the tag items and pictures of a new file, but keep the name of its encoder.

    Raises ReadOnlyFormat, ValueNotSupported or OSError.
    """
    with _translate_errors(path), path.open("r+b") as file:
        save_items_to_file(file, kind, content)


def save_fields(path: Path, kind: str, target: TargetTags, options: TagWriteOptions) -> None:
    """Write the values of fields into a new file, which nothing else uses.

    Raises ReadOnlyFormat, ValueNotSupported or OSError.
    """
    with path.open("r+b") as file:
        save_tags(path, file.fileno(), kind, target, options)
        os.fsync(file.fileno())


def find_lost_items(
    original: Path,
    versions: tuple[BoundedFile, BoundedFile],
    kind: str,
    target: TargetTags,
    options: TagWriteOptions,
) -> list[str]:
    """Return the names of tag items that a new file lacks and `target` does not change.

    `versions` are the old and the new file.
    """
    with _translate_errors(original):
        return _WRITERS[kind].find_lost_items(*versions, target) or (
            compare_other_tags.find_lost_items(*versions, kind, target, options.other_tags)
        )


@contextlib.contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OverflowError as error:
        raise ValueNotSupported(
            path_text.escape_path(path), "tags of such a size", "written"
        ) from error
    except UnsupportedLayout as error:
        raise ReadOnlyFormat(path_text.escape_path(path), error) from error
    except _PARSE_ERRORS as error:
        cause = error if isinstance(error, OSError) else error.__context__
        if isinstance(cause, OSError) and (cause.errno or isinstance(cause, TimeoutError)):
            raise cause from None  # of the disk, or the caller's; mutagen converts both
        raise ReadOnlyFormat(path_text.escape_path(path), DAMAGED_TAGS) from error
