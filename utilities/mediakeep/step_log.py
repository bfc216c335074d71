"""The steps of a command, which --verbose prints: records of the logger "mediakeep.steps"."""

from __future__ import annotations

import sys


def log_step(text: str) -> None:
    """Log a step; nothing is done unless some module has imported logging, which takes time."""
    if logging := sys.modules.get("logging"):
        logging.getLogger("mediakeep.steps").debug("%s", text)
