"""The list of manual reviews, and which of its entries a person accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mediakeep import files, suggest
from mediakeep.errors import NewerFormat, UsageFailed
from mediakeep.kinds import MUSIC
from mediakeep.music.kinds import KINDS
from mediakeep.queue import actions
from mediakeep.queue.state import State
from mediakeep.views import review

_CURE = "The next batch writes it anew if you delete it"


class Entry(msgspec.Struct, frozen=True):
    """An issue as the list shows it; `command` is what settles it."""

    id: str
    kind: str
    queue: str = MUSIC.name
    album: str = ""
    path: str = ""
    proposal: str = ""
    command: str = ""

    @property
    def name(self) -> str:
        """The id, and which track or album it is about."""
        place = self.path or self.album
        return f"{self.id} ({place})" if place else self.id


Listed = Mapping[str, Sequence[Entry]]  # by the key of the artist, of music alone


class _View(msgspec.Struct, frozen=True):
    format: int
    reviews: dict[str, list[Entry]]


@dataclass(frozen=True)
class Choice:
    """What a person accepts: issues by their ids, or all of a kind, perhaps of one artist."""

    ids: Sequence[str] = ()
    kind: str = ""
    artist: str = ""

    def of(self, listed: Listed, state: State) -> Listed:
        """Return the entries that are accepted.

        UsageFailed where the list has no such ids, or where there is no such kind or artist.
        """
        if self.ids:
            known = {entry.id for entries in listed.values() for entry in entries}
            if strange := [one for one in self.ids if one not in known]:
                raise UsageFailed(f"Not in the list: {', '.join(strange)}. Nothing was changed.")
            return _filtered(listed, lambda entry: entry.id in self.ids)
        if self.kind not in {kind.name for kind in KINDS}:
            near = suggest.did_you_mean(self.kind, (kind.name for kind in KINDS))
            told = f'There is no kind of issue "{self.kind}".{near}'
            raise UsageFailed(f"{told} Nothing was changed.")
        if self.artist:
            key = actions.find(state, self.artist)
            listed = {key: listed.get(key, [])}
        return _filtered(listed, lambda entry: entry.kind == self.kind)


def read(home: Path, path: Path) -> Listed:
    """Read the list, which is looked for in the home and then here; UsageFailed if it is none."""
    here = path.expanduser()
    place = home / here if (home / here).exists() else here
    name = files.escape(place)
    try:
        view = msgspec.json.decode(place.read_bytes(), type=_View)
    except OSError as error:
        raise UsageFailed(f"{name}: {error.strerror}. A batch writes it.") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UsageFailed(f"{name} is no list of reviews: {error}. {_CURE}.") from error
    if view.format > review.FORMAT:
        raise NewerFormat(name, view.format, review.FORMAT)
    return _filtered(view.reviews, lambda entry: entry.queue == MUSIC.name)


def _filtered(listed: Listed, wanted: Callable[[Entry], bool]) -> Listed:
    found = {key: list(filter(wanted, entries)) for key, entries in listed.items()}
    return {key: entries for key, entries in found.items() if entries}
