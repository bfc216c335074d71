"""What is damaged in the sound of a file, in one short sentence, found by decoding all of it.

    MP3, AAC   the walk from frame to frame, the encoder's own count of them, and the decoder
    FLAC       the decoder, the checksum of each frame, and the MD5 of all samples
    Ogg        the checksum and the number of each page, and the decoder
    others     the decoder, the checksums of WavPack and Monkey's Audio, and the length

Sound is not damaged where it is silent, begins late, or is followed by tags of any kind.
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

_WINDOW = 1 << 20  # bytes read at once
_MISSED = 1.0  # seconds that may be missing of the length that the header tells
_PART = 0.01  # likewise, as a part of that length
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
_TAGGED = frozenset({"flac", "ape", "wv", "mpc", "mpc8"})  # behind which tags may stand


def find(path: Path, facts: Facts) -> str:
    """Decode a file and say what is damaged, or ""; Unreadable where the system refuses it.

    Nothing is said of what is locked or cut off, which other kinds tell, nor of what cannot be
    decoded for want of a decoder.
    """
    if facts.protected or facts.truncated:
        return ""
    with access.opened(path) as handle:
        try:
            source = Source(handle.fileno(), os.fstat(handle.fileno()).st_size, _WINDOW)
            if dialect := _WALKED.get(facts.format):
                return "; ".join(_in_frames(source, dialect))
            return "; ".join(_in_container(source, facts))
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                raise  # not the disk's time is up, but that of whoever called
            raise access.refusal(path, error) from error


def _in_frames(source: Source, dialect: Dialect) -> Iterator[str]:
    found = frames.walk(source, margins.between(source), dialect)
    if found is None:  # of a form without frames that tell their size
        return
    yield from _on_the_way(found)
    yield from _undecoded(decoder.decode_frames(source, found.places, dialect.decoder))


def _on_the_way(found: Walk) -> Iterator[str]:
    if found.gaps:
        yield f"frames are damaged or missing {_at(found.gaps)}"
    elif found.missing:
        yield f"{found.missing:,} of {found.told:,} frames are missing"
    if found.empty:
        yield f"there are only zero bytes from {clock(found.seconds)} on"
    if found.cut:
        yield "the last frame is cut off"


def _in_container(source: Source, facts: Facts) -> Iterator[str]:
    if facts.format in _OGG and (places := oggpages.walk(source)):
        rate = _OPUS_RATE if facts.format == formats.OPUS.name else facts.sample_rate
        yield f"pages are damaged or missing {_at([place / (rate or 1) for place in places])}"
        return
    demuxer = _demuxer(source, facts)
    end = margins.back(source, margins.front(source)) if demuxer in _TAGGED else source.size
    done = decoder.decode(source, end, demuxer)
    yield from _undecoded(done)
    if done.checksum is False:
        yield "the samples do not have the MD5 that the encoder wrote"
    elif done.checksum is None and done.known and not done.errors:
        missing = facts.duration - done.seconds
        if missing > max(_MISSED, _PART * facts.duration):
            yield f"only {clock(done.seconds)} of {clock(facts.duration)} can be decoded"


def _demuxer(source: Source, facts: Facts) -> str:
    if facts.format == formats.MUSEPACK.name:
        return "mpc" if source.read(margins.front(source), 3) == b"MP+" else "mpc8"
    return "ogg" if facts.format in _OGG else _DEMUXERS[facts.format]


def _undecoded(done: Decoded) -> Iterator[str]:
    if done.known and done.errors:
        yield f"it cannot be decoded {_at(done.errors) if done.seconds else 'at all'}"


def _at(places: Sequence[float]) -> str:
    first = f"at {clock(places[0])}"
    return f"at {len(places):,} places, the first {first}" if len(places) > 1 else first


def clock(seconds: float) -> str:
    """Write a place in a sound as players show it: "3:07", "1:02:07"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
