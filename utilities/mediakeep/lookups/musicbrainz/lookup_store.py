"""Store of MusicBrainz lookup results: identified artists and their discographies.

The result for an artist is stored under the key of its queue item, with a digest of the query.
While the digest stays the same, no request is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep.item import LookupState
from mediakeep.lookups.lookup_store import LookupStore, decode_compressed, encode_compressed
from mediakeep.lookups.musicbrainz.model import Artist, Discography, Release
from mediakeep.sqlite.sqlite_cache import Statement


class PossibleArtist(msgspec.Struct, frozen=True):
    """A MusicBrainz artist that may match, and the titles of its albums in the library."""

    artist: Artist
    titles: tuple[str, ...] = ()


class ResolvedAlbum(msgspec.Struct, frozen=True, omit_defaults=True):
    """An album in the library and the MusicBrainz release that it matches.

    Unknown values are "". `release` is set if the match is certain; otherwise `tied` lists the
    equally likely releases.
    """

    match: str = ""  # how sure it is: "certain", "tied", "unsure" or "unknown"
    release_group: str = ""
    release: str = ""
    tied: tuple[str, ...] = ()
    title: str = ""
    first_release_date: str = ""
    date: str = ""
    cover_art_url: str = ""


class ResolvedArtist(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Result of the lookup of one artist; `artist` is None if it is ambiguous or unknown."""

    name: str
    question: str  # digest of the query
    state: LookupState  # but not "pending"
    artist: Artist | None = None
    by: str = ""  # how it was identified: "tags", "albums", "name" or "tracks"
    choices: tuple[PossibleArtist, ...] = ()
    more: tuple[Release, ...] = ()  # possible releases of others, such as compilations
    sought: dict[str, tuple[str, ...]] = {}  # release groups found, by search
    merged: dict[str, str] = {}  # MBIDs in tags -> MBIDs they were merged into
    deleted: tuple[str, ...] = ()  # MBIDs in tags that no longer exist
    albums: dict[str, ResolvedAlbum] = {}  # by relative path
    asked: str = ""
    requests: int = 0  # made for the lookup
    album_count: int = 0


FILE_NAME = "musicbrainz.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS resolved (key TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS discographies (artist TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


class MusicBrainzStore(LookupStore):
    """The store of MusicBrainz lookup results in a cache folder.

    Methods raise NoCache if the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / FILE_NAME, _SCHEMA)

    def get_resolved(self, key: str) -> ResolvedArtist | None:
        """Return the stored lookup result of the artist with an item key, or None."""
        row = self._file.query_row("SELECT content FROM resolved WHERE key = ?", key)
        return decode_compressed(row, ResolvedArtist)

    def get_discography(self, artist: str) -> Discography | None:
        """Return the stored discography of the artist with an MBID, or None."""
        row = self._file.query_row("SELECT content FROM discographies WHERE artist = ?", artist)
        return decode_compressed(row, Discography)

    def save_resolved(
        self, key: str, resolved: ResolvedArtist, discography: Discography | None
    ) -> None:
        """Save the lookup result of an artist, and its discography if there is one.

        Earlier ones are replaced.
        """
        rows = [_insert_statement("resolved", key, resolved)]
        rows += (
            [_insert_statement("discographies", discography.artist.id, discography)]
            if discography
            else []
        )
        self._file.execute_all(*rows)

    def rename_keys(self, names: Mapping[str, str]) -> None:
        """Store lookup results under new item keys; `names` maps old keys to new ones."""
        text = "UPDATE OR REPLACE resolved SET key = ? WHERE key = ?"
        self._file.execute_all(*((text, (new, old)) for old, new in names.items()))

    def save_discography(self, discography: Discography) -> None:
        """Save the discography of an artist, replacing an earlier one."""
        self._file.execute_all(
            _insert_statement("discographies", discography.artist.id, discography)
        )

    def iter_resolved(self) -> Iterator[tuple[str, ResolvedArtist]]:
        """Yield item key and lookup result of all artists, sorted by key."""
        for key, content in self._file.query_rows("SELECT key, content FROM resolved ORDER BY key"):
            if resolved := decode_compressed((content,), ResolvedArtist):
                yield key, resolved


def _insert_statement(table: str, name: str, thing: object) -> Statement:
    return f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (name, encode_compressed(thing))
