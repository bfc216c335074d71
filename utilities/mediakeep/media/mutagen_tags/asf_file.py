"""Write the tags of WMA files with mutagen."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.asf import ASF
from mutagen.asf._attrs import ASFByteArrayAttribute, ASFUnicodeAttribute

from mediakeep.media.audio import surrounding_tags, to_native_tags
from mediakeep.media.audio.asf import asf_stream, asf_tags
from mediakeep.media.audio.tag_edits import SetCover, TargetTags, Values
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.mutagen_tags import other_tags

TAG_FORMAT = "asf"

_FRONT_COVER = 3

_Attribute = tuple[str, Any]  # name, and the value as an object of mutagen


def save_tags(
    file: BinaryIO, source: BoundedFile, target: TargetTags, _options: TagWriteOptions
) -> None:
    """Write target values into the open file `file`, whose current bytes are `source`."""
    if surrounding_tags.find_audio_start(source):
        raise UnsupportedLayout("an ID3v2 tag precedes its header")
    audio: Any = ASF(file)
    attributes: list[_Attribute] = list(audio.tags)
    texts = _texts(attributes)
    for name, values in to_native_tags.convert_to_native_tags(
        texts, TAG_FORMAT, target.texts
    ).items():
        attributes = _assign(attributes, name, values)
    if target.cover:
        attributes = _assign_front_cover(attributes, target.cover)
    audio.tags[:] = attributes
    file.seek(0)
    audio.save(file)
    file.flush()
    _update_file_size(file)


def read_texts(source: BoundedFile) -> dict[str, list[str]]:
    """Return the texts as mutagen reads them."""
    return _texts(_read_attributes(source))


def find_lost_items(old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
    """Return what a new file has lost: names of attributes, GUIDs of header objects.

    What `target` changes is left out. A wrong size in the header of the new file is among them.
    """
    before, after = (Counter(_foreign_items(source, target)) for source in (old, new))
    lost = sorted({name for name, _ in before - after})
    field = asf_stream.find_size_field(new)
    is_exact = not field or int.from_bytes(new.read(field.start, field.size), "little") == new.size
    return lost if is_exact else [*lost, other_tags.SIZE_FIELD]


def _read_attributes(source: BoundedFile) -> list[_Attribute]:
    header = asf_stream.find_header(source)
    audio: Any = ASF(BytesIO(source.read(header.start, header.size)))
    return list(audio.tags)


def _texts(attributes: list[_Attribute]) -> dict[str, list[str]]:
    """Return the texts and numbers by name; a text that is stored twice counts once."""
    texts: dict[str, list[str]] = {}
    for name, value in attributes:
        if isinstance(value.value, bytes):  # a picture, or a GUID
            continue
        text = value.value if isinstance(value.value, str) else str(int(value.value))
        if text and text not in texts.setdefault(name, []):
            texts[name].append(text)
    return texts


def _assign(attributes: list[_Attribute], name: str, values: Values) -> list[_Attribute]:
    places = [index for index, (held, _) in enumerate(attributes) if held == name]
    at = places[0] if places else len(attributes)
    kept = [attribute for index, attribute in enumerate(attributes) if index not in places]
    new = [(name, ASFUnicodeAttribute(text)) for text in values]
    return [*kept[:at], *new, *kept[at:]]


def _assign_front_cover(attributes: list[_Attribute], cover: SetCover) -> list[_Attribute]:
    """Replace the first front cover, or add one."""
    front = next((index for index, one in enumerate(attributes) if _is_front_cover(one)), None)
    new = (
        asf_tags.PICTURE_ATTRIBUTE,
        ASFByteArrayAttribute(asf_tags.build_picture(_FRONT_COVER, cover.mime, cover.data)),
    )
    if front is None:
        return [*attributes, new]
    return [*attributes[:front], new, *attributes[front + 1 :]]


def _is_front_cover(attribute: _Attribute) -> bool:
    name, value = attribute
    is_picture = name == asf_tags.PICTURE_ATTRIBUTE and isinstance(value, ASFByteArrayAttribute)
    return is_picture and value.value[:1] == bytes([_FRONT_COVER])


def _foreign_items(source: BoundedFile, target: TargetTags) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the attributes and the header objects without tags."""
    names = to_native_tags.changed_names(target.texts, TAG_FORMAT)
    attributes = _read_attributes(source)
    front = (
        next((one for one in attributes if _is_front_cover(one)), None) if target.cover else None
    )
    for attribute in attributes:
        name, value = attribute
        if name not in names and attribute is not front:
            details = type(value).__name__, value.language or 0, value.stream or 0, value.value
            yield name, repr(details).encode()
    for item in asf_stream.iter_other_objects(source):
        yield item.guid.hex(), source.read(item.start, item.end - item.start)


def _update_file_size(file: BinaryIO) -> None:
    """Write the new size of the file into its properties, which mutagen does not change."""
    size = os.fstat(file.fileno()).st_size
    if field := asf_stream.find_size_field(BoundedFile(file.fileno(), size)):
        file.seek(field.start)
        file.write(size.to_bytes(8, "little"))
