"""Read ID3v1 tags, after id3.org's "ID3v1", with the track number of version 1.1."""

from __future__ import annotations

from mediakeep.media.audio.ape import apev2
from mediakeep.media.audio.id3 import genres
from mediakeep.media.audio.parsed_file import TagBlock

TAG_SIZE = 128
MAGIC = b"TAG"

_NO_GENRE = 255
_TEXT_FIELDS = (("TIT2", 3, 33), ("TPE1", 33, 63), ("TALB", 63, 93), ("TDRC", 93, 97))


def ends_with_tag(tail: bytes) -> bool:
    """Return True if the last bytes of audio with tags end with an ID3v1 tag.

    "TAG" may also be in the middle of the magic bytes of an APEv2 tag of 131 bytes, "APETAGEX".
    """
    start = len(tail) - TAG_SIZE
    return tail.startswith(MAGIC, start) and not (
        start >= 3 and tail.startswith(apev2.MAGIC, start - 3)
    )


def parse_tag(data: bytes) -> TagBlock:
    """Parse an ID3v1 tag.

    Its encoding is unknown, so each byte becomes one character (Latin-1).
    """
    block = TagBlock(name="ID3v1", tag_format="id3")
    for name, start, end in _TEXT_FIELDS:
        block.add_texts(name, [_decode_field(data[start:end])])
    has_track_number = data[125] == 0 and data[126] != 0
    block.add_texts("COMM", [_decode_field(data[97 : 125 if has_track_number else 127])])
    if has_track_number:
        block.add_texts("TRCK", [str(data[126])])
    if data[127] != _NO_GENRE:
        block.add_texts("TCON", [genres.genre_name(data[127])])
    return block


def _decode_field(field: bytes) -> str:
    return field.partition(b"\0")[0].rstrip(b" ").decode("latin-1")
