"""How each dialect stores texts and pictures: the one place that knows mutagen's tag objects."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BufferedReader
from typing import Any

Texts = dict[str, list[str]]
Image = tuple[int, str, int]  # type as ID3 counts them, MIME type, size in bytes

_OTHER, _FRONT_COVER = 0, 3
_MP4_IMAGES = {13: "image/jpeg", 14: "image/png", 27: "image/bmp", 12: "image/gif"}
_LINK = "-->"  # stands for the MIME type of a picture that is only an address
_APE_COVERS = {"cover art (front)": _FRONT_COVER, "cover art (back)": 4, "cover art (media)": 6}


def texts(tags: Any, dialect: str) -> Texts:
    """Give every text of a file under the dialect's own names."""
    gathered: Texts = {}
    for name, values in _TEXTS[dialect](tags):
        gathered.setdefault(name, []).extend(values)
    return gathered


def images(audio: Any, tags: Any, dialect: str) -> list[Image]:
    """Give the embedded pictures of a file; those that only link to one are left out."""
    found = [*_IMAGES[dialect](tags), *_blocks(getattr(audio, "pictures", ()))]
    return [image for image in found if image[1] != _LINK]


def appended(handle: BufferedReader) -> tuple[Any, str] | None:
    """Find tags that a file's own format does not know of: ID3 before it or APEv2 behind it."""
    from mutagen.apev2 import APENoHeaderError, APEv2
    from mutagen.id3 import ID3, ID3NoHeaderError

    for kind, dialect, absent in ((ID3, "id3", ID3NoHeaderError), (APEv2, "ape", APENoHeaderError)):
        handle.seek(0)
        try:
            return kind(handle), dialect
        except absent:
            continue
    return None


def _id3_texts(tags: Any) -> Iterator[tuple[str, list[str]]]:
    for frame in tags.values():
        name = frame.FrameID
        if name == "TCON":
            yield name, frame.genres
        elif name == "TXXX":
            yield f"TXXX:{frame.desc.upper()}", frame.text
        elif name.startswith("T") or (name == "COMM" and frame.desc in ("", "ID3v1 Comment")):
            yield name, [str(text) for text in getattr(frame, "text", ())]


def _id3_images(tags: Any) -> Iterator[Image]:
    for frame in tags.getall("APIC"):
        yield int(frame.type), frame.mime, len(frame.data)


def _mp4_texts(tags: Any) -> Iterator[tuple[str, list[str]]]:
    for name, values in tags.items():
        if name != "covr":
            yield name, [_mp4_text(value) for value in _listed(values)]


def _mp4_text(value: Any) -> str:
    """A pair of numbers becomes "3/12", where 0 stands for none."""
    if isinstance(value, tuple):
        number, total = (str(part or "") for part in value)
        return f"{number}/{total}" if total else number
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(int(value)) if isinstance(value, bool) else str(value)


def _mp4_images(tags: Any) -> Iterator[Image]:
    for cover in tags.get("covr", ()):
        yield _FRONT_COVER, _MP4_IMAGES.get(int(cover.imageformat), ""), len(cover)


def _vorbis_texts(tags: Any) -> Iterator[tuple[str, list[str]]]:
    for name, value in tags:
        lowered = name.lower()
        if lowered not in ("metadata_block_picture", "coverart"):
            yield lowered, [value]


def _vorbis_images(tags: Any) -> Iterator[Image]:
    for name, value in tags:
        if name.lower() == "metadata_block_picture":
            yield from _blocks(_picture_blocks(value))
        elif name.lower() == "coverart":  # the old way, without a type
            yield _FRONT_COVER, "", len(_decoded(value))


def _picture_blocks(value: str) -> Iterator[Any]:
    from mutagen.flac import Picture, error

    try:
        yield Picture(_decoded(value))  # type: ignore[no-untyped-call]
    except error:  # a broken block holds no picture
        return


def _blocks(pictures: Iterable[Any]) -> Iterator[Image]:
    for picture in pictures:
        yield int(picture.type), picture.mime, len(picture.data)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value)
    except ValueError:
        return b""


def _ape_texts(tags: Any) -> Iterator[tuple[str, list[str]]]:
    from mutagen.apev2 import TEXT

    for name, value in tags.items():
        if value.kind == TEXT:
            yield name.lower(), list(value)


def _ape_images(tags: Any) -> Iterator[Image]:
    """A file name and a zero byte stand before the picture."""
    for name, value in tags.items():
        if name.lower().startswith("cover art"):
            data = value.value if isinstance(value.value, bytes) else b""
            yield _APE_COVERS.get(name.lower(), _OTHER), "", len(data.partition(b"\0")[2])


def _asf_texts(tags: Any) -> Iterator[tuple[str, list[str]]]:
    for name, value in tags:
        if not isinstance(value.value, bytes):
            yield name, [str(int(value.value) if isinstance(value.value, bool) else value.value)]


def _asf_images(tags: Any) -> Iterator[Image]:
    """A type and a size stand before the picture, then two texts in UTF-16 that end in zeros."""
    for name, value in tags:
        if name == "WM/Picture" and isinstance(value.value, bytes) and len(value.value) >= 5:
            kind, size = struct.unpack_from("<BI", value.value)
            mime = value.value[5:].decode("utf-16-le", "replace").partition("\0")[0]
            yield kind, mime, size


def _listed(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list) else [values]


_TEXTS: Mapping[str, Callable[[Any], Iterator[tuple[str, list[str]]]]] = {
    "id3": _id3_texts,
    "mp4": _mp4_texts,
    "vorbis": _vorbis_texts,
    "ape": _ape_texts,
    "asf": _asf_texts,
}
_IMAGES: Mapping[str, Callable[[Any], Iterator[Image]]] = {
    "id3": _id3_images,
    "mp4": _mp4_images,
    "vorbis": _vorbis_images,
    "ape": _ape_images,
    "asf": _asf_images,
}
