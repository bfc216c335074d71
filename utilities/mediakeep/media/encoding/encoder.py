"""Encode one audio file, exact to the sample, into a file that is synced to the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files
from mediakeep.errors import EncodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.encoding import codec_encoders, info_header, pcm_source
from mediakeep.media.encoding.filter_chain import FilterChain, filter_frames, select_range
from mediakeep.media.encoding.pcm_source import OnError, PcmFormat, Progress
from mediakeep.media.encoding.profile_rules import EncodingParameters

# Layouts whose channels are the same as those of a layout with another name for the surrounds.
_RENAMED_LAYOUTS = frozenset({"5.0(side)", "5.1(side)", "6.1"})
_TRACKS_HINT = "Move it to a folder of its own and use the profile keep there."
_MP4_CONTAINERS = frozenset({"ipod", "mp4", "mov"})


class EncodedFile(msgspec.Struct, frozen=True):
    """The result of encoding a file.

    `samples` is the length of the new file per channel, `source_samples` that of the source.
    `encoder` has the name and version, and `size` is in bytes.
    """

    samples: int
    sample_rate: int
    source_samples: int
    encoder: str
    size: int

    @property
    def seconds(self) -> float:
        """The duration of the new file."""
        return self.samples / self.sample_rate


def encode_file(
    source: Path,
    target: Path,
    parameters: EncodingParameters,
    *,
    sample_range: tuple[int, int | None] = (0, None),
    filters: Sequence[tuple[str, str]] = (),
    progress: Progress | None = None,
    on_error: OnError | None = None,
) -> EncodedFile:
    """Encode an audio file; `target` is a temporary file, which is overwritten and synced.

    Only the samples of `sample_range` are encoded, from its start up to, not with, its end. Filters
    of FFmpeg (name and options) change them before. `progress` is called after each second of
    audio; what it raises stops the encoding. With `on_error`, decoding errors are reported to it,
    and the rest of the audio is encoded. On any other error the target is removed. Raises
    Unreadable, NotAudio or DecodingFailed for the source, EncodingFailed for the target; also if
    the source has several audio tracks, of which all but the first would be lost.
    """
    with pcm_source.open_source(source, progress) as opened:
        if opened.track_count > 1:
            what = f"its source has {opened.track_count} audio tracks, and a new file has one"
            raise EncodingFailed(target, what, _TRACKS_HINT)
        frames, source_format = opened.frames(on_error), opened.format
        if sample_range != (0, None):
            frames = select_range(frames, *sample_range)
        if filters:
            source_format, frames = filter_frames(source_format, filters, frames)
        written = encode_frames(frames, source_format, target, parameters)
        return msgspec.structs.replace(written, source_samples=opened.samples)


def encode_frames(
    frames: Iterable[Any],
    source_format: PcmFormat,
    target: Path,
    parameters: EncodingParameters,
    *,
    sync: bool = True,
) -> EncodedFile:
    """Encode PCM frames to a file, which is overwritten and synced, or removed on any error.

    The frames need `source_format`. Without `sync`, the system may write the file later. Raises
    EncodingFailed.
    """
    file = None
    try:
        with OutputFile(target, "w+") as file:
            written = _write_container(frames, source_format, file, parameters)
            if sync:
                atomic_files.sync_data(file.fileno())
            return msgspec.structs.replace(written, size=os.fstat(file.fileno()).st_size)
    except BaseException as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        if file and file.error:
            raise _to_encoding_failed(target, file.error, parameters) from file.error
        if isinstance(error, _foreign_errors()) and not isinstance(error, TimeoutError):
            raise _to_encoding_failed(target, error, parameters) from error
        raise


def choose_pcm_format(source: PcmFormat, parameters: EncodingParameters) -> PcmFormat:
    """Return the PCM format that the encoder is given."""
    profile, channels = parameters.profile, parameters.channels
    layout = source.layout
    if channels != source.channels:
        layout = pcm_source.CHANNEL_LAYOUTS[channels]
    if profile.layouts and layout not in profile.layouts:
        is_kept = profile.lossless and channels == source.channels
        if is_kept and layout not in _RENAMED_LAYOUTS:
            raise ValueError(f"{profile.codec} cannot store the channel layout {layout}")
        layout = profile.layouts[channels - 1]
    sample_format = codec_encoders.choose_sample_format(profile.codec, parameters.bits)
    bits = 16 if sample_format.startswith("s16") else parameters.bits
    return PcmFormat(
        sample_rate=parameters.sample_rate,
        channels=channels,
        layout=layout,
        sample_format=sample_format,
        bits=bits,
    )


def _write_container(
    frames: Iterable[Any],
    source_format: PcmFormat,
    file: FileIO,
    parameters: EncodingParameters,
) -> EncodedFile:
    profile, target = parameters.profile, choose_pcm_format(source_format, parameters)
    options = profile.container_options
    with open_container(file, profile.container, target.sample_rate, options) as output:
        stream = codec_encoders.add_stream(output, parameters, target)
        encoder = codec_encoders.open_encoder(stream, parameters)
        chain = FilterChain(source_format, target)
        for frame in chain.convert(frames):
            output.mux(encoder.encode(frame))
        output.mux(encoder.encode(None))
    if not chain.samples:
        raise ValueError("it is too short for a single sample")
    if profile.container == "mp3":
        info_header.write_gapless_data(file, chain.samples)
    name = codec_encoders.describe_encoder(profile.codec)
    return EncodedFile(chain.samples, target.sample_rate, 0, name, 0)


def _foreign_errors() -> tuple[type[Exception], ...]:
    return (OSError, ValueError, ffmpeg.require_pyav().error.FFmpegError)


def _to_encoding_failed(
    target: Path, error: Exception, parameters: EncodingParameters
) -> EncodingFailed:
    is_system = isinstance(error, OSError) and not isinstance(
        error, ffmpeg.require_pyav().error.FFmpegError
    )
    hint = (
        "Check the disk and its free space, then run again."
        if is_system
        else f"Check the profile {parameters.profile.name} and the length of the track."
    )
    return EncodingFailed(target, ffmpeg.describe_error(error), hint)


class OutputFile(FileIO):
    """A file that writes all bytes it is given, and remembers why it could not.

    FFmpeg replaces the error of the system with one of its own.
    """

    error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            atomic_files.write_all(self.fileno(), data)
        except OSError as error:
            self.error = error
            raise
        return len(data)


def open_container(file: FileIO, name: str, sample_rate: int, options: Mapping[str, str]) -> Any:
    """Open a container of FFmpeg to write it to an open file."""
    options = {"flush_packets": "0", **options}  # else MP3 is written frame by frame
    if name in _MP4_CONTAINERS:
        # The edit list is precise only if its time scale is; FFmpeg's default is a millisecond.
        options.setdefault("movie_timescale", str(sample_rate))

    def reopen(*_: object) -> FileIO:
        """Open the output again, as FFmpeg does to move the index of an MP4 to its start."""
        return FileIO(os.fspath(file.name))

    return ffmpeg.require_pyav().open(file, "w", format=name, options=options, io_open=reopen)
