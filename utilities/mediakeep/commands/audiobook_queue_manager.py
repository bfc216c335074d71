"""The audiobook queue's manager."""

from __future__ import annotations

from mediakeep import kinds
from mediakeep.commands import queue_manager

main = queue_manager.build_manager(kinds.AUDIOBOOKS)
