"""Write the tag list of MP4 files; mutagen moves the audio and corrects its offsets."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.mp4 import MP4Tags
from mutagen.mp4._atom import Atoms

from mediakeep.media.audio.mp4 import tag_list
from mediakeep.media.audio.mp4.raw_atoms import AtomRange, iter_atoms
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.mutagen_tags import mp4_items, mp4_patch, other_tags

TAG_FORMAT = mp4_items.TAG_FORMAT
PADDING = 4096  # bytes of new free space if the list has to grow

_UNCHANGED_PARENTS = (b"moov", b"udta", b"meta")


class _RawTagList(MP4Tags):
    """A tag list whose content is given as bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content
        self["ilst"] = [""]

    def _render(self, _key: str, _value: object) -> bytes:
        return self._content


def save_tags(
    file: BinaryIO, source: BoundedFile, target: TargetTags, _options: TagWriteOptions
) -> None:
    """Write target values into the open file `file`, whose current bytes are `source`."""
    content = mp4_items.change_items(tag_list.read_content(source), target)
    if len(content) > 0xFFFFFFFF:
        raise OverflowError
    if mp4_patch.is_parsed_by_mutagen(source) and not mp4_patch.has_offsets_outside_audio(source):
        _RawTagList(content).save(file, padding=_choose_padding)
    else:
        other_tags.apply_patches(file, mp4_patch.build_patches(source, content, PADDING))


def read_texts(source: BoundedFile) -> dict[str, list[str]]:
    """Return the texts of the tag list as mutagen reads them."""
    data = tag_list.read_content(source)
    mp4_items.split_items(data)  # mutagen sets no limits
    for name in (b"ilst", b"meta", b"udta", b"moov"):
        data = tag_list.build_atom(name, bytes(4 if name == b"meta" else 0) + data)
    file = BytesIO(data)
    tags: Any = MP4Tags(Atoms(file), file)
    texts: dict[str, list[str]] = {}
    for key, values in tags.items():
        if key in ("trkn", "disk"):
            texts[key] = [f"{number or ''}/{total or ''}" for number, total in values]
        elif key == "cpil":
            texts[key] = [str(int(values))]
        elif key.startswith("----:"):
            texts[key.lower()] = [bytes(value).decode("utf-8", "replace") for value in values]
        elif isinstance(values, list) and all(isinstance(value, str) for value in values):
            texts[key] = [value for value in values if value]
    return texts


def find_lost_items(old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
    """Return the names of items that a new file lacks and `target` does not change."""
    changed = mp4_items.changed_names(target)
    before, after = (mp4_items.split_items(tag_list.read_content(source)) for source in (old, new))
    expected = Counter(item for item in before if item.name not in changed)
    if target.cover:
        covers = [item for item in before if item.name == mp4_items.COVER]
        expected -= Counter(covers)
        kept = Counter(value for item in covers for value in mp4_items.item_values(item)[1:])
        found = Counter(
            value
            for item in after
            if item.name == mp4_items.COVER
            for value in mp4_items.item_values(item)
        )
        if kept - found:
            return [mp4_items.COVER]
    lost = {item.name for item in expected - Counter(after)}
    atoms = Counter(_other_atoms(old)) - Counter(_other_atoms(new))
    return sorted(lost | {name.decode("latin-1") for name, _ in atoms})


def _other_atoms(source: BoundedFile) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the atoms next to the tag list and next to its parents.

    The audio is compared elsewhere.
    """
    with contextlib.suppress(UnsupportedLayout):  # by bytes after the last atom, such as ID3v1
        for atom in iter_atoms(source, 0, source.size):
            if atom.name not in (b"moov", b"mdat", b"free"):
                yield atom.name, _content(source, atom)
    place = tag_list.find_tag_list(source)
    for parent in place.parents:
        start = parent.body
        if parent.name == b"meta" and source.read(start + 4, 4) != b"hdlr":
            start += 4
        for atom in iter_atoms(source, start, parent.end):
            if atom.name not in (b"trak", b"free", b"ilst", *_UNCHANGED_PARENTS):
                yield atom.name, _content(source, atom)


def _content(source: BoundedFile, atom: AtomRange) -> bytes:
    return source.read(atom.body, atom.end - atom.body)


def _choose_padding(info: Any) -> int:
    padding: int = info.padding
    return padding if padding >= 0 else PADDING
