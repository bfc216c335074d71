"""A repair: the change of one file, and the kinds of issues that it resolves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from mediakeep.errors import UsageError
from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import PICTURES_FIELD, CopyToNativeTags, SetField, Values
from mediakeep.music.model import Artist, Track


class EmbedCover(msgspec.Struct, frozen=True, tag="embed"):
    """Embed a picture file as the front cover of a track; `image` is its place below the artist.

    A picture elsewhere is given by its full path; both are escaped.
    """

    image: str
    reason: str = ""


class SaveCoverFile(msgspec.Struct, frozen=True, tag="put"):
    """Save a copy of a picture file, given by its full path, as a new file."""

    image: str
    reason: str = ""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one file; `place` is below the artist, `old` is the current value of the field.

    `kinds` are the kinds of issues that it resolves. The reason of the change starts with them, as
    in "mojibake, whitespace: letters in the wrong encoding; space at the end".
    """

    place: str
    kinds: tuple[str, ...]
    change: SetField | CopyToNativeTags | EmbedCover | SaveCoverFile
    old: Values = ()

    @property
    def field(self) -> str:
        """The field that it changes, "" for a change of all tags."""
        if isinstance(self.change, SetField):
            return self.change.field
        return "" if isinstance(self.change, CopyToNativeTags) else PICTURES_FIELD

    @property
    def reason_text(self) -> str:
        """The reason without the kinds."""
        return self.change.reason.partition(": ")[2]


RepairFunction = Callable[[Artist], Iterable[Repair]]  # yields the repairs of one kind of issue


def set_field(track: Track, field: str, values: Values, kind: str, reason: str) -> Iterator[Repair]:
    """Yield the repair that sets a field; none if no tag can contain the values.

    Duplicate and empty values are dropped.
    """
    try:
        change = SetField(field, tuple(dict.fromkeys(filter(None, values))), f"{kind}: {reason}")
    except UsageError:
        return
    yield Repair(
        place=track.place,
        kinds=(kind,),
        change=change,
        old=tag_edits.field_values(track.tags, field),
    )


def is_writable(track: Track) -> bool:
    """Return whether a track may be changed: its format can be written, and its audio is complete.

    Files that a deep scan found damaged or changed are not written until the user has checked them.
    """
    from mediakeep.media.edits import writers  # imported late: slow to load

    if track.facts is None or track.damage or track.change:
        return False
    return not writers.read_only_reason(track.facts)


def merge_repairs(repairs: Iterable[Repair]) -> tuple[Repair, ...]:
    """Merge consecutive repairs of one field of a file into one."""
    by_field: dict[tuple[str, str], Repair] = {}
    for repair in repairs:
        key = repair.place, repair.field
        by_field[key] = _merge_two(by_field[key], repair) if key in by_field else repair
    return tuple(by_field.values())


def _merge_two(first: Repair, second: Repair) -> Repair:
    kinds = tuple(dict.fromkeys((*first.kinds, *second.kinds)))
    reasons = "; ".join(dict.fromkeys((first.reason_text, second.reason_text)))
    change = msgspec.structs.replace(second.change, reason=f"{', '.join(kinds)}: {reasons}")
    return Repair(place=first.place, kinds=kinds, change=change, old=first.old)
