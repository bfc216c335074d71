"""The descriptors that tell what a sound in MP4 is, after ISO/IEC 14496-1 (7.2.6) and 14496-3."""

from __future__ import annotations

import struct

from msgspec import structs

from mediakeep.media.anatomy import Info

# The rates and the speakers that AAC numbers (14496-3, 1.6.3.3 and 1.6.3.4).
RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)

_AAC = 0x40
_STREAM, _DECODER, _SPECIFIC = 3, 4, 5
_BAND_REPLICATION = (5, 29)  # object types of HE-AAC
_SYNC_EXTENSION = b"\x56\xe5"  # opens what tells it so that an old decoder passes it over


def detailed(data: bytes, info: Info) -> Info:
    """Descend to the decoder's configuration: what it decodes, and how many bits a second."""
    tag, place = _opened(data, 0)
    if tag == _STREAM:
        flags = data[place + 2]
        place += 3 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
        if flags & 0x40:
            place += 1 + data[place]
        tag, place = _opened(data, place)
    if tag != _DECODER:
        return info
    kind, bitrate = struct.unpack_from(">B8xI", data, place)
    info = structs.replace(info, codec=f"{info.codec}.{kind:02X}", bitrate=bitrate)
    if kind == _AAC and len(data) > place + 13:
        tag, place = _opened(data, place + 13)
        if tag == _SPECIFIC:
            return _by_configuration(data[place : place + 8].ljust(8, b"\0"), info)
    return info


def _opened(data: bytes, place: int) -> tuple[int, int]:
    """Return a descriptor's tag and where its content begins, behind a size of up to four bytes."""
    tag, place = data[place], place + 1
    for _ in range(4):
        place += 1
        if not data[place - 1] & 0x80:
            break
    return tag, place


def _by_configuration(data: bytes, info: Info) -> Info:
    """The AudioSpecificConfig of AAC, after ISO/IEC 14496-3 (1.6.2.1)."""
    bits = int.from_bytes(data)
    kind, rate, channels = bits >> 59, bits >> 55 & 15, bits >> 51 & 15
    if kind == 31 or rate == 15:  # written in more bits: beyond what music uses
        return structs.replace(info, codec=f"{info.codec}.{kind}")
    fine = kind in _BAND_REPLICATION
    if not fine and data[2:4] == _SYNC_EXTENSION and data[4] & 0x80:
        kind, fine = 5, True
    return structs.replace(
        info,
        codec=f"{info.codec}.{kind}",
        channels=CHANNELS[channels] if 0 < channels < len(CHANNELS) else info.channels,
        sample_rate=RATES[rate] * (2 if fine else 1) if rate < len(RATES) else info.sample_rate,
    )
