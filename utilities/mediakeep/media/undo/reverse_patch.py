"""Reverse patches: the non-audio bytes of an old file, and where its audio goes between them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

from mediakeep.media.audio import embedded_pictures
from mediakeep.media.audio.embedded_pictures import StoredPicture
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.safewrite import audio_layout
from mediakeep.media.safewrite.audio_layout import AudioLayout
from mediakeep.media.safewrite.file_assembly import FilePart
from mediakeep.media.undo.record import ReversePatch

_MAX_WHOLE_FILE = 64 << 20  # bytes of a non-audio file, which is stored as a whole
_MIN_BLOB_SIZE = 1024  # bytes; smaller pictures are stored in the patch
_RAW, _AUDIO, _BLOB, _TEXT = "r", "a", "b", "t"

PatchStep = tuple[str | int, ...]


class PatchMismatch(ValueError):
    """Raised if a reverse patch does not fit the audio of the current file."""


class _PatchPart(NamedTuple):
    """A byte range of the old file that a patch refers to instead of containing it."""

    span: ByteRange
    step: PatchStep


def build(source: BoundedFile, kind: str) -> tuple[ReversePatch, dict[str, bytes]]:
    """Return the reverse patch that restores a file, and the blobs that it needs by SHA-256.

    Raises ValueError if the layout of the file is not supported.
    """
    if _has_no_audio(kind):
        return _build_whole_file(source, kind)
    sound = audio_layout.find_layout(source, kind)
    blobs, marks = _find_pictures(embedded_pictures.find_pictures(source, kind))
    marks += [_PatchPart(span, (_AUDIO, span.size)) for span in sound.parts if span.size]
    raw, steps, at = list[bytes](), list[PatchStep](), 0
    for mark in [*sorted(marks), _PatchPart(ByteRange(source.size, source.size), ())]:
        if at < mark.span.start:
            raw.append(source.read(at, mark.span.start - at))
            steps.append((_RAW, mark.span.start - at))
        if mark.step:
            steps.append(mark.step)
        at = mark.span.end
    recipe = ReversePatch(
        zlib.compress(b"".join(raw), 9),
        tuple(steps),
        tuple(blobs),
        tuple(span.start for span in sound.mdats),
        sound.page,
    )
    return recipe, blobs


def find_audio(source: BoundedFile, kind: str) -> AudioLayout:
    """Return where a file's audio is; for pictures and texts, an empty layout."""
    return AudioLayout(()) if _has_no_audio(kind) else audio_layout.find_layout(source, kind)


def _has_no_audio(kind: str) -> bool:
    """Return True if `kind` is a MIME type, and False if it is the name of an audio format."""
    return "/" in kind


def _build_whole_file(source: BoundedFile, kind: str) -> tuple[ReversePatch, dict[str, bytes]]:
    """Build a reverse patch that stores a whole file.

    A picture is stored as a blob, a text in the patch.
    """
    if source.size > _MAX_WHOLE_FILE:
        raise ValueError("it is too large to store for undo")
    data = source.read(0, source.size)
    if not data or not kind.startswith("image/"):
        return ReversePatch(zlib.compress(data, 9), ((_RAW, len(data)),) if data else ()), {}
    name = sha256(data).hexdigest()
    return ReversePatch(zlib.compress(b""), ((_BLOB, 0, 0, len(data)),), (name,)), {name: data}


def _find_pictures(pictures: list[StoredPicture]) -> tuple[dict[str, bytes], list[_PatchPart]]:
    blobs: dict[str, bytes] = {}
    marks = []
    for image in pictures:
        if len(image.data) < _MIN_BLOB_SIZE or not image.spans:
            continue
        data = image.block or image.data
        name = sha256(data).hexdigest()
        blobs[name] = data
        index, start = list(blobs).index(name), 0
        for span in image.spans:
            code = _TEXT if image.block else _BLOB
            marks.append(_PatchPart(span, (code, index, start, span.size)))
            start += span.size
    return blobs, marks


def apply(
    recipe: ReversePatch, layout: AudioLayout, blob: Callable[[str], bytes]
) -> list[FilePart]:
    """Return the parts of the old file, with the audio taken from the current file.

    Raises PatchMismatch if the audio has another layout. The caller has to verify the result.
    """
    raw = _decompress_raw(recipe)
    blobs = {index: blob(name) for index, name in enumerate(recipe.blobs)}
    encoded: Mapping[int, bytes] = {}
    audio_parts = _AudioParts(recipe, layout)
    parts, at = list[FilePart](), 0
    for code, *numbers in recipe.steps:
        values = [int(number) for number in numbers]
        if code == _RAW:
            parts.append(raw[at : at + values[0]])
            at += values[0]
        elif code == _AUDIO:
            parts += audio_parts.take_bytes(values[0])
        else:
            index, start, size = values
            if code == _TEXT and index not in encoded:
                encoded = {**encoded, index: base64.b64encode(blobs[index])}
            parts.append((encoded if code == _TEXT else blobs)[index][start : start + size])
    return parts


class _AudioParts:
    """The audio of the current file, handed out piece by piece from its beginning."""

    def __init__(self, recipe: ReversePatch, layout: AudioLayout) -> None:
        if len(recipe.mdats) != len(layout.mdats):
            raise PatchMismatch("its audio is split differently")
        self._recipe, self._sound = recipe, layout
        self._parts = [part for part in layout.parts if part.size]

    def take_bytes(self, size: int) -> Iterator[FilePart]:
        """Yield the next `size` bytes of the audio as file parts.

        Each is one whole part, or a piece of a part that contains no offsets or page numbers.
        """
        while size:
            if not self._parts:
                raise PatchMismatch("its audio is shorter")
            part = self._parts.pop(0)
            placed = self._sound.relocate(part, self._recipe.mdats, self._recipe.page)
            if part.size > size:
                self._parts.insert(0, ByteRange(part.start + size, part.end))
                part = placed = ByteRange(part.start, part.start + size)
            yield placed
            size -= part.size


def _decompress_raw(recipe: ReversePatch) -> bytes:
    """Return the decompressed non-audio bytes of a patch, no more than its steps use."""
    size = sum(int(step[1]) for step in recipe.steps if step[0] == _RAW)
    try:
        return zlib.decompressobj().decompress(recipe.raw, size) if size else b""
    except zlib.error as error:
        raise PatchMismatch("its record is damaged") from error
