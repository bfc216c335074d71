"""Read every tag item and picture of an audio file with mutagen."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import mutagen
from msgspec.structs import replace
from mutagen import MutagenError, apev2, flac, mp4
from mutagen._vorbis import VComment
from mutagen.asf import ASFTags
from mutagen.asf._attrs import ASFBoolAttribute, ASFByteArrayAttribute, ASFGUIDAttribute
from mutagen.id3 import ID3

from mediakeep.media.audio.asf.asf_tags import PICTURE_ATTRIBUTE
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.audio.riff.raw_chunks import LARGE_FORMS
from mediakeep.media.mutagen_tags.tag_items import NativeTagItems, TagItem, TagPicture

PAIR_SEPARATOR = "\0"  # between role and name of a person in a value
_PICTURE_NAMES = frozenset({"metadata_block_picture", "coverart", "coverartmime"})
_APE_PICTURE_PREFIX = "cover art ("
_APE_PICTURE_TYPES = {"front": 3, "back": 4, "leaflet": 5, "media": 6, "artist": 8, "icon": 1}
_MP4_TEXT_TYPES = (mp4.AtomDataType.UTF8, mp4.AtomDataType.IMPLICIT)
_MIME_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PN": "image/png", b"GIF": "image/gif"}

_LOAD_OPTIONS: Mapping[type, dict[str, bool]] = {ID3: {"load_v1": False}, apev2.APEv2: {}}
_ID3V1_COMMENT = "ID3v1 Comment"  # the description that mutagen gives it

_Found = TagItem | TagPicture


def read_items(file: BinaryIO) -> list[NativeTagItems]:
    """Return all items and pictures of an open audio file, the main tag first.

    A file that mutagen does not know, or without tags, has none.
    """
    audio, error = _open_audio(file)
    tags = [audio.tags] if audio is not None and audio.tags is not None else []
    for kind in (ID3, apev2.APEv2):  # around audio whose usual tags are others
        if not any(isinstance(one, kind) for one in tags):
            file.seek(0)
            with contextlib.suppress(MutagenError):
                tags.append(kind(file, **_LOAD_OPTIONS[kind]))
    if error and not tags:
        raise error
    result = [_convert(one) for one in tags]
    if isinstance(audio, flac.FLAC):
        is_native = audio.tags is not None
        main = result.pop(0) if is_native else NativeTagItems("vorbis")
        found = [*main.items, *main.pictures, *_flac_blocks(audio)]
        if found or is_native:
            result.insert(0, _split("vorbis", found))
    return result


def _open_audio(file: BinaryIO) -> tuple[Any, MutagenError | None]:
    """Return the file as mutagen opens it, or the error if it does not understand its audio."""
    form, size = file.read(4), file.read(4)
    # RF64, and WAV of a recorder that was killed, which mutagen takes for damaged
    if form in LARGE_FORMS or (form == b"RIFF" and not any(size)):
        return None, None
    file.seek(0)
    try:
        return mutagen.File(file), None
    except MutagenError as error:
        return None, error


def _convert(tags: Any) -> NativeTagItems:
    for kind, (tag_format, convert) in _READERS.items():
        if isinstance(tags, kind):
            return _split(tag_format, [*convert(tags)])
    return NativeTagItems("")


def _split(tag_format: str, found: list[_Found]) -> NativeTagItems:
    items = tuple(
        replace(one, values=tuple(filter(None, one.values)))
        for one in found
        if isinstance(one, TagItem) and (one.frame is not None or any(one.values))
    )
    pictures = tuple(one for one in found if isinstance(one, TagPicture))
    return NativeTagItems(tag_format, items, pictures)


def _from_vorbis(tags: Any) -> Iterator[_Found]:
    names: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, text in tags:
        if name.lower() in _PICTURE_NAMES:
            if picture := _decode_picture(name.lower(), text):
                yield picture
        elif text:
            names.setdefault(name.lower(), name)
            values.setdefault(name.lower(), []).append(text)
    for key, name in names.items():
        yield TagItem(name, tuple(values[key]))


def _decode_picture(name: str, text: str) -> TagPicture | None:
    try:
        data = base64.b64decode(text)
        if name == "coverart":
            return TagPicture(FRONT_COVER_TYPE, _guess_mime(data), "", data)
        return _from_block(flac.Picture(data)) if name == "metadata_block_picture" else None
    except (binascii.Error, MutagenError):
        return None


def _from_block(block: Any) -> TagPicture:
    return TagPicture(block.type, block.mime, block.desc, block.data)


def _flac_blocks(audio: Any) -> Iterator[_Found]:
    for block in audio.pictures:
        yield _from_block(block)
    for block in audio.metadata_blocks:
        if block.code not in (0, 1, 3, 4, 6):  # STREAMINFO, PADDING, SEEKTABLE, comments, PICTURE
            name = "CUESHEET" if isinstance(block, flac.CueSheet) else f"block {block.code}"
            yield TagItem(f"FLAC {name}", frame=block)


def _from_id3(tags: Any) -> Iterator[_Found]:
    for frame in tags.values():
        yield _PICTURE_OR_ITEM.get(frame.FrameID, _other_frame)(frame)


def _picture_frame(frame: Any) -> TagPicture:
    return TagPicture(int(frame.type), frame.mime, frame.desc, frame.data)


def _described_text(frame: Any) -> TagItem:
    text = frame.text if isinstance(frame.text, list) else [frame.text]
    if frame.desc == _ID3V1_COMMENT:
        return TagItem(frame.FrameID, tuple(text))
    return TagItem(frame.FrameID, tuple(text), frame.desc, frame.lang)


def _synced_lyrics(frame: Any) -> TagItem:
    if frame.format != 2 or frame.type not in (0, 1):  # milliseconds; lyrics or a transcription
        return TagItem(frame.HashKey, frame=frame)
    lines = tuple(f"{time}\t{text}" for text, time in frame.text)
    return TagItem("SYLT", lines, frame.desc, frame.lang, frame)


def _identifier(frame: Any) -> TagItem:
    text = frame.data.decode("latin-1")
    if not text.isprintable():
        return TagItem(f"UFID:{frame.owner}", frame=frame)
    return TagItem(f"UFID:{frame.owner}", (text,), frame=frame)


def _volume(frame: Any) -> TagItem:
    if frame.channel != 1:  # master volume
        return TagItem(frame.HashKey, frame=frame)
    return TagItem("RVA2", (f"{frame.gain:.2f}", f"{frame.peak:.6f}"), frame.desc, frame=frame)


def _other_frame(frame: Any) -> TagItem:
    text = getattr(frame, "text", None)
    if isinstance(text, list) and frame.FrameID.startswith(("T", "MV", "GRP")):
        values = frame.genres if frame.FrameID == "TCON" else text
        return TagItem(frame.FrameID, tuple(str(value).replace("\0", "") for value in values))
    if frame.FrameID.startswith("W"):
        return TagItem(frame.FrameID, (frame.url,), getattr(frame, "desc", ""))
    return TagItem(frame.HashKey, frame=frame)


_PICTURE_OR_ITEM: Mapping[str, Callable[[Any], _Found]] = {
    "APIC": _picture_frame,
    "COMM": _described_text,
    "USLT": _described_text,
    "SYLT": _synced_lyrics,
    "UFID": _identifier,
    "RVA2": _volume,
    "TXXX": lambda frame: TagItem(f"TXXX:{frame.desc}", tuple(frame.text)),
    "POPM": lambda frame: TagItem(
        "POPM", (str(frame.rating), str(getattr(frame, "count", 0))), frame.email
    ),
    "PCNT": lambda frame: TagItem("PCNT", (str(frame.count),)),
    "PCST": lambda frame: TagItem("PCST", (str(frame.value),)),
    **dict.fromkeys(
        ("TIPL", "TMCL", "IPLS"),
        lambda frame: TagItem(
            frame.FrameID, tuple(PAIR_SEPARATOR.join(pair) for pair in frame.people)
        ),
    ),
}


def _from_mp4(tags: Any) -> Iterator[_Found]:
    for name, values in tags.items():
        if name == "covr":
            for cover in values:
                yield TagPicture(FRONT_COVER_TYPE, _guess_mime(bytes(cover)), "", bytes(cover))
        elif isinstance(values, bool):
            yield TagItem(name, ("1" if values else "0",))
        elif name in ("trkn", "disk"):
            yield TagItem(name, tuple(f"{number or ''}/{total or ''}" for number, total in values))
        elif name.startswith("----"):
            yield _freeform_item(name, values)
        else:
            yield TagItem(name, tuple(str(value) for value in values))
    for name in tags._failed_atoms:
        yield TagItem(name, frame=tags._failed_atoms[name])


def _freeform_item(key: str, values: Any) -> TagItem:
    name = key
    with contextlib.suppress(UnicodeDecodeError):
        name = key.encode("latin-1").decode()  # mutagen reads and writes UTF-8 as Latin-1
    try:
        if all(value.dataformat in _MP4_TEXT_TYPES for value in values):
            return TagItem(name, tuple(bytes(value).decode() for value in values))
    except UnicodeDecodeError:
        pass  # not text, although its type says so: carried as it is
    return TagItem(name, frame=values)


def _from_ape(tags: Any) -> Iterator[_Found]:
    for name, value in tags.items():
        lower = name.lower()
        if value.kind != apev2.BINARY:
            yield TagItem(name, tuple(str(value).split("\0")))
        elif lower.startswith(_APE_PICTURE_PREFIX):
            file_name, _, data = value.value.partition(b"\0")
            kind = _APE_PICTURE_TYPES.get(lower[len(_APE_PICTURE_PREFIX) : -1], 0)
            stem = file_name.decode("utf-8", "replace").rpartition(".")[0]
            description = "" if stem.lower() in (lower, "cover") else stem
            yield TagPicture(kind, _guess_mime(data), description, data)
        else:
            yield TagItem(name, frame=value)


def _from_asf(tags: Any) -> Iterator[_Found]:
    texts: dict[str, list[str]] = {}
    for name, value in tags:
        if name == PICTURE_ATTRIBUTE:
            yield _asf_picture(value.value)
        elif isinstance(value, ASFByteArrayAttribute | ASFGUIDAttribute):
            yield TagItem(name, frame=value)
        elif text := str(int(bool(value))) if isinstance(value, ASFBoolAttribute) else str(value):
            texts.setdefault(name, []).append(text)
    for name, found in texts.items():
        yield TagItem(name, tuple(found))


def _asf_picture(data: bytes) -> TagPicture:
    """Parse the value of WM/Picture: a type, a size, and two texts in UTF-16 before the data."""
    size, at, texts = int.from_bytes(data[1:5], "little"), 5, []
    for _ in range(2):
        end = next(n for n in range(at, len(data) - 1, 2) if data[n : n + 2] == b"\0\0")
        texts.append(data[at:end].decode("utf-16-le"))
        at = end + 2
    return TagPicture(data[0], texts[0], texts[1], data[at : at + size])


def _guess_mime(data: bytes) -> str:
    return next((mime for start, mime in _MIME_TYPES.items() if data.startswith(start)), "")


_READERS: Mapping[type, tuple[str, Callable[[Any], Iterator[_Found]]]] = {
    ID3: ("id3", _from_id3),
    mp4.MP4Tags: ("mp4", _from_mp4),
    apev2.APEv2: ("ape", _from_ape),
    ASFTags: ("asf", _from_asf),
    VComment: ("vorbis", _from_vorbis),
}
