"""The options of the scheduler on whose workers a batch runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.commands import app
from mediakeep.errors import UsageError

SCHEDULER_OPTIONS = (
    app.setting_option(
        "--scheduler-key", str, "For tls://: the file with the key of this machine."
    ),
    app.setting_option("--scheduler-cert", str, "For tls://: the file with its certificate."),
    app.setting_option("--scheduler-ca", str, "For tls://: the file of the authority."),
    app.setting_option(
        "--scheduler-timeout", app.DurationParam(), "Wait so long for workers of the scheduler."
    ),
    app.setting_option(
        "--scheduler",
        str,
        "Run on the workers of a Dask scheduler: tcp://HOST:PORT, tls://HOST:PORT or local:N.",
    ),
)


def parse_scheduler(
    options: Mapping[str, Any], *, needs_terminal: bool = False
) -> SchedulerConfig | None:
    """Return the scheduler to use, or None; raise UsageError if its address is invalid."""
    if not options.get("scheduler"):
        return None
    if needs_terminal:
        raise UsageError("--scheduler cannot be combined with prompts, which need this terminal.")
    files = (options[f"scheduler_{name}"] for name in ("ca", "cert", "key"))
    paths = [str(Path(file).expanduser()) if file else "" for file in files]
    return SchedulerConfig(options["scheduler"], options["scheduler_timeout"], *paths)
