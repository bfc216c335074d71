"""Find the audio parts of a file, so that they can be combined with other tags.

MP3, FLAC, True Audio, Monkey's Audio, WavPack, Musepack
            everything between the tags
WAV, AIFF   each chunk without tags
DSF         the format chunk and the data chunk
WMA         everything after the header object
MP4         each `trak`, which contains the offsets of its audio, and the content of each `mdat`
Ogg         the Vorbis setup packet, then all audio pages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mediakeep.media.audio import dsf, formats, surrounding_tags
from mediakeep.media.audio.asf import asf_stream
from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.audio.mp3 import mp3_stream
from mediakeep.media.audio.mp4 import track_ranges
from mediakeep.media.audio.mp4.chunk_offsets import OffsetShift
from mediakeep.media.audio.ogg import comment_packet, rewrite_pages
from mediakeep.media.audio.riff import raw_chunks
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.safewrite.file_assembly import FilePart, RenumberedPages, ShiftedTrack


@dataclass(frozen=True)
class AudioLayout:
    """The byte ranges of a file's audio, which a tag write copies.

    For MP4, `mdats` are the ranges of the audio atoms. For Ogg, `serial` and `page` are the
    stream's serial number and the number of the first audio page.
    """

    parts: tuple[ByteRange, ...]
    mdats: tuple[ByteRange, ...] = ()
    serial: bytes = b""
    page: int = 0

    def relocate(self, part: ByteRange, mdats: tuple[int, ...], page: int) -> FilePart:
        """Return an audio part adapted to a new file.

        `mdats` are the new offsets of the MP4 audio, `page` the new number of the first audio page
        in an Ogg.
        """
        if self.serial and part == self.parts[-1] and page != self.page:
            return RenumberedPages(part, self.serial, page - self.page)
        if self.mdats and part not in self.mdats and (moves := self._offset_shifts(mdats)):
            return ShiftedTrack(part, moves)
        return part

    def _offset_shifts(self, mdats: tuple[int, ...]) -> tuple[OffsetShift, ...]:
        return tuple(
            OffsetShift(span.start, span.end, start - span.start)
            for span, start in zip(self.mdats, mdats, strict=True)
            if span.start != start
        )


def find_layout(source: BoundedFile, kind: str) -> AudioLayout:
    """Return where a file's audio is; raise UnsupportedLayout for an unusual structure.

    `kind` is the name of the audio format.
    """
    return _LAYOUTS[kind](source)


def _mpeg_layout(source: BoundedFile) -> AudioLayout:
    return AudioLayout(tuple(mp3_stream.iter_essence(source)))


def _untagged_layout(source: BoundedFile) -> AudioLayout:
    return AudioLayout((surrounding_tags.find_audio_range(source),))


def _riff_layout(source: BoundedFile) -> AudioLayout:
    """Return all chunks without tags, each without its padding byte."""
    return AudioLayout(
        tuple(
            ByteRange(chunk.start, chunk.end)
            for chunk in raw_chunks.split_file(source).chunks
            if not raw_chunks.is_tag_chunk(source, chunk)
        )
    )


def _dsf_layout(source: BoundedFile) -> AudioLayout:
    return AudioLayout((dsf.find_audio_chunks(source),))


def _asf_layout(source: BoundedFile) -> AudioLayout:
    return AudioLayout((ByteRange(asf_stream.find_header(source).end, source.size),))


def _flac_layout(source: BoundedFile) -> AudioLayout:
    return AudioLayout(tuple(flac_stream.iter_essence(source)))


def _mp4_layout(source: BoundedFile) -> AudioLayout:
    tracks, mdats = track_ranges.find_ranges(source)
    return AudioLayout(tuple(sorted([*tracks, *mdats])), tuple(mdats))


def _ogg_layout(kind: str) -> Callable[[BoundedFile], AudioLayout]:
    def find(source: BoundedFile) -> AudioLayout:
        opening = rewrite_pages.read_header_pages(source, comment_packet.HEADER_PACKETS[kind])
        setup = [span for packet in opening.packets[1:] for span in packet]
        audio = ByteRange(opening.span.end, source.size)
        return AudioLayout((*setup, audio), (), opening.serial, opening.number)

    return find


_LAYOUTS: Mapping[str, Callable[[BoundedFile], AudioLayout]] = {
    formats.MP3.name: _mpeg_layout,
    formats.FLAC.name: _flac_layout,
    formats.MP4.name: _mp4_layout,
    formats.VORBIS.name: _ogg_layout(formats.VORBIS.name),
    formats.OPUS.name: _ogg_layout(formats.OPUS.name),
    formats.WAV.name: _riff_layout,
    formats.AIFF.name: _riff_layout,
    formats.DSF.name: _dsf_layout,
    formats.ASF.name: _asf_layout,
    formats.TRUE_AUDIO.name: _untagged_layout,
    formats.MONKEYS.name: _untagged_layout,
    formats.WAVPACK.name: _untagged_layout,
    formats.MUSEPACK.name: _untagged_layout,
}
