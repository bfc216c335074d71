"""The album queue's manager."""

from __future__ import annotations

from mediakeep.albums.item import ALBUMS
from mediakeep.commands import queue_manager

main = queue_manager.build_manager(ALBUMS)
