"""Copy an MP3 with silent frames in place of those that are damaged beyond recognition.

Decoders skip to the next frame header that they find, so that all after it would be too early. Of
WavPack, whose decoder ends there, the other blocks are copied: they have timestamps.
"""

from __future__ import annotations

import os
from itertools import pairwise, repeat
from pathlib import Path
from typing import BinaryIO

from mediakeep import atomic_files
from mediakeep.errors import DecodingFailed
from mediakeep.media import open_file
from mediakeep.media.audio import surrounding_tags, wavpack
from mediakeep.media.audio.decode import frame_headers, frame_scan
from mediakeep.media.audio.decode.frame_scan import FrameScan
from mediakeep.media.bounded_file import BoundedFile

_READ_SIZE = 1 << 20  # bytes
_SILENT_START = 38  # bytes of a frame that mean silence if all after its header are 0
_LAYER_MASK, _LAYER_3 = 0x06, 0x02  # in the second byte of a header
_MAX_GROWTH = 10  # times the frames of a file; an encoder's header that declares more is wrong


def copy_without_gaps(path: Path, target: Path) -> float:
    """Write a copy with silent frames in the gaps; return their length in seconds.

    The number of frames becomes that of the encoder's header, else it is estimated from the bytes;
    the header of concatenated files is that of the first one. Without gaps, no copy is written.
    Raises Unreadable, OSError, or DecodingFailed if nearly all declared frames are missing.
    """
    with open_file.open_regular_file(path) as handle:
        source, scan = _scan(handle)
        inserted = _count_missing_frames(source, scan) if scan else {}
        if scan is None or not any(inserted.values()):
            return 0.0
        if sum(inserted.values()) > _MAX_GROWTH * len(scan.starts):
            raise DecodingFailed(
                path, f"{len(scan.starts):,} of {scan.expected_frames:,} declared frames are left"
            )
        with target.open("wb") as file:
            file.write(source.read(0, scan.starts[0]))  # tags, and the header of the encoder
            for number, frame in enumerate(scan.frame_ranges):
                data = source.read(frame.start, frame.size)
                file.write(data)
                file.writelines(repeat(_make_silent_frame(data), inserted.get(number, 0)))
            file.flush()
            atomic_files.sync_data(file.fileno())
    return scan.seconds / len(scan.starts) * sum(inserted.values())


def copy_whole_blocks(path: Path, target: Path) -> bool:
    """Copy a WavPack file without damaged blocks; return False if there are none.

    Raises Unreadable or OSError.
    """
    with open_file.open_regular_file(path) as handle:
        source = _open(handle)
        blocks = list(wavpack.find_whole_blocks(source))
        whole = surrounding_tags.find_audio_range(source).size
        if sum(block.size for block in blocks) in (0, whole):
            return False
        with target.open("wb") as file:
            file.writelines(source.read(block.start, block.size) for block in blocks)
            file.flush()
            atomic_files.sync_data(file.fileno())
    return True


def is_nearly_whole(path: Path) -> bool:
    """Return True if an MP3 lacks less than a second, by its header, and is whole at its end.

    Raises Unreadable.
    """
    with open_file.open_regular_file(path) as handle:
        _, scan = _scan(handle)
    if not scan or len(scan.gaps) != 1 or scan.is_truncated or scan.ends_in_zeros:
        return False
    return 0 < scan.missing_frames * scan.seconds < len(scan.starts)


def _scan(handle: BinaryIO) -> tuple[BoundedFile, FrameScan | None]:
    source = _open(handle)
    audio = surrounding_tags.find_audio_range(source)
    return source, frame_scan.scan_frames(source, audio, frame_headers.MPEG_FRAMES)


def _open(handle: BinaryIO) -> BoundedFile:
    return BoundedFile(handle.fileno(), os.fstat(handle.fileno()).st_size, _READ_SIZE)


def _count_missing_frames(source: BoundedFile, scan: FrameScan) -> dict[int, int]:
    """Return how many frames are missing after which frame, by its number."""
    counts = {
        number: max(1, round((following.start - end) / frame.size))
        for number, (frame, following) in enumerate(pairwise(scan.frame_ranges))
        if following.start > frame.end
        and following.start > (end := frame_scan.skip_tags(source, frame.end))
    }
    if scan.expected_frames >= len(scan.starts):
        last = max(counts, default=len(scan.starts) - 1)
        difference = scan.expected_frames - len(scan.starts) - sum(counts.values())
        counts[last] = max(0, counts.get(last, 0) + difference)
    return counts


def _make_silent_frame(frame: bytes) -> bytes:
    """Return a silent frame with the header of another one.

    Later frames of layer III may refer to its data: ones are small values in most code tables.
    """
    fill = b"\xff" if frame[1] & _LAYER_MASK == _LAYER_3 else b"\0"
    return frame[:4].ljust(_SILENT_START, b"\0").ljust(len(frame), fill)[: len(frame)]
