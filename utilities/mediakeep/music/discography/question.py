"""The lookup query of an artist's folder: name, MBIDs in tags, and album titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

import msgspec
from msgspec import structs

from mediakeep import files
from mediakeep.lookups import catalogue, musicbrainz
from mediakeep.music import placeholders
from mediakeep.music.checks import garbling, letters, titles
from mediakeep.music.discography import title_keys
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.repairs import names

_VARIOUS = frozenset(map(letters.loose, ("Various Artists", "Various", "V.A.", "VA", "Sampler")))
_LONGEST = 1000  # letters of a name or a title
_VERSION = f"{catalogue.FORMAT}."


class Owned(msgspec.Struct, frozen=True):
    """A local album as described by its tags and folder; `place` is the folder's path."""

    place: str
    title: str
    release: str = ""  # MBID, if the tags agree on one
    group: str = ""
    by_various: bool = False  # its album artist differs from the folder's artist
    tracks: int = 0


class Question(msgspec.Struct, frozen=True):
    """What is known locally of an artist before any lookup."""

    name: str
    mbid: str  # of most tracks, or ""
    albums: tuple[Owned, ...]
    is_various: bool = False
    others: tuple[str, ...] = ()  # MBIDs of some tracks whose album artist has exactly this name

    @property
    def titles(self) -> tuple[str, ...]:
        """The distinct titles of the albums."""
        return tuple(dict.fromkeys(album.title for album in self.albums if album.title))

    @property
    def digest(self) -> str:
        """A digest that changes with the query and with the data that a lookup requests."""
        return _VERSION + blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()


def of(artist: Artist) -> Question:
    """Build the query of an artist."""
    tracks = [track for album in artist.albums for track in album.readable]
    name = _name(artist, tracks)
    has_various = is_various(name)
    mbid = "" if has_various else _most(_mbids(tracks), len(tracks))
    albums = [owned for album in artist.albums if (owned := _owned(album, name, artist.name))]
    others = () if has_various else tuple(sorted(_namesakes(name, tracks) - {mbid}))
    return Question(name, mbid, tuple(albums), has_various, others)


def is_album(album: Album) -> bool:
    """Return whether tracks are looked up as an album; loose tracks only if they agree on one.

    They do if at least half of them, and at least two, have one album title, or half have one MBID.
    """
    tracks = album.readable
    if not album.is_loose or not tracks:
        return bool(tracks)
    for field in ("musicbrainz_albumid", "musicbrainz_releasegroupid"):
        mbids = [getattr(track.tags, field) for track in tracks]
        if _agreed(mbids) and 2 * sum(map(bool, mbids)) >= len(tracks):
            return True
    album_titles = [titles.parted(title)[0] for track in tracks if (title := _album(track))]
    return len(set(map(title_keys.base_key, album_titles))) == 1 and len(album_titles) >= max(
        2, len(tracks) / 2
    )


def renewed(query: Question, merged: Mapping[str, str]) -> Question:
    """Return the query with merged MBIDs replaced by their current ones."""
    if not merged:
        return query
    albums = tuple(
        structs.replace(
            album,
            release=merged.get(album.release, album.release),
            group=merged.get(album.group, album.group),
        )
        for album in query.albums
    )
    mbid = merged.get(query.mbid, query.mbid)
    others = tuple(sorted({merged.get(other, other) for other in query.others} - {mbid}))
    return structs.replace(query, albums=albums, mbid=mbid, others=others)


def is_various(name: str) -> bool:
    """Return whether a folder's name stands for various artists."""
    return letters.loose(name) in _VARIOUS


def is_recent(digest: str) -> bool:
    """Return whether a query digest is of the current lookup version."""
    return digest.startswith(_VERSION)


def _name(artist: Artist, tracks: Iterable[Track]) -> str:
    """Return the most frequent album artist that equals the folder's name, else that name.

    Folder names cannot contain every character: "AC_DC" is "AC/DC" if the tags say so. For
    placeholder names such as "New Folder" the artist of most tracks is used.
    """
    folder = files.unescape(artist.name)
    counts = Counter(
        name for track in tracks for name in (letters.first(track.tags.albumartist),) if name
    )
    matching = [name for name, _ in counts.most_common() if _same(name, folder)]
    if not matching and placeholders.is_artist(folder):
        real_names = (
            (candidate, count)
            for candidate, count in counts.items()
            if not placeholders.is_artist(candidate)
        )
        matching = [name for name, count in real_names if 2 * count > counts.total()]
    if not matching and (
        artist_name := _named_by(artist, [name for name, _ in counts.most_common()])
    ):
        return _plain(artist_name)
    return _plain(matching[0] if matching else files.printable(folder))


def _named_by(artist: Artist, albumartists: Iterable[str]) -> str:
    """Return the artist of a folder such as "Artist - Album", or "" if it names an artist only.

    `albumartists` are the album artists in the tags, most frequent first.
    """
    name = files.unescape(names.split_folder(artist.name)[0])
    if not (len(artist.albums) == 1 and artist.albums[0].in_library_root):
        return next(
            (albumartist for albumartist in albumartists if name and _same(albumartist, name)), ""
        )
    tracks = artist.albums[0].readable
    for field in ("albumartist", "artist"):
        texts = (letters.first(getattr(track.tags, field)) for track in tracks)
        counts = Counter(text for text in texts if text and not placeholders.is_artist(text))
        first, count = counts.most_common(1)[0] if counts else ("", 0)
        if 2 * count > len(tracks) and not (field == "artist" and is_various(name)):
            return first
    return files.printable(name)


def _plain(text: str) -> str:
    """Return text with mojibake repaired and control characters removed."""
    restored = garbling.restored(text[:_LONGEST])
    return letters.neat("".join(char if char.isprintable() else " " for char in restored))


def _same(name: str, folder: str) -> bool:
    return letters.loose(name) == letters.loose(folder) or files.safe_name(name) == folder


def _mbids(tracks: Iterable[Track]) -> Iterator[str]:
    """Yield the album artist MBID of each track, or its artist MBID; none if there are several."""
    for track in tracks:
        ids = track.tags.musicbrainz_albumartistid or track.tags.musicbrainz_artistid
        if len(ids) == 1:
            yield ids[0].strip().lower()


def _namesakes(name: str, tracks: Iterable[Track]) -> set[str]:
    """Return the MBIDs of album artists with a name."""
    key = letters.loose(name)
    return {
        mbid
        for track in tracks
        if letters.loose(letters.first(track.tags.albumartist)) == key
        for mbid in _mbids([track])
        if musicbrainz.is_mbid(mbid) and mbid != catalogue.VARIOUS_ARTISTS
    }


def _most(ids: Iterable[str], of: int) -> str:
    """Return the MBID of more than half of the tracks that have one, or ""."""
    counts = Counter(candidate for candidate in ids if musicbrainz.is_mbid(candidate))
    mbid, count = counts.most_common(1)[0] if counts else ("", 0)
    is_clear = 2 * count > counts.total() and 4 * count >= of
    return mbid if is_clear and mbid != catalogue.VARIOUS_ARTISTS else ""


def _album(track: Track) -> str:
    title = letters.first(track.tags.album)
    return "" if placeholders.is_album(title) else title


def _owned(album: Album, name: str, folder: str) -> Owned | None:
    """Describe an album; `name` is the artist's name, `folder` the artist's folder name."""
    tracks = album.readable
    if not is_album(album):
        return None
    titles_count = Counter(title for track in tracks if (title := letters.first(track.tags.album)))
    title = titles_count.most_common(1)[0][0] if titles_count else _title(album, name, folder)
    makers = {
        letters.loose(artist_name) for track in tracks for artist_name in track.tags.albumartist
    }
    various = any(track.tags.compilation for track in tracks) or bool(
        makers and letters.loose(name) not in makers
    )
    return Owned(
        place=album.place,
        title=_plain(title),
        release=_agreed(track.tags.musicbrainz_albumid for track in tracks),
        group=_agreed(track.tags.musicbrainz_releasegroupid for track in tracks),
        by_various=various,
        tracks=len(tracks),
    )


def _title(album: Album, name: str, folder: str) -> str:
    """Return the album title in the folder's name, without year or format."""
    _, place = names.of_folders(folder, album)
    known_names = (name, files.unescape(folder))
    return names.album(place, known_names) or files.printable(
        files.unescape(place.rpartition("/")[2])
    )


def _agreed(values: Iterable[tuple[str, ...]]) -> str:
    """Return the MBID that all tracks with an MBID share, or ""."""
    mbids = {text.strip().lower() for texts in values for text in texts}
    mbid = mbids.pop() if len(mbids) == 1 else ""
    return mbid if musicbrainz.is_mbid(mbid) else ""
