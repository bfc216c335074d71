"""The options that every job command has, as one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from msgspec import structs

from mediakeep import quantity_parsing, time_windows
from mediakeep.commands import app, complete_names
from mediakeep.commands.options import batch_options, param_types
from mediakeep.job_settings import CONFIGURED_LIBRARY
from mediakeep.kinds import Kind
from mediakeep.stages import Retry, StageTable
from mediakeep.time_windows import TimeWindows

T = TypeVar("T")


class StageParam(click.ParamType[T]):
    """A value that names stages of a kind; any, if each of its queues stores its own."""

    def __init__(self, kind: Kind) -> None:
        table = StageTable() if kind.stores_stages else kind.stages
        self._stages = {stage.name: stage for stage in table.stages}

    def check_stage(
        self, name: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> None:
        """Reject a name that is no stage."""
        if self._stages and name not in self._stages:
            self.fail(f'no stage "{name}"; the stages are {", ".join(self._stages)}', param, ctx)


class StageListParam(StageParam[tuple[str, ...]]):
    """Stages, such as "converting,archiving"."""

    name = "stages"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Split and check the names."""
        names = value if isinstance(value, tuple) else tuple(map(str.strip, value.split(",")))
        for name in names:
            self.check_stage(name, param, ctx)
        return names


class StageRetryParam(StageParam[tuple[str, Retry]]):
    """The retries of a stage, such as "converting=3" or "converting=3,10m"."""

    name = "retries"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Retry]:
        """Parse the name of the stage, the number of attempts, and the delay."""
        if isinstance(value, tuple):
            return value
        name, _, numbers = str(value).partition("=")
        times, _, delay = numbers.partition(",")
        self.check_stage(name, param, ctx)
        if not (times.isdecimal() and int(times)):
            self.fail(f'"{value}" has no number of attempts; write {name}=3', param, ctx)
        stage = self._stages.get(name)
        known = (stage.retry if stage else None) or Retry()
        try:
            seconds = quantity_parsing.parse_duration(delay) if delay else known.delay
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return name, structs.replace(known, times=int(times), delay=seconds)


class TimeWindowsParam(click.ParamType[TimeWindows]):
    """Times of the day, such as "22:00-06:00,12:00-13:00"."""

    name = "times"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> TimeWindows:
        """Parse the windows."""
        if isinstance(value, TimeWindows):
            return value
        try:
            return time_windows.parse_windows(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ItemParam(app.PathParam):
    """An item that the user adds: a path, or a text if the kind's items are no paths.

    A URL stays a text, so that the kind can refuse it as the user wrote it.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._takes_texts = bool(kind.item_examples)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or the text."""
        is_url = "://" in str(value) and not os.path.lexists(value)
        return value if self._takes_texts or is_url else super().convert(value, param, ctx)


class LogTargetParam(click.ParamType[str]):
    """Where the debug log goes, such as "stdout" or "syslog:HOST:514"."""

    name = "target"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the target."""
        from mediakeep import debug_log  # here, as --help must be quick

        if value not in ("", "stdout"):
            try:
                debug_log.parse_syslog_address(value)
            except ValueError as error:
                self.fail(str(error), param, ctx)
        return str(value)


def with_job_options(kind: Kind) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of a kind's job command."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(_list_options(kind)):
            function = option(function)
        return batch_options.with_batch_options(item_timeout="0")(function)

    return decorate


def _list_options(kind: Kind) -> Sequence[Callable[..., Any]]:
    return (
        *_list_selection_options(kind),
        app.with_queue_option(kind),
        *_list_limit_options(kind),
        *_list_stage_options(kind),
        app.setting_option(
            "--log-to", LogTargetParam(), "Also send the log to stdout, syslog or syslog:HOST:PORT."
        ),
        *_list_action_options(kind),
        app.with_yes_option(),
    )


def _list_selection_options(kind: Kind) -> Sequence[Callable[..., Any]]:
    noun, plural = kind.noun, kind.plural
    word = "TEXT" if kind.item_examples else "PATH"
    example = f", such as {kind.item_examples[0]}," if kind.item_examples else ""
    return (
        click.option(
            "--scan",
            metavar=f"[{word}]",
            type=click.STRING if kind.item_examples else app.PathParam(),
            is_flag=False,
            flag_value=CONFIGURED_LIBRARY,
            help=f"First add the {plural} found in {word}, or compare the queue with it. Without"
            f" {word}, that of the settings.",
        ),
        click.option(
            "--add",
            metavar=word,
            type=ItemParam(kind),
            multiple=True,
            help=f"First add {word}{example} as a new {noun}; can be repeated.",
        ),
        click.option(
            "--only-added",
            is_flag=True,
            help="Process only what --add adds, or finds in the queue.",
        ),
        click.option(
            f"--{noun}",
            "only",
            metavar="NAME",
            shell_complete=complete_names.complete_items(kind.name),
            help=f"Only this {noun}, regardless of its status.",
        ),
        click.option("--resume", is_flag=True, help=f"Only unfinished {plural}, no new ones."),
        click.option(
            "--retry-failed", is_flag=True, help=f"First make all failed {plural} pending."
        ),
        click.option(
            "--wait", is_flag=True, help=f"Also wait for the {plural} that can run later only."
        ),
    )


def _list_limit_options(kind: Kind) -> Sequence[Callable[..., Any]]:
    return (
        app.setting_option(
            "--jobs",
            click.IntRange(0),
            f"Maximum number of {kind.plural} under way; 0: as many as there are workers.",
        ),
        app.setting_option(
            "--stall",
            app.DurationParam(),
            "Maximum time without progress of a task; 0: no limit.",
        ),
        app.setting_option(
            "--memory-limit",
            param_types.MemoryLimitParam(),
            "Maximum memory of each worker process, such as 2G; 0: no limit.",
        ),
        app.setting_option(
            "--between",
            TimeWindowsParam(),
            f"Process {kind.plural} only at these times of the day, such as 22:00-06:00.",
        ),
    )


def _list_stage_options(kind: Kind) -> Sequence[Callable[..., Any]]:
    return (
        click.option(
            "--stage-retries",
            metavar="STAGE=N",
            type=StageRetryParam(kind),
            multiple=True,
            help="Attempts of a stage, and the delay before the second one, such as"
            f" {kind.first_stage}=3,10m; can be repeated.",
        ),
        click.option(
            "--stages",
            metavar="STAGE,...",
            type=StageListParam(kind),
            default=(),
            help="Only these stages; an item stops before any other one.",
        ),
    )


def _list_action_options(kind: Kind) -> Sequence[Callable[..., Any]]:
    plural = kind.plural
    return (
        click.option(
            "--list-resumable",
            is_flag=True,
            help=f"List the unfinished {plural} with their stages, and exit.",
        ),
        click.option(
            "--list-cleanup", is_flag=True, help="List the files that --cleanup removes, and exit."
        ),
        click.option(
            "--cleanup",
            is_flag=True,
            help=f"Remove the working files of {plural} that are done or given up, and exit.",
        ),
        click.option(
            "--rollback",
            metavar="NAME",
            shell_complete=complete_names.complete_items(kind.name),
            help="Remove the outputs of an item, restore its source, and exit.",
        ),
    )
