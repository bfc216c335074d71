"""Parse MP4 elementary stream descriptors, after ISO/IEC 14496-1 (7.2.6) and 14496-3."""

from __future__ import annotations

import struct

from msgspec import structs

from mediakeep.media.audio.parsed_file import StreamInfo

# Sample rates and channel counts by their AAC index (14496-3, 1.6.3.3 and 1.6.3.4).
AAC_SAMPLE_RATES = (
    96000,
    88200,
    64000,
    48000,
    44100,
    32000,
    24000,
    22050,
    16000,
    12000,
    11025,
    8000,
    7350,
)
AAC_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)

_AAC_OBJECT_TYPE = 0x40
_ES_DESCRIPTOR, _DECODER_CONFIG, _DECODER_SPECIFIC_INFO = 3, 4, 5
_SBR_OBJECT_TYPES = (5, 29)  # object types of HE-AAC
_SBR_SYNC_EXTENSION = b"\x56\xe5"  # backward compatible signalling


def apply_es_descriptor(data: bytes, info: StreamInfo) -> StreamInfo:
    """Return audio properties completed by the decoder configuration of an ES descriptor."""
    tag, offset = _parse_descriptor_header(data, 0)
    if tag == _ES_DESCRIPTOR:
        flags = data[offset + 2]
        offset += 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
        if flags & 0x40:
            offset += 1 + data[offset]
        tag, offset = _parse_descriptor_header(data, offset)
    if tag != _DECODER_CONFIG:
        return info
    kind, bitrate = struct.unpack_from(">B8xI", data, offset)
    info = structs.replace(info, codec=f"{info.codec}.{kind:02X}", bitrate=bitrate)
    if kind == _AAC_OBJECT_TYPE and len(data) > offset + 13:
        tag, offset = _parse_descriptor_header(data, offset + 13)
        if tag == _DECODER_SPECIFIC_INFO:
            return _apply_audio_specific_config(data[offset : offset + 8].ljust(8, b"\0"), info)
    return info


def _parse_descriptor_header(data: bytes, offset: int) -> tuple[int, int]:
    """Return the tag of an MP4 descriptor and the offset at which its content starts.

    Between them are 1 to 4 bytes of size.
    """
    tag, offset = data[offset], offset + 1
    for _ in range(4):
        offset += 1
        if not data[offset - 1] & 0x80:
            break
    return tag, offset


def _apply_audio_specific_config(data: bytes, info: StreamInfo) -> StreamInfo:
    """Return audio properties completed by the AudioSpecificConfig of AAC.

    After ISO/IEC 14496-3 (1.6.2.1).
    """
    bits = int.from_bytes(data)
    kind, rate, channels = bits >> 59, bits >> 55 & 15, bits >> 51 & 15
    if kind == 31 or rate == 15:  # an escape value, not used for music
        return structs.replace(info, codec=f"{info.codec}.{kind}")
    has_sbr = kind in _SBR_OBJECT_TYPES
    if not has_sbr and data[2:4] == _SBR_SYNC_EXTENSION and data[4] & 0x80:
        kind, has_sbr = 5, True
    return structs.replace(
        info,
        codec=f"{info.codec}.{kind}",
        channels=AAC_CHANNELS[channels] if 0 < channels < len(AAC_CHANNELS) else info.channels,
        sample_rate=AAC_SAMPLE_RATES[rate] * (2 if has_sbr else 1)
        if rate < len(AAC_SAMPLE_RATES)
        else info.sample_rate,
    )
