"""The MD5 of all samples in a FLAC file, after RFC 9639, section 8.2."""

from __future__ import annotations

from array import array
from hashlib import md5
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_STREAMINFO = 34  # bytes
_WORD = {"s16": 2, "s32": 4}  # bytes per sample, by the sample format of the decoder


class FlacSum:
    """Computes the MD5 of the decoded samples and compares it with that of the file."""

    def __init__(self, streaminfo: bytes) -> None:
        self._told = streaminfo[18:_STREAMINFO]
        self._bits = ((streaminfo[12] & 1) << 4 | streaminfo[13] >> 4) + 1
        self._sum = md5(usedforsecurity=False)
        self._known = any(self._told)  # 0: not set by the encoder

    @classmethod
    def of(cls, streaminfo: bytes | None) -> Self | None:
        """Create from the STREAMINFO of a file; return None if it is truncated."""
        return cls(streaminfo) if streaminfo and len(streaminfo) >= _STREAMINFO else None

    def add(self, frame: AudioFrame) -> None:
        """Add the samples of a frame, which the decoder returns as 16 or 32 bit words."""
        word = _WORD.get(frame.format.name)
        self._known = self._known and word is not None
        if word is None or not self._known:
            return
        size = frame.samples * len(frame.layout.channels) * word
        self._sum.update(packed(bytes(frame.planes[0])[:size], word, self._bits))

    def agrees(self) -> bool | None:
        """Return whether the MD5 matches; None if it cannot be checked."""
        return self._sum.digest() == self._told if self._known else None


def packed(words: bytes, word: int, bits: int) -> bytes:
    """Pack samples, the upper `bits` of little-endian words, into as few bytes as possible.

    For 24 bits in 32-bit words the lowest byte is dropped; depths that do not fill whole bytes are
    shifted down sample by sample.
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
    result = bytearray(len(words) // word * size)
    for byte in range(size):
        result[byte::size] = words[byte + skip :: word]
    return bytes(result)
