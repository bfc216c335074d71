"""Find the albums of a library by listing its folders; no file is opened.

An album is a folder with audio files, together with the folders below it. The folders of its discs
("CD 1", "Disc 2") are part of it. Audio files in a folder that contains other albums belong to no
album.
"""

from __future__ import annotations

from operator import attrgetter

from mediakeep.media import folder_groups
from mediakeep.media.folder_groups import FolderItems

ALBUM_FOLDERS = FolderItems(
    attrgetter("audio_files"), "track_count", choose_parts=lambda *_: folder_groups.is_disc
)
find_albums, find_strays = ALBUM_FOLDERS.find_items, ALBUM_FOLDERS.find_strays
