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

from mediakeep.media import access, formats
from mediakeep.media.decoding import decoder, frames, headers, oggpages
from mediakeep.media.decoding.decoder import Decoded
from mediakeep.media.decoding.frames import Walk
from mediakeep.media.decoding.headers import Dialect
from mediakeep.media.dialects import margins
from mediakeep.media.source import Source
from mediakeep.media.tags import Facts

_WINDOW = 1 << 20  # bytes
_MISSED = 1.0  # seconds of the declared length that may be missing
_PART = 0.01  # likewise, as a fraction of that length
_OPUS_RATE = 48_000

_WALKED: Mapping[str, Dialect] = {
    formats.MP3.name: headers.MPEG,
    formats.AAC.name: headers.ADTS,
}
_OGG = frozenset(
    kind.name for kind in (formats.VORBIS, formats.OPUS, formats.OGG_FLAC, formats.SPEEX)
)
_DEMUXERS = {
    formats.FLAC.name: "flac",
    formats.MP4.name: "mov",
    formats.ASF.name: "asf",
    formats.WAV.name: "wav",
    formats.AIFF.name: "aiff",
    formats.DSF.name: "dsf",
    formats.MONKEYS.name: "ape",
    formats.WAVPACK.name: "wv",
}
_TAGGED = frozenset({"flac", "ape", "wv", "mpc", "mpc8"})  # formats that may end with tags


def find(path: Path, facts: Facts) -> str:
    """Decode a file; return what is damaged as a phrase, or "" if nothing is.

    Protected and truncated files, which other issue kinds report, and codecs without a decoder
    return "". Raises Unreadable if the system cannot read the file.
    """
    if facts.protected or facts.truncated:
        return ""
    with access.opened(path) as handle:
        try:
            source = Source(handle.fileno(), os.fstat(handle.fileno()).st_size, _WINDOW)
            if frame_format := _WALKED.get(facts.format):
                return "; ".join(_in_frames(source, frame_format))
            return "; ".join(_in_container(source, facts))
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                raise  # a timeout of the caller, not of the disk
            raise access.refusal(path, error) from error


def _in_frames(source: Source, frame_format: Dialect) -> Iterator[str]:
    scan = frames.walk(source, margins.between(source), frame_format)
    if scan is None:  # no frames that declare their size
        return
    yield from _on_the_way(scan)
    yield from _undecoded(decoder.decode_frames(source, scan.places, frame_format.decoder))


def _on_the_way(scan: Walk) -> Iterator[str]:
    if scan.gaps:
        yield f"frames are damaged or missing {_at(scan.gaps)}"
    elif scan.missing:
        yield f"{scan.missing:,} of {scan.told:,} frames are missing"
    if scan.empty:
        yield f"only zero bytes from {clock(scan.seconds)} on"
    if scan.cut:
        yield "the last frame is truncated"


def _in_container(source: Source, facts: Facts) -> Iterator[str]:
    if facts.format in _OGG and (samples := oggpages.walk(source)):
        rate = _OPUS_RATE if facts.format == formats.OPUS.name else facts.sample_rate
        yield f"pages are damaged or missing {_at([sample / (rate or 1) for sample in samples])}"
        return
    demuxer = _demuxer(source, facts)
    end = margins.back(source, margins.front(source)) if demuxer in _TAGGED else source.size
    result = decoder.decode(source, end, demuxer)
    yield from _undecoded(result)
    if result.checksum is False:
        yield "the samples do not match the MD5 of the encoder"
    elif result.checksum is None and result.known and not result.errors:
        missing = facts.duration - result.seconds
        if missing > max(_MISSED, _PART * facts.duration):
            yield f"only {clock(result.seconds)} of {clock(facts.duration)} can be decoded"


def _demuxer(source: Source, facts: Facts) -> str:
    if facts.format == formats.MUSEPACK.name:
        return "mpc" if source.read(margins.front(source), 3) == b"MP+" else "mpc8"
    return "ogg" if facts.format in _OGG else _DEMUXERS[facts.format]


def _undecoded(result: Decoded) -> Iterator[str]:
    if result.known and result.errors:
        yield f"it cannot be decoded {_at(result.errors) if result.seconds else 'at all'}"


def _at(seconds: Sequence[float]) -> str:
    first = f"at {clock(seconds[0])}"
    return f"at {len(seconds):,} places, the first {first}" if len(seconds) > 1 else first


def clock(seconds: float) -> str:
    """Format seconds as players do: "3:07", "1:02:07"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
