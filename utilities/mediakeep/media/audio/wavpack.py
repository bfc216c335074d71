"""Parse WavPack: blocks that declare the number of their first sample.

After David Bryant's "WavPack 4 & 5 Binary File / Block Format".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo
from mediakeep.media.audio.stream_check import StreamCheck, missing_time_text
from mediakeep.media.audio.surrounding_tags import build_parsed_file
from mediakeep.media.bounded_file import BoundedFile, ByteRange

_MAGIC = b"wvpk"
_HEADER_SIZE, _COUNTED_HEADER_SIZE = (
    32,
    24,
)  # bytes of a block header, and those included in the block size
_UNKNOWN_COUNT = 0xFFFFFFFF
_SEARCH_SIZE = 1 << 16  # bytes searched in one read
_TAIL_SIZES = (65_536, 262_144)  # bytes searched for the last block with audio
_SAMPLE_RATES = (
    *(6000, 8000, 9600, 11025, 12000, 16000, 22050, 24000, 32000, 44100),
    *(48000, 64000, 88200, 96000, 192000),
)
_MONO_FLAG, _HYBRID_FLAG, _DSD_FLAG = 1 << 2, 1 << 3, 1 << 31
_MAX_METADATA_SIZE, _MAX_SUBBLOCKS = 4096, 64  # bytes and number of sub-blocks read
_SAMPLE_RATE_ID, _CHANNEL_INFO_ID = 0x27, 0x0D

iter_essence = surrounding_tags.iter_essence


class _WavPackBlock(NamedTuple):
    """The header of a WavPack block.

    `size` is the number of bytes after the first eight, `samples` the number of samples in the
    block, and `total_samples` that of the whole file.
    """

    size: int
    first_sample: int
    samples: int
    total_samples: int  # 0 if unknown

    @property
    def end(self) -> int:
        """The number of the first sample after the block."""
        return self.first_sample + self.samples


def parse(source: BoundedFile) -> ParsedFile:
    """Parse the first block of a WavPack file; raise struct.error if it is truncated."""
    samples, info = source.call_once_and_cache(_read_first_block)
    if not samples and (last := _find_last_block(source)):  # the file was written to a pipe
        samples = last[0].end
    return build_parsed_file(source, samples, info)


def check_stream(source: BoundedFile) -> StreamCheck:
    """Check that the last audio block of a WavPack file reaches the declared number of samples."""
    audio = surrounding_tags.find_audio_range(source)
    block = _parse_block_header(source.read(audio.start, _HEADER_SIZE))
    total = block.total_samples if block else 0
    last = _find_last_block(source)
    if last is None:
        return StreamCheck(audio.size)
    last_block, is_truncated = last
    if is_truncated:
        return StreamCheck(audio.size, "its last block is truncated")
    end = last_block.end
    return StreamCheck(audio.size, _missing_audio_text(source, end, total) if end < total else "")


def find_whole_blocks(source: BoundedFile) -> Iterator[ByteRange]:
    """Yield the blocks of a WavPack file that end at another one, or at the end of the audio."""
    audio = surrounding_tags.find_audio_range(source)
    offset = audio.start
    while offset < audio.end:
        block = _parse_block_header(source.read(offset, _HEADER_SIZE))
        end = offset + 8 + block.size if block else 0
        if end == audio.end or (block and source.read(end, len(_MAGIC)) == _MAGIC):
            yield ByteRange(offset, end)
            offset = end
        else:
            offset = _find_magic(source, ByteRange(offset + 1, audio.end))


def _find_magic(source: BoundedFile, searched: ByteRange) -> int:
    """Return where the next block may begin, or the end of the range."""
    for start in range(searched.start, searched.end, _SEARCH_SIZE):
        at = source.read(start, _SEARCH_SIZE + len(_MAGIC) - 1).find(_MAGIC)
        if at >= 0:
            return start + at
    return searched.end


def _find_last_block(source: BoundedFile) -> tuple[_WavPackBlock, bool] | None:
    """Return the last block with audio and False, or a truncated block at the end and True.

    Return None if no block is found near the end of the audio.
    """
    audio = surrounding_tags.find_audio_range(source)
    for reach in _TAIL_SIZES:
        tail = source.read_tail(audio.end, min(reach, audio.size))
        for offset, block in _find_blocks_backwards(tail):
            is_truncated = offset + 8 + block.size > len(tail)
            if block.samples or is_truncated:
                return block, is_truncated
    return None


def _missing_audio_text(source: BoundedFile, end: int, total: int) -> str:
    """Return a clause with the present and the declared length of the audio, as times."""
    rate = source.call_once_and_cache(_read_first_block)[1].sample_rate or 1
    return missing_time_text(end / rate, total / rate)


def _read_first_block(source: BoundedFile) -> tuple[int, StreamInfo]:
    """Return the total samples, 0 if unknown, and the audio properties of a WavPack file.

    They are read from its first block.
    """
    start = surrounding_tags.find_audio_start(source)
    size, samples, flags = struct.unpack_from("<I4xI8xI", source.read(start, _HEADER_SIZE), 4)
    parts = _read_subblocks(
        source, start + _HEADER_SIZE, min(start + 8 + size, start + _MAX_METADATA_SIZE)
    )
    info = StreamInfo(
        sample_rate=_sample_rate(flags, parts),
        channels=parts.get(_CHANNEL_INFO_ID, 0) & 0xFF or (1 if flags & _MONO_FLAG else 2),
        bits_per_sample=1 if flags & _DSD_FLAG else (flags & 3) * 8 + 8,
        lossless=not flags & _HYBRID_FLAG,
    )
    return 0 if samples == _UNKNOWN_COUNT else samples, info


def _sample_rate(flags: int, parts: dict[int, int]) -> int:
    index = flags >> 23 & 15
    rate = _SAMPLE_RATES[index] if index < len(_SAMPLE_RATES) else parts.get(_SAMPLE_RATE_ID, 0)
    # the declared rate is a quarter of the byte rate
    return rate * 4 if flags & _DSD_FLAG else rate


def _read_subblocks(source: BoundedFile, offset: int, end: int) -> dict[int, int]:
    """Return the WavPack sub-blocks of up to 4 bytes as integers by sub-block id."""
    values = {}
    for _ in range(_MAX_SUBBLOCKS):
        head = source.read(offset, 8)
        if offset + 4 > end or len(head) < 4:
            break
        header_size = 4 if head[0] & 0x80 else 2
        size = 2 * int.from_bytes(head[1:header_size], "little")
        length = size - 1 if head[0] & 0x40 else size
        if length <= 4:
            content = head[header_size : header_size + length]
            values[head[0] & 0x3F] = int.from_bytes(content, "little")
        offset += header_size + size
    return values


def _find_blocks_backwards(tail: bytes) -> Iterator[tuple[int, _WavPackBlock]]:
    """Yield the offset in `tail` and the header of each WavPack block, the last block first."""
    offset = len(tail)
    while (offset := tail.rfind(_MAGIC, 0, offset)) >= 0:
        if block := _parse_block_header(tail[offset : offset + _HEADER_SIZE]):
            yield offset, block


def _parse_block_header(head: bytes) -> _WavPackBlock | None:
    """Parse the header of a WavPack block; return None if it is invalid or truncated."""
    if len(head) < _HEADER_SIZE or head[:4] != _MAGIC:
        return None
    size, version, index_high, total_high, total, index, samples = struct.unpack_from(
        "<IHBBIII", head, 4
    )
    if not 0x402 <= version <= 0x410 or size < _COUNTED_HEADER_SIZE:
        return None
    file_samples = 0 if total == _UNKNOWN_COUNT else total + (total_high << 32) - total_high
    return _WavPackBlock(size, index + (index_high << 32), samples, file_samples)
