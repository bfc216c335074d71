"""Pictures of one color in any format that FFmpeg encodes."""

from __future__ import annotations

from fractions import Fraction

import av

# Encoder and pixel format by MIME type.
ENCODERS = {
    "image/png": ("png", "rgba"),
    "image/jpeg": ("mjpeg", "yuvj420p"),
    "image/gif": ("gif", "rgb8"),
    "image/webp": ("libwebp", "bgra"),
    "image/bmp": ("bmp", "bgra"),
    "image/tiff": ("tiff", "rgba"),
}


def draw_picture(
    mime: str, color: tuple[int, int, int, int], width: int = 64, height: int = 48
) -> bytes:
    """Encode a picture of one color, in RGBA."""
    name, pixel_format = ENCODERS[mime]
    frame = av.VideoFrame(width, height, "rgba")
    line = (bytes(color) * width).ljust(frame.planes[0].line_size, b"\0")
    frame.planes[0].update(line * height)
    context = av.VideoCodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, pixel_format
    context.time_base = Fraction(1, 25)
    parts = (frame.reformat(format=pixel_format), None)
    data = b"".join(bytes(packet) for part in parts for packet in context.encode(part))
    return data + b";" if mime == "image/gif" else data  # FFmpeg's muxer writes the trailer


def read_color(data: bytes) -> tuple[int, int, int]:
    """Return the color of the first pixel of a JPEG."""
    context = av.VideoCodecContext.create("mjpeg", "r")
    frames = [frame for part in (av.Packet(data), None) for frame in context.decode(part)]
    red, green, blue = bytes(frames[0].reformat(format="rgb24").planes[0])[:3]
    return red, green, blue
