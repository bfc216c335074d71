"""The audiobook queue's manager."""

from __future__ import annotations

from mediakeep.audiobooks.item import AUDIOBOOKS
from mediakeep.commands import queue_manager

main = queue_manager.build_manager(AUDIOBOOKS)
