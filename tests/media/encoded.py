"""Short sounds in every format that PyAV can write, made when a test asks for them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from array import array
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av

# name -> codec, container, form of the samples, sampling rate
KINDS = {
    "cbr.mp3": ("libmp3lame", "mp3", "s16p", 44_100),
    "mpeg2.mp3": ("libmp3lame", "mp3", "s16p", 22_050),
    "layer2.mp3": ("mp2", "mp2", "s16", 44_100),
    "a.aac": ("aac", "adts", "fltp", 44_100),
    "aac.m4a": ("aac", "ipod", "fltp", 44_100),
    "alac.m4a": ("alac", "ipod", "s16p", 44_100),
    "16.flac": ("flac", "flac", "s16", 44_100),
    "24.flac": ("flac", "flac", "s32", 96_000),
    "flac.oga": ("flac", "ogg", "s16", 44_100),
    "a.ogg": ("vorbis", "ogg", "fltp", 44_100),
    "a.opus": ("libopus", "ogg", "flt", 48_000),
    "a.wma": ("wmav2", "asf", "fltp", 44_100),
    "16.wav": ("pcm_s16le", "wav", "s16", 44_100),
    "24.wav": ("pcm_s24le", "wav", "s32", 44_100),
    "a.aiff": ("pcm_s16be", "aiff", "s16", 44_100),
    "a.wv": ("wavpack", "wv", "s16p", 44_100),
    "32.wv": ("wavpack", "wv", "s32p", 44_100),
    "a.tta": ("tta", "tta", "s16", 44_100),
    "ima.wav": ("adpcm_ima_wav", "wav", "s16p", 44_100),
    "mp3.wav": ("libmp3lame", "wav", "s16p", 44_100),
    "ac3.m4a": ("ac3", "ipod", "fltp", 48_000),
    "eac3.mp4": ("eac3", "mp4", "fltp", 48_000),
    "flac.mp4": ("flac", "mp4", "s32", 96_000),
    "24.mov": ("pcm_s24le", "mov", "s32", 96_000),
    "in24.mov": ("pcm_s24be", "mov", "s32", 44_100),
    "16.mov": ("pcm_s16le", "mov", "s16", 96_000),
    "fragmented.m4a": ("aac", "ipod", "fltp", 44_100),
}
_LOSSY = {"libmp3lame", "mp2", "aac", "libopus", "wmav2", "ac3", "eac3", "vorbis"}
_OPTIONS = {
    "flac.mp4": {"strict": "experimental"},
    "fragmented.m4a": {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"},
}
_ENCODER_OPTIONS = {"a.ogg": {"strict": "experimental"}}
_SECONDS = 2
_AT_ONCE = 1152


def write(path: Path, name: str) -> Path:
    """Write two seconds of noise in stereo as one of the kinds."""
    path.write_bytes(_encode(name))
    return path


@cache
def _encode(name: str) -> bytes:
    codec, container, form, rate = KINDS[name]
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=_OPTIONS.get(name, {})) as output:
        stream: Any = output.add_stream(codec, rate=rate, options=_ENCODER_OPTIONS.get(name))
        stream.layout, stream.format = "stereo", form
        if codec in _LOSSY:
            stream.bit_rate = 96_000
        for packet in _packets(stream, rate):
            output.mux(packet)
    return file.getvalue()


def _packets(stream: Any, rate: int) -> Iterator[Any]:
    form, size = stream.format, stream.frame_size or None
    fit = av.AudioResampler(form, "stereo", rate, frame_size=size)
    for frame in (*_frames(rate), None):
        for fitting in fit.resample(frame):
            yield from stream.encode(fitting)
    yield from stream.encode(None)


def _frames(rate: int) -> Iterator[Any]:
    chance = random.Random(7)
    for start in range(0, rate * _SECONDS, _AT_ONCE):
        frame = av.AudioFrame(format="s16", layout="stereo", samples=_AT_ONCE)
        frame.sample_rate, frame.pts = rate, start
        samples = array("h", ((byte - 128) << 5 for byte in chance.randbytes(2 * _AT_ONCE)))
        frame.planes[0].update(samples.tobytes())
        yield frame


def dsf(seconds: int = 1) -> bytes:
    """Return a DSF file of noise in stereo, by Sony's "DSF File Format Specification" 1.01."""
    rate, block = 2_822_400, 4096
    blocks = rate * seconds // 8 // block
    sound = random.Random(7).randbytes(2 * blocks * block)
    form = struct.pack(
        "<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 2, 2, rate, 1, blocks * block * 8, block, 0
    )
    data = struct.pack("<4sQ", b"data", 12 + len(sound)) + sound
    size = 28 + len(form) + len(data)
    return struct.pack("<4sQQQ", b"DSD ", 28, size, 0) + form + data


def ape(samples: int = 22_050, rate: int = 44_100) -> bytes:
    """Return a file of Monkey's Audio 3.99 with one frame of silence in stereo.

    No free program encodes more: a frame has the CRC of its audio, and flags that say that both
    channels are silent, in 32-bit words of the other byte order.
    """
    crc = zlib.crc32(bytes(4 * samples)) >> 1
    words = (crc | 1 << 31, 3, 0, 0)
    descriptor = (b"MAC ", 3990, 0, 52, 24, 4, 0, 4 * len(words), 0, 0, bytes(16))
    header = struct.pack("<HHIIIHHI", 1000, 1 << 5, 73_728 * 4, samples, 1, 16, 2, rate)
    start = struct.pack("<I", 52 + 24 + 4)
    return struct.pack("<4sHHIIIIIII16s", *descriptor) + header + start + struct.pack("<4I", *words)
