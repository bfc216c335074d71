"""Write the tags of MP3 and True Audio: ID3v2 before the audio, and other tags around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from mediakeep.media.audio import tag_ranges
from mediakeep.media.audio.id3 import id3v2, raw_frames
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import id3_tags, other_tags


class Id3TagWriter:
    """The tag writer for a format whose files begin with ID3v2.

    `iter_essence` is the function of its parser that finds the audio.
    """

    TAG_FORMAT = "id3"

    def __init__(self, iter_essence: Callable[[BoundedFile], Iterator[ByteRange]]) -> None:
        self._iter_essence = iter_essence

    def save_tags(
        self, file: BinaryIO, source: BoundedFile, target: TargetTags, options: TagWriteOptions
    ) -> None:
        """Write target values into the open file `file`, whose current bytes are `source`."""
        audio = tag_ranges.find_audio(self._iter_essence(source))
        main = self._find_main_tag(source)
        patches = [
            (span, id3_tags.update_tag(source.read(span.start, span.size), target, options.id3))
            if span == main
            else other_tags.update_leading(source, span, target, options)
            for span in tag_ranges.find_leading_tags(source, audio.start)
        ]
        if not main.size:
            patches.insert(0, (main, id3_tags.update_tag(b"", target, options.id3)))
        patches += other_tags.update_trailing(source, audio.end, target, options)
        other_tags.apply_patches(file, patches)

    def read_texts(self, source: BoundedFile) -> dict[str, list[str]]:
        """Return the texts of the main tag as mutagen reads them."""
        main = self._find_main_tag(source)
        return id3_tags.read_texts(source.read(main.start, main.size)) if main.size else {}

    def find_lost_items(self, old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
        """Return the names of frames that a new file lacks and `target` does not change."""
        before, after = (
            source.read(main.start, main.size)
            for source in (old, new)
            for main in [self._find_main_tag(source)]
        )
        return id3_tags.find_lost_frames(before, after, target) if before else []

    def _find_main_tag(self, source: BoundedFile) -> ByteRange:
        """Return the first ID3v2 tag that contains texts or pictures, or the first if none does.

        The range is empty if there is no tag.
        """
        audio = tag_ranges.find_audio(self._iter_essence(source))
        spans = [
            span
            for span in tag_ranges.find_leading_tags(source, audio.start)
            if id3v2.parse_tag_size(source.read(span.start, 10))
        ]
        for span in spans:
            tag = raw_frames.parse_tag(source.read(span.start, span.size))
            block = tag.read() if tag else None
            if block and (block.texts or block.pictures):
                return span
        return spans[0] if spans else ByteRange(0, 0)
