"""What is known about an artist before a lookup: name, MBIDs in the tags, and album titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.lookups.musicbrainz import client, model
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.text import album_titles as text_album_titles
from mediakeep.music.text import compare_text, filename_parser, mojibake, placeholders, title_keys

_VARIOUS_NAMES = frozenset(
    map(compare_text.comparison_key, ("Various Artists", "Various", "V.A.", "VA", "Sampler"))
)
_MAX_LENGTH = 1000  # maximum letters of a name or a title
_VERSION_PREFIX = f"{model.DISCOGRAPHY_FORMAT}."


class OwnedAlbum(msgspec.Struct, frozen=True):
    """A local album as described by its tags and folder; `place` is the folder's path."""

    place: str
    title: str
    release: str = ""  # MBID of the release, if the tags agree on one
    group: str = ""
    by_various: bool = False  # the album artist differs from the folder's artist
    tracks: int = 0


class ArtistQuery(msgspec.Struct, frozen=True):
    """The data from tags and folder names that a lookup of an artist starts from."""

    name: str
    mbid: str  # artist MBID of most tracks, or ""
    albums: tuple[OwnedAlbum, ...]
    is_various: bool = False
    others: tuple[str, ...] = ()  # MBIDs of some tracks whose album artist has exactly this name

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the local albums, each once."""
        return tuple(dict.fromkeys(album.title for album in self.albums if album.title))

    @property
    def digest(self) -> str:
        """A hash of the query; if it has changed, the artist is looked up again."""
        return _VERSION_PREFIX + blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()


def build_query(artist: Artist) -> ArtistQuery:
    """Build the query for an artist's lookup from tags and folder names."""
    tracks = [track for album in artist.albums for track in album.readable_tracks]
    name = _artist_name(artist, tracks)
    has_various = is_various_artists(name)
    mbid = "" if has_various else _majority_mbid(_iter_artist_mbids(tracks), len(tracks))
    albums = [
        owned for album in artist.albums if (owned := _describe_album(album, name, artist.name))
    ]
    others = () if has_various else tuple(sorted(_mbids_of_namesakes(name, tracks) - {mbid}))
    return ArtistQuery(name, mbid, tuple(albums), has_various, others)


def is_looked_up_as_album(album: Album) -> bool:
    """Return whether the tracks of a folder are looked up as an album; loose tracks only sometimes.

    Loose tracks are if at least half of them, and at least two, have the same album title. They
    also are if half of them have the same release MBID.
    """
    tracks = album.readable_tracks
    if not album.is_loose or not tracks:
        return bool(tracks)
    for field in ("musicbrainz_albumid", "musicbrainz_releasegroupid"):
        mbids = [getattr(track.tags, field) for track in tracks]
        if _common_mbid(mbids) and 2 * sum(map(bool, mbids)) >= len(tracks):
            return True
    album_titles = [
        text_album_titles.split_disc(title)[0] for track in tracks if (title := _album_title(track))
    ]
    return len(set(map(title_keys.base_title_key, album_titles))) == 1 and len(album_titles) >= max(
        2, len(tracks) / 2
    )


def replace_merged_mbids(query: ArtistQuery, merged: Mapping[str, str]) -> ArtistQuery:
    """Return the query with outdated MBIDs replaced; `merged` maps them to the current ones."""
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


def is_various_artists(name: str) -> bool:
    """Return whether a folder's name stands for various artists."""
    return compare_text.comparison_key(name) in _VARIOUS_NAMES


def is_current_version(digest: str) -> bool:
    """Return whether a stored query hash was made by the current version of the lookup."""
    return digest.startswith(_VERSION_PREFIX)


def _artist_name(artist: Artist, tracks: Iterable[Track]) -> str:
    """Return the artist's name: the most frequent album artist that equals the folder's name.

    Otherwise it is the folder's name. Folder names cannot contain every character: "AC_DC" is
    "AC/DC" if the tags say so. For placeholder folders such as "New Folder" it is the artist of
    most tracks.
    """
    folder = path_text.unescape_path(artist.name)
    counts = Counter(
        name
        for track in tracks
        for name in (compare_text.first_text(track.tags.albumartist),)
        if name
    )
    matching = [name for name, _ in counts.most_common() if _matches_folder(name, folder)]
    if not matching and placeholders.is_placeholder_artist(folder):
        real_names = (
            (candidate, count)
            for candidate, count in counts.items()
            if not placeholders.is_placeholder_artist(candidate)
        )
        matching = [name for name, count in real_names if 2 * count > counts.total()]
    if not matching and (
        artist_name := _artist_of_album_folder(artist, [name for name, _ in counts.most_common()])
    ):
        return _clean_text(artist_name)
    return _clean_text(matching[0] if matching else path_text.to_printable(folder))


def _artist_of_album_folder(artist: Artist, albumartists: Iterable[str]) -> str:
    """Return the artist in a folder name such as "Artist - Album", or "" if it has no album.

    `albumartists` are the album artists in the tags, most frequent first.
    """
    name = path_text.unescape_path(filename_parser.split_artist_album(artist.name)[0])
    if not (len(artist.albums) == 1 and artist.albums[0].in_library_root):
        return next(
            (
                albumartist
                for albumartist in albumartists
                if name and _matches_folder(albumartist, name)
            ),
            "",
        )
    tracks = artist.albums[0].readable_tracks
    for field in ("albumartist", "artist"):
        texts = (compare_text.first_text(getattr(track.tags, field)) for track in tracks)
        counts = Counter(
            text for text in texts if text and not placeholders.is_placeholder_artist(text)
        )
        first, count = counts.most_common(1)[0] if counts else ("", 0)
        if 2 * count > len(tracks) and not (field == "artist" and is_various_artists(name)):
            return first
    return path_text.to_printable(name)


def _clean_text(text: str) -> str:
    """Return a text with wrongly decoded letters repaired, and without control characters."""
    restored = mojibake.decode_mojibake(text[:_MAX_LENGTH])
    return compare_text.normalize_spaces(
        "".join(char if char.isprintable() else " " for char in restored)
    )


def _matches_folder(name: str, folder: str) -> bool:
    return (
        compare_text.comparison_key(name) == compare_text.comparison_key(folder)
        or path_text.safe_name(name) == folder
    )


def _iter_artist_mbids(tracks: Iterable[Track]) -> Iterator[str]:
    """Yield the album artist MBID of each track, else the artist MBID.

    A track with several such MBIDs is left out.
    """
    for track in tracks:
        mbids = track.tags.musicbrainz_albumartistid or track.tags.musicbrainz_artistid
        if len(mbids) == 1:
            yield mbids[0].strip().lower()


def _mbids_of_namesakes(name: str, tracks: Iterable[Track]) -> set[str]:
    """Return the MBIDs of all album artists in the tags that have this name."""
    key = compare_text.comparison_key(name)
    return {
        mbid
        for track in tracks
        if compare_text.comparison_key(compare_text.first_text(track.tags.albumartist)) == key
        for mbid in _iter_artist_mbids([track])
        if client.is_mbid(mbid) and mbid != model.VARIOUS_ARTISTS
    }


def _majority_mbid(mbids: Iterable[str], total: int) -> str:
    """Return the MBID on more than half of the tracks that have one, or "" if there is none."""
    counts = Counter(candidate for candidate in mbids if client.is_mbid(candidate))
    mbid, count = counts.most_common(1)[0] if counts else ("", 0)
    is_clear = 2 * count > counts.total() and 4 * count >= total
    return mbid if is_clear and mbid != model.VARIOUS_ARTISTS else ""


def _album_title(track: Track) -> str:
    title = compare_text.first_text(track.tags.album)
    return "" if placeholders.is_placeholder_album(title) else title


def _describe_album(album: Album, name: str, folder: str) -> OwnedAlbum | None:
    """Describe an album; `name` is the artist's name, `folder` the artist's folder name."""
    tracks = album.readable_tracks
    if not is_looked_up_as_album(album):
        return None
    titles_count = Counter(
        title for track in tracks if (title := compare_text.first_text(track.tags.album))
    )
    title = (
        titles_count.most_common(1)[0][0]
        if titles_count
        else _title_from_folder(album, name, folder)
    )
    makers = {
        compare_text.comparison_key(artist_name)
        for track in tracks
        for artist_name in track.tags.albumartist
    }
    various = any(track.tags.compilation for track in tracks) or bool(
        makers and compare_text.comparison_key(name) not in makers
    )
    return OwnedAlbum(
        place=album.place,
        title=_clean_text(title),
        release=_common_mbid(track.tags.musicbrainz_albumid for track in tracks),
        group=_common_mbid(track.tags.musicbrainz_releasegroupid for track in tracks),
        by_various=various,
        tracks=len(tracks),
    )


def _title_from_folder(album: Album, name: str, folder: str) -> str:
    """Return the album title in the folder's name, without year or format."""
    _, place = filename_parser.artist_and_album_folders(folder, album)
    known_names = (name, path_text.unescape_path(folder))
    return filename_parser.parse_album(place, known_names) or path_text.to_printable(
        path_text.unescape_path(place.rpartition("/")[2])
    )


def _common_mbid(values: Iterable[tuple[str, ...]]) -> str:
    """Return the MBID that all tracks with an MBID have, or "" if they differ."""
    mbids = {text.strip().lower() for texts in values for text in texts}
    mbid = mbids.pop() if len(mbids) == 1 else ""
    return mbid if client.is_mbid(mbid) else ""
