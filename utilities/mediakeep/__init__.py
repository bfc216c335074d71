"""Media-library maintenance that can be killed at any moment and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mediakeep.app.pipelines.python_api import (
        PipelineEngine,
        SessionManager,
        process,
        run_pipeline,
    )
    from mediakeep.processors.interface import ProcessResult

__version__ = "0.1.0"
__all__ = ["PipelineEngine", "ProcessResult", "SessionManager", "process", "run_pipeline"]


def __getattr__(name: str) -> Any:
    """Import what Python code may use when it is used first, as commands need none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mediakeep.app.pipelines import python_api

    return getattr(python_api, name)
