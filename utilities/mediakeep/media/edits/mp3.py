"""MP3: the ID3v2 tag in front speaks for the file; the frames of sound follow as they are."""

from __future__ import annotations

from mediakeep.media.dialects import id3
from mediakeep.media.edits import around, id3texts
from mediakeep.media.edits.changes import Wanted
from mediakeep.media.edits.manner import Manner
from mediakeep.media.source import Held, Source
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.streams import mpeg


def edited(source: Source, wanted: Wanted, manner: Manner) -> list[Piece]:
    """Return the file with what is wanted in its tags."""
    sound = next(mpeg.essence(source))
    tags = [source.read(span.start, span.size) for span in around.before(source, sound.start)]
    speaking = next((index for index, data in enumerate(tags) if _tells(data)), None)
    if speaking is None and not (tags and id3.extent(tags[0])):
        tags.insert(0, b"")
    pieces: list[Piece] = [
        id3texts.edited(data, wanted, manner.id3)
        if index == (speaking or 0)
        else around.front(data, wanted, manner)
        for index, data in enumerate(tags)
    ]
    return [*pieces, sound, *around.back(source, sound.end, wanted, manner)]


def _tells(data: bytes) -> bool:
    block = id3.read(Held(data), 0, len(data)) if id3.extent(data) else None
    return bool(block and (block.texts or block.pictures))
