"""The command that processes the jobs of any kind, built from its subject and its own options.

1. An action such as --list-resumable or --rollback is done, and the command ends.
2. Worker processes are started, before the queue is opened.
3. The queue is prepared: --scan, --add and --retry-failed.
4. A batch runs as for any kind. With --wait, another one follows when waiting items are due.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mediakeep import job_settings, kinds
from mediakeep.app.batch.batch_request import BatchRequest
from mediakeep.app.console import CommandResult
from mediakeep.app.jobs import job_request
from mediakeep.app.jobs.job_request import Selection
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.commands import app, batch_start, help_layout
from mediakeep.commands.console import ClickConsole
from mediakeep.commands.options import batch_options, job_options, own_options
from mediakeep.commands.options.own_options import OptionDecorator
from mediakeep.kinds import Kind
from mediakeep.media import ignore_rules

# Takes the home, the values of the kind's own options, and all others, which it may change. With a
# true "only_added" in these, the batch processes only the items that the command adds.
SettingsBuilder = Callable[[Path, dict[str, Any], dict[str, Any]], dict[str, Any]]


def build_command(
    kind: Kind,
    own: Sequence[OptionDecorator] | None = None,
    *,
    native: bool = False,
    build_settings: SettingsBuilder | None = None,
    preset: Mapping[str, Any] = {},
) -> app.MediakeepCommand:
    """Build the command that processes a kind's jobs.

    `own` are Click options whose values become the settings of the kind, by name; by default those
    of the Struct of its settings. `build_settings` adds those of variables and settings files.
    `native` is set if the work may crash its process. `preset` are the values of options that the
    command does not have, such as the stages of one that runs only some of them.
    """
    if own is None:
        own = own_options.list_all_options(kinds.load(kind.settings)) if kind.settings else ()
    build = build_settings or (lambda home, own, _: job_settings.build_plain(kind, home, own))
    names = _list_option_names(own)

    def main(home: Path, **options: Any) -> int | CommandResult:
        settings = {name: options.pop(name) for name in names}
        options = {**preset, **options}
        ignored = ignore_rules.parse_settings(options["ignore"], options["links"])
        queue_kind = registry.load_queue_kind(home, options.pop("queue"))
        job_request.check_stages(queue_kind, options)
        context = ManagerContext(home, queue_kind, ClickConsole(), options["yes"], ignored=ignored)
        action = job_request.find_action(kind, options)
        settings = build(home, settings, options)
        if action:
            return _do_action(context, action, options["rollback"], settings)
        request = BatchRequest(
            queue_kind, options["only"], native=native, ignored=ignored, settings=settings
        )
        batch = batch_options.parse_options(home, request, options)
        preparation = job_request.parse_preparation(options, settings)
        selection = Selection(
            resume=options["resume"],
            wait=options["wait"],
            only_added=options.get("only_added", False),
        )
        with (
            _open_debug_log(context, options),
            batch_start.start_batch(batch) as (workers, output),
        ):
            from mediakeep.app.jobs import job_batch  # after the start of the workers

            return job_batch.JobBatch(context, batch, preparation, selection).run(workers, output)

    main.__doc__ = (
        f"Process the next {kind.plural} of the queue.\n\n"
        "Can be stopped (Ctrl-C) or killed at any time; run it again to continue."
    )
    function: Any = job_options.with_job_options(kind)(main)
    function.__click_params__ = [
        option for option in function.__click_params__ if option.name not in preset
    ]
    for option in reversed(own):
        function = option(function)
    text = f"Print each step to stderr, and write it to status/{kind.plural}/debug.log."
    command = app.create_command(verbose_text=text)(function)
    # Those of lookups, for example, have a section of their own.
    command.own_names = [name for name in names if name not in help_layout.SECTION_OF]
    return command


def _list_option_names(own: Sequence[OptionDecorator]) -> list[str]:
    def collect() -> None: ...

    for option in own:
        option(collect)
    return [str(option.name) for option in getattr(collect, "__click_params__", ())]


def _do_action(
    context: ManagerContext, action: str, name: str, settings: dict[str, Any]
) -> CommandResult:
    from mediakeep.app.jobs import remove_files, resumable  # here, as --help must be quick

    if action == "rollback":
        return remove_files.roll_back(context, name, settings)
    functions = {
        "list_resumable": resumable.list_resumable,
        "list_cleanup": remove_files.list_clean_up,
        "cleanup": remove_files.clean_up,
    }
    return functions[action](context, settings)


def _open_debug_log(
    context: ManagerContext, options: dict[str, Any]
) -> contextlib.AbstractContextManager[None]:
    """Open the debug log of a batch, if the options want one; a dry run has none."""
    verbose = app.is_verbose() or options.get("verbose", False)  # also of a settings file
    if options["dry_run"] or not (verbose or options["log_to"]):
        return contextlib.nullcontext()
    from mediakeep import debug_log  # here, as few batches need it

    return debug_log.open_debug_log(context.queue_folder, options["log_to"], verbose=verbose)
