"""What an artist's folder tells of who the artist is: a name, MBIDs in tags, titles of albums."""

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
    """One album as its tags and its folder tell of it; `place` is that of the folder."""

    place: str
    title: str
    release: str = ""  # MBID, where the tags agree on one
    group: str = ""
    by_various: bool = False  # its album artist is not the artist of the folder
    tracks: int = 0


class Question(msgspec.Struct, frozen=True):
    """What is known here of an artist before anybody is asked."""

    name: str
    mbid: str  # that most tracks bear, or ""
    albums: tuple[Owned, ...]
    is_various: bool = False
    others: tuple[str, ...] = ()  # MBIDs that some tracks bear under the artist's very name

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the albums, each once."""
        return tuple(dict.fromkeys(album.title for album in self.albums if album.title))

    @property
    def digest(self) -> str:
        """A text that changes with the question, and with what a look-up asks for."""
        return _VERSION + blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()


def of(artist: Artist) -> Question:
    """Ask who an artist is."""
    tracks = [track for album in artist.albums for track in album.readable]
    name = _name(artist, tracks)
    various = is_various(name)
    mbid = "" if various else _most(_mbids(tracks), len(tracks))
    albums = [one for album in artist.albums if (one := _owned(album, name, artist.name))]
    others = () if various else tuple(sorted(_namesakes(name, tracks) - {mbid}))
    return Question(name, mbid, tuple(albums), various, others)


def is_album(album: Album) -> bool:
    """Tell whether tracks are looked up as an album: of loose ones those that agree on one.

    That is if at least half of them, and two, bear one album title, or half of them one MBID.
    """
    tracks = album.readable
    if not album.is_loose or not tracks:
        return bool(tracks)
    for field in ("musicbrainz_albumid", "musicbrainz_releasegroupid"):
        mbids = [getattr(track.tags, field) for track in tracks]
        if _agreed(mbids) and 2 * sum(map(bool, mbids)) >= len(tracks):
            return True
    told = [titles.parted(title)[0] for track in tracks if (title := _album(track))]
    return len(set(map(title_keys.base_key, told))) == 1 and len(told) >= max(2, len(tracks) / 2)


def renewed(asked: Question, merged: Mapping[str, str]) -> Question:
    """Give a question the MBIDs that those in the tags have become."""
    if not merged:
        return asked
    albums = tuple(
        structs.replace(
            one,
            release=merged.get(one.release, one.release),
            group=merged.get(one.group, one.group),
        )
        for one in asked.albums
    )
    mbid = merged.get(asked.mbid, asked.mbid)
    others = tuple(sorted({merged.get(one, one) for one in asked.others} - {mbid}))
    return structs.replace(asked, albums=albums, mbid=mbid, others=others)


def is_various(name: str) -> bool:
    """Tell whether a folder's name stands for various artists."""
    return letters.loose(name) in _VARIOUS


def is_recent(digest: str) -> bool:
    """Tell whether the question of a digest asked for all that is asked for today."""
    return digest.startswith(_VERSION)


def _name(artist: Artist, tracks: Iterable[Track]) -> str:
    """Return the album artist that most tracks name, where it is the folder's name; else that.

    A folder's name cannot hold every sign: "AC_DC" is "AC/DC" where the tags say so. "New Folder"
    is no name: there the tags say who it is, if most agree.
    """
    folder = files.unescape(artist.name)
    told = Counter(
        name for track in tracks for name in (letters.first(track.tags.albumartist),) if name
    )
    alike = [name for name, _ in told.most_common() if _same(name, folder)]
    if not alike and placeholders.is_artist(folder):
        named = ((one, count) for one, count in told.items() if not placeholders.is_artist(one))
        alike = [name for name, count in named if 2 * count > told.total()]
    if not alike and (artist_name := _named_by(artist, [name for name, _ in told.most_common()])):
        return _plain(artist_name)
    return _plain(alike[0] if alike else files.printable(folder))


def _named_by(artist: Artist, told: Iterable[str]) -> str:
    """Return who a folder such as "Artist - Album" is by, or "" if it is that of an artist.

    `told` are the album artists in the tags, the most frequent first.
    """
    name = files.unescape(names.split_folder(artist.name)[0])
    if not (len(artist.albums) == 1 and artist.albums[0].in_library_root):
        return next((one for one in told if name and _same(one, name)), "")
    tracks = artist.albums[0].readable
    for field in ("albumartist", "artist"):
        texts = (letters.first(getattr(track.tags, field)) for track in tracks)
        counts = Counter(text for text in texts if text and not placeholders.is_artist(text))
        first, count = counts.most_common(1)[0] if counts else ("", 0)
        if 2 * count > len(tracks) and not (field == "artist" and is_various(name)):
            return first
    return files.printable(name)


def _plain(text: str) -> str:
    """Return a text as it was meant to be, without what no name holds, as control characters."""
    meant = garbling.restored(text[:_LONGEST])
    return letters.neat("".join(char if char.isprintable() else " " for char in meant))


def _same(name: str, folder: str) -> bool:
    return letters.loose(name) == letters.loose(folder) or files.safe_name(name) == folder


def _mbids(tracks: Iterable[Track]) -> Iterator[str]:
    """Give the MBID of each track's album artist, or of its artist; not where there are several."""
    for track in tracks:
        ids = track.tags.musicbrainz_albumartistid or track.tags.musicbrainz_artistid
        if len(ids) == 1:
            yield ids[0].strip().lower()


def _namesakes(name: str, tracks: Iterable[Track]) -> set[str]:
    """Return the MBIDs of album artists who bear a name."""
    same = letters.loose(name)
    return {
        mbid
        for track in tracks
        if letters.loose(letters.first(track.tags.albumartist)) == same
        for mbid in _mbids([track])
        if musicbrainz.is_mbid(mbid) and mbid != catalogue.VARIOUS_ARTISTS
    }


def _most(ids: Iterable[str], of: int) -> str:
    """Return the id that more than half of those that have one bear, if any does."""
    counts = Counter(one for one in ids if musicbrainz.is_mbid(one))
    mbid, count = counts.most_common(1)[0] if counts else ("", 0)
    certain = 2 * count > counts.total() and 4 * count >= of
    return mbid if certain and mbid != catalogue.VARIOUS_ARTISTS else ""


def _album(track: Track) -> str:
    title = letters.first(track.tags.album)
    return "" if placeholders.is_album(title) else title


def _owned(album: Album, name: str, folder: str) -> Owned | None:
    """Describe an album; `name` is the artist's, `folder` the name of the artist's folder."""
    tracks = album.readable
    if not is_album(album):
        return None
    told = Counter(title for track in tracks if (title := letters.first(track.tags.album)))
    title = told.most_common(1)[0][0] if told else _title(album, name, folder)
    makers = {letters.loose(one) for track in tracks for one in track.tags.albumartist}
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
    """Return the title that the folder's name tells, without a year or a format."""
    _, place = names.of_folders(folder, album)
    known = (name, files.unescape(folder))
    return names.album(place, known) or files.printable(files.unescape(place.rpartition("/")[2]))


def _agreed(values: Iterable[tuple[str, ...]]) -> str:
    """Return the one MBID that all tracks bear which bear any."""
    found = {one.strip().lower() for texts in values for one in texts}
    mbid = found.pop() if len(found) == 1 else ""
    return mbid if musicbrainz.is_mbid(mbid) else ""
