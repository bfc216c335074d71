"""What look-ups came to, kept beside the raw answers: artists that were resolved, discographies.

A resolved artist lies under the key of its item, with the question that it answers: as long as
that is the same, nobody is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep.item import Lookup
from mediakeep.lookups.catalogue import Artist, Discography, Release
from mediakeep.lookups.database import Statement
from mediakeep.lookups.ledger import Ledger, packed, unpacked


class Choice(msgspec.Struct, frozen=True):
    """An artist who may be meant, and the albums here that are theirs."""

    artist: Artist
    titles: tuple[str, ...] = ()


class Album(msgspec.Struct, frozen=True, omit_defaults=True):
    """An album here, and what it is at MusicBrainz; "" where that is not known.

    The release is told where it is certain, and else those that are tied.
    """

    match: str = ""  # how sure it is: "certain", "tied", "unsure" or "unknown"
    release_group: str = ""
    release: str = ""
    tied: tuple[str, ...] = ()
    title: str = ""
    first_release_date: str = ""
    date: str = ""
    cover_art_url: str = ""


class Resolved(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the look-up of one artist; without an `artist` it is not certain who it is."""

    name: str
    question: str  # digest of what is known here
    state: Lookup  # but not "pending"
    artist: Artist | None = None
    by: str = ""  # what told who it is: "tags", "albums", "name" or "tracks"
    choices: tuple[Choice, ...] = ()
    more: tuple[Release, ...] = ()  # releases of others that may be here, as compilations
    sought: dict[str, tuple[str, ...]] = {}  # release groups that were found, by what was searched
    merged: dict[str, str] = {}  # MBIDs in tags, and those that they have become
    deleted: tuple[str, ...] = ()  # MBIDs in tags that are no more
    albums: dict[str, Album] = {}  # by their places
    asked: str = ""
    requests: int = 0  # that it took
    album_count: int = 0


FILE = "musicbrainz.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resolved (key TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS discographies (artist TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


class Known(Ledger):
    """The tables of one folder of caches; NoCache where they cannot be written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / FILE, _SCHEMA)

    def resolved(self, key: str) -> Resolved | None:
        """Return what became of an artist's look-up; None where there was none."""
        row = self._base.read("SELECT content FROM resolved WHERE key = ?", key)
        return unpacked(row, Resolved)

    def discography(self, artist: str) -> Discography | None:
        """Return the discography of an artist, given by MBID."""
        row = self._base.read("SELECT content FROM discographies WHERE artist = ?", artist)
        return unpacked(row, Discography)

    def keep(self, key: str, resolved: Resolved, known: Discography | None) -> None:
        """Keep what a look-up came to; what was known of the artist before is replaced."""
        rows = [_row("resolved", key, resolved)]
        rows += [_row("discographies", known.artist.id, known)] if known else []
        self._base.write(*rows)

    def rename(self, names: Mapping[str, str]) -> None:
        """Let what was looked up be under new keys: old key -> new key."""
        text = "UPDATE OR REPLACE resolved SET key = ? WHERE key = ?"
        self._base.write(*((text, (new, old)) for old, new in names.items()))

    def keep_discography(self, known: Discography) -> None:
        """Keep the discography of an artist in place of the one before."""
        self._base.write(_row("discographies", known.artist.id, known))

    def every(self) -> Iterator[tuple[str, Resolved]]:
        """Give all artists that were looked up, by their keys."""
        for key, content in self._base.rows("SELECT key, content FROM resolved ORDER BY key"):
            if found := unpacked((content,), Resolved):
                yield key, found


def _row(table: str, name: str, thing: object) -> Statement:
    return f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (name, packed(thing))
