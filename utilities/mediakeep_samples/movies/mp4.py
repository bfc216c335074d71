"""Write videos as MP4 (ISO/IEC 14496-12): frames first, then the boxes with their offsets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mediakeep_samples.movies import aac, h264
from mediakeep_samples.movies.video_spec import FRAME_COUNT, VideoSpec, terminological_code

_TIMESCALE = 1000  # time units per second of all tracks
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_BRANDS = {".m4v": b"M4V "}
_SUBTITLE_DURATION = 2000  # milliseconds that a subtitle is shown


@dataclass(frozen=True)
class _Mp4Track:
    """One stream: its samples and their durations, and its specific boxes."""

    handler: bytes
    header: bytes
    sample_entry: bytes
    samples: tuple[bytes, ...]
    times: tuple[int, ...]
    language: str = ""
    size: tuple[int, int] = (0, 0)
    is_on: bool = True


def render_mp4(clip: VideoSpec, suffix: str) -> bytes:
    """Return a complete file, as ".mp4" or ".m4v"."""
    brand = _BRANDS.get(suffix.lower(), b"isom")
    head = _box(b"ftyp", brand, bytes(4), b"isom", b"mp42", b"avc1")
    tracks = list(_build_tracks(clip))
    place, boxes = len(head) + 8, []
    for number, track in enumerate(tracks, 1):
        boxes.append(_track_box(number, track, place, clip.milliseconds))
        place += sum(map(len, track.samples))
    frames = _box(b"mdat", *(sample for track in tracks for sample in track.samples))
    span = struct.pack(">IIII", 0, 0, _TIMESCALE, clip.milliseconds)
    sound = struct.pack(">IH10x", 0x10000, 0x100)
    rest = bytes(24) + struct.pack(">I", len(tracks) + 1)
    movie = _full_box(b"mvhd", span, sound, _MATRIX, rest)
    return head + frames + _box(b"moov", movie, *boxes, _title_metadata(clip.title))


def _build_tracks(clip: VideoSpec) -> Iterator[_Mp4Track]:
    steps = tuple(
        end - begin for begin, end in zip(clip.frame_times, clip.frame_times[1:], strict=False)
    )
    shown = h264.encode_pictures(clip.width, clip.height, FRAME_COUNT, clip.hdr)
    samples = tuple(len(one).to_bytes(4) + one for one in shown.frames)
    size, header = (clip.width, clip.height), _full_box(b"vmhd", bytes(8), flags=1)
    yield _Mp4Track(b"vide", header, _video_entry(clip, shown), samples, steps, "", size)
    for place, (language, channels) in enumerate(clip.audio):
        heard = (aac.silent_frame(channels),) * FRAME_COUNT
        header = _full_box(b"smhd", bytes(4))
        yield _Mp4Track(
            b"soun", header, _audio_entry(channels), heard, steps, language, is_on=place == 0
        )
    for language in clip.subtitles:
        line = f"[{language}]".encode()
        lines = (len(line).to_bytes(2) + line, b"\0\0")
        shows = min(_SUBTITLE_DURATION, clip.milliseconds // 2)
        spans = (shows, clip.milliseconds - shows)
        yield _Mp4Track(
            b"sbtl", _full_box(b"nmhd"), _subtitle_entry(), lines, spans, language, is_on=False
        )


def _video_entry(clip: VideoSpec, shown: h264.H264Stream) -> bytes:
    size = struct.pack(">HHIIIH", clip.width, clip.height, 72 << 16, 72 << 16, 0, 1)
    parts = [bytes(6) + b"\0\1" + bytes(16) + size + bytes(32) + b"\0\x18\xff\xff"]
    parts.append(_box(b"avcC", h264.decoder_configuration(shown)))
    if transfer := h264.transfer_number(clip.hdr):
        told = struct.pack(">HHHB", h264.BT2020, transfer, h264.BT2020, 0)
        parts.append(_box(b"colr", b"nclx", told))
    return _box(b"avc1", *parts)


def _audio_entry(channels: int) -> bytes:
    """Return the AAC sample entry, with the descriptors of ISO/IEC 14496-1, 7.2.6."""
    config = aac.audio_config(channels)
    decoder = b"\x40\x15" + bytes(11) + _descriptor(5, config)
    stream = bytes(3) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    heard = struct.pack(">HHI", channels, 16, 0) + struct.pack(">I", aac.SAMPLE_RATE << 16)
    return _box(
        b"mp4a", bytes(6) + b"\0\1" + bytes(8) + heard, _full_box(b"esds", _descriptor(3, stream))
    )


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def _subtitle_entry() -> bytes:
    """Return the timed text sample entry (3GPP TS 26.245, 5.16)."""
    style = bytes(4) + b"\0\1\0\x12" + b"\xff" * 4
    fonts = _box(b"ftab", b"\0\1\0\1\x05Serif")
    return _box(
        b"tx3g", bytes(6) + b"\0\1" + bytes(4) + b"\1\xff" + bytes(4) + bytes(8) + style, fonts
    )


def _track_box(number: int, track: _Mp4Track, place: int, lasts: int) -> bytes:
    width, height = track.size
    layer = struct.pack(">8xhhHH", 0, 0, 0x100 if track.handler == b"soun" else 0, 0)
    ident = struct.pack(">IIII", 0, 0, number, 0) + struct.pack(">I", lasts)
    shown = struct.pack(">II", width << 16, height << 16)
    head = _full_box(b"tkhd", ident, layer, _MATRIX, shown, flags=3 if track.is_on else 2)
    spoken = _pack_language(terminological_code(track.language))
    times = _full_box(b"mdhd", struct.pack(">IIIIHH", 0, 0, _TIMESCALE, lasts, spoken, 0))
    handler = _full_box(b"hdlr", bytes(4) + track.handler + bytes(12) + b"\0")
    here = _full_box(b"dref", struct.pack(">I", 1), _full_box(b"url ", flags=1))
    table = _box(b"minf", track.header, _box(b"dinf", here), _sample_table(track, place))
    return _box(b"trak", head, _box(b"mdia", times, handler, table))


def _sample_table(track: _Mp4Track, place: int) -> bytes:
    spans = b"".join(struct.pack(">II", 1, span) for span in track.times)
    sizes = b"".join(struct.pack(">I", len(sample)) for sample in track.samples)
    count = len(track.samples)
    tables = [
        _full_box(b"stsd", struct.pack(">I", 1), track.sample_entry),
        _full_box(b"stts", struct.pack(">I", count), spans),
        _full_box(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
        _full_box(b"stsz", struct.pack(">II", 0, count), sizes),
        _full_box(b"stco", struct.pack(">II", 1, place)),
    ]
    if track.handler == b"vide":
        tables.append(
            _full_box(b"stss", struct.pack(">II", 1, 1))
        )  # the first frame is a sync sample
    return _box(b"stbl", *tables)


def _title_metadata(title: str) -> bytes:
    """Return the title as iTunes metadata."""
    if not title:
        return b""
    data = _box(b"data", struct.pack(">II", 1, 0), title.encode())
    listed = _box(b"ilst", _box(b"\xa9nam", data))
    handler = _full_box(b"hdlr", bytes(4) + b"mdirappl" + bytes(9))
    return _box(b"udta", _full_box(b"meta", handler, listed))


def _pack_language(language: str) -> int:
    """Pack three letters into 15 bits."""
    first, second, third = (ord(letter) - 0x60 for letter in language)
    return first << 10 | second << 5 | third


def _full_box(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + name + content
