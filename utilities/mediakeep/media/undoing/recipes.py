"""Reverse patches: the non-audio bytes of a file, and their positions around the audio."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

from mediakeep.media.edits import images
from mediakeep.media.edits.images import Image
from mediakeep.media.source import Source, Span
from mediakeep.media.splices import soundmap
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.splices.soundmap import SoundMap
from mediakeep.media.undoing.record import Recipe

_LARGEST = 64 << 20  # bytes of a non-audio file, which is stored as a whole
_STORED = 1024  # bytes; smaller pictures are stored in the patch
_RAW, _AUDIO, _BLOB, _TEXT = "r", "a", "b", "t"

Step = tuple[str | int, ...]


class Misfit(ValueError):
    """The reverse patch does not fit the audio of the current file."""


class _Mark(NamedTuple):
    """A part of the old file that the patch refers to instead of containing it."""

    span: Span
    step: Step


def make(source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:
    """Return the reverse patch that restores a file, and the blobs it needs by SHA-256.

    Raises ValueError if the layout of the file is not supported.
    """
    if _is_soundless(kind):
        return _whole(source, kind)
    sound = soundmap.of(source, kind)
    blobs, marks = _pictures(images.of(source, kind))
    marks += [_Mark(span, (_AUDIO, span.size)) for span in sound.parts if span.size]
    raw, steps, at = list[bytes](), list[Step](), 0
    for mark in [*sorted(marks), _Mark(Span(source.size, source.size), ())]:
        if at < mark.span.start:
            raw.append(source.read(at, mark.span.start - at))
            steps.append((_RAW, mark.span.start - at))
        if mark.step:
            steps.append(mark.step)
        at = mark.span.end
    recipe = Recipe(
        zlib.compress(b"".join(raw), 9),
        tuple(steps),
        tuple(blobs),
        tuple(span.start for span in sound.mdats),
        sound.page,
    )
    return recipe, blobs


def sound_of(source: Source, kind: str) -> SoundMap:
    """Return the audio layout of a file; empty for pictures and texts."""
    return SoundMap(()) if _is_soundless(kind) else soundmap.of(source, kind)


def _is_soundless(kind: str) -> bool:
    """Return True for a MIME type, False for the name of an audio format."""
    return "/" in kind


def _whole(source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:
    """Store a whole file: a picture as a blob, a text in the patch."""
    if source.size > _LARGEST:
        raise ValueError("it is too large to store for undo")
    data = source.read(0, source.size)
    if not data or not kind.startswith("image/"):
        return Recipe(zlib.compress(data, 9), ((_RAW, len(data)),) if data else ()), {}
    name = sha256(data).hexdigest()
    return Recipe(zlib.compress(b""), ((_BLOB, 0, 0, len(data)),), (name,)), {name: data}


def _pictures(pictures: list[Image]) -> tuple[dict[str, bytes], list[_Mark]]:
    blobs: dict[str, bytes] = {}
    marks = []
    for image in pictures:
        if len(image.data) < _STORED or not image.spans:
            continue
        data = image.block or image.data
        name = sha256(data).hexdigest()
        blobs[name] = data
        index, start = list(blobs).index(name), 0
        for span in image.spans:
            code = _TEXT if image.block else _BLOB
            marks.append(_Mark(span, (code, index, start, span.size)))
            start += span.size
    return blobs, marks


def follow(recipe: Recipe, sound: SoundMap, blob: Callable[[str], bytes]) -> list[Piece]:
    """Return the parts of the old file, taking the audio from the current one.

    Raises PatchMismatch if the audio has another layout. The caller has to verify the result.
    """
    raw = _unfolded(recipe)
    blobs = {index: blob(name) for index, name in enumerate(recipe.blobs)}
    encoded: Mapping[int, bytes] = {}
    audio_parts = _Sound(recipe, sound)
    parts, at = list[Piece](), 0
    for code, *numbers in recipe.steps:
        values = [int(number) for number in numbers]
        if code == _RAW:
            parts.append(raw[at : at + values[0]])
            at += values[0]
        elif code == _AUDIO:
            parts += audio_parts.take(values[0])
        else:
            index, start, size = values
            if code == _TEXT and index not in encoded:
                encoded = {**encoded, index: base64.b64encode(blobs[index])}
            parts.append((encoded if code == _TEXT else blobs)[index][start : start + size])
    return parts


class _Sound:
    """The audio of a file, consumed from its beginning."""

    def __init__(self, recipe: Recipe, sound: SoundMap) -> None:
        if len(recipe.mdats) != len(sound.mdats):
            raise Misfit("its audio is split differently")
        self._recipe, self._sound = recipe, sound
        self._parts = [part for part in sound.parts if part.size]

    def take(self, size: int) -> Iterator[Piece]:
        """Yield the next `size` bytes: one whole part, or pieces of parts without offsets."""
        while size:
            if not self._parts:
                raise Misfit("its audio is shorter")
            part = self._parts.pop(0)
            placed = self._sound.placed(part, self._recipe.mdats, self._recipe.page)
            if part.size > size:
                self._parts.insert(0, Span(part.start + size, part.end))
                part = placed = Span(part.start, part.start + size)
            yield placed
            size -= part.size


def _unfolded(recipe: Recipe) -> bytes:
    """Return the decompressed non-audio bytes, no more than the steps use."""
    size = sum(int(step[1]) for step in recipe.steps if step[0] == _RAW)
    try:
        return zlib.decompressobj().decompress(recipe.raw, size) if size else b""
    except zlib.error as error:
        raise Misfit("its record is damaged") from error
