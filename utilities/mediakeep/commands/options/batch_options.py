"""The options of a batch of any kind, and the batch configuration built from them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from mediakeep import config
from mediakeep.app.batch import build_options
from mediakeep.app.batch.batch_request import BatchOptions, BatchRequest
from mediakeep.commands import app
from mediakeep.commands.options import scheduler_options
from mediakeep.commands.options.param_types import FormatListParam
from mediakeep.errors import UsageError
from mediakeep.kinds import Kind


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
    scheduler = scheduler_options.parse_scheduler(options, needs_terminal=bool(request.choose))
    return build_options.build_options(
        home, request, options, scheduler=scheduler, as_json=app.is_json()
    )
