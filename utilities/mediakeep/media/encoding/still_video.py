"""Encode an audio file and a picture to an MP4 for YouTube: H.264 at one frame a second, and AAC.

1. The audio is decoded, checked for damage and encoded to a working file of AAC with ADTS headers.
2. The frames of one keyframe interval are encoded; all others repeat their packets. Each interval
   begins with an IDR frame and refers to no other one, so that the result is the same as that of
   an encoder which is given the picture for each second, but for the time that this takes.
3. The header is written, then the packets in chunks of a second, so that playing needs no seeks.
4. The file is decoded as a whole, and renamed.

The audio is `samples` long as the edit list has it, without the encoder's priming; so is the video,
whose last frame is shorter than a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
from msgspec import structs

from mediakeep import atomic_writer
from mediakeep.errors import AudioDamaged, DecodingFailed, EncodingFailed, VerificationFailed
from mediakeep.media import ffmpeg
from mediakeep.media.audio.decode import frame_headers
from mediakeep.media.audio.decode.decoder import DecodeResult
from mediakeep.media.audio.model import AudioProperties
from mediakeep.media.audio.mp4 import sample_tables
from mediakeep.media.encoding import decode_check, encoder, mp4_header, pcm_source, profile_rules
from mediakeep.media.encoding.encoder import EncodedFile
from mediakeep.media.encoding.mp4_header import AAC_FRAME, AAC_PRIMING, MediaTrack
from mediakeep.media.encoding.pcm_source import Progress
from mediakeep.media.encoding.profiles import BUILT_IN
from mediakeep.media.encoding.video_settings import StillVideoSettings

_AUDIO = structs.replace(
    BUILT_IN["aac"],
    name="video",
    suffix=".aac",
    container="adts",
    container_options={},
    channels=6,  # YouTube plays up to 5.1
    layouts=("mono", "stereo", "3.0", "4.0", "5.0", "5.1"),
)
_BT709, _LIMITED = 1, 1  # FFmpeg's numbers of colors, and of a range
_HINT = "Check the disk and its free space, then run again."

_DEFAULTS = StillVideoSettings()


class EncodedVideo(msgspec.Struct, frozen=True):
    """A verified video: its length in seconds, and in samples of its audio; `size` is in bytes.

    `frames` is the number of pictures.
    """

    seconds: float
    source_seconds: float
    samples: int
    sample_rate: int
    frames: int
    size: int
    encoder: str


class _Stream(NamedTuple):
    """A track, with the name of its decoder, and the decoder's configuration."""

    track: MediaTrack
    handler: bytes
    codec: str
    configuration: bytes


def encode_still_video(
    audio: Path,
    picture: Any,
    target: Path,
    settings: StillVideoSettings = _DEFAULTS,
    progress: Progress | None = None,
) -> EncodedVideo:
    """Encode an audio file with a picture of Pillow, in RGB and of the size in the settings.

    `target` appears when it is complete, verified and synced; a file of that name is replaced. Its
    folder must be locked, as the working files have fixed names. `progress` is called after each
    second of audio, first for the encoding, then from 0 again for the verification of each track;
    what it raises stops both. Raises Unreadable, NotAudio, DecodingFailed or AudioDamaged for the
    audio, EncodingFailed or VerificationFailed for the video.
    """
    if picture.size != (settings.width, settings.height):
        raise ValueError(f"the picture has {picture.size} pixels")  # would be distorted
    packets = target.with_name(f".{target.name}.aac")
    try:
        encoded, source_seconds = _encode_audio(audio, packets, settings, progress)
        with packets.open("rb") as data, atomic_writer.replace_files(target) as [partial]:
            configuration, pictures = _encode_picture(picture, settings)
            streams = [
                _describe_audio(data, encoded, settings),
                _describe_video(configuration, pictures, encoded, settings),
            ]
            _write([stream.track for stream in streams], data, pictures, partial.handle)
            for stream in streams:
                if problem := _find_problem(partial.temp_path, stream, progress):
                    raise VerificationFailed(target, problem)
            return EncodedVideo(
                seconds=encoded.seconds,
                source_seconds=source_seconds,
                samples=encoded.samples,
                sample_rate=encoded.sample_rate,
                frames=streams[1].track.packets,
                size=partial.temp_path.stat().st_size,
                encoder=encoded.encoder,
            )
    except (OSError, ffmpeg.require_pyav().error.FFmpegError) as error:
        if isinstance(error, TimeoutError):
            raise  # a timeout of the caller, not of the disk
        raise EncodingFailed(target, ffmpeg.describe_error(error), _HINT) from error
    finally:
        with suppress(OSError):
            packets.unlink(missing_ok=True)


def _encode_audio(
    audio: Path, packets: Path, settings: StillVideoSettings, progress: Progress | None
) -> tuple[EncodedFile, float]:
    """Encode the audio to a file of AAC with headers; return also the seconds of the source."""
    decoded = DecodeResult()
    with pcm_source.open_source(audio, progress) as source:
        rate, channels = source.format.sample_rate, source.format.channels
        facts = AudioProperties(format="", lossless=True, sample_rate=rate, channels=channels)
        parameters = profile_rules.choose_parameters(facts, _AUDIO)
        bit_rate = settings.channel_bit_rate * parameters.channels
        parameters = structs.replace(parameters, bit_rate=bit_rate)
        frames = decode_check.iter_frames(source, decoded)
        try:
            encoded = encoder.encode_frames(frames, source.format, packets, parameters)
        except EncodingFailed as error:
            _refuse_damage(audio, decoded)
            error.args = (audio, *error.args[1:])  # not the working file
            raise
    _refuse_damage(audio, decoded)
    seconds = source.samples / rate
    if abs(encoded.seconds - seconds) * encoded.sample_rate > AAC_FRAME:
        raise EncodingFailed(audio, f"{encoded.seconds} of {seconds} s were encoded", _HINT)
    return encoded, seconds


def _refuse_damage(audio: Path, decoded: DecodeResult) -> None:
    if damage := decode_check.find_damage(audio, decoded):
        raise AudioDamaged(audio, damage)


def _encode_picture(picture: Any, settings: StillVideoSettings) -> tuple[bytes, list[bytes]]:
    """Return the decoder's configuration, and the packets of one keyframe interval."""
    av, interval = ffmpeg.require_pyav(), settings.keyframe_seconds
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = settings.width, settings.height, "yuv420p"
    context.time_base = context.framerate = Fraction(1)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    context.flags |= av.codec.context.Flags.global_header
    context.thread_count = 1  # whole files are encoded in parallel
    # Packets with their sizes, as in MP4, in order, and references within the interval only.
    exact = f"annexb=0:bframes=0:scenecut=0:keyint={interval}"
    context.options = {
        "preset": settings.preset,
        "tune": "stillimage",
        "crf": str(settings.crf),
        "x264-params": exact,
    }
    frame = av.VideoFrame.from_image(picture).reformat(
        format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED
    )
    packets = []
    for number in range(interval):
        frame.pts, frame.time_base = number, context.time_base
        packets += context.encode(frame)
    return context.extradata, [bytes(packet) for packet in (*packets, *context.encode(None))]


def _describe_audio(data: BinaryIO, encoded: EncodedFile, settings: StillVideoSettings) -> _Stream:
    head = data.read(frame_headers.HEADER_SIZE)
    # The type, rate and channels of the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    kind, index, channels = head[2] >> 6, head[2] >> 2 & 15, (head[2] & 1) << 2 | head[3] >> 6
    configuration = ((kind + 1) << 11 | index << 7 | channels << 3).to_bytes(2)
    rate, bit_rate = encoded.sample_rate, settings.channel_bit_rate * channels
    entry = mp4_header.build_aac_entry(rate, channels, configuration, bit_rate)
    sizes = bytearray(mp4_header.pack_sizes(len(packet) for packet in _iter_packets(data)))
    track = MediaTrack(rate, entry, AAC_FRAME, AAC_PRIMING, encoded.samples, sizes)
    return _Stream(track, b"soun", "aac", configuration)


def _describe_video(
    configuration: bytes,
    pictures: Sequence[bytes],
    encoded: EncodedFile,
    settings: StillVideoSettings,
) -> _Stream:
    rate, size = encoded.sample_rate, (settings.width, settings.height)
    entry = mp4_header.build_h264_entry(*size, configuration)
    frames = islice(cycle(map(len, pictures)), math.ceil(encoded.seconds))
    sizes = bytearray(mp4_header.pack_sizes(frames))
    interval = settings.keyframe_seconds
    track = MediaTrack(rate, entry, rate, 0, encoded.samples, sizes, *size, interval)
    return _Stream(track, b"vide", "h264", configuration)


def _iter_packets(data: BinaryIO) -> Iterator[bytes]:
    """Yield the packets of a file of AAC without their headers."""
    data.seek(0)
    while head := frame_headers.parse_adts_header(data.read(frame_headers.HEADER_SIZE)):
        yield data.read(head.size - frame_headers.HEADER_SIZE)


def _write(
    tracks: Sequence[MediaTrack], data: BinaryIO, pictures: Sequence[bytes], output: BinaryIO
) -> None:
    output.writelines(mp4_header.build_header(tracks))
    packets, frames = _iter_packets(data), cycle(pictures)
    for index, _ in mp4_header.order_chunks(tracks):
        chunk = frames if tracks[index].width else packets
        output.writelines(islice(chunk, tracks[index].packets_in_chunk))
    output.flush()


def _find_problem(path: Path, stream: _Stream, progress: Progress | None) -> str:
    """Decode a track of the written file; return what is wrong as a clause, or ""."""
    track, av = stream.track, ffmpeg.require_pyav()
    decoder = av.CodecContext.create(stream.codec, "r")
    decoder.extradata, decoder.thread_count = stream.configuration, 1
    try:
        with sample_tables.open_track(path, stream.handler) as (source, tables):
            found = (tables.packets, tables.duration - track.priming, tables.edits)
            if found != (track.packets, track.samples, [(track.samples, track.priming)]):
                return "the tables of its header are not those of its packets"
            if tables.sizes_offset > tables.offsets[0]:
                return "its header is not at its front"
            decoded = 0
            for data in chain(sample_tables.read_packets(source, tables), [None]):
                frames = decoder.decode(data and av.Packet(data))
                decoded += sum(not frame.is_corrupt for frame in frames)
                if progress and decoded % track.packets_in_chunk == 0:
                    progress(min(decoded * track.frame, track.samples), track.samples)
    except DecodingFailed as error:
        return str(error.args[1])
    return "" if decoded == track.packets else f"{decoded:,} of {track.packets:,} packets decoded"
