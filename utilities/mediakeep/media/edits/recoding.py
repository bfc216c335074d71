"""Texts inside ID3v2 frames, brought into the encodings that 2.3 and 2.4 share.

Those are Latin-1, and UTF-16 with a byte order mark; 2.4 also has UTF-16 without one, and UTF-8.
Where texts stand in a frame is told by id3.org's "ID3v2.3.0" (4) and "ID3v2.4.0-frames" (4).
"""

from __future__ import annotations

from collections.abc import Iterator

LATIN, WIDE, BARE, UTF8 = range(4)
_CODECS = {LATIN: "latin-1", WIDE: "utf-16-le", BARE: "utf-16-be", UTF8: "utf-8"}
_MARK, _TURNED = "\ufeff", "\ufffe"

# What follows on the byte of the encoding: a number of bytes, a name in Latin-1 up to its zero (n),
# a text up to its end (t), one text or several up to the frame's (T), or texts of a song, each with
# a time (s). All behind is no text.
_SHAPES = {
    **dict.fromkeys(("COMM", "USLT", "USER"), "3T"),
    "WXXX": "t",
    "APIC": "n1t",
    "GEOB": "ntt",
    "COMR": "n8n1tt",
    "OWNE": "n8T",
    "SYLT": "5ts",
    "IPLS": "T",
}
_TIME = 4  # bytes


def shared(name: str, content: bytes) -> bytes:
    """Return a frame's content in an encoding of both versions; as it is if it has one, or is odd.

    Texts that make no sense in the encoding that they claim are odd: nobody can say what they are.
    """
    shape = _SHAPES.get(name) or ("T" if name.startswith("T") else "")
    if not shape or content[:1] not in (bytes([BARE]), bytes([UTF8])):
        return content
    try:
        parts = list(_parts(content, shape))
    except ValueError:
        return content
    encoding = common("".join(part for part in parts if isinstance(part, str)))
    return bytes([encoding]) + b"".join(
        encoded(part, encoding) if isinstance(part, str) else part for part in parts
    )


def texts(content: bytes) -> list[str]:
    """Return all texts of a frame that holds nothing else; ValueError where it is odd."""
    if not content or content[0] not in _CODECS:
        raise ValueError
    return _decoded(content[1:], content[0]).split("\0")


def written(texts: list[str]) -> bytes:
    """Write texts as the content of a frame of either version."""
    text = "\0".join(texts)
    encoding = common(text)
    return bytes([encoding]) + encoded(text, encoding)


def common(text: str) -> int:
    """Return the encoding of both versions that can hold a text."""
    return LATIN if is_latin(text) else WIDE


def is_latin(text: str) -> bool:
    """Tell whether Latin-1 can hold a text."""
    return all(letter <= "\xff" for letter in text)


def encoded(text: str, encoding: int) -> bytes:
    """Write texts with zeros between them; each in UTF-16 has its own byte order mark."""
    if encoding != WIDE:
        return text.encode(_CODECS[encoding])
    *ended, last = text.split("\0")
    marked = [_MARK + part for part in ended] + [_MARK + last if last else ""]
    return "\0".join(marked).encode(_CODECS[encoding])


def _parts(content: bytes, shape: str) -> Iterator[bytes | str]:
    """Part a content behind its first byte; the end of a text is a part of it."""
    encoding, at = content[0], 1
    for kind in shape:
        if kind.isdecimal():
            stop = at + int(kind)
        elif kind == "n":
            stop = content.index(b"\0", at) + 1
        elif kind == "t":
            stop = _end(content, at, encoding)
        else:
            stop = len(content)
        if kind == "s":
            yield from _timed(content, at, encoding)
        else:
            part = content[at:stop]
            yield _decoded(part, encoding) if kind in "tT" else part
        at = stop
    yield content[at:]


def _timed(content: bytes, at: int, encoding: int) -> Iterator[bytes | str]:
    while at < len(content):
        stop = _end(content, at, encoding)
        yield _decoded(content[at:stop], encoding)
        yield content[stop : stop + _TIME]
        at = stop + _TIME


def _end(content: bytes, at: int, encoding: int) -> int:
    """Return where the text at `at` ends, behind its zero; ValueError where it has none."""
    if encoding == UTF8:
        return content.index(b"\0", at) + 1
    stop = content.index(b"\0\0", at)
    while (stop - at) % 2:
        stop = content.index(b"\0\0", stop + 1)
    return stop + 2


def _decoded(data: bytes, encoding: int) -> str:
    if encoding == WIDE and data.startswith(b"\xfe\xff"):
        encoding = BARE
    parts = data.decode(_CODECS[encoding]).split("\0")
    if any(part.startswith(_TURNED) for part in parts):
        raise ValueError  # they are not all stored alike
    return "\0".join(part.removeprefix(_MARK) for part in parts)
