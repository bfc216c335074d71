"""Check a source for damage while it is decoded for another purpose, such as its loudness.

The decoded frames show what cannot be decoded, the MD5 of FLAC, and whether audio is missing. Then
the file is scanned for what decoders pass over: damaged frames of MP3 and AAC, and pages of Ogg.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mediakeep.media.audio import tags
from mediakeep.media.audio.decode import damage
from mediakeep.media.audio.decode.decoder import DecodeResult
from mediakeep.media.audio.decode.flac_md5 import FlacMd5
from mediakeep.media.encoding.pcm_source import PcmSource


def iter_frames(source: PcmSource, decoded: DecodeResult) -> Iterator[Any]:
    """Yield all frames of an open source, and store in `decoded` what decoding them has shown."""
    md5 = FlacMd5.from_streaminfo(source.extradata) if source.codec == "flac" else None
    for frame in source.frames(lambda position, _: decoded.error_positions.append(position)):
        if md5:
            md5.add_frame(frame)
        yield frame
    decoded.seconds = source.samples / source.format.sample_rate
    decoded.pages = source.pages
    decoded.has_checked_length = source.declared_samples > 0
    decoded.checksum_matches = md5.matches() if md5 and not decoded.error_positions else None


def describe_ends(source: PcmSource) -> str:
    """Return a phrase about streams of Ogg that end without the flag for it, or "".

    It is no proof that audio is missing: recorders of Android and of radio streams set no flag.
    """
    ends = [end / source.format.sample_rate for end in source.pages.unmarked_ends]
    positions = ", ".join(map(damage.format_position, ends))
    return f"a stream ends at {positions} without an end mark" if ends else ""


def find_damage(path: Path, decoded: DecodeResult) -> str:
    """Return a phrase that says what is damaged in a decoded file, or "" if nothing is.

    Raises Unreadable if the system cannot read the file, NotAudio for another kind of file.
    """
    facts = tags.read(path).facts
    is_truncated = damage.is_truncated(facts)
    return facts.truncated if is_truncated else damage.find_damage(path, facts, decoded)
