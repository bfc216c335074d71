"""The music queue's manager."""

from __future__ import annotations

from mediakeep.commands import queue_manager
from mediakeep.music.item import MUSIC

main = queue_manager.build_manager(MUSIC)
