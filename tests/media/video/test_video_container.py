"""Container and truncation are detected from the headers of arbitrary files."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable

from mediakeep.media.video import container
from mediakeep.media.video.container import ContainerInfo
from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import VideoSpec
from tests.sampling import each_row

CLIP = VideoSpec(320, 180, 60.0, (("ger", 2),), ("eng",), title="Harbour Lights")


class Counted(io.BytesIO):
    """Bytes that count the reads and the bytes read."""

    reads = total = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.reads += 1
        self.total += len(data)
        return data


def told(data: bytes) -> ContainerInfo:
    return container.inspect_container(io.BytesIO(data), len(data))


def box(kind: bytes, data: bytes = b"", size: int = 0) -> bytes:
    return struct.pack(">I4s", size or 8 + len(data), kind) + data


def riff(form: bytes, data: bytes, size: int = -1) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(data) if size < 0 else size) + form + data


FTYP = box(b"ftyp", b"isom\0\0\0\0")
EBML = b"\x1aE\xdf\xa3\x87\x42\x82\x84webm"


@each_row(
    ("data", "container"),
    [
        (FTYP + box(b"moov") + box(b"mdat", bytes(9)), "mp4"),
        (box(b"ftyp", b"qt  \0\0\0\0") + box(b"mdat") + box(b"moov"), "mov"),
        (box(b"wide") + box(b"mdat", bytes(50)) + box(b"moov"), "mov"),
        (FTYP + struct.pack(">I4sQ", 1, b"mdat", 20) + b"abcd" + box(b"moov"), "mp4"),
        (FTYP + box(b"moov") + struct.pack(">I4s", 0, b"mdat") + bytes(99), "mp4"),
        (FTYP + box(b"moov") + bytes(300), "mp4"),  # padded
        (FTYP + box(b"moov") + b"TAGjunk of another program", "mp4"),
        (EBML + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(40), "webm"),
        (b"\x1aE\xdf\xa3\x80\xec\x82ab\x18\x53\x80\x67\x84abcd", "matroska"),
        (riff(b"AVI ", bytes(40)), "avi"),
        (riff(b"AVI ", bytes(41)) + b"\0" + riff(b"AVIX", bytes(40)), "avi"),
        (riff(b"AVI ", bytes(40), size=50), "avi"),  # counted a little too long
        ((b"\x47" + bytes(187)) * 5, "mpegts"),
        ((bytes(4) + b"\x47" + bytes(187)) * 5, "mpegts"),
        (b"\x00\x00\x01\xba" + bytes(90), "mpeg"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(90), "asf"),
        (b"FLV\x01" + bytes(90), "flv"),
        (b"OggS" + bytes(90), "ogg"),
        (b"some text\n" * 9, ""),
        (b"x" + bytes(32_768) + b"CD001" + bytes(90), "iso"),
    ],
)
def test_a_whole_file_is_known_by_its_first_bytes_and_lacks_nothing(
    data: bytes, container: str
) -> None:
    assert told(data) == ContainerInfo(container)


@each_row(
    ("data", "truncated"),
    [
        (b"", "it is empty"),
        (bytes(5000), "it begins with zero bytes only"),
        (bytes(50), "it begins with zero bytes only"),
        (FTYP + box(b"moov") + box(b"mdat", b"abc", 1011), "it lacks at least 1,000 bytes"),
        (FTYP + box(b"mdat", b"abc"), 'it has no table of contents ("moov")'),
        (b"\x1aE\xdf\xa3\x80\x18\x53\x80\x67\x88abcd", "it lacks 4 bytes at its end"),
        (b"\x1aE\xdf\xa3\x88abc", "it ends before its video data begins"),
        (riff(b"AVI ", bytes(40), size=1000), "it lacks 956 bytes at its end"),
        (riff(b"AVI ", bytes(40), size=0), "it was never finished"),
    ],
)
def test_a_lost_end_is_told(data: bytes, truncated: str) -> None:
    assert told(data).truncated.startswith(truncated)


@each_row("suffix", [".mp4", ".m4v", ".mkv"])
def test_a_film_that_was_cut_anywhere_is_cut_off(suffix: str) -> None:
    data = video_files.render_video(CLIP, suffix)
    assert told(data).truncated == ""
    for end in range(64, len(data), 97):
        assert told(data[:end]).truncated, end


@each_row("suffix", [".mp4", ".mkv"])
def test_no_bytes_make_it_fail_or_read_much(suffix: str) -> None:
    data, chance = video_files.render_video(CLIP, suffix), random.Random(suffix)
    for _ in range(400):
        spoilt = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(min(len(spoilt), chance.choice((64, 4096))))
            spoilt[at : at + 4] = chance.randbytes(chance.randint(0, 8))
        handle = Counted(bytes(spoilt))
        container.inspect_container(handle, len(spoilt))
        assert handle.total < 20_000


@each_row(
    "many",
    [
        lambda: FTYP + box(b"free") * 500_000,
        lambda: b"\x1aE\xdf\xa3\x80" + b"\xec\x80" * 2_000_000,
        lambda: riff(b"AVI ", b"") * 400_000,
    ],
    ids=["boxes", "elements", "chunks"],
)
def test_millions_of_parts_are_not_walked_through(many: Callable[[], bytes]) -> None:
    data = many()
    handle = Counted(data)
    assert container.inspect_container(handle, len(data)).truncated == ""
    assert handle.reads < 20_010
