"""Responses of MusicBrainz to browse and search requests.

Invalid entries of a list are skipped; the others are used.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mediakeep.lookups import valid_entries
from mediakeep.lookups.musicbrainz.model import (
    Artist,
    MusicBrainzEntity,
    Number,
    Release,
    ReleaseGroup,
)

T = TypeVar("T")


def decode(content: bytes, kind: type[T], skip_reasons: list[str] | None = None) -> T:
    """Decode a JSON response of MusicBrainz; a null is treated as a missing key.

    The reasons why entries of a page were skipped are added to the list `skip_reasons`. Raise
    msgspec.DecodeError if the response has another type, or no valid entry.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError:
        data = msgspec.json.decode(content)
        if skip_reasons is not None and isinstance(data, dict) and kind in _ENTRY_TYPES:
            data |= valid_entries.keep_valid_entries(
                data, *_ENTRY_TYPES[kind], skip_reasons, _without_nulls
            )
        return msgspec.convert(_without_nulls(data), kind)


def _without_nulls(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {
            # Keep null media: a release without one of its media would look like another edition.
            name: value if name == "media" and value and None in value else _without_nulls(value)
            for name, value in thing.items()
            if value is not None
        }
    if isinstance(thing, list):
        return [_without_nulls(value) for value in thing if value is not None]
    return thing


class ReleasePage(
    msgspec.Struct, frozen=True, rename={"entries": "releases", "count": "release-count"}
):
    """One page of a list of releases, and the number of releases in the whole list."""

    entries: tuple[Release, ...]
    count: int


class ReleaseGroupPage(
    msgspec.Struct,
    frozen=True,
    rename={"entries": "release-groups", "count": "release-group-count"},
):
    """One page of a list of release groups, and the number of groups in the whole list."""

    entries: tuple[ReleaseGroup, ...]
    count: int


class ReleaseSearchResult(msgspec.Struct, frozen=True):
    """The first page of a release search, best matches first."""

    releases: tuple[Release, ...]


class ArtistSearchResult(msgspec.Struct, frozen=True):
    """The first page of an artist search, best matches first."""

    artists: tuple[Artist, ...]


class ListedRelease(MusicBrainzEntity, frozen=True, kw_only=True):
    """A release that a found recording is on; of its media, only those are listed."""

    status: str | None = None
    track_count: Number = 0  # of all media
    release_group: ReleaseGroup | None = None


class FoundRecording(MusicBrainzEntity, frozen=True, kw_only=True):
    """A recording found by a search, and the releases that it is on."""

    title: str
    releases: tuple[ListedRelease, ...] = ()


class RecordingSearchResult(msgspec.Struct, frozen=True):
    """The first page of a recording search, best matches first."""

    recordings: tuple[FoundRecording, ...]


_ENTRY_TYPES: dict[type[Any], tuple[str, type[Any]]] = {
    ReleasePage: ("releases", Release),
    ReleaseGroupPage: ("release-groups", ReleaseGroup),
    ReleaseSearchResult: ("releases", Release),
    ArtistSearchResult: ("artists", Artist),
    RecordingSearchResult: ("recordings", FoundRecording),
}
