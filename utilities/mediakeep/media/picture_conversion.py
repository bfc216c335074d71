"""Convert pictures to JPEG, for files and players that know only JPEG and PNG."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mediakeep.errors import DecodingFailed
from mediakeep.media import ffmpeg, pictures

_DECODERS = {
    "image/jpeg": "mjpeg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}
_MAX_PIXELS = 50_000_000  # each takes up to 16 bytes while it is converted
_QUALITY = 2  # FFmpeg's scale from 2 to 31, the best first
_QP_TO_LAMBDA = 118  # FFmpeg's unit of that scale


def convert_to_jpeg(data: bytes) -> bytes:
    """Convert a JPEG, PNG, GIF, WebP, BMP or TIFF to a JPEG of the same size in pixels.

    Only the first frame of an animation is kept. Transparent pixels become white. Raises
    DecodingFailed without the name of a file, and UsageError if PyAV is not installed.
    """
    av = ffmpeg.require_pyav()
    mime, _, _ = pictures.identify_picture(lambda offset, size: data[offset : offset + size])
    if mime not in _DECODERS:
        raise DecodingFailed("The picture", "its format is unknown")
    try:
        return _encode(_flatten(_decode(_DECODERS[mime], data)))
    except av.error.FFmpegError as error:
        raise DecodingFailed("The picture", ffmpeg.describe_error(error)) from error


def _decode(decoder: str, data: bytes) -> Any:
    av = ffmpeg.require_pyav()
    context = av.CodecContext.create(decoder, "r")
    context.options = {"max_pixels": str(_MAX_PIXELS)}
    context.thread_count = 1
    for packet in (av.Packet(data), None):  # None ends the stream
        for frame in context.decode(packet):
            return frame
    raise DecodingFailed("The picture", "it has no frame")


def _flatten(frame: Any) -> Any:
    """Return a frame on a white background, in full-range YUV."""
    graph = ffmpeg.require_pyav().filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
    )
    white = graph.add("color", f"color=white:size={frame.width}x{frame.height}:duration=1")
    overlay = graph.add("overlay", "format=gbrp:alpha=straight")
    output = graph.add("format", "pix_fmts=yuvj444p")
    sink = graph.add("buffersink")
    white.link_to(overlay, 0, 0)
    source.link_to(overlay, 0, 1)
    overlay.link_to(output)
    output.link_to(sink)
    graph.configure()
    frame.pts = 0
    source.push(frame)
    source.push(None)
    return sink.pull()


def _encode(frame: Any) -> bytes:
    av = ffmpeg.require_pyav()
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, "yuvj444p"
    context.time_base = Fraction(1, 25)
    context.flags |= av.codec.context.Flags.qscale
    context.global_quality = _QUALITY * _QP_TO_LAMBDA
    frame.pts = None
    return b"".join(bytes(packet) for part in (frame, None) for packet in context.encode(part))
