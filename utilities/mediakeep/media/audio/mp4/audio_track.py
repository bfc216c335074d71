"""Parse the audio tracks of MP4 files, after ISO/IEC 14496-12 (8.4, 8.5, 12.2).

The configuration atoms of AC-3, Enhanced AC-3, FLAC and AMR are parsed after ETSI TS 102 366 (F.4,
F.6), "Encapsulation of FLAC in ISO Base Media File Format" 0.0.4 (3.3.2), and 3GPP TS 26.244 (6.5,
6.7).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from msgspec import structs

from mediakeep.media.audio.flac import flac_frames
from mediakeep.media.audio.mp4 import atoms, descriptors
from mediakeep.media.audio.mp4.atoms import Atom
from mediakeep.media.audio.mp4.tracks import TrackAtoms
from mediakeep.media.audio.parsed_file import StreamInfo
from mediakeep.media.bounded_file import BoundedFile

_SAMPLE_ENTRY_SIZE = 28  # bytes of an audio sample entry before its child atoms
_QUICKTIME_EXTRA_BYTES = {0: 0, 1: 16, 2: 36}  # extra bytes by QuickTime entry version
_MAX_RATE = 1 << 24  # Hz
_PCM_BITS = {"in24": 24, "in32": 32, "fl32": 32, "fl64": 64}  # the entry of version 1 has 16
_LOSSLESS_CODECS = frozenset(
    {"alac", "fLaC", "lpcm", "sowt", "twos", "in24", "in32", "fl32", "fl64", "raw "}
)
_AC3_SAMPLE_RATES = (48000, 44100, 32000)
_AC3_CHANNELS = (2, 1, 2, 3, 3, 4, 4, 5)  # by audio coding mode, without the LFE channel
_AC3_BITRATES = (  # kbit/s
    *(32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640),
)
_AMR_SAMPLE_RATES = {"samr": 8000, "sawb": 16000}


def parse_audio_track(source: BoundedFile, track: TrackAtoms) -> StreamInfo | None:
    """Parse the headers of an MP4 track; return None if it is not an audio track."""
    handler, descriptions = track.get(b"hdlr"), track.get(b"stsd")
    if handler is None or source.read(handler.start + 8, 4) != b"soun":
        return None
    scale, duration = parse_media_header(source, track.get(b"mdhd"))
    length = duration / scale if scale else 0.0
    entries = (
        atoms.walk_atoms(source, descriptions.start + 8, descriptions.end) if descriptions else ()
    )
    for entry in entries:
        return _parse_sample_entry(source, entry, length)
    return StreamInfo(length=length)


def parse_media_header(source: BoundedFile, header: Atom | None) -> tuple[int, int]:
    """Return the time units per second of an MP4 track and its duration in them, or 0 if unknown.

    `header` is its `mdhd` atom.
    """
    if header is None:
        return 0, 0
    data = source.read(header.start, 32)
    layout, offset = (">IQ", 20) if data[:1] == b"\1" else (">II", 12)
    scale, duration = struct.unpack_from(layout, data, offset)
    unknown = 0xFFFFFFFF if layout == ">II" else 0xFFFFFFFFFFFFFFFF
    return scale, 0 if duration == unknown else duration


def _parse_sample_entry(source: BoundedFile, entry: Atom, length: float) -> StreamInfo:
    data = source.read(entry.start, _SAMPLE_ENTRY_SIZE)
    version, channels, bits, rate = struct.unpack(">8xH6xHHxxxxI", data)
    codec = entry.name.decode("latin-1")
    hertz, bits = rate >> 16, _PCM_BITS.get(codec, bits)
    if version == 2 and entry.size >= _SAMPLE_ENTRY_SIZE + _QUICKTIME_EXTRA_BYTES[2]:
        extra = source.read(entry.start + _SAMPLE_ENTRY_SIZE, _QUICKTIME_EXTRA_BYTES[2])
        exact, channels, bits = struct.unpack_from(">4xdI4xI", extra)
        hertz = round(exact) if 0 < exact < _MAX_RATE else 0
    info = StreamInfo(
        length=length,
        sample_rate=hertz,
        channels=channels,
        bits_per_sample=bits,
        codec=codec,
        lossless=codec in _LOSSLESS_CODECS,
    )
    start = entry.start + _SAMPLE_ENTRY_SIZE + _QUICKTIME_EXTRA_BYTES.get(version, 0)
    return _apply_codec_atoms(source, entry._replace(start=start), info)


def _apply_codec_atoms(source: BoundedFile, entry: Atom, info: StreamInfo) -> StreamInfo:
    """Correct audio properties by the child atoms of a sample entry.

    They are more exact than the fields of the sample entry.
    """
    atoms_by_name = {atom.name: atom for atom in atoms.walk_atoms(source, entry.start, entry.end)}
    if wave := atoms_by_name.get(b"wave"):  # QuickTime nests them one level deeper
        atoms_by_name = {atom.name: atom for atom in atoms.walk_atoms(source, wave.start, wave.end)}
    if atom := atoms_by_name.get(b"esds"):
        return descriptors.apply_es_descriptor(
            source.read(atom.start + 4, min(atom.size, 256)), info
        )
    if (atom := atoms_by_name.get(b"alac")) and atom.size >= 28:
        bits, channels, bitrate, rate = struct.unpack(">9xB3xB6xII", source.read(atom.start, 28))
        return structs.replace(
            info, bits_per_sample=bits, channels=channels, bitrate=bitrate, sample_rate=rate
        )
    for name, apply_configuration in CONFIGURATIONS.items():
        if atom := atoms_by_name.get(name):
            return apply_configuration(source.read(atom.start, min(atom.size, 64)), info)
    return info


def _apply_ac3(data: bytes, info: StreamInfo) -> StreamInfo:
    bits = int.from_bytes(data[:3])
    rate, bitrate = bits >> 22, bits >> 5 & 31
    if rate >= len(_AC3_SAMPLE_RATES) or bitrate >= len(_AC3_BITRATES):  # reserved
        return info
    halvings = max((bits >> 17 & 31) - 8, 0)  # streams 9 and 10 have half and a quarter of a rate
    info = _apply_ac3_mode(info, rate, bits >> 11 & 7, bits >> 10 & 1)
    return structs.replace(
        info,
        sample_rate=info.sample_rate >> halvings,
        bitrate=_AC3_BITRATES[bitrate] * 1000 >> halvings,
    )


def _apply_eac3(data: bytes, info: StreamInfo) -> StreamInfo:
    """Apply the first independent substream; further ones are other programs."""
    bits = int.from_bytes(data[:5])
    rate = bits >> 22 & 3
    if rate >= len(_AC3_SAMPLE_RATES):  # half of a rate that is declared in each frame only
        return info
    info = _apply_ac3_mode(info, rate, bits >> 9 & 7, bits >> 8 & 1)
    return structs.replace(info, bitrate=(bits >> 27) * 1000)


def _apply_ac3_mode(info: StreamInfo, rate: int, mode: int, lfe: int) -> StreamInfo:
    return structs.replace(
        info, sample_rate=_AC3_SAMPLE_RATES[rate], channels=_AC3_CHANNELS[mode] + lfe
    )


def _apply_flac(data: bytes, info: StreamInfo) -> StreamInfo:
    """Apply the STREAMINFO block, which follows a version and a block header.

    The sample entry cannot store sample rates above 65,535 Hz.
    """
    stream = flac_frames.parse_streaminfo(data[8:])
    if stream is None or not stream.sample_rate:
        return info
    return structs.replace(
        info,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        bits_per_sample=stream.bits_per_sample,
    )


def _apply_amr(_data: bytes, info: StreamInfo) -> StreamInfo:
    """Apply what all AMR audio has in common; the fields of the sample entry are constants."""
    rate = _AMR_SAMPLE_RATES.get(info.codec, info.sample_rate)
    return structs.replace(info, sample_rate=rate, channels=1, bits_per_sample=0)


# By the name of the atom that contains the configuration.
CONFIGURATIONS: Mapping[bytes, Callable[[bytes, StreamInfo], StreamInfo]] = {
    b"dac3": _apply_ac3,
    b"dec3": _apply_eac3,
    b"dfLa": _apply_flac,
    b"damr": _apply_amr,
}
