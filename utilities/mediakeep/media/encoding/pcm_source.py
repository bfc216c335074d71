"""Decode any audio file to PCM frames with the exact number of samples.

What encoders add before and after the audio is left out. FFmpeg does this for the delay and padding
in LAME and Xing headers, for the pre-skip of Opus, for the last granule position of Ogg, and for
the start of MP4 edit lists; the end of MP4 is trimmed here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep.errors import DecodingFailed
from mediakeep.media import ffmpeg
from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.decode import damage
from mediakeep.media.audio.decode.ogg_page_scan import OggPageScan
from mediakeep.media.audio.mp3 import xing
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.encoding.packet_timeline import PacketTimeline
from mediakeep.media.ffmpeg import OpenedAudio

LOSSLESS_CODECS = frozenset(
    {"alac", "ape", "flac", "tta", "wavpack", "wmalossless", "mlp", "truehd", "als", "shorten"}
)
_FLAC_BITS_OFFSET, _ALAC_BITS_OFFSET = 13, 17  # in the codec's private data
_PCM_BITS = 16  # of companded PCM such as A-law
_MAX_CODED_BITS = 24  # of lossless codecs that FFmpeg decodes to words of 32 bits, and of DSD
CHANNEL_LAYOUTS = {
    1: "mono",
    2: "stereo",
    3: "2.1",
    4: "4.0",
    5: "5.0",
    6: "5.1",
    7: "6.1",
    8: "7.1",
}
_ITUNES_LENGTH_FIELD = 3  # of iTunSMPB: flags, delay, padding, length, all in hex
# Packets that are decoded before the first one that is needed. Frames of MP3 use up to 255 bytes of
# earlier ones in MPEG-2 (ISO/IEC 13818-3), which are 24 frames at 8 kbit/s; other codecs need less.
_PREROLL_PACKETS, _PCM_PREROLL_PACKETS = 32, 2

_OGG_SEARCH_SIZE = 65_307  # bytes in which FFmpeg looks for the next page; then it gives up
_OTHER_STREAM = (  # in Ogg; FFmpeg gives up there
    "a stream with another sample rate or number of channels follows"
)
# Messages without which some damaged frames of MP3 decode to noise without an error.
_MP3_OPTIONS = {"err_detect": "compliant"}
_SEEKABLE = frozenset({"mp3", "flac", "wav", "mov"})

Progress = Callable[[int, int], None]  # (samples done, samples in total or 0 if unknown)
OnError = Callable[[float, str], None]  # (position in seconds, message)
T = TypeVar("T")


class PcmFormat(msgspec.Struct, frozen=True):
    """The format of decoded audio: Hz, channels, and the significant bits of a sample.

    `layout`, `filter_layout` and `sample_format` are FFmpeg's names, such as "stereo" and "s16p".
    If a file does not define which channels it has, `filter_layout` says so ("2 channels"), as
    filters expect, and `layout` is the usual one. `bits` is 0 if the codec is lossy.
    """

    sample_rate: int
    channels: int
    layout: str
    sample_format: str
    bits: int = 0
    filter_layout: str = ""


class PacketPosition(msgspec.Struct, frozen=True, array_like=True):
    """The number of a packet in a file, and the position of its first sample in the audio.

    `mark` identifies the packet, and `open_at` one that is early enough to decode it from there: by
    the byte offset in MP3, else by the timestamp. Both are 0 in formats that are read from the
    start.
    """

    packet: int
    sample: int
    mark: int = 0
    open_at: int = 0


class PositionLost(DecodingFailed):
    """Raised before the first frame if a packet is not found where it was."""


_FIRST = PacketPosition(0, 0)


class PcmSource:
    """An open audio file that yields its PCM frames.

    `declared_samples` is the length in the file's header, or 0 if unknown; it is exact for FLAC,
    ALAC, Monkey's Audio, TTA and WavPack, except in Ogg. `samples` is the position after the last
    sample that `frames` has yielded. `positions` has one packet for each `position_seconds` of
    decoded audio, as the start of another decoding. `start` is the one to start from, if it is not
    the first.

    With `messages`, the list of those of FFmpeg, errors do not stop the decoding: what cannot be
    decoded becomes silence, so that all after it keeps its time, and `concealed` counts these
    samples. A gap of more than a second must fit into a declared length that is exact, or damaged
    pages of Ogg must explain it. Damaged frames of MP3 may decode to noise; only messages say so.
    """

    position_seconds = 1

    def __init__(
        self,
        path: Path,
        opened: OpenedAudio,
        progress: Progress | None = None,
        start: PacketPosition = _FIRST,
        messages: list[tuple[int, str, str]] | None = None,
    ) -> None:
        self._path, self._container, self._stream = path, opened.container, opened.stream
        self._opened, self.file = opened, opened.source
        self._start, self.is_mp3 = start, self._container.format.name == "mp3"
        context = opened.stream.codec_context
        self.codec: str = context.name
        is_pcm = self.codec.startswith("pcm_")
        self._preroll = _PCM_PREROLL_PACKETS if is_pcm else _PREROLL_PACKETS
        self.samples = self._reported = 0
        self._progress, self._messages, self._conceals = progress, messages, messages is not None
        self.concealed, self._gap_at = 0, -1
        self.positions: list[PacketPosition] = []
        self.extradata: bytes = context.extradata or b""
        if self.codec in ffmpeg.CHECKSUM_CODECS:
            context.options = {**ffmpeg.STRICT_OPTIONS}
        elif self._conceals and self.is_mp3:
            context.options = {**_MP3_OPTIONS}
        context.thread_count = 1  # whole files run in parallel
        if context.sample_rate <= 0 or not context.layout.nb_channels:
            raise DecodingFailed(path, "its sample rate or its channels are unknown")
        if context.format is None:
            raise DecodingFailed(path, "its sample format is unknown")
        self.format = _find_format(path, context)
        self._time_base = Fraction(1, context.sample_rate)
        self._timeline = self._build_timeline()

    @property
    def declared_samples(self) -> int:
        return self._timeline.declared_samples

    @property
    def track_count(self) -> int:
        """The number of audio tracks in an MP4 file; 1 for other formats.

        Only the first track is decoded.
        """
        is_mp4 = "mov" in self._container.format.name
        return len(self._container.streams.audio) if is_mp4 else 1

    @property
    def has_exact_length(self) -> bool:
        """Return True if `declared_samples` is exact."""
        return self._timeline.has_exact_length

    @property
    def pages(self) -> OggPageScan:
        """What is wrong with the pages of an Ogg file; in other formats nothing."""
        return self._timeline.pages

    def frames(self, on_error: OnError | None = None) -> Iterator[Any]:
        """Yield the frames in order; `pts` counts samples from 0, in a time base of 1/rate.

        Raises DecodingFailed at the first error. With `on_error`, errors are reported to it
        instead, and decoding continues.
        """
        if self._conceals and on_error is None:
            on_error = _ignore_error
        previous = None
        self.samples = self._reported = self._start.sample
        for frame in self._decode(on_error):
            if previous is not None:
                yield self._number(previous)
                self._report_progress(self.format.sample_rate)
            previous = frame
        if previous is not None and (last := self._trim_end(previous)) is not None:
            yield self._number(last)
        self._report_progress(0)
        self._check_length(on_error)

    def _build_timeline(self) -> PacketTimeline:
        timeline = PacketTimeline(self._path, self._opened)
        if _declares_length(self._container.format.name, self.file):
            timeline.declared_samples = timeline.to_samples(self._stream.duration)
        if self.codec == "opus":  # the duration of Ogg Opus includes the pre-skip, and a late start
            skipped = int.from_bytes(self.extradata[10:12], "little")
            timeline.declared_samples -= skipped + max(0, self._stream.start_time or 0)
            timeline.packet_end = -skipped
        if self._start.packet:
            timeline.packet_end = None
        return timeline

    def _decode(self, on_error: OnError | None) -> Iterator[Any]:
        decoded, interval = self.samples, self.format.sample_rate * self.position_seconds
        other_seconds = 0.0  # in another format: of less than a second, the headers are damaged
        marks: deque[int] = deque(maxlen=self._preroll)
        for number, packet in self._demux_from_start():
            if not self._start.packet:
                marks.append(self._mark(packet))
                if decoded // interval > len(self.positions):
                    self.positions.append(self._make_position(number, decoded, marks))
            for frame in self._decode_packet(packet, on_error):
                format_now = (frame.sample_rate, frame.layout.nb_channels)
                if format_now != (self.format.sample_rate, self.format.channels):
                    change = f"the audio changes to {frame.sample_rate} Hz, {frame.layout.name}"
                    self._report(change, on_error)
                    other_seconds += frame.samples / frame.sample_rate
                    if other_seconds > 1:
                        at = damage.format_position(self.samples / self.format.sample_rate)
                        raise DecodingFailed(self._path, f"{change} at {at}")
                    continue
                other_seconds = 0.0
                if frame.is_corrupt:
                    self._report("a frame is damaged", on_error)
                decoded += frame.samples
                yield frame
        missing = self.declared_samples - decoded if self.has_exact_length else 0
        if missing < 0 <= self._gap_at:
            self._timeline.refuse_times(self._gap_at)
        if self._conceals and missing > 0:
            what = f"{missing:,} samples are missing at its end" if decoded else "no frame is found"
            self._report(what, on_error)
            yield from self._make_silence(missing)

    def _demux_from_start(self) -> Iterator[tuple[int, Any]]:
        """Yield the packets that are wanted with their numbers; decode some before them."""
        start, packets = self._start, self._demux()
        if start.open_at and not self.is_mp3:  # that was opened there
            with ffmpeg.translate_errors(self._path):
                self._container.seek(start.open_at, stream=self._stream)
        for number, packet in enumerate(packets):
            is_first = self._mark(packet) == start.mark if start.open_at else number == start.packet
            if is_first and self._is_elsewhere(packet):
                break
            if is_first:
                yield from enumerate(chain([packet], packets), start.packet)
                return
            if start.open_at or number >= start.packet - self._preroll:
                self._decode_packet(packet, _ignore_error)
        if start.packet:
            raise PositionLost(self._path, "its packets are not where they were")

    def _is_elsewhere(self, packet: Any) -> bool:
        """Return True if the first wanted packet of a WAV has a position that is not its own.

        An earlier version of mediakeep has recorded it, with other sizes of packets.
        """
        is_numbered = self._container.format.name == "wav" and self.codec.startswith("pcm_")
        return is_numbered and int(packet.pts or 0) != self._start.sample

    def _mark(self, packet: Any) -> int:
        if self.is_mp3:
            return int(packet.pos or 0) + self._start.open_at
        return int(packet.pts or 0)

    def _make_position(self, number: int, sample: int, marks: deque[int]) -> PacketPosition:
        is_usable = (
            self._container.format.name.split(",")[0] in _SEEKABLE and len(marks) == self._preroll
        )
        if is_usable and 0 < marks[0] < marks[-1]:
            return PacketPosition(number, sample, marks[-1], marks[0])
        return PacketPosition(number, sample)

    def _demux(self) -> Iterator[Any]:
        errors = ffmpeg.require_pyav().error
        with ffmpeg.translate_errors(self._path):
            for _ in range(self.file.size // _OGG_SEARCH_SIZE + 1):
                try:
                    yield from self._container.demux(self._stream)
                    return
                except IndexError:
                    return  # PyAV has no object for the cover of a chained stream, at the end
                except errors.PatchWelcomeError as error:
                    if self._container.format.name != "ogg":
                        raise
                    at = damage.format_position(round(self.samples / self.format.sample_rate))
                    raise DecodingFailed(self._path, f"{_OTHER_STREAM} at {at}") from error
                except errors.InvalidDataError:
                    if not self._conceals or self._container.format.name != "ogg":
                        raise

    def _decode_packet(self, packet: Any, on_error: OnError | None) -> Iterable[Any]:
        timeline = self._timeline
        missing = timeline.find_gap(packet) if self._conceals else 0
        if missing:
            self._gap_at = self.samples
            self._report("packets are missing", on_error)
        try:
            frames: Sequence[Any] = packet.decode()
        except ffmpeg.require_pyav().error.FFmpegError as error:
            self._report(ffmpeg.describe_error(error), on_error, error)
            frames = ()
            missing += timeline.to_samples(packet.duration, packet.time_base)
        if self._messages:
            if self.is_mp3 and self.samples:  # not if the data of the first frame is in one before
                self._report(self._messages[0][-1].strip(), on_error)
            self._messages.clear()
        if packet.pts is None and timeline.packet_end is not None:
            # several frames of FLAC around a damaged one
            timeline.packet_end += missing + sum(frame.samples for frame in frames)
        return chain(self._make_silence(missing), frames) if self._conceals and missing else frames

    def _make_silence(self, samples: int) -> Iterator[Any]:
        """Yield silent frames of a second or less; raise DecodingFailed for a wrong timestamp."""
        rate = self.format.sample_rate
        self._timeline.check_gap(samples, self.samples)
        self.concealed += samples
        for start in range(0, samples, rate):
            frame = ffmpeg.require_pyav().AudioFrame(
                self.format.sample_format, self.format.filter_layout, min(rate, samples - start)
            )
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate = rate
            yield frame

    def _number(self, frame: Any) -> Any:
        frame.pts, frame.time_base = self.samples, self._time_base
        self.samples += frame.samples
        return frame

    def _report_progress(self, step: int) -> None:
        """Call `progress` if at least `step` samples were decoded since the last call."""
        if self._progress and self.samples - self._reported >= step:
            self._reported = self.samples
            self._progress(self.samples, self.declared_samples)

    def _trim_end(self, frame: Any) -> Any:
        """Return the last frame without the samples after the end of the track."""
        kept = self._find_end(frame) - self.samples
        if kept >= frame.samples:
            return frame
        return split_frame(frame, kept)[0] if kept > 0 else None

    def _find_end(self, frame: Any) -> int:
        """Return the exact length in samples, given the last frame of an MP4.

        It is that of iTunSMPB, else it ends with the last packet, whose duration is short, else
        with the edit list if this is precise.
        """
        samples: int = frame.samples
        decoded = self.samples + samples
        if "mov" not in self._container.format.name:
            return decoded
        itunes = self._itunes_length()
        if decoded - samples < itunes <= decoded:
            return itunes
        duration = self._timeline.to_samples(frame.duration, frame.time_base)
        if 0 < duration < samples:
            return decoded - samples + duration
        missing = decoded - self.declared_samples
        is_precise = missing > self.format.sample_rate // 1000 + 1  # else rounded to milliseconds
        return self.declared_samples if is_precise and missing < samples else decoded

    def _itunes_length(self) -> int:
        metadata = {**self._container.metadata, **self._stream.metadata}
        fields = metadata.get("iTunSMPB", "").split()
        try:
            return int(fields[_ITUNES_LENGTH_FIELD], 16)
        except (IndexError, ValueError):
            return 0

    def _check_length(self, on_error: OnError | None) -> None:
        """Report missing audio: FFmpeg silently drops FLAC frames with invalid checksums."""
        missing = self.declared_samples - self.samples
        tolerated = (
            0 if self.has_exact_length else max(self.format.sample_rate, self.samples // 100)
        )
        if missing > tolerated:
            total = f"{self.declared_samples:,}"
            self._report(f"{missing:,} of {total} samples are missing or damaged", on_error)
        elif not self.samples:
            self._report("it contains no samples", on_error)

    def _report(
        self, message: str, on_error: OnError | None, cause: Exception | None = None
    ) -> None:
        if on_error is None:
            raise DecodingFailed(self._path, message) from cause
        on_error(self.samples / self.format.sample_rate, message)


@contextmanager
def open_source(
    path: Path,
    progress: Progress | None = None,
    *,
    start: PacketPosition = _FIRST,
    conceals: bool = False,
) -> Iterator[PcmSource]:
    """Open an audio file to decode it.

    `progress` is called after each second of audio; what it raises stops the decoding. `conceals`
    replaces what cannot be decoded by silence. `start` is one of the `positions` of an earlier
    decoding, for the audio from there on; if it has an `open_at`, the end of an MP3 is not trimmed,
    and `frames` may raise PositionLost. Raises Unreadable, NotAudio or DecodingFailed, each with
    the path.
    """
    capture = ffmpeg.capture_messages() if conceals else nullcontext()
    with ffmpeg.open_audio(path, start.open_at) as opened, capture as messages:
        yield PcmSource(path, opened, progress, start, messages)


def count_samples(path: Path, progress: Progress | None = None) -> int:
    """Decode a whole file, and return its exact number of samples per channel."""
    with open_source(path, progress) as source:
        for _ in source.frames():
            pass
        return source.samples


def split_frame(frame: Any, samples: int) -> tuple[Any, Any]:
    """Return the first samples of a frame, and the others."""
    fifo, pts, time_base = ffmpeg.require_pyav().AudioFifo(), frame.pts, frame.time_base
    frame.pts = None  # the FIFO checks the order of timestamps, which begin late in some files
    fifo.write(frame)
    first, rest = fifo.read(samples), fifo.read()
    if pts is not None:
        first.pts, rest.pts = pts, pts + samples
        first.time_base = rest.time_base = time_base
    return first, rest


def report_items(
    items: Iterable[T],
    measure: Callable[[T], int],
    total: int,
    step: int,
    progress: Progress | None,
) -> Iterator[T]:
    """Yield items; after each `step`, call `progress` with what they measure, and in total."""
    done = reported = 0
    for item in items:
        yield item
        done += measure(item)
        if progress and done - reported >= step:
            reported = done
            progress(done, total)


def _ignore_error(_position: float, _message: str) -> None:
    """Ignore an error before the wanted audio, such as missing data of an earlier packet."""


def _find_format(path: Path, context: Any) -> PcmFormat:
    """Open the decoder, and return the format of its frames.

    Its sample format may be another one than before, as in layer II of MPEG audio.
    """
    found = PcmFormat(
        sample_rate=context.sample_rate,
        channels=context.layout.nb_channels,
        layout=name_layout(context.layout),
        sample_format="",
        bits=_find_bits(context),
        filter_layout=context.layout.name,
    )
    with ffmpeg.translate_errors(path):
        context.open(strict=False)
    return msgspec.structs.replace(found, sample_format=context.format.name)


def name_layout(layout: Any) -> str:
    """Return FFmpeg's name of a channel layout, the usual one if only its size is known."""
    is_undefined = layout.name.endswith(" channels")
    return str(
        CHANNEL_LAYOUTS.get(layout.nb_channels, layout.name) if is_undefined else layout.name
    )


def _declares_length(demuxer: str, source: BoundedFile) -> bool:
    """Return True if the file declares its length; FFmpeg only estimates that of raw frames."""
    if demuxer == "mp3":
        start = surrounding_tags.find_audio_start(source)
        return xing.parse_header(source.read(start, xing.HEADER_SIZE).ljust(4)) is not None
    return demuxer != "aac"


def _find_bits(context: Any) -> int:
    """Return the significant bits of a decoded sample, or 0 if the codec is lossy."""
    name, data = context.name, context.extradata or b""
    if name == "flac" and len(data) > _FLAC_BITS_OFFSET:  # RFC 9639, section 8.2
        low, high = data[_FLAC_BITS_OFFSET - 1 : _FLAC_BITS_OFFSET + 1]
        return ((int(low) & 1) << 4 | int(high) >> 4) + 1
    if name == "alac" and len(data) > _ALAC_BITS_OFFSET:
        return int(data[_ALAC_BITS_OFFSET])
    if name.startswith("pcm_"):
        return int("".join(filter(str.isdigit, name)) or _PCM_BITS)
    if name.startswith("dsd_") or name in LOSSLESS_CODECS:
        return min(int(context.format.bits), _MAX_CODED_BITS)
    return 0
