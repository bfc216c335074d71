"""The movie queue's manager."""

from __future__ import annotations

from mediakeep.commands import queue_manager
from mediakeep.movies.item import MOVIES

main = queue_manager.build_manager(MOVIES)
