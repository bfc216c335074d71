"""Verify that a converted file holds all its audio, by decoding it or by its header."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from mediakeep.errors import DecodingFailed, NotAudio
from mediakeep.media.audio.decode.flac_md5 import FlacMd5
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import PcmSource, Progress

VerificationMode = Literal["full", "length", "none"]

_OPUS_TOLERANCE = 1  # sample; of the rounding to 48 kHz
_HEADER_TOLERANCE = 0.1  # seconds; headers round, or include what is trimmed
_MAX_ERRORS = 20  # more are counted, not listed


class Verification(msgspec.Struct):
    """The result of a verification; `samples` is 0 if nothing was read.

    `errors` are sentences without a full stop, with positions in seconds.
    """

    mode: VerificationMode
    samples: int = 0
    errors: list[str] = []
    error_count: int = 0

    @property
    def is_valid(self) -> bool:
        """Return True if no error was found."""
        return not self.error_count

    def add_error(self, position: float, message: str) -> None:
        """Count an error at a position in seconds."""
        self.error_count += 1
        if self.error_count <= _MAX_ERRORS:
            self.errors.append(f"at {position:.2f} s: {message}")


def verify_file(
    path: Path,
    expected_samples: int,
    sample_rate: int,
    mode: VerificationMode = "full",
    progress: Progress | None = None,
) -> Verification:
    """Compare the length of an audio file with the expected number of samples.

    "full" decodes it, which also finds damage; "length" reads its header only; "none" does nothing.
    Raises Unreadable if the system cannot read the file.
    """
    result = Verification(mode)
    if mode == "none":
        return result
    try:
        with pcm_source.open_source(path, progress) as source:
            if source.format.sample_rate != sample_rate:
                message = f"its sample rate is {source.format.sample_rate}, not {sample_rate} Hz"
                result.add_error(0, message)
            if mode == "full":
                _decode(source, result)
                tolerance = _OPUS_TOLERANCE if source.codec == "opus" else 0
            else:
                result.samples = source.declared_samples
                tolerance = round(_HEADER_TOLERANCE * sample_rate)
    except (DecodingFailed, NotAudio) as error:
        result.add_error(0, str(error))
        return result
    if abs(result.samples - expected_samples) > tolerance:
        message = f"it has {result.samples:,} samples, not {expected_samples:,}"
        result.add_error(result.samples / sample_rate, message)
    return result


def _decode(source: PcmSource, result: Verification) -> None:
    md5 = FlacMd5.from_streaminfo(source.extradata) if source.codec == "flac" else None
    for frame in source.frames(result.add_error):
        if md5:
            md5.add_frame(frame)
    result.samples = source.samples
    if md5 and result.is_valid and md5.matches() is False:
        result.add_error(0, "the samples do not match the MD5 of the encoder")
