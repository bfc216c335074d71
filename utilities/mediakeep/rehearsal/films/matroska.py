"""Write videos as Matroska (RFC 9559): elements, tracks, and one cluster per frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep.rehearsal.films import aac, avc
from mediakeep.rehearsal.films.clip import FRAMES, UNKNOWN, Clip

_VIDEO, _AUDIO, _SUBTITLES = 1, 2, 17  # track types
_NANOSECONDS = 1_000_000  # timestamp scale of the file
_BY = "mediakeep rehearsal"
_LIGHT = 1000  # maximum luminance in cd/m²


def written(clip: Clip) -> bytes:
    """Return a complete file."""
    head = _element(
        0x1A45DFA3,
        *(_number(name, 1) for name in (0x4286, 0x42F7)),
        _number(0x42F2, 4),
        _number(0x42F3, 8),
        _text(0x4282, "matroska"),
        _number(0x4287, 4),
        _number(0x4285, 2),
    )
    shown = avc.pictures(clip.width, clip.height, FRAMES, clip.hdr)
    tracks = _element(0x1654AE6B, *_tracks(clip, shown))
    return head + _element(0x18538067, _info(clip), tracks, *_clusters(clip, shown))


def _info(clip: Clip) -> bytes:
    title = _text(0x7BA9, clip.title) if clip.title else b""
    return _element(
        0x1549A966,
        _number(0x2AD7B1, _NANOSECONDS),
        _float(0x4489, clip.milliseconds),
        title,
        _text(0x4D80, _BY),
        _text(0x5741, _BY),
    )


def _tracks(clip: Clip, shown: avc.Pictures) -> Iterator[bytes]:
    size = (_number(0xB0, clip.width), _number(0xBA, clip.height))
    picture = _element(0xE0, *size, _colours(clip))
    yield _track(1, _VIDEO, "V_MPEG4/ISO/AVC", avc.record(shown), _language(""), picture)
    for number, (language, channels) in enumerate(clip.audio, 2):
        sound = _element(0xE1, _float(0xB5, aac.HERTZ), _number(0x9F, channels))
        about = (_language(language), _number(0x88, number == 2), sound)
        yield _track(number, _AUDIO, "A_AAC", aac.config(channels), *about)
    for number, language in enumerate(clip.subtitles, 2 + len(clip.audio)):
        yield _track(number, _SUBTITLES, "S_TEXT/UTF8", b"", _language(language), _number(0x88, 0))


def _track(number: int, kind: int, codec: str, private: bytes, *more: bytes) -> bytes:
    known = (_number(0xD7, number), _number(0x73C5, number), _number(0x83, kind))
    told = _element(0x63A2, private) if private else b""
    return _element(0xAE, *known, _number(0x9C, 0), _text(0x86, codec), told, *more)


def _language(language: str) -> bytes:
    return _text(0x22B59C, language or UNKNOWN)


def _colours(clip: Clip) -> bytes:
    """Return the HDR elements: transfer, primaries and matrix, and the luminance for HDR10."""
    transfer = avc.transfer(clip.hdr)
    if not transfer:
        return b""
    known = (_number(0x55B1, avc.WIDE), _number(0x55BA, transfer), _number(0x55BB, avc.WIDE))
    if clip.hdr != "hdr10":
        return _element(0x55B0, *known)
    corners = (
        0.708,
        0.292,
        0.17,
        0.797,
        0.131,
        0.046,
        0.3127,
        0.329,
    )  # primaries and white point of BT.2020
    mastering = [_float(0x55D1 + place, value) for place, value in enumerate(corners)]
    mastering += [_float(0x55D9, _LIGHT), _float(0x55DA, 0.005)]
    bright = (_number(0x55BC, _LIGHT), _number(0x55BD, _LIGHT // 2))
    return _element(0x55B0, *known, *bright, _element(0x55D0, *mastering))


def _clusters(clip: Clip, shown: avc.Pictures) -> Iterator[bytes]:
    times = clip.times
    first = 2 + len(clip.audio)
    for place, picture in enumerate(shown.frames):
        lasts = times[place + 1] - times[place]
        blocks = [_block(1, len(picture).to_bytes(4) + picture, lasts, again=place > 0)]
        for number, (_, channels) in enumerate(clip.audio, 2):
            blocks.append(_block(number, aac.frame(channels), lasts))
        if place == 0:
            for number, language in enumerate(clip.subtitles, first):
                blocks.append(_block(number, f"[{language}]".encode(), min(lasts, 2000)))
        yield _element(0x1F43B675, _number(0xE7, times[place]), *blocks)


def _block(track: int, content: bytes, lasts: int, *, again: bool = False) -> bytes:
    """Build a block group with the frame's duration, and a reference to the previous one."""
    block = bytes((0x80 | track, 0, 0, 0)) + content
    before = _element(0xFB, struct.pack(">i", -lasts)) if again else b""
    return _element(0xA0, _element(0xA1, block), _number(0x9B, lasts), before)


def _element(name: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = (len(content) | 1 << 56).to_bytes(8)
    if len(content) < 127:
        size = bytes((0x80 | len(content),))
    return name.to_bytes(-(-name.bit_length() // 8)) + size + content


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, -(-value.bit_length() // 8))))


def _float(name: int, value: float) -> bytes:
    return _element(name, struct.pack(">d", value))


def _text(name: int, text: str) -> bytes:
    return _element(name, text.encode())
