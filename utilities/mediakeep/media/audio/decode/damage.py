"""Find damaged audio by decoding whole files. What is checked depends on the format:

    MP3, AAC   the sequence of frames, the frame count of the encoder, and decoding
    FLAC       decoding, the checksum of each frame, and the MD5 of all samples
    Ogg        the checksum and sequence number of each page, and decoding
    others     decoding, the checksums of WavPack and Monkey's Audio, and the length

Silence, a late start and tags after the audio are not damage.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mediakeep.media import ffmpeg, open_file
from mediakeep.media.audio import formats, surrounding_tags
from mediakeep.media.audio.decode import decoder, frame_headers, frame_scan, ogg_page_scan
from mediakeep.media.audio.decode.decoder import DecodeResult
from mediakeep.media.audio.decode.frame_headers import FrameFormat
from mediakeep.media.audio.decode.frame_scan import FrameScan
from mediakeep.media.audio.tags import AudioProperties
from mediakeep.media.bounded_file import BoundedFile

_READ_SIZE = 1 << 20  # bytes
_TOLERATED_SECONDS = 1.0  # seconds of the declared length that may be missing
_TOLERATED_FRACTION = 0.01  # likewise, as a fraction of that length
_OPUS_SAMPLE_RATE = 48_000

_FRAME_FORMATS: Mapping[str, FrameFormat] = {
    formats.MP3.name: frame_headers.MPEG_FRAMES,
    formats.AAC.name: frame_headers.ADTS_FRAMES,
}


def find_damage(path: Path, facts: AudioProperties, decoded: DecodeResult | None = None) -> str:
    """Decode an audio file; return a phrase that says what is damaged, or "" if nothing is.

    `decoded` is the result of an earlier decoding; the file is then decoded again only if it had
    errors, to tell garbage around the frames of MP3 and AAC from damage, and to find the place of
    frames that are missing in FLAC. "" is also returned for DRM-protected and truncated files,
    which other issue kinds report, and for codecs without a decoder. Raises Unreadable if the
    system cannot read the file.
    """
    if facts.protected or is_truncated(facts):
        return ""
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        source = BoundedFile(handle.fileno(), os.fstat(handle.fileno()).st_size, _READ_SIZE)
        if frame_format := _FRAME_FORMATS.get(facts.format):
            return "; ".join(_find_frame_damage(source, frame_format, decoded))
        return "; ".join(_find_container_damage(source, facts, decoded))


def is_truncated(facts: AudioProperties) -> bool:
    """Return True if audio is missing at the end, not only the mark of the end."""
    return bool(facts.truncated) and facts.audio_complete is not True


def _find_frame_damage(
    source: BoundedFile, frame_format: FrameFormat, decoded: DecodeResult | None
) -> Iterator[str]:
    audio = surrounding_tags.find_audio_range(source)
    scan = frame_scan.scan_frames(source, audio, frame_format)
    if scan is None:  # no frames that declare their size
        yield from _describe_decode_errors(decoded or DecodeResult())
        return
    if decoded and audio.end < source.size and not scan.expected_frames:
        scan.is_truncated = False  # it plays, and tags follow: it was not cut later
    yield from _describe_frame_scan(scan)
    if decoded is None or decoded.error_positions:
        decoded = decoder.decode_frames(source, scan.frame_ranges, frame_format.decoder_name)
        yield from _describe_decode_errors(decoded)


def _describe_frame_scan(scan: FrameScan) -> Iterator[str]:
    if scan.gaps:
        yield f"frames are damaged or missing {_format_positions(scan.gaps)}"
    elif scan.missing_frames:
        counts = f"{scan.missing_frames:,} of {scan.expected_frames:,} frames"
        yield f"{counts} are missing, it ends at {format_position(scan.seconds)}"
    if scan.ends_in_zeros:
        yield f"only zero bytes from {format_position(scan.seconds)} on"
    if scan.is_truncated:
        yield f"the last frame, at {format_position(scan.seconds)}, is truncated"


def _find_container_damage(
    source: BoundedFile, facts: AudioProperties, decoded: DecodeResult | None
) -> Iterator[str]:
    pages = decoded.pages if decoded else None
    if facts.format in ffmpeg.OGG_FORMATS and pages is None:
        pages = ogg_page_scan.scan_pages(source)
    if pages and pages.damaged:
        rate = _OPUS_SAMPLE_RATE if facts.format == formats.OPUS.name else facts.sample_rate
        positions = _format_positions([sample / (rate or 1) for sample in pages.damaged])
        yield f"pages are damaged or missing {positions}"
        return
    result = decoded or DecodeResult()
    if decoded is None or (decoded.error_positions and facts.format == formats.FLAC.name):
        demuxer = ffmpeg.choose_demuxer(source, facts.format)
        again = decoder.decode_audio(source, demuxer)
        result = again if again.error_positions else decoded or again
    yield from _describe_decode_errors(result)
    if result.checksum_matches is False:
        yield "the samples do not match the MD5 of the encoder"
    elif result.can_lack_audio:
        missing = facts.duration - result.seconds
        if missing > max(_TOLERATED_SECONDS, _TOLERATED_FRACTION * facts.duration):
            end, total = format_position(result.seconds), format_position(facts.duration)
            yield f"only {end} of {total} can be decoded"


def _describe_decode_errors(result: DecodeResult) -> Iterator[str]:
    if result.is_supported and result.error_positions:
        extent = _format_positions(result.error_positions) if result.seconds else "at all"
        yield f"it cannot be decoded {extent}"


def _format_positions(seconds: Sequence[float]) -> str:
    first = f"at {format_position(seconds[0])}"
    return f"at {len(seconds):,} places, the first {first}" if len(seconds) > 1 else first


def format_position(seconds: float) -> str:
    """Format a playing position, given in seconds, as players do: "3:07", "1:02:07"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
