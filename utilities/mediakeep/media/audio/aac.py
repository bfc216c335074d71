"""Parse AAC without a container, after ISO/IEC 14496-3 (1.A.2, ADTS) and 13818-7 (ADIF)."""

from __future__ import annotations

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.mp4.descriptors import AAC_CHANNELS, AAC_SAMPLE_RATES
from mediakeep.media.audio.parsed_file import ParsedFile, StreamInfo
from mediakeep.media.audio.stream_check import StreamCheck
from mediakeep.media.bounded_file import BoundedFile, ReadAt

_SAMPLES_PER_BLOCK = 1024  # per block; a frame has 1 to 4 blocks
_MAX_MEASURED_FRAMES = 200  # frames; their mean size gives the bitrate
_MIN_FRAMES = 3
_MAX_ADIF_HEADER = 128  # bytes; the program configuration of 8 channels ends within 50
_COPYRIGHT_ID_BITS = 72

iter_essence = surrounding_tags.iter_essence


def parse(source: BoundedFile) -> ParsedFile:
    """Parse an AAC file, and estimate its length from the first frames.

    Raises ValueError if there are too few frames.
    """
    audio = surrounding_tags.find_audio_range(source)
    if source.read(audio.start, 4) == b"ADIF":
        info = _parse_adif_header(source.read(audio.start, _MAX_ADIF_HEADER), audio.size)
        return ParsedFile(info=info, blocks=surrounding_tags.read_tag_blocks(source))
    rate, channels, samples, size = _measure_frames(source.make_part_reader(*audio))
    info = StreamInfo(
        length=audio.size / size * samples / rate,
        bitrate=round(size * 8 * rate / samples),
        sample_rate=rate,
        channels=channels,
    )
    return ParsedFile(info=info, blocks=surrounding_tags.read_tag_blocks(source))


def check_stream(source: BoundedFile) -> StreamCheck:
    """Return the size of an AAC stream, but no evidence of truncation.

    Plain ADTS frames do not declare how many frames there should be.
    """
    return StreamCheck(surrounding_tags.find_audio_range(source).size)


def _parse_adif_header(head: bytes, size: int) -> StreamInfo:
    """Parse an ADIF header and the first program that it configures, after ISO/IEC 13818-7 (8.5.2).

    `size` is the size of the audio in bytes; with the bit rate it gives the length. A bit rate that
    varies is declared as its maximum, so that the length is too short then.
    """
    bits = _BitReader(head, 4)
    if bits.read(1):
        bits.read(_COPYRIGHT_ID_BITS)
    bits.read(2)  # original, home
    is_variable = bits.read(1)
    bitrate = bits.read(23)
    bits.read(4)  # number of programs
    if not is_variable:
        bits.read(20)  # buffer fullness
    bits.read(4 + 2)  # instance tag, profile
    rate = AAC_SAMPLE_RATES[bits.read(4)]
    element_count = sum(bits.read(4) for _ in range(3))  # front, side, back
    lfe_count = bits.read(2)
    bits.read(3 + 4)  # numbers of data and coupling elements
    for mix_down_bits in (4, 4, 3):  # mono, stereo, matrix
        if bits.read(1):
            bits.read(mix_down_bits)
    channels = lfe_count
    for _ in range(element_count):
        channels += 1 + bits.read(1)  # an element is a channel or a pair of channels
        bits.read(4)
    length = size * 8 / bitrate if bitrate else 0.0
    return StreamInfo(length=length, bitrate=bitrate, sample_rate=rate, channels=channels)


class _BitReader:
    """Read unsigned numbers of any number of bits; missing bits raise ValueError."""

    def __init__(self, data: bytes, start: int) -> None:
        self._number, self._left = int.from_bytes(data[start:]), 8 * (len(data) - start)

    def read(self, count: int) -> int:
        self._left -= count
        return self._number >> self._left & (1 << count) - 1


def _measure_frames(read_at: ReadAt) -> tuple[int, int, int, int]:
    """Read some ADTS frames.

    Return a tuple: sample rate in Hz, channels, total samples of these frames, total bytes.
    """
    first, offset, samples = read_at(0, 7), 0, 0
    for _ in range(_MAX_MEASURED_FRAMES):
        head = read_at(offset, 7)
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 if len(head) == 7 else 0
        if size < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] != first[2]:
            break
        samples += _SAMPLES_PER_BLOCK * ((head[6] & 3) + 1)
        offset += size
    if samples < _MIN_FRAMES * _SAMPLES_PER_BLOCK:
        raise ValueError("too few frames")
    channels = AAC_CHANNELS[(first[2] & 1) << 2 | first[3] >> 6]
    return AAC_SAMPLE_RATES[first[2] >> 2 & 15], channels, samples, offset
