"""Compute the MD5 of all samples of a FLAC file, after RFC 9639, section 8.2."""

from __future__ import annotations

from array import array
from hashlib import md5
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

_STREAMINFO_SIZE = 34  # bytes
_WORD_SIZES = {"s16": 2, "s32": 4}  # bytes per sample, by the sample format of the decoder


class FlacMd5:
    """Computes the MD5 of decoded samples and compares it with the MD5 stored in a FLAC file."""

    def __init__(self, streaminfo: bytes) -> None:
        self._expected = streaminfo[18:_STREAMINFO_SIZE]
        self._bits_per_sample = ((streaminfo[12] & 1) << 4 | streaminfo[13] >> 4) + 1
        self._digest = md5(usedforsecurity=False)
        self._is_checkable = any(self._expected)  # 0: not set by the encoder

    @classmethod
    def from_streaminfo(cls, streaminfo: bytes | None) -> Self | None:
        """Create a FlacMd5 from a FLAC file's STREAMINFO block, or None if it is truncated."""
        return cls(streaminfo) if streaminfo and len(streaminfo) >= _STREAMINFO_SIZE else None

    def add_frame(self, frame: AudioFrame) -> None:
        """Add the samples of a decoded frame; the decoder returns them as 16 or 32 bit words."""
        word = _WORD_SIZES.get(frame.format.name)
        self._is_checkable = self._is_checkable and word is not None
        if word is None or not self._is_checkable:
            return
        size = frame.samples * len(frame.layout.channels) * word
        self._digest.update(
            pack_samples(bytes(frame.planes[0])[:size], word, self._bits_per_sample)
        )

    def matches(self) -> bool | None:
        """Return True if the MD5 equals the stored one, or None if it cannot be checked."""
        return self._digest.digest() == self._expected if self._is_checkable else None


def pack_samples(words: bytes, word: int, bits: int) -> bytes:
    """Pack audio samples into as few bytes as possible, as the MD5 of FLAC requires.

    Each sample is the upper `bits` bits of a little-endian word of `word` bytes. For 24 bits in
    32-bit words the lowest byte is dropped; depths that do not fill whole bytes are shifted down
    sample by sample.
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
