"""MP3: the ID3v2 tag in front speaks for the file; the frames of sound follow as they are."""

from __future__ import annotations

from mediakeep.media.audio.id3 import id3v2
from mediakeep.media.audio.mp3 import mp3_stream
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, InMemoryFile
from mediakeep.media.edits import around, id3texts
from mediakeep.media.safewrite.file_assembly import FilePart


def edited(source: BoundedFile, wanted: TargetTags, manner: TagWriteOptions) -> list[FilePart]:
    """Return the parts of the MP3 file with the wanted values in its tags."""
    sound = next(mp3_stream.iter_essence(source))
    tags = [source.read(span.start, span.size) for span in around.before(source, sound.start)]
    speaking = next((index for index, data in enumerate(tags) if _tells(data)), None)
    if speaking is None and not (tags and id3v2.parse_tag_size(tags[0])):
        tags.insert(0, b"")
    pieces: list[FilePart] = [
        id3texts.edited(data, wanted, manner.id3)
        if index == (speaking or 0)
        else around.front(data, wanted, manner)
        for index, data in enumerate(tags)
    ]
    return [*pieces, sound, *around.back(source, sound.end, wanted, manner)]


def _tells(data: bytes) -> bool:
    block = id3v2.read_tag(InMemoryFile(data), 0, len(data)) if id3v2.parse_tag_size(data) else None
    return bool(block and (block.texts or block.pictures))
