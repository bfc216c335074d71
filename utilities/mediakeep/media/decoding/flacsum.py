"""The checksum that a FLAC encoder makes of all samples, after RFC 9639, section 8.2."""

from __future__ import annotations

from array import array
from hashlib import md5
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_STREAMINFO = 34  # bytes
_WORD = {"s16": 2, "s32": 4}  # bytes a sample, by the format that the decoder gives


class FlacSum:
    """The MD5 of the samples as they come, and the one that the file tells."""

    def __init__(self, streaminfo: bytes) -> None:
        self._told = streaminfo[18:_STREAMINFO]
        self._bits = ((streaminfo[12] & 1) << 4 | streaminfo[13] >> 4) + 1
        self._sum = md5(usedforsecurity=False)
        self._known = any(self._told)  # an encoder that tells none leaves it 0

    @classmethod
    def of(cls, streaminfo: bytes | None) -> Self | None:
        """Begin with the STREAMINFO of a file; None where it is cut off."""
        return cls(streaminfo) if streaminfo and len(streaminfo) >= _STREAMINFO else None

    def add(self, frame: AudioFrame) -> None:
        """Add the samples of a frame, which the decoder gives in words of 16 or 32 bits."""
        word = _WORD.get(frame.format.name)
        self._known = self._known and word is not None
        if word is None or not self._known:
            return
        size = frame.samples * len(frame.layout.channels) * word
        self._sum.update(packed(bytes(frame.planes[0])[:size], word, self._bits))

    def agrees(self) -> bool | None:
        """Tell whether the samples have the sum; None where that cannot be told."""
        return self._sum.digest() == self._told if self._known else None


def packed(words: bytes, word: int, bits: int) -> bytes:
    """Put samples from the upper `bits` of little-endian words into as few bytes as hold them.

    Of 24 bits in words of 32 the lowest byte is left out; the few that do not fill whole bytes are
    shifted down one by one.
    """
    size = (bits + 7) // 8
    if bits % 8:
        shifted = array("h" if word == 2 else "i", words)
        for index, sample in enumerate(shifted):
            shifted[index] = sample >> (word * 8 - bits)
        words, skip = shifted.tobytes(), 0
    else:
        skip = word - size
    if size == word:
        return words
    kept = bytearray(len(words) // word * size)
    for byte in range(size):
        kept[byte::size] = words[byte + skip :: word]
    return bytes(kept)
