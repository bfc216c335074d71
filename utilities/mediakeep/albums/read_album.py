"""Read the tags and properties of an album's tracks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import ItemFailed, NotAudio
from mediakeep.media import folder_listing
from mediakeep.media.audio import tags
from mediakeep.media.audio.model import AudioProperties, Tags

_COVER_NAMES = ("cover", "folder", "front", "album")
_VARIOUS = "Various Artists"


class SourceTrack(msgspec.Struct, frozen=True):
    """An audio file of an album; `path` is relative to the album and not escaped.

    `facts` is None if it cannot be read, and `error` says why. With `is_damaged`, its content is
    the reason, not the disk.
    """

    path: str
    size: int
    facts: AudioProperties | None = None
    error: str = ""
    is_damaged: bool = False


class SourceAlbum(msgspec.Struct, frozen=True):
    """The tracks of an album folder in their order, and its cover picture if it has one.

    `size` is that of all its files, in bytes.
    """

    folder: Path
    artist: str
    title: str
    tracks: tuple[SourceTrack, ...]
    size: int
    cover: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.artist} - {self.title}" if self.artist else self.title


def read_album(
    folder: Path,
    original: Path | None = None,
    is_ignored: Callable[[str], bool] = lambda _: False,
) -> SourceAlbum:
    """Read an album folder; raise Unreadable if it cannot be listed.

    Names that the tags lack are those of `original` if the folder is a copy of it. `is_ignored`
    says which files are no tracks, by their relative paths.
    """
    tracks, size, found, cover = list[SourceTrack](), 0, list[Tags](), None
    for listed in folder_listing.walk_readable_tree(folder):
        size += sum(max(file.size, 0) for file in listed.files)
        covers = [file for file in listed.images if Path(file.name).stem.lower() in _COVER_NAMES]
        if covers and cover is None:
            cover = folder / listed.relative_path_of(covers[0].name)
        for file in listed.audio_files:
            relative = listed.relative_path_of(file.name)
            if is_ignored(relative):
                continue
            try:
                read = tags.read(folder / relative)
            except ItemFailed as error:
                is_damaged, why = isinstance(error, NotAudio), str(error)
                track = SourceTrack(relative, file.size, error=why, is_damaged=is_damaged)
            else:
                found.append(read.tags)
                track = SourceTrack(relative, file.size, read.facts)
            tracks.append(track)
    artist, title = _find_names(original or folder, found)
    ordered = sorted(tracks, key=lambda track: track.path)
    return SourceAlbum(folder, artist, title, tuple(ordered), size, cover)


def _find_names(folder: Path, found: list[Tags]) -> tuple[str, str]:
    """Return the artist and the title of an album: from its tags, else from its folders."""
    titles = {one.album[0] for one in found if one.album}
    title = titles.pop() if len(titles) == 1 else path_text.display_path(folder.name)
    if stated := next((one.albumartist[0] for one in found if one.albumartist), ""):
        return stated, title
    artists = {one.artist[0] for one in found if one.artist}
    if len(artists) > 1:
        return _VARIOUS, title
    return (artists.pop() if artists else path_text.display_path(folder.parent.name)), title
