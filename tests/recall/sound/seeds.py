"""The packets of a few real sounds, to be put together anew for every track."""

import base64
import random
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Six superframes of 96 bytes of a rising tone, in Windows Media Audio 2.
_WMA = (
    "xg/0AAADlMFIoPGtYJPxHR4CZgA8BawAuIUvAfAAHgKGAD+TPOBPOMOIZ/+3YqxMPE5OTk5OTk5OTk5OTk5OTk5O"
    "Tk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Oxg/0AAAFagShC2tuIasdxLb4CywA8BrgA+AqcAPAfOAHgLUA"
    "DwE7AB4CXQA/kU+wG/oQSA8ATk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Oxg/0AAAG"
    "V0xVWDtxXA6XdP/gJ5ADwGIgD4DtAA8BaYA+A/IAfAYyAPgKlAHwEugDWmcBYCS/CCYmHk5OTk5OTk5OTk5OTk5O"
    "Tk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Oxg/0AAADiYCQEpoo41vBJ4CPwD8BUYAeAzMAfAfGAHgLEAHwHwgD4DMg"
    "B8BUIA+cCowSLXHTQhJAJDxOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Oxg/0AAAGC5gkIL+j"
    "8q4cG3wEugB4CtgB8BnwAeA/kAfATmAHgOQADwGBAB4CaAAwFg2+boWljUmJeE5OTk5OTk5OTk5OTk5OTk5OTk5O"
    "Tk5OTk5OTk5OTk5OTk5OTk5Oxw/0AAAH4glApT+VP8m+AmIAPAVIAPgMhADwHlgDlbfAWkAHgJ7AB0tlbbY90AJi"
    "Xk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5O"
)
# Blocks of 96 samples of a low tone, in WavPack.
_WAVPACK = (
    (
        "d3Zwa6oAAAAQBAAAYAAAAAAAAABgAAAABRi8AJKmPG8CAVdWAwEWGAQCt/ke+QUD/wvoDCQLijwAAIRKuilD"
        "sDLWltrE5yTnOEJ64le+6tWmMVXJiJN+1F0z7IWLSrKVClv/Jlvtt+ey+8477Zr77VSj/doXl7XFhearaksE"
        "RUjSRiRZotU5ghR6CqoIh37wkx/63FMeNr08AdRFDw0QVoZSp6Vaoa97wZAhSxLyi39+AQ=="
    ),
    (
        "d3Zwa6oAAAAQBAAAYAAAAAAAAABgAAAABRi8AHS1a2gCAVdWAwEWGAQCHvmG+AUD/gsVDVgLijwAAAhwbkRm"
        "epKa/B3mGOVXusoUrRw4pYMsAm3X/vey42nvfO57W9q6FoyRvNRqodSglbPY5BBLQSFVFA2N/KR3DVd47ACo"
        "512subd/mk1XXaTh+8idVuy/kkZUYgtHuoTb5yJRNPqBj3usyUKoihEPhdRJutnut+ypCQ=="
    ),
    (
        "d3Zwa6oAAAAQBAAAYAAAAAAAAABgAAAABRi8AClVhdwCAVdWAwEWFwQCsvgb+AUDKAz2DF4LijwAAClkIFRV"
        "yc5dLpKe0vXECneAXZY9yHy3tbbNj31bybKHuScJwXITSVKJq1xTTOhDjSEwUvrLvP5zDThfpfwq9ze6IMEI"
        "BJl99xRGFxLvwIYVMRfYBCz4u4dMCnmvdKe7PBVDHv7oal0Eiv/kt06vQowI8Bk4r/O3BA=="
    ),
    (
        "d3Zwa6oAAAAQBAAAYAAAAAAAAABgAAAABRi8AP4vaUwCAVdWAwEUFwQCX/jI9wUDEgwqDT8LijwAADFUoz5h"
        "O0P/RF+4qGLn4ft9znlu21vdtor9rjSu5iUkccnLXVpI1GLEZZ4LzLftrrnOazhXE/zkrYhosqG0nmPiQPAV"
        "b/ivOUpHdCnrl8chQoWTP1VZvIe6RmioNBh6+Da1pBf3lxGlQI2t3tXAwIc3UagEALUptg=="
    ),
)
FOLDER = Path(__file__).resolve().parents[3] / "utilities/mediakeep_samples/music/seeds"


@dataclass(frozen=True)
class Seed:
    """The headers of a real stream, and the packets that may follow each other in any order."""

    headers: tuple[bytes, ...]
    packets: tuple[bytes, ...]

    def choose(self, seed: object, count: int) -> list[bytes]:
        """A row of packets that is as good as certain to be another for another seed."""
        return random.Random(repr(seed)).choices(self.packets, k=count)


def ogg_packets(data: bytes) -> list[bytes]:
    """All packets of an Ogg file with one stream."""
    packets, current, at = [], b"", 0
    while at < len(data):
        count = data[at + 26]
        body = at + 27 + count
        for size in data[at + 27 : body]:
            current += data[body : body + size]
            body += size
            if size < 255:
                packets.append(current)
                current = b""
        at = body
    return packets


@cache
def vorbis(name: str = "bell") -> Seed:
    """Headers one and three, and the packets that are long and stand between long ones."""
    packets = ogg_packets((FOLDER / f"{name}.ogg").read_bytes())
    middle = tuple(packet for packet in packets[3:] if packet[0] & 0x0F == 0x0E)
    return Seed((packets[0], packets[2]), middle)


@cache
def opus(name: str = "bell") -> Seed:
    """The header, and packets of 20 ms each."""
    packets = ogg_packets((FOLDER / f"{name}.opus").read_bytes())
    return Seed((packets[0],), tuple(packets[2:]))


@cache
def m4a(name: str = "bell") -> Seed:
    """The sample description, and the AAC packets."""
    data = (FOLDER / f"{name}.m4a").read_bytes()
    described = data.index(b"stsd") - 4
    sizes_at = data.index(b"stsz") + 12
    count = struct.unpack_from(">I", data, sizes_at)[0]
    sizes = struct.unpack_from(f">{count}I", data, sizes_at + 4)
    at = struct.unpack_from(">I", data, data.index(b"stco") + 12)[0]
    packets = []
    for size in sizes:
        packets.append(data[at : at + size])
        at += size
    length = struct.unpack_from(">I", data, described)[0]
    return Seed((data[described : described + length],), tuple(packets[1:]))


@cache
def wma() -> Seed:
    """Superframes of 32 ms, each decodable alone."""
    data = base64.b64decode(_WMA)
    return Seed((), tuple(data[at : at + 96] for at in range(0, len(data), 96)))


@cache
def wavpack() -> Seed:
    """Blocks of 96 samples, each complete."""
    return Seed((), tuple(base64.b64decode(block) for block in _WAVPACK))


@cache
def quiet() -> Seed:
    """The sample description, and the smallest AAC packets."""
    source = m4a()
    return Seed(source.headers, tuple(sorted(source.packets, key=len)[:4]))
