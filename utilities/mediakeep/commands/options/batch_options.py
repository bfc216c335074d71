"""The options of a batch of any kind, and the batch configuration built from them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mediakeep import config, path_text
from mediakeep.app.batch.batch_request import (
    AlertOptions,
    BatchOptions,
    BatchRequest,
    MaintenanceOptions,
)
from mediakeep.commands import app
from mediakeep.commands.options import scheduler_options
from mediakeep.commands.options.param_types import FormatListParam
from mediakeep.errors import UsageError
from mediakeep.kinds import Kind
from mediakeep.runner.batch_config import BatchConfig, ExecutionLimits, RetryPolicy
from mediakeep.time_windows import TimeWindows

DEEP_TIMEOUT_FACTOR = 10  # factor by which the timeout of a deep scan is longer


def with_deep_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --deep."""
    return click.option(
        "--deep",
        is_flag=True,
        help="Also decode every file, and compare its audio with the essence database.",
    )(function)


def require_decoders(is_deep: bool) -> None:
    """Check that the decoders are installed; raise UsageError that says how to install them."""
    if is_deep:
        from mediakeep.media import ffmpeg  # only if needed

        ffmpeg.require_pyav()


POSITIVE_INT = click.IntRange(1)
_BATCH_OPTIONS = (
    app.with_dry_run_option("Process without writing: no report, no queue, no log."),
    app.setting_option(
        "--checkpoint-every", POSITIVE_INT, "Settled items between two checkpoints."
    ),
    app.setting_option(
        "--keep-checkpoints",
        click.IntRange(0),
        "Checkpoints to keep, in addition to one per day; 0: all.",
    ),
    app.setting_option(
        "--time-budget", app.DurationParam(), "Start no new items after this time, such as 2h."
    ),
    app.setting_option(
        "--retry-delay", app.DurationParam(), "Wait before the second attempt; doubled each time."
    ),
    *scheduler_options.SCHEDULER_OPTIONS,
    app.setting_option("--max-attempts", POSITIVE_INT, "Attempts per failing item."),
    app.setting_option(
        "--workers", click.IntRange(0, 1000), "Worker processes; 1: inline, 0: one per core."
    ),
    app.setting_option("--batch-size", POSITIVE_INT, "Items to take from the queue."),
    app.with_ignore_option,
    app.with_json_option,
)


_MAINTENANCE_OPTIONS = (
    click.option(
        "--daily-reports",
        is_flag=True,
        envvar=f"{config.ENV_PREFIX}DAILY_REPORTS",
        help="Also write daily reports.",
    ),
    app.setting_option(
        "--report-formats", FormatListParam(), "Formats to write: md, html, json, csv."
    ),
    app.setting_option("--backup-every", app.DurationParam(), "Maximum age of the newest backup."),
    app.setting_option("--backup-to", str, "Folder for automatic backups."),
    app.setting_option(
        "--archive-logs", click.IntRange(0, 36500), "Days after which session logs are compressed."
    ),
)
_ALERT_OPTIONS = (
    click.option(
        "--alert-insecure",
        is_flag=True,
        envvar=f"{config.ENV_PREFIX}ALERT_INSECURE",
        help="Allow a webhook with plain http on another machine.",
    ),
    app.setting_option(
        "--alert-after", click.IntRange(1), "Failures in a row that raise an alert."
    ),
    app.setting_option("--alert-command", str, "A command that gets each alert as JSON."),
    app.setting_option(
        "--alert-webhook-file", str, "A file outside the home with a webhook's URL."
    ),
)


def with_batch_options(
    *all_: str, item_timeout: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of a batch; --all may have aliases.

    `item_timeout` replaces the default of --item-timeout.
    """
    return functools.partial(_add_options, ("--all", *all_), item_timeout)


def _add_options(
    spelled: Sequence[str], item_timeout: str | None, function: Callable[..., Any]
) -> Callable[..., Any]:
    whole = click.option(*spelled, "everything", is_flag=True, help="Take all remaining items.")
    timeout = app.setting_option(
        "--item-timeout", app.DurationParam(), "Maximum time per item.", item_timeout
    )
    options: list[Callable[..., Any]] = [*_BATCH_OPTIONS[:-3], whole, *_BATCH_OPTIONS[-3:]]
    options = [*options[:5], timeout, *options[5:], *_MAINTENANCE_OPTIONS, *_ALERT_OPTIONS]
    return app.add_options(function, options)


def check_refresh(kind: Kind, name: str | None, options: dict[str, Any]) -> bool:
    """Return whether to refresh the lookup; raise UsageError unless one item is named."""
    if options["refresh"] and not name:
        raise UsageError(f"--refresh needs a single {kind.noun}: add --{kind.noun} NAME.")
    return bool(options["refresh"])


def _read_library(home: Path, kind: Kind) -> str:
    """Return the library of a queue for display; the batch reports a queue that is damaged."""
    from mediakeep.app.subjects import registry  # here, as --help must be quick
    from mediakeep.queue import snapshot

    found = snapshot.read_head(registry.queue_folder(home, kind) / snapshot.FILE, kind)
    return found[0].library_path if found else "unknown"


def parse_options(home: Path, request: BatchRequest, options: dict[str, Any]) -> BatchOptions:
    """Build the batch options from the command's options."""
    if request.item_name == "":
        raise UsageError("The name of the item is empty.")
    app.print_implied_home(home, _read_library(home, request.kind))
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
    dry_run = options["dry_run"] or plan_out is not None
    return BatchOptions(
        home=home,
        request=request,
        dry_run=dry_run,
        as_json=app.is_json(),
        config=plan,
        deep=is_deep,
        plan_out=plan_out,
        alerts=alerts,
        maintenance=_parse_maintenance(options),
        scheduler=scheduler_options.parse_scheduler(options, needs_terminal=bool(request.choose)),
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
        workers = app.cpu_count()
    return ExecutionLimits(
        workers,
        options["item_timeout"] * longer,
        stall=options.get("stall", 0.0),
        inline=not (request.native or memory),
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
