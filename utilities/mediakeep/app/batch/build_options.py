"""Build the options of a batch from the values of a command's options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mediakeep import config, path_text
from mediakeep.app.batch.batch_request import (
    AlertOptions,
    BatchOptions,
    BatchRequest,
    MaintenanceOptions,
)
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.runner.batch_config import (
    BatchConfig,
    ExecutionLimits,
    RetryPolicy,
    count_cpus,
)
from mediakeep.time_windows import TimeWindows

DEEP_TIMEOUT_FACTOR = 10  # factor by which the timeout of a deep scan is longer


def build_options(
    home: Path,
    request: BatchRequest,
    options: dict[str, Any],
    *,
    scheduler: SchedulerConfig | None = None,
    as_json: bool = False,
) -> BatchOptions:
    """Return the options of a batch; raise UsageError if a webhook or a command is invalid."""
    alerts = _parse_alerts(home, options)
    size = None if options["everything"] else options["batch_size"]
    is_deep = options.get("deep", False)
    limits = _build_limits(request, options, DEEP_TIMEOUT_FACTOR if is_deep else 1)
    facts = {"batch_size": size, "workers": limits.workers, **_settings_for_log(options, request)}
    plan = BatchConfig(
        size=size,
        limits=limits,
        retry=RetryPolicy(options["max_attempts"], options["retry_delay"]),
        time_budget=options["time_budget"],
        between=options.get("between", TimeWindows()),
        jobs=options.get("jobs", 0),
        stage_retries=dict(options.get("stage_retries", ())),
        stages=options.get("stages", ()),
        lookups=request.access.is_enabled,
        checkpoint_every=options["checkpoint_every"],
        keep_checkpoints=options["keep_checkpoints"],
        settings=facts,
    )
    plan_out = options.get("plan_out")
    return BatchOptions(
        home=home,
        request=request,
        dry_run=options["dry_run"] or plan_out is not None,
        as_json=as_json,
        config=plan,
        deep=is_deep,
        plan_out=plan_out,
        alerts=alerts,
        maintenance=_parse_maintenance(options),
        scheduler=scheduler,
    )


def _parse_alerts(
    home: Path, values: dict[str, Any], environ: Mapping[str, str] = os.environ
) -> AlertOptions:
    """Build the alert options from a command's options, which are removed from them.

    Raise UsageError if a webhook or a command is invalid. Of a kind with settings of its own, they
    may have the address of a webhook, or turn all alerts off.
    """
    defaults = config.Settings()
    after, insecure, line, place = (
        values.pop(name, getattr(defaults, name))
        for name in ("alert_after", "alert_insecure", "alert_command", "alert_webhook_file")
    )
    own, is_on = values.pop("alert_webhook", ""), values.pop("alerts", True)
    address = own or environ.get(f"{config.ENV_PREFIX}ALERT_WEBHOOK", "")
    if not is_on or not (line or place or address):
        return AlertOptions()
    from mediakeep.alerts import targets  # here, as --help must be quick

    parsed_targets = []
    if address or place:
        address = address or targets.read_webhook_file(place, home)
        parsed_targets.append(targets.parse_webhook(address, insecure=insecure))
    if line:
        parsed_targets.append(targets.parse_command(line, home))
    return AlertOptions(tuple(parsed_targets), after)


def _parse_maintenance(values: Mapping[str, Any]) -> MaintenanceOptions:
    return MaintenanceOptions(
        **{name: values[name] for name in MaintenanceOptions.__struct_fields__ if name in values}
    )


def _build_limits(request: BatchRequest, options: dict[str, Any], longer: int) -> ExecutionLimits:
    """Return the limits; if the user is prompted, work is serial and has no timeout."""
    if request.choose:
        return ExecutionLimits(interactive=True)
    workers, memory = options["workers"], options.get("memory_limit", 0)
    if not (workers or options.get("scheduler")):  # of which all workers are used
        workers = count_cpus()
    return ExecutionLimits(
        workers,
        options["item_timeout"] * longer,
        stall=options.get("stall", 0.0),
        inline=not (request.native or memory or options.get("scheduler")),
        memory=memory,
    )


def _settings_for_log(options: dict[str, Any], request: BatchRequest) -> dict[str, Any]:
    """Return the options that are written to the session log."""
    names = ("time_budget", "item_timeout", "retry_delay", "max_attempts", "checkpoint_every")
    facts: dict[str, Any] = {name: options[name] for name in names}
    facts |= {"item": path_text.escape_path(request.item_name)} if request.item_name else {}
    facts |= {"between": windows.text} if (windows := options.get("between")) else {}
    facts |= {"stages": stages} if (stages := options.get("stages")) else {}
    facts |= {"scheduler": address} if (address := options.get("scheduler")) else {}
    facts |= {"deep": True} if options.get("deep", False) else {}
    if request.kind.stages:
        return facts | {name: _to_text(value) for name, value in request.settings.items()}
    return facts | {"fix": request.policy.fix.value}


def _to_text(value: Any) -> Any:
    """Return a value of a kind's own option as JSON has it: a path as text."""
    return path_text.escape_path(value) if isinstance(value, Path) else value
