"""Write tag items and pictures into a new file with mutagen, for the formats of conversions."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from mutagen import flac, id3, mp3, mp4, oggopus, oggvorbis, wave

from mediakeep.media import pictures
from mediakeep.media.audio import formats
from mediakeep.media.mutagen_tags.read_items import PAIR_SEPARATOR
from mediakeep.media.mutagen_tags.tag_items import UNKNOWN_LANGUAGE, FileItems, TagItem, TagPicture

_UTF8 = 3  # the text encoding of frames in ID3v2.4
_FLAC_BLOCKS_OF_FORMAT = frozenset({0, 1, 3, 4, 6})
_ENCODER = "encoder"  # in Vorbis comments
_MP4_ENCODER_ATOMS = frozenset({"\xa9too", "----:com.apple.iTunes:iTunSMPB"})
MP4_COVER_FORMATS = {"image/jpeg": 13, "image/png": 14, "image/bmp": 27}
MP4_FLAGS = frozenset({"pgap", "pcst", "cpil"})
# Bytes of the number in each atom that is a number.
MP4_NUMBER_SIZES = {
    "tmpo": 2,
    "\xa9mvi": 2,
    "\xa9mvc": 2,
    "shwm": 1,
    "stik": 1,
    "rtng": 1,
    "akID": 1,
    "hdvd": 1,
    "tvsn": 4,
    "tves": 4,
    "cnID": 4,
    "geID": 4,
    "atID": 4,
    "sfID": 4,
    "cmID": 4,
    "plID": 8,
}


def save_items(file: BinaryIO, kind: str, content: FileItems) -> None:
    """Replace the tags of an open file, but keep what names its encoder.

    `kind` is the name of one of the `SAVED_FORMATS`; the names of the items are native.
    """
    _SAVERS[kind](file, content)


def _save_flac(file: BinaryIO, content: FileItems) -> None:
    audio = flac.FLAC(file)
    if audio.tags is None:
        audio.add_tags()
    _assign_comments(audio.tags, content.items)
    kept = [one for one in audio.metadata_blocks if one.code in _FLAC_BLOCKS_OF_FORMAT]
    audio.metadata_blocks = [*kept, *(item.frame for item in content.items if item.frame)]
    audio.clear_pictures()
    for picture in content.pictures:
        audio.add_picture(_picture_block(picture))
    file.seek(0)
    audio.save(file)


def _ogg_saver(kind: Callable[[BinaryIO], Any]) -> Callable[[BinaryIO, FileItems], None]:
    def save(file: BinaryIO, content: FileItems) -> None:
        audio = kind(file)
        blocks = (base64.b64encode(_picture_block(one).write()) for one in content.pictures)
        covers = tuple(block.decode() for block in blocks)
        cover_items = [TagItem("METADATA_BLOCK_PICTURE", covers)] if covers else []
        _assign_comments(audio.tags, [*content.items, *cover_items])
        file.seek(0)
        audio.save(file)

    return save


def _assign_comments(comments: Any, items: Iterable[TagItem]) -> None:
    comments[:] = [
        *((name, text) for name, text in comments if name.lower() == _ENCODER),
        *((item.name, text) for item in items for text in item.values),
    ]


def _picture_block(picture: TagPicture) -> flac.Picture:
    block = flac.Picture()
    block.type, block.mime = picture.type, picture.mime
    block.desc, block.data = picture.description, picture.data
    _, block.width, block.height = pictures.identify_picture(
        lambda offset, size: picture.data[offset : offset + size]
    )
    return block


def _id3_saver(kind: Callable[[BinaryIO], Any]) -> Callable[[BinaryIO, FileItems], None]:
    def save(file: BinaryIO, content: FileItems) -> None:
        audio = kind(file)
        if audio.tags is None:
            audio.add_tags()
        encoder = audio.tags.getall("TSSE")
        audio.tags.clear()
        for frame in (*encoder, *_list_frames(content)):
            audio.tags.add(frame)
        file.seek(0)
        audio.tags.save(file, v1=0)

    return save


def _list_frames(content: FileItems) -> Iterator[Any]:
    for item in content.items:
        yield from [item.frame] if item.frame else _build_frames(item)
    for picture in content.pictures:
        yield id3.APIC(
            encoding=_UTF8,
            mime=picture.mime,
            type=picture.type,
            desc=picture.description,
            data=picture.data,
        )


def _build_frames(item: TagItem) -> Iterator[Any]:
    """Yield the frames of an item, whose name is a frame ID, or one with a description."""
    kind, _, description = item.name.partition(":")
    about = {"lang": item.language or UNKNOWN_LANGUAGE, "desc": item.description}
    values = list(item.values)
    frame = id3.Frames[kind]
    if kind == "COMM":
        yield frame(encoding=_UTF8, text=values, **about)
    elif kind == "USLT":
        yield frame(encoding=_UTF8, text=values[0], **about)
    elif kind == "SYLT":
        lines = (text.partition("\t") for text in values)
        pairs = [(text, int(time)) for time, _, text in lines]
        yield frame(encoding=_UTF8, format=2, type=1, text=pairs, **about)
    elif kind == "TXXX":
        yield frame(encoding=_UTF8, desc=description, text=values)
    elif kind == "UFID":
        yield frame(owner=description, data=values[0].encode("latin-1"))
    elif kind == "POPM":
        yield frame(email=item.description, rating=int(values[0]), count=int(values[1]))
    elif kind in ("PCNT", "PCST"):
        yield frame(**{"count" if kind == "PCNT" else "value": int(values[0])})
    elif kind == "WXXX":
        yield frame(encoding=_UTF8, desc=item.description, url=values[0])
    elif kind.startswith("W"):
        yield from (frame(url=text) for text in values)
    elif kind in ("TIPL", "TMCL"):
        yield frame(encoding=_UTF8, people=[text.split(PAIR_SEPARATOR) for text in values])
    else:
        yield frame(encoding=_UTF8, text=values)


def _save_mp4(file: BinaryIO, content: FileItems) -> None:
    audio: Any = mp4.MP4(file)
    if audio.tags is None:
        audio.add_tags()
    for name in set(audio.tags) - _MP4_ENCODER_ATOMS:
        del audio.tags[name]
    for item in content.items:
        name = item.name.encode().decode("latin-1") if item.name.startswith("----") else item.name
        if not item.frame:
            audio.tags[name] = _atom_values(item)
        elif name.count(":") > 1:  # others are atoms that mutagen does not understand
            audio.tags[name] = item.frame
    if content.pictures:
        audio.tags["covr"] = [
            mp4.MP4Cover(one.data, MP4_COVER_FORMATS[one.mime]) for one in content.pictures
        ]
    file.seek(0)
    audio.save(file)


def _atom_values(item: TagItem) -> Any:
    if item.name in MP4_FLAGS:
        return item.values[0] == "1"
    if item.name in MP4_NUMBER_SIZES:
        return [int(text) for text in item.values]
    if item.name.startswith("----"):
        return [mp4.MP4FreeForm(text.encode(), mp4.AtomDataType.UTF8) for text in item.values]
    return list(item.values)


_SAVERS: Mapping[str, Callable[[BinaryIO, FileItems], None]] = {
    formats.FLAC.name: _save_flac,
    formats.VORBIS.name: _ogg_saver(oggvorbis.OggVorbis),
    formats.OPUS.name: _ogg_saver(oggopus.OggOpus),
    formats.MP3.name: _id3_saver(mp3.MP3),
    formats.WAV.name: _id3_saver(wave.WAVE),
    formats.MP4.name: _save_mp4,
}
SAVED_FORMATS = frozenset(_SAVERS)
