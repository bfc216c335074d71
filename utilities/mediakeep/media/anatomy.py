"""The common result of the format parsers: tag blocks and stream properties."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

import msgspec

from mediakeep.media.reading import Picture
from mediakeep.media.source import Span

Pieces = Iterator[bytes | Span]  # the parts of the audio essence, in order

# Exceptions that parsing malformed bytes may raise.
BROKEN = (struct.error, LookupError, ArithmeticError, ValueError)

_LONGEST = 65_536  # characters kept of one text
_ROOM = 4_194_304  # characters of all texts in one block
_PRICE = 1024  # characters added per text, which bounds the number of texts
_PICTURE_PRICE = _ROOM // 256  # characters counted per picture


class Block(msgspec.Struct, kw_only=True):
    """One block of tags: texts under their native names, and pictures.

    Input that no tagger writes is truncated: texts beyond 64 K characters, and everything after the
    block's budget of about 4,000 texts, 4 million characters or 256 pictures.
    """

    name: str  # such as "ID3v2.3"
    dialect: str  # the naming scheme of the texts, see `normalize_tags`
    texts: dict[str, list[str]] = {}
    pictures: list[Picture] = []
    room: int = _ROOM

    def add(self, name: str, values: Iterable[str]) -> None:
        """Append non-empty texts under a name, which may be new or present."""
        for value in values:
            self.keep(name, value)

    def keep(self, name: str, text: str) -> None:
        """Append one text, unless it is empty or the budget is used up."""
        size = len(text)
        if not size or self.room <= 0:
            return
        if size > _LONGEST:
            text, size = text[:_LONGEST], _LONGEST
        self.room -= size + _PRICE
        if name in self.texts:
            self.texts[name].append(text)
        else:
            self.texts[name] = [text]

    def embed(self, picture: Picture) -> None:
        self.pictures.append(picture)
        self.room -= _PICTURE_PRICE

    @property
    def full(self) -> bool:
        """Whether the budget is used up, so reading on is pointless."""
        return self.room <= 0


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """Audio properties from the format's header; 0 or "" if the header has no value.

    Units: seconds, bits per second, Hz, channels, bits per sample.
    """

    length: float = 0.0
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    bits_per_sample: int = 0
    codec: str = ""
    lossless: bool = False
    sketchy: bool = False  # so few frames that they may be there by chance


class Anatomy(msgspec.Struct, kw_only=True):
    """A parsed file; the tag blocks are in the order in which players prefer them."""

    info: Info
    blocks: list[Block]


def attempt(read: Callable[[], Block | None]) -> Block | None:
    """Parse a tag block; return None if it is malformed, as the audio may still be intact."""
    try:
        return read()
    except BROKEN:
        return None
