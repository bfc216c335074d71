"""Episodes: audio of archive.org that becomes videos of a YouTube channel.

The names below are the interface for Python programs. They are imported when they are first used,
as commands need few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediakeep.episodes.exports.document import EpisodeState
    from mediakeep.episodes.maintenance import cleanup_orphaned_files
    from mediakeep.episodes.state_manager import (
        StateManager,
        generate_html_report,
        generate_summary,
        identify_incomplete,
        resume_processing,
    )
    from mediakeep.episodes.states import ProcessingStage, can_transition

__all__ = [
    "EpisodeState",
    "ProcessingStage",
    "StateManager",
    "can_transition",
    "cleanup_orphaned_files",
    "generate_html_report",
    "generate_summary",
    "identify_incomplete",
    "resume_processing",
]
_MODULES = ("states", "exports.document", "state_manager", "maintenance")


def __getattr__(name: str) -> Any:
    """Import a name of the interface."""
    if name not in __all__:
        raise AttributeError(name)
    modules = (importlib.import_module(f"{__name__}.{module}") for module in _MODULES)
    return next(getattr(module, name) for module in modules if hasattr(module, name))
