"""What the readers of single formats hand on: blocks of tags, and what the sound is."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

import msgspec

from mediakeep.media.reading import Picture
from mediakeep.media.source import Span

Pieces = Iterator[bytes | Span]  # what an essence is made of, in order

# What reading bytes that make no sense may raise.
BROKEN = (struct.error, LookupError, ArithmeticError, ValueError)

_LONGEST = 65_536  # letters of one text that are kept
_ROOM = 4_194_304  # letters of all texts of one block
_PRICE = 1024  # letters that each text counts beside its own, so that their number is bounded too
_PICTURE_PRICE = _ROOM // 256  # letters that each picture counts


class Block(msgspec.Struct, kw_only=True):
    """One block of tags: its texts under their own names, and its pictures.

    What no tagger writes is cut: texts of more than 64 K letters, and all beyond the room, which
    some 4,000 texts, 4 million letters or 256 pictures take.
    """

    name: str  # such as "ID3v2.3"
    dialect: str  # whose names the texts bear, see `vocabulary`
    texts: dict[str, list[str]] = {}
    pictures: list[Picture] = []
    room: int = _ROOM

    def add(self, name: str, values: Iterable[str]) -> None:
        """Keep texts, but for empty ones, under a name that may have been there before."""
        for value in values:
            self.keep(name, value)

    def keep(self, name: str, text: str) -> None:
        """Keep one text, likewise."""
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
        """Keep a picture."""
        self.pictures.append(picture)
        self.room -= _PICTURE_PRICE

    @property
    def full(self) -> bool:
        """Whether there is no use in reading on."""
        return self.room <= 0


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """What a format's own header says of the sound; 0 or "" where it says nothing.

    Seconds, bits a second, Hz, channels, bits a sample.
    """

    length: float = 0.0
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    bits_per_sample: int = 0
    codec: str = ""
    lossless: bool = False
    sketchy: bool = False  # few frames that may be there by chance


class Anatomy(msgspec.Struct, kw_only=True):
    """A file taken apart; the blocks stand in the order in which players prefer them."""

    info: Info
    blocks: list[Block]


def attempt(read: Callable[[], Block | None]) -> Block | None:
    """Read a block of tags, or give None where it makes no sense: the sound may still be whole."""
    try:
        return read()
    except BROKEN:
        return None
