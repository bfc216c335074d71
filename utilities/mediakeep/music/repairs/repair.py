"""A repair: what is to be changed in one file, and which kinds of issues that mends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from mediakeep.errors import UsageFailed
from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import PICTURE, Edit, Lift, Values
from mediakeep.music.model import Artist, Track


class Embed(msgspec.Struct, frozen=True, tag="embed"):
    """A picture file that is to be the front cover of a track: by its place below the artist.

    One that lies elsewhere is named by its whole path; both are escaped.
    """

    image: str
    reason: str = ""


class Put(msgspec.Struct, frozen=True, tag="put"):
    """A picture file, by its whole path, of which a copy is to lie where no file is."""

    image: str
    reason: str = ""


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one file; `place` lies below the artist, `old` is what the field holds now.

    `kinds` are those of the issues that it mends. The reason of the change begins with them, as in
    "mojibake, whitespace: letters in the wrong encoding; space at the end".
    """

    place: str
    kinds: tuple[str, ...]
    change: Edit | Lift | Embed | Put
    old: Values = ()

    @property
    def field(self) -> str:
        """The field that it changes, "" for that of all tags."""
        if isinstance(self.change, Edit):
            return self.change.field
        return "" if isinstance(self.change, Lift) else PICTURE

    @property
    def why(self) -> str:
        """The reason without the kinds."""
        return self.change.reason.partition(": ")[2]


Mend = Callable[[Artist], Iterable[Repair]]  # the repairs of one kind of issue


def edits(track: Track, field: str, values: Values, kind: str, why: str) -> Iterator[Repair]:
    """Give the repair that has a field hold other values; none where no tag could hold them.

    A value that stands there twice, or is empty, says nothing and is left out.
    """
    try:
        change = Edit(field, tuple(dict.fromkeys(filter(None, values))), f"{kind}: {why}")
    except UsageFailed:
        return
    yield Repair(
        place=track.place, kinds=(kind,), change=change, old=changes.value(track.tags, field)
    )


def is_writable(track: Track) -> bool:
    """Tell whether a track may be changed: its format is written, and its sound is whole.

    What a deep scan found to be damaged or changed stays as it is, too, until a person has looked.
    """
    from mediakeep.media.edits import writers  # only here: loading it takes its time

    if track.facts is None or track.damage or track.change:
        return False
    return not writers.refusal(track.facts)


def merged(repairs: Iterable[Repair]) -> tuple[Repair, ...]:
    """Make one repair of those that follow each other in one field of a file."""
    found: dict[tuple[str, str], Repair] = {}
    for repair in repairs:
        key = repair.place, repair.field
        found[key] = _joined(found[key], repair) if key in found else repair
    return tuple(found.values())


def _joined(first: Repair, second: Repair) -> Repair:
    kinds = tuple(dict.fromkeys((*first.kinds, *second.kinds)))
    words = "; ".join(dict.fromkeys((first.why, second.why)))
    change = msgspec.structs.replace(second.change, reason=f"{', '.join(kinds)}: {words}")
    return Repair(place=first.place, kinds=kinds, change=change, old=first.old)
