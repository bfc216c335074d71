"""The episode queue's manager."""

from __future__ import annotations

from mediakeep.commands import queue_manager
from mediakeep.episodes.item import EPISODES

main = queue_manager.build_manager(EPISODES)
