"""Parse the configuration atoms of AC-3, Enhanced AC-3, FLAC and AMR audio in MP4 files.

After ETSI TS 102 366 (F.4, F.6), "Encapsulation of FLAC in ISO Base Media File Format" 0.0.4
(3.3.2), and 3GPP TS 26.244 (6.5, 6.7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import structs

from mediakeep.media.audio.flac import flac_frames
from mediakeep.media.audio.parsed_file import StreamInfo

_AC3_SAMPLE_RATES = (48000, 44100, 32000)
_AC3_CHANNELS = (2, 1, 2, 3, 3, 4, 4, 5)  # by audio coding mode, without the LFE channel
_AC3_BITRATES = (  # kbit/s
    *(32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640),
)
_AMR_SAMPLE_RATES = {"samr": 8000, "sawb": 16000}


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
