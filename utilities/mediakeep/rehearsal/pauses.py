"""Pauses behind a sound, so that it lasts as long as it should and its file stays small.

Each format has a block that says "silence" in a few bytes, and is given as many as it takes:

    MP3     a frame of the lowest bit rate, all zeros behind its header: no granule has any data
    FLAC    constant subframes of 0, put before the last block, which alone may be a short one
    M4A     an element without bands (ISO/IEC 14496-3, 4.4.2.1), and the tables of samples longer
    Ogg     a long block in which no channel has a floor (Vorbis I, 4.3.2)
    Opus    the silence flag of CELT (RFC 6716, 4.3)

All lengths, sums and sizes in the file are put right, but for FLAC's MD5 of all samples: it is left
out, as encoders do that cannot go back. Lengths come out within a tenth of a second.
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

from mediakeep.rehearsal import frames
from mediakeep.rehearsal.boxes import Boxes

_UNHEARD = 2  # frames of an MP3, or nearly so: what encoder and decoder add is skipped
_TOC = 100  # places in an MP3, one for each hundredth of its time
_BLOCK = 1024  # samples in a block of M4A
_MONO, _STEREO = bytes.fromhex("00c80007"), bytes.fromhex("21000320641c")  # all of a block
_PAIR = 1  # the kind of element that holds two channels
_FLAC_PLAIN, _FLAC_CODE = 576, 2  # samples of a block, and what tells so
_NO_FLOOR = b"\x0e"  # a long block between long ones; of up to four channels, none has a floor
_OPUS, _CELT, _CHANNELS, _SILENT = 960, 0xF8, 0x04, b"\xff\xfe"
_PACKETS = 200  # on a page of Ogg, where each takes one of 255 segments


def lengthened(sound: bytes, suffix: str, length: int) -> bytes:
    """Return a sound that has no tags, followed by silence until it lasts `length` milliseconds."""
    return _WAYS[suffix](sound, length)


def _mp3(sound: bytes, length: int) -> bytes:
    starts = frames.mp3(sound)
    first = sound[starts[1] : starts[1] + 4]
    header = bytes((*first[:2], 0x10 | first[2] & 0x0C, first[3]))
    silence = header.ljust(frames.mp3_size(header), b"\0")
    wanted = round(length / 1000 / frames.mp3_length(header)) + _UNHEARD
    count = max(0, wanted - len(starts) + 1)
    data = bytearray(sound + count * silence)
    mark = frames.xing(sound)
    places = [*starts, *range(len(sound), len(data), len(silence))][1:]
    toc = bytes(places[len(places) * part // _TOC] * 256 // len(data) for part in range(_TOC))
    data[mark : mark + 4] = b"Xing"  # whatever rate it had, it is not the only one now
    struct.pack_into(">II", data, mark + 8, len(places), len(data))
    data[mark + 16 : mark + 16 + _TOC] = toc
    struct.pack_into(">I", data, mark + 148, len(data))
    return frames.summed_mp3(data)


def _flac(sound: bytes, length: int) -> bytes:
    """Put frames before the last, and write the total of samples into STREAMINFO."""
    blocks, *found, last = frames.flac(sound)
    facts = int.from_bytes(blocks[18:26])  # the rate in 20 bits, the total in the last 36
    rate, samples = facts >> 44, facts & (1 << 36) - 1
    count = max(0, round((length * rate / 1000 - samples) / _FLAC_PLAIN))
    silent = [_silent_flac(found[0][:4], len(found) + number) for number in range(count)]
    told = (facts + count * _FLAC_PLAIN).to_bytes(8)
    blocks = blocks[:18] + told + bytes(16) + blocks[42:]
    moved = _numbered_flac(last, len(found) + count)
    return frames.told_flac(blocks, [*found, *silent, moved])


@cache
def _silent_flac(start: bytes, number: int) -> bytes:
    """Say of each channel that it is 0 all along: kind and value, in three bytes."""
    channels = (start[3] >> 4) + 1 if start[3] >> 4 < 8 else 2
    size, kind = _FLAC_CODE << 4 | start[2] & 0x0F, channels - 1 << 4 | start[3] & 0x0F
    header = bytes((*start[:2], size, kind)) + _written(number)
    return frames.summed_flac(header, bytes(3 * channels))


def _numbered_flac(frame: bytes, number: int) -> bytes:
    """Give a frame another number; behind it stands the size of the block, if it is written out."""
    end = frames.flac_size(frame)
    return frames.summed_flac(frame[:4] + _written(number) + frame[5:end], frame[end + 1 : -2])


def _written(number: int) -> bytes:
    """Write a number as FLAC does, which is how UTF-8 writes a character."""
    return chr(number).encode()


def _m4a(sound: bytes, length: int) -> bytes:
    """The tables grow by one entry for the time of all blocks, and by one each for their sizes."""
    at = Boxes(sound)
    scale, told = at.number("mdhd", 16), at.number("mdhd", 20)
    count = max(0, round((length * scale / 1000 - told) / _BLOCK))
    start, blocks = at.number("stco", 12), at.number("stsz", 12)
    sizes = struct.unpack_from(f">{blocks}I", sound, at["stsz"] + 16)
    silence = _STEREO if sound[start + sizes[0]] >> 5 == _PAIR else _MONO
    grown = {"stts": 8, "stsz": 4 * count} | dict.fromkeys(_HOLDERS, 8 + 4 * count)
    grown["mdat"] = count * len(silence)
    for name, size in grown.items():
        at.add(name, -4, size)
    for name, place in _MOMENTS.items():
        at.add(name, place, count * _BLOCK * 1000 // scale)
    for name, place in _BLOCKS.items():
        at.add(name, place, count)
    at.add("mdhd", 20, count * _BLOCK)
    at.add("stts", 8, 1)
    at.add("stco", 12, 8 + 4 * count if at["moov"] < at["mdat"] else 0)
    return at.with_added(
        {
            start + sum(sizes): silence * count,
            at.end("stts"): struct.pack(">II", count, _BLOCK),
            at.end("stsz"): struct.pack(">I", len(silence)) * count,
        }
    )


_HOLDERS = ("moov", "trak", "mdia", "minf", "stbl")  # of the tables
_MOMENTS = {"mvhd": 20, "tkhd": 24, "elst": 12}  # where a duration in milliseconds stands
_BLOCKS = {"stsc": 16, "stsz": 12, "sbgp": 16}  # where blocks are counted


def _ogg(sound: bytes, length: int) -> bytes:
    """Each block brings a quarter of its own samples and a quarter of those before it."""
    heads, packets, told = _pages(sound)
    rate, sizes = struct.unpack_from("<I", heads[0].packets[0], 12)[0], heads[0].packets[0][28]
    lasting = (1 << (sizes & 15), 1 << (sizes >> 4))  # of a short and a long block, in samples
    blocks = [lasting[packet[0] >> 1 & 1] for packet in packets]
    ends = [0, *accumulate((one + other) // 4 for one, other in pairwise(blocks))]
    wanted = max(told, length * rate // 1000)
    while ends[-1] < wanted:
        packets.append(_NO_FLOOR)
        ends.append(ends[-1] + lasting[1] // 2)
    return _paged(heads, packets, [*ends[:-1], wanted])


def _opus(sound: bytes, length: int) -> bytes:
    """All packets are of 20 ms, and samples of 1/48,000 s, some of which are skipped at first."""
    heads, packets, told = _pages(sound)
    (skipped,) = struct.unpack_from("<H", heads[0].packets[0], 10)
    wanted = max(told, skipped + 48 * length)
    silence = bytes((_CELT | packets[0][0] & _CHANNELS, *_SILENT))
    packets += [silence] * (-(-wanted // _OPUS) - len(packets))
    ends = range(_OPUS, len(packets) * _OPUS, _OPUS)
    return _paged(heads, packets, [*ends, wanted])


def _pages(sound: bytes) -> tuple[list[OggPage], list[bytes], int]:
    """Part the pages of headers, all packets of sound, and the place where they end in time."""
    file, pages = BytesIO(sound), []
    while file.tell() < len(sound):
        pages.append(OggPage(file))
    heads = [page for page in pages if page.position == 0]
    packets = [packet for page in pages[len(heads) :] for packet in page.packets]
    return heads, packets, pages[-1].position


def _paged(heads: Sequence[OggPage], packets: Sequence[bytes], ends: Sequence[int]) -> bytes:
    pages = [*heads]
    for start in range(0, len(packets), _PACKETS):
        page = OggPage()
        page.serial, page.sequence = heads[0].serial, len(pages)
        page.packets = list(packets[start : start + _PACKETS])
        page.position = ends[start + len(page.packets) - 1]
        page.last = start + _PACKETS >= len(packets)
        pages.append(page)
    return b"".join(page.write() for page in pages)


_WAYS: Mapping[str, Callable[[bytes, int], bytes]] = {
    ".mp3": _mp3,
    ".flac": _flac,
    ".m4a": _m4a,
    ".ogg": _ogg,
    ".opus": _opus,
}
