"""A repair: one change of one file, with the kinds of issues that it resolves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from mediakeep.errors import UsageError
from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import PICTURES_FIELD, CopyToNativeTags, SetField, Values
from mediakeep.music.model import Artist, Track


class EmbedCover(msgspec.Struct, frozen=True, tag="embed"):
    """A change that embeds a picture file as the front cover of a track.

    `image` is the picture's place relative to the artist's folder, or its full path if it is
    elsewhere. Both are escaped.
    """

    image: str
    reason: str = ""


class SaveCoverFile(msgspec.Struct, frozen=True, tag="put"):
    """A change that saves a copy of a picture, given by its full path, as a new file."""

    image: str
    reason: str = ""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one file; `place` is its path relative to the artist's folder.

    `old` is the current value of the field, and `kinds` are the kinds of issues that the change
    resolves. The reason starts with them, as in "mojibake, whitespace: letters in the wrong
    encoding; space at the end".
    """

    place: str
    kinds: tuple[str, ...]
    change: SetField | CopyToNativeTags | EmbedCover | SaveCoverFile
    old: Values = ()

    @property
    def field(self) -> str:
        """The field that is changed, or "" for a change of all tags."""
        if isinstance(self.change, SetField):
            return self.change.field
        return "" if isinstance(self.change, CopyToNativeTags) else PICTURES_FIELD

    @property
    def reason_text(self) -> str:
        """The reason without the kinds of issues at its start."""
        return self.change.reason.partition(": ")[2]


RepairFunction = Callable[[Artist], Iterable[Repair]]  # yields the repairs of one kind of issue


def set_field(track: Track, field: str, values: Values, kind: str, reason: str) -> Iterator[Repair]:
    """Yield a repair that sets a field of a track; none if its tags cannot contain the values.

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
    from mediakeep.media.safewrite import tag_write_plan  # imported late: slow to load

    if track.facts is None or track.damage or track.change:
        return False
    return not tag_write_plan.read_only_reason(track.facts)


def merge_repairs(repairs: Iterable[Repair]) -> tuple[Repair, ...]:
    """Merge repairs of the same field of a file into one, if they follow each other."""
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
