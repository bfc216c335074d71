"""The result that all audio format parsers return: tag blocks and audio properties."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

import msgspec

from mediakeep.media.audio.model import EmbeddedPicture
from mediakeep.media.bounded_file import ByteRange

EssenceParts = Iterator[bytes | ByteRange]  # the parts of the audio essence, in order

# Exceptions that parsing malformed bytes may raise.
PARSE_ERRORS = (struct.error, LookupError, ArithmeticError, ValueError)

_MAX_TEXT = 65_536  # characters kept of one text
_MAX_BLOCK_TEXT = 4_194_304  # characters of all texts in one block
_COST_PER_TEXT = 1024  # characters added per text, which bounds the number of texts
_COST_PER_PICTURE = _MAX_BLOCK_TEXT // 256  # characters counted per picture


class TagBlock(msgspec.Struct, kw_only=True):
    """One block of tags in an audio file: its texts under their native names, and its pictures.

    Input that no tagger writes is truncated: texts beyond 64 K characters, and everything after the
    block's budget of about 4,000 texts, 4 million characters or 256 pictures.
    """

    name: str  # such as "ID3v2.3"
    tag_format: str  # the naming scheme of the texts, see `normalize_tags`
    texts: dict[str, list[str]] = {}
    pictures: list[EmbeddedPicture] = []
    remaining: int = _MAX_BLOCK_TEXT

    def add_texts(self, name: str, values: Iterable[str]) -> None:
        """Append non-empty texts to the values of a native tag name."""
        for value in values:
            self.add_text(name, value)

    def add_text(self, name: str, text: str) -> None:
        """Append a text to the values of a tag name, if it is not empty and fits the budget."""
        size = len(text)
        if not size or self.remaining <= 0:
            return
        if size > _MAX_TEXT:
            text, size = text[:_MAX_TEXT], _MAX_TEXT
        self.remaining -= size + _COST_PER_TEXT
        if name in self.texts:
            self.texts[name].append(text)
        else:
            self.texts[name] = [text]

    def add_picture(self, picture: EmbeddedPicture) -> None:
        self.pictures.append(picture)
        self.remaining -= _COST_PER_PICTURE

    @property
    def is_full(self) -> bool:
        """True if the block's budget is used up, so that reading on is pointless."""
        return self.remaining <= 0


class StreamInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Audio properties from the headers of an audio format; 0 or "" if the format has no value.

    Units: seconds, bits per second, Hz, channels, bits per sample.
    """

    length: float = 0.0
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    bits_per_sample: int = 0
    codec: str = ""
    lossless: bool = False
    uncertain: bool = False  # so few frames that they may be there by chance


class ParsedFile(msgspec.Struct, kw_only=True):
    """A parsed audio file: its audio properties and its tag blocks.

    The blocks are in the order in which players prefer them.
    """

    info: StreamInfo
    blocks: list[TagBlock]


def parse_or_none(read: Callable[[], TagBlock | None]) -> TagBlock | None:
    """Return the tag block that `read` returns, or None if the block is malformed.

    The audio of the file may still be intact.
    """
    try:
        return read()
    except PARSE_ERRORS:
        return None
