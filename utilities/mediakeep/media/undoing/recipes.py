"""The way back from a change: the bytes of a file that are no sound, and how they lie around it."""

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

_LARGEST = 64 << 20  # bytes of a file without sound, which is kept whole
_STORED = 1024  # bytes from which on a picture is kept on its own
_RAW, _AUDIO, _BLOB, _TEXT = "r", "a", "b", "t"

Step = tuple[str | int, ...]


class Misfit(ValueError):
    """A recipe and the sound that is there do not go together."""


class _Mark(NamedTuple):
    """A part of the old file that is not put into the recipe as it is."""

    span: Span
    step: Step


def make(source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:
    """Return the recipe of a file, and the blobs that it needs by their SHA-256.

    ValueError where it cannot be made.
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
    """Find the sound of a file; of a picture or a text there is none."""
    return SoundMap(()) if _is_soundless(kind) else soundmap.of(source, kind)


def _is_soundless(kind: str) -> bool:
    """Tell a MIME type from the name of a format."""
    return "/" in kind


def _whole(source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:
    """Keep a file whole: a picture as a blob, a text among the bytes of its record."""
    if source.size > _LARGEST:
        raise ValueError("it is too large to be kept")
    data = source.read(0, source.size)
    if not data or not kind.startswith("image/"):
        return Recipe(zlib.compress(data, 9), ((_RAW, len(data)),) if data else ()), {}
    name = sha256(data).hexdigest()
    return Recipe(zlib.compress(b""), ((_BLOB, 0, 0, len(data)),), (name,)), {name: data}


def _pictures(found: list[Image]) -> tuple[dict[str, bytes], list[_Mark]]:
    blobs: dict[str, bytes] = {}
    marks = []
    for image in found:
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
    """Return the old file, made with the sound of another; Misfit where that has another shape.

    Whether it is the old file indeed is for the caller to prove.
    """
    raw = _unfolded(recipe)
    held = {index: blob(name) for index, name in enumerate(recipe.blobs)}
    texts: Mapping[int, bytes] = {}
    parts = _Sound(recipe, sound)
    found, at = list[Piece](), 0
    for code, *numbers in recipe.steps:
        values = [int(number) for number in numbers]
        if code == _RAW:
            found.append(raw[at : at + values[0]])
            at += values[0]
        elif code == _AUDIO:
            found += parts.take(values[0])
        else:
            index, start, size = values
            if code == _TEXT and index not in texts:
                texts = {**texts, index: base64.b64encode(held[index])}
            found.append((texts if code == _TEXT else held)[index][start : start + size])
    return found


class _Sound:
    """The sound of a file, taken from its beginning on."""

    def __init__(self, recipe: Recipe, sound: SoundMap) -> None:
        if len(recipe.mdats) != len(sound.mdats):
            raise Misfit("its sound is in other parts")
        self._recipe, self._sound = recipe, sound
        self._parts = [part for part in sound.parts if part.size]

    def take(self, size: int) -> Iterator[Piece]:
        """Give the next bytes; one whole part, or parts of several that tell no place."""
        while size:
            if not self._parts:
                raise Misfit("its sound is shorter")
            part = self._parts.pop(0)
            placed = self._sound.placed(part, self._recipe.mdats, self._recipe.page)
            if part.size > size:
                self._parts.insert(0, Span(part.start + size, part.end))
                part = placed = Span(part.start, part.start + size)
            yield placed
            size -= part.size


def _unfolded(recipe: Recipe) -> bytes:
    """Give the bytes that are no sound; no more than the steps ask for."""
    size = sum(int(step[1]) for step in recipe.steps if step[0] == _RAW)
    try:
        return zlib.decompressobj().decompress(recipe.raw, size) if size else b""
    except zlib.error as error:
        raise Misfit("its record is damaged") from error
