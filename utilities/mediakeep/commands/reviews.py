"""The list of manual reviews, and the selection of its entries that the user accepts."""

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

_CURE = "Delete it, and the next batch writes it again"


class Entry(msgspec.Struct, frozen=True):
    """An issue in the review list; `command` is the command that resolves it."""

    id: str
    kind: str
    queue: str = MUSIC.name
    album: str = ""
    path: str = ""
    proposal: str = ""
    command: str = ""

    @property
    def name(self) -> str:
        """The id, with the track or album if known."""
        place = self.path or self.album
        return f"{self.id} ({place})" if place else self.id


Listed = Mapping[str, Sequence[Entry]]  # by the key of the artist; music only


class _View(msgspec.Struct, frozen=True):
    format: int
    reviews: dict[str, list[Entry]]


@dataclass(frozen=True)
class Choice:
    """The accepted entries: issues by id, or all of a kind, optionally of one artist."""

    ids: Sequence[str] = ()
    kind: str = ""
    artist: str = ""

    def of(self, listed: Listed, state: State) -> Listed:
        """Return the accepted entries.

        Raise UsageError if the list lacks an id, or if the kind or the artist is unknown.
        """
        if self.ids:
            listed_ids = {entry.id for entries in listed.values() for entry in entries}
            if unknown := [issue_id for issue_id in self.ids if issue_id not in listed_ids]:
                raise UsageFailed(f"Not in the list: {', '.join(unknown)}. Nothing was changed.")
            return _filtered(listed, lambda entry: entry.id in self.ids)
        if self.kind not in {kind.name for kind in KINDS}:
            near = suggest.did_you_mean(self.kind, (kind.name for kind in KINDS))
            message = f'Unknown issue kind "{self.kind}".{near}'
            raise UsageFailed(f"{message} Nothing was changed.")
        if self.artist:
            key = actions.find(state, self.artist)
            listed = {key: listed.get(key, [])}
        return _filtered(listed, lambda entry: entry.kind == self.kind)


def read(home: Path, path: Path) -> Listed:
    """Read the list, relative to the home or else to here; raise UsageError if invalid."""
    given_path = path.expanduser()
    place = home / given_path if (home / given_path).exists() else given_path
    name = files.escape(place)
    try:
        view = msgspec.json.decode(place.read_bytes(), type=_View)
    except OSError as error:
        raise UsageFailed(f"{name}: {error.strerror}. A batch writes it.") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UsageFailed(f"{name} is not a review list: {error}. {_CURE}.") from error
    if view.format > review.FORMAT:
        raise NewerFormat(name, view.format, review.FORMAT)
    return _filtered(view.reviews, lambda entry: entry.queue == MUSIC.name)


def _filtered(listed: Listed, wanted: Callable[[Entry], bool]) -> Listed:
    filtered = {key: list(filter(wanted, entries)) for key, entries in listed.items()}
    return {key: entries for key, entries in filtered.items() if entries}
