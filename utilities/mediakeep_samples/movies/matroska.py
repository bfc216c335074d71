"""Write videos as Matroska (RFC 9559): elements, tracks, and one cluster per frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediakeep_samples.movies import aac, h264
from mediakeep_samples.movies.video_spec import FRAME_COUNT, UNKNOWN_LANGUAGE, VideoSpec

_VIDEO_TRACK, _AUDIO_TRACK, _SUBTITLE_TRACK = 1, 2, 17  # track types
_NANOSECONDS = 1_000_000  # timestamp scale of the file
_WRITING_APP = "mediakeep rehearsal"
_MAX_LUMINANCE = 1000  # maximum luminance in cd/m²


def render_matroska(clip: VideoSpec) -> bytes:
    """Return a complete file."""
    head = _build_element(
        0x1A45DFA3,
        *(_number_element(name, 1) for name in (0x4286, 0x42F7)),
        _number_element(0x42F2, 4),
        _number_element(0x42F3, 8),
        _text_element(0x4282, "matroska"),
        _number_element(0x4287, 4),
        _number_element(0x4285, 2),
    )
    shown = h264.encode_pictures(clip.width, clip.height, FRAME_COUNT, clip.hdr)
    tracks = _build_element(0x1654AE6B, *_build_tracks(clip, shown))
    return head + _build_element(
        0x18538067, _build_info(clip), tracks, *_build_clusters(clip, shown)
    )


def _build_info(clip: VideoSpec) -> bytes:
    title = _text_element(0x7BA9, clip.title) if clip.title else b""
    return _build_element(
        0x1549A966,
        _number_element(0x2AD7B1, _NANOSECONDS),
        _float_element(0x4489, clip.milliseconds),
        title,
        _text_element(0x4D80, _WRITING_APP),
        _text_element(0x5741, _WRITING_APP),
    )


def _build_tracks(clip: VideoSpec, shown: h264.H264Stream) -> Iterator[bytes]:
    size = (_number_element(0xB0, clip.width), _number_element(0xBA, clip.height))
    picture = _build_element(0xE0, *size, _colour_elements(clip))
    yield _build_track(
        1,
        _VIDEO_TRACK,
        "V_MPEG4/ISO/AVC",
        h264.decoder_configuration(shown),
        _language_elements(""),
        picture,
    )
    for number, (language, channels) in enumerate(clip.audio, 2):
        sound = _build_element(
            0xE1, _float_element(0xB5, aac.SAMPLE_RATE), _number_element(0x9F, channels)
        )
        about = (_language_elements(language), _number_element(0x88, number == 2), sound)
        yield _build_track(number, _AUDIO_TRACK, "A_AAC", aac.audio_config(channels), *about)
    for number, language in enumerate(clip.subtitles, 2 + len(clip.audio)):
        yield _build_track(
            number,
            _SUBTITLE_TRACK,
            "S_TEXT/UTF8",
            b"",
            _language_elements(language),
            _number_element(0x88, 0),
        )


def _build_track(number: int, kind: int, codec: str, private: bytes, *more: bytes) -> bytes:
    known = (
        _number_element(0xD7, number),
        _number_element(0x73C5, number),
        _number_element(0x83, kind),
    )
    told = _build_element(0x63A2, private) if private else b""
    return _build_element(
        0xAE, *known, _number_element(0x9C, 0), _text_element(0x86, codec), told, *more
    )


def _language_elements(language: str) -> bytes:
    return _text_element(0x22B59C, language or UNKNOWN_LANGUAGE)


def _colour_elements(clip: VideoSpec) -> bytes:
    """Return the HDR elements: transfer, primaries and matrix, and the luminance for HDR10."""
    transfer = h264.transfer_number(clip.hdr)
    if not transfer:
        return b""
    known = (
        _number_element(0x55B1, h264.BT2020),
        _number_element(0x55BA, transfer),
        _number_element(0x55BB, h264.BT2020),
    )
    if clip.hdr != "hdr10":
        return _build_element(0x55B0, *known)
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
    mastering = [_float_element(0x55D1 + place, value) for place, value in enumerate(corners)]
    mastering += [_float_element(0x55D9, _MAX_LUMINANCE), _float_element(0x55DA, 0.005)]
    bright = (_number_element(0x55BC, _MAX_LUMINANCE), _number_element(0x55BD, _MAX_LUMINANCE // 2))
    return _build_element(0x55B0, *known, *bright, _build_element(0x55D0, *mastering))


def _build_clusters(clip: VideoSpec, shown: h264.H264Stream) -> Iterator[bytes]:
    times = clip.frame_times
    first = 2 + len(clip.audio)
    for place, picture in enumerate(shown.frames):
        lasts = times[place + 1] - times[place]
        blocks = [_build_block(1, len(picture).to_bytes(4) + picture, lasts, again=place > 0)]
        for number, (_, channels) in enumerate(clip.audio, 2):
            blocks.append(_build_block(number, aac.silent_frame(channels), lasts))
        if place == 0:
            for number, language in enumerate(clip.subtitles, first):
                blocks.append(_build_block(number, f"[{language}]".encode(), min(lasts, 2000)))
        yield _build_element(0x1F43B675, _number_element(0xE7, times[place]), *blocks)


def _build_block(track: int, content: bytes, lasts: int, *, again: bool = False) -> bytes:
    """Build a block group with the frame's duration, and a reference to the previous one."""
    block = bytes((0x80 | track, 0, 0, 0)) + content
    before = _build_element(0xFB, struct.pack(">i", -lasts)) if again else b""
    return _build_element(0xA0, _build_element(0xA1, block), _number_element(0x9B, lasts), before)


def _build_element(name: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = (len(content) | 1 << 56).to_bytes(8)
    if len(content) < 127:
        size = bytes((0x80 | len(content),))
    return name.to_bytes(-(-name.bit_length() // 8)) + size + content


def _number_element(name: int, value: int) -> bytes:
    return _build_element(name, value.to_bytes(max(1, -(-value.bit_length() // 8))))


def _float_element(name: int, value: float) -> bytes:
    return _build_element(name, struct.pack(">d", value))


def _text_element(name: int, text: str) -> bytes:
    return _build_element(name, text.encode())
