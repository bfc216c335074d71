"""The list of manual reviews, and the selection of its entries that the user accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from mediakeep import kinds, path_text, suggestions
from mediakeep.errors import AmbiguousName, NewerFormat, UsageError
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.reports.fix_commands import TOGETHER_KINDS
from mediakeep.queue import actions
from mediakeep.queue.state import QueueState
from mediakeep.untrusted_files import decode_json, read_bytes
from mediakeep.views import review

_SETTLED_HINT = "What was accepted already is not listed. Nothing was changed."
_MIN_DIGITS = 4  # of an id that is given in part
_FIX_HINT = "Delete it, and the next batch writes it again"


class ReviewEntry(msgspec.Struct, frozen=True):
    """An issue in the review list; `command` is the command that resolves it."""

    id: str
    kind: str
    queue: str = kinds.FIRST_NAME
    album: str = ""
    path: str = ""
    proposal: str = ""
    command: str = ""

    @property
    def name(self) -> str:
        """The id, with the track or album if known."""
        place = self.path or self.album
        return f"{self.id} ({place})" if place else self.id


EntriesByArtist = Mapping[str, Sequence[ReviewEntry]]  # by the key of the artist; music only


class _ReviewFile(msgspec.Struct, frozen=True):
    format: int
    reviews: dict[str, list[ReviewEntry]]


@dataclass(frozen=True)
class ReviewFilter:
    """The accepted entries: issues by id, or all of a kind, optionally of one artist."""

    ids: Sequence[str] = ()
    kind: str = ""
    artist: str = ""

    def complete_ids(self, listed: EntriesByArtist) -> ReviewFilter:
        """Return the filter with full ids; raise AmbiguousName if several begin as a given one."""
        known = sorted({entry.id for entries in listed.values() for entry in entries})
        return replace(self, ids=[_complete_id(given, known) for given in self.ids])

    def select(self, listed: EntriesByArtist, state: QueueState) -> EntriesByArtist:
        """Return the accepted entries, and those that are accepted only together with them.

        Raise UsageError if the list lacks an id, or if the kind or the artist is unknown.
        """
        if self.ids:
            listed_ids = {entry.id for entries in listed.values() for entry in entries}
            if unknown := [issue_id for issue_id in self.ids if issue_id not in listed_ids]:
                raise UsageError(f"Not in the list: {', '.join(unknown)}. {_SETTLED_HINT}")
            chosen = {*self.ids}
            return {
                key: self._select_by_id(entries)
                for key, entries in listed.items()
                if not chosen.isdisjoint(entry.id for entry in entries)
            }
        if self.kind not in {kind.name for kind in ISSUE_KINDS}:
            near = suggestions.suggest_closest_name(self.kind, (kind.name for kind in ISSUE_KINDS))
            message = f'Unknown issue kind "{self.kind}".{near}'
            raise UsageError(f"{message} Nothing was changed.")
        if self.artist:
            key = actions.find_item_key(state, self.artist)
            listed = {key: listed.get(key, [])}
        return _filter_entries(listed, lambda entry: entry.kind == self.kind)

    def _select_by_id(self, entries: Sequence[ReviewEntry]) -> list[ReviewEntry]:
        together = {
            (entry.kind, entry.album)
            for entry in entries
            if entry.id in self.ids and entry.kind in TOGETHER_KINDS
        }
        return [
            entry
            for entry in entries
            if entry.id in self.ids or (entry.proposal and (entry.kind, entry.album) in together)
        ]


def _complete_id(given: str, ids: Sequence[str]) -> str:
    """Return the id that begins as given, with or without its kind; what is given if none does."""
    kind, _, digits = given.rpartition(":")
    if given in ids or len(digits) < _MIN_DIGITS:
        return given
    split = ((each, each.rpartition(":")) for each in ids)
    matches = [
        each
        for each, (own, _, hash_) in split
        if kind in ("", own) and hash_.startswith(digits.lower())
    ]
    if len(matches) > 1:
        raise AmbiguousName(given, f"it may be {' or '.join(matches)}")
    return matches[0] if matches else given


def read_reviews(home: Path, path: Path) -> EntriesByArtist:
    """Read the list, relative to the home or else to here; raise UsageError if invalid."""
    given_path = path.expanduser()
    place = home / given_path if (home / given_path).exists() else given_path
    name = path_text.escape_path(place)
    try:
        view = decode_json(read_bytes(place), _ReviewFile)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}. A batch writes it.") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{name} is not a review list: {error}. {_FIX_HINT}.") from error
    if view.format > review.FORMAT:
        raise NewerFormat(name, view.format, review.FORMAT)
    return _filter_entries(view.reviews, lambda entry: entry.queue == kinds.FIRST_NAME)


def _filter_entries(
    listed: EntriesByArtist, wanted: Callable[[ReviewEntry], bool]
) -> EntriesByArtist:
    filtered = {key: list(filter(wanted, entries)) for key, entries in listed.items()}
    return {key: entries for key, entries in filtered.items() if entries}
