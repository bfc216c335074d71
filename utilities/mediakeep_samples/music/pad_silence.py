"""Append silence to audio files, so that they have a given length and stay small.

Each format has a block that encodes silence in a few bytes, and is repeated as needed:

    MP3     a frame of the lowest bit rate, only zeros after its header: no granule has data
    FLAC    constant subframes of 0, inserted before the last block, which may be shorter
    M4A     an element without bands (ISO/IEC 14496-3, 4.4.2.1), and longer sample tables
    Ogg     a long block in which no channel has a floor (Vorbis I, 4.3.2)
    Opus    the silence flag of CELT (RFC 6716, 4.3)

All lengths, checksums and sizes are updated, except FLAC's MD5 of all samples: it is omitted, as by
encoders that cannot seek. Lengths are accurate to a tenth of a second.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import accumulate, pairwise

from mutagen.ogg import OggPage

from mediakeep_samples.music import audio_frames

_SKIPPED_FRAMES = 2  # frames that encoder and decoder add, which are skipped
_TOC_ENTRIES = 100  # entries of the seek table, one per hundredth of the duration
_M4A_BLOCK = 1024  # samples per block of M4A
_SILENT_MONO, _SILENT_STEREO = (
    bytes.fromhex("00c80007"),
    bytes.fromhex("21000320641c"),
)  # complete blocks
_CHANNEL_PAIR = 1  # element type with two channels
_FLAC_BLOCK_SIZE, _FLAC_SIZE_CODE = 576, 2  # samples per block, and their code
_SILENT_VORBIS = b"\x0e"  # a long block between long ones; no floor for up to four channels
_OPUS_SAMPLES, _CELT_CONFIG, _STEREO_FLAG, _SILENCE_FLAG = 960, 0xF8, 0x04, b"\xff\xfe"
_PACKETS_PER_PAGE = 200  # per Ogg page: each takes one of 255 segments


def pad_to_length(audio: bytes, suffix: str, length: int) -> bytes:
    """Return audio without tags, padded with silence to `length` milliseconds."""
    return _PADDERS[suffix](audio, length)


def _pad_mp3(audio: bytes, length: int) -> bytes:
    starts = audio_frames.find_mp3_frames(audio)
    first = audio[starts[1] : starts[1] + 4]
    header = bytes((*first[:2], 0x10 | first[2] & 0x0C, first[3]))
    silence = header.ljust(audio_frames.mp3_frame_size(header), b"\0")
    frame_count = round(length / 1000 / audio_frames.mp3_frame_seconds(header)) + _SKIPPED_FRAMES
    count = max(0, frame_count - len(starts) + 1)
    data = bytearray(audio + count * silence)
    mark = audio_frames.find_xing_header(audio)
    places = [*starts, *range(len(audio), len(data), len(silence))][1:]
    toc = bytes(
        places[len(places) * part // _TOC_ENTRIES] * 256 // len(data)
        for part in range(_TOC_ENTRIES)
    )
    data[mark : mark + 4] = b"Xing"  # the bit rate is now variable
    struct.pack_into(">II", data, mark + 8, len(places), len(data))
    data[mark + 16 : mark + 16 + _TOC_ENTRIES] = toc
    struct.pack_into(">I", data, mark + 148, len(data))
    return audio_frames.update_mp3_checksums(data)


def _pad_flac(audio: bytes, length: int) -> bytes:
    """Insert frames before the last one, and update the number of samples in STREAMINFO."""
    blocks, *frames, last = audio_frames.split_flac(audio)
    # sample rate in 20 bits, number of samples in the last 36
    facts = int.from_bytes(blocks[18:26])
    rate, samples = facts >> 44, facts & (1 << 36) - 1
    count = max(0, round((length * rate / 1000 - samples) / _FLAC_BLOCK_SIZE))
    silent = [_silent_flac_frame(frames[0][:4], len(frames) + number) for number in range(count)]
    stream_info = (facts + count * _FLAC_BLOCK_SIZE).to_bytes(8)
    blocks = blocks[:18] + stream_info + bytes(16) + blocks[42:]
    moved = _renumber_flac_frame(last, len(frames) + count)
    return audio_frames.build_flac_file(blocks, [*frames, *silent, moved])


@cache
def _silent_flac_frame(start: bytes, number: int) -> bytes:
    """Build a frame with constant channels of 0: type and value in three bytes."""
    channels = (start[3] >> 4) + 1 if start[3] >> 4 < 8 else 2
    size, kind = _FLAC_SIZE_CODE << 4 | start[2] & 0x0F, channels - 1 << 4 | start[3] & 0x0F
    header = bytes((*start[:2], size, kind)) + _encode_flac_number(number)
    return audio_frames.build_flac_frame(header, bytes(3 * channels))


def _renumber_flac_frame(frame: bytes, number: int) -> bytes:
    """Change the number of a frame; an explicit block size may follow it."""
    end = audio_frames.flac_header_size(frame)
    return audio_frames.build_flac_frame(
        frame[:4] + _encode_flac_number(number) + frame[5:end], frame[end + 1 : -2]
    )


def _encode_flac_number(number: int) -> bytes:
    """Encode a number as in FLAC, which is like UTF-8."""
    return chr(number).encode()


def _pad_m4a(audio: bytes, length: int) -> bytes:
    """Add one entry for the duration of all blocks, and one size for each block."""
    at = Mp4Boxes(audio)
    scale, duration = at.read_number("mdhd", 16), at.read_number("mdhd", 20)
    count = max(0, round((length * scale / 1000 - duration) / _M4A_BLOCK))
    start, blocks = at.read_number("stco", 12), at.read_number("stsz", 12)
    sizes = struct.unpack_from(f">{blocks}I", audio, at["stsz"] + 16)
    silence = _SILENT_STEREO if audio[start + sizes[0]] >> 5 == _CHANNEL_PAIR else _SILENT_MONO
    grown = {"stts": 8, "stsz": 4 * count} | dict.fromkeys(_PARENT_BOXES, 8 + 4 * count)
    grown["mdat"] = count * len(silence)
    for name, size in grown.items():
        at.add_to_number(name, -4, size)
    for name, place in _DURATION_OFFSETS.items():
        at.add_to_number(name, place, count * _M4A_BLOCK * 1000 // scale)
    for name, place in _COUNT_OFFSETS.items():
        at.add_to_number(name, place, count)
    at.add_to_number("mdhd", 20, count * _M4A_BLOCK)
    at.add_to_number("stts", 8, 1)
    at.add_to_number("stco", 12, 8 + 4 * count if at["moov"] < at["mdat"] else 0)
    return at.insert(
        {
            start + sum(sizes): silence * count,
            at.box_end("stts"): struct.pack(">II", count, _M4A_BLOCK),
            at.box_end("stsz"): struct.pack(">I", len(silence)) * count,
        }
    )


_PARENT_BOXES = ("moov", "trak", "mdia", "minf", "stbl")  # parents of the tables
_DURATION_OFFSETS = {"mvhd": 20, "tkhd": 24, "elst": 12}  # offsets of durations in milliseconds
_COUNT_OFFSETS = {"stsc": 16, "stsz": 12, "sbgp": 16}  # offsets of block counts


def _pad_vorbis(audio: bytes, length: int) -> bytes:
    """Each block adds a quarter of its own samples and of the previous block's."""
    heads, packets, end = _read_pages(audio)
    rate, sizes = struct.unpack_from("<I", heads[0].packets[0], 12)[0], heads[0].packets[0][28]
    block_sizes = (1 << (sizes & 15), 1 << (sizes >> 4))  # samples of a short and a long block
    blocks = [block_sizes[packet[0] >> 1 & 1] for packet in packets]
    ends = [0, *accumulate((block + other) // 4 for block, other in pairwise(blocks))]
    target = max(end, length * rate // 1000)
    while ends[-1] < target:
        packets.append(_SILENT_VORBIS)
        ends.append(ends[-1] + block_sizes[1] // 2)
    return _write_pages(heads, packets, [*ends[:-1], target])


def _pad_opus(audio: bytes, length: int) -> bytes:
    """All packets last 20 ms, in samples of 1/48,000 s; the first samples are skipped."""
    heads, packets, end = _read_pages(audio)
    (skipped,) = struct.unpack_from("<H", heads[0].packets[0], 10)
    target = max(end, skipped + 48 * length)
    silence = bytes((_CELT_CONFIG | packets[0][0] & _STEREO_FLAG, *_SILENCE_FLAG))
    packets += [silence] * (-(-target // _OPUS_SAMPLES) - len(packets))
    ends = range(_OPUS_SAMPLES, len(packets) * _OPUS_SAMPLES, _OPUS_SAMPLES)
    return _write_pages(heads, packets, [*ends, target])


def _read_pages(audio: bytes) -> tuple[list[OggPage], list[bytes], int]:
    """Return the header pages, all audio packets, and the end position."""
    file, pages = BytesIO(audio), []
    while file.tell() < len(audio):
        pages.append(OggPage(file))
    heads = [page for page in pages if page.position == 0]
    packets = [packet for page in pages[len(heads) :] for packet in page.packets]
    return heads, packets, pages[-1].position


def _write_pages(heads: Sequence[OggPage], packets: Sequence[bytes], ends: Sequence[int]) -> bytes:
    pages = [*heads]
    for start in range(0, len(packets), _PACKETS_PER_PAGE):
        page = OggPage()
        page.serial, page.sequence = heads[0].serial, len(pages)
        page.packets = list(packets[start : start + _PACKETS_PER_PAGE])
        page.position = ends[start + len(page.packets) - 1]
        page.last = start + _PACKETS_PER_PAGE >= len(packets)
        pages.append(page)
    return b"".join(page.write() for page in pages)


_PADDERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    ".mp3": _pad_mp3,
    ".flac": _pad_flac,
    ".m4a": _pad_m4a,
    ".ogg": _pad_vorbis,
    ".opus": _pad_opus,
}


class Mp4Boxes:
    """The boxes of an M4A file by name; each name occurs once."""

    def __init__(self, audio: bytes) -> None:
        self._sound, self._data = audio, bytearray(audio)

    def __getitem__(self, name: str) -> int:
        return self._sound.index(name.encode())

    def read_number(self, name: str, place: int) -> int:
        """Return the number at an offset from a box's name."""
        (value,) = struct.unpack_from(">I", self._sound, self[name] + place)
        return int(value)

    def add_to_number(self, name: str, place: int, amount: int) -> None:
        """Increase a number."""
        value = self.read_number(name, place) + amount
        struct.pack_into(">I", self._data, self[name] + place, value)

    def box_end(self, name: str) -> int:
        """Return the offset of a box's end."""
        return self[name] - 4 + self.read_number(name, -4)

    def insert(self, parts: Mapping[int, bytes]) -> bytes:
        """Return the file with bytes inserted at some offsets."""
        for place in sorted(parts, reverse=True):
            self._data[place:place] = parts[place]
        return bytes(self._data)
