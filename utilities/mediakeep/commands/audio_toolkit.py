"""Convert, split, analyze and clean audio files, one by one or in pipelines."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep import path_text
from mediakeep.commands import app
from mediakeep.commands.options import own_options, scheduler_options
from mediakeep.pipelines.item import HOME_FOLDER
from mediakeep.pipelines.questions import ToolkitCommand
from mediakeep.processors import registry

if TYPE_CHECKING:  # imported where it is needed, as --help must be quick
    from mediakeep.app.console import CommandResult
    from mediakeep.pipelines.configuration import Pipeline

_PATH = app.PathParam()
_GROUPS = {
    "split": "Split files.",
    "analyze": "Draw, measure, transcribe and align files.",
    "metadata": "Show and change tags.",
    "voice": "Improve recordings of speech.",
    "pipeline": "Run and check pipelines, which are YAML files.",
    "sessions": "Show, resume and remove sessions.",
    "plugins": "Show the processors, those of other distributions included.",
}
COMMANDS: Mapping[str, ToolkitCommand] = {
    command.name: command
    for command in (
        ToolkitCommand("split fixed", "splitter-fixed", "Split files into pieces of equal length."),
        ToolkitCommand("split silence", "splitter-silence", "Split files at pauses."),
        ToolkitCommand("split timestamps", "splitter-timestamps", "Split files at given times."),
        ToolkitCommand("convert", "converter", "Convert files to another format or loudness."),
        ToolkitCommand("analyze visualize", "visualizer", "Draw waveforms and spectrograms."),
        ToolkitCommand("analyze stats", "statistics", "Measure level, loudness and defects."),
        ToolkitCommand("analyze transcribe", "transcriber", "Write what is said."),
        ToolkitCommand("analyze align", "aligner", "Find the times of a known text."),
        ToolkitCommand("metadata show", "metadata", "Show tags.", has_none=True),
        ToolkitCommand("metadata set", "metadata", "Set tags of copies.", "set"),
        ToolkitCommand("metadata copy", "metadata", "Give copies the tags of a file.", "copy"),
        ToolkitCommand("metadata remove", "metadata", "Remove tags of copies.", "remove"),
        ToolkitCommand("voice denoise", "noise-reduce", "Reduce steady noise."),
        ToolkitCommand("voice dynamics", "dynamics", "Compress and equalize."),
        ToolkitCommand("voice trim", "trimmer", "Remove silence at the ends, or cut a range."),
        ToolkitCommand("voice enhance", "voice-enhance", "Apply a whole chain for speech."),
    )
    if command.processor in registry.BUILT_IN
}
# The words that follow a command in the example of its help.
_EXAMPLES: Mapping[str, str] = {
    "split fixed": "--input recordings --duration 30",
    "split silence": "--input lecture.mp3 --max-minutes 20",
    "split timestamps": "--input disc.flac --timestamps disc.cue",
    "convert": "--input recordings --format mp3",
    "analyze visualize": "--input recordings --output pictures",
    "analyze stats": "--input recordings --json",
    "analyze transcribe": "--input talk.mp3 --formats srt",
    "analyze align": "--input talk.mp3 --text talk.txt",
    "metadata show": "--input song.flac",
    "metadata set": "--input song.flac --set title=Home",
    "metadata copy": "--input edited --copy song.flac",
    "metadata remove": "--input recordings --remove comment",
    "voice denoise": "--input recordings --reduction 20",
    "voice dynamics": "--input talk.wav --ratio 4 --makeup 6",
    "voice trim": "--input recordings --max-pause 2",
    "voice enhance": "--input talk.wav --chain audiobook",
    "pipeline run": "--config podcast.yaml --dry-run",
    "pipeline validate": "--config podcast.yaml",
    "pipeline list": "--input pipelines",
    "sessions list": "--limit 3",
    "sessions info": "20261124-091530-1234",
    "sessions resume": "20261124-091530-1234 --workers 2",
    "sessions clean": "--older-than 30d --dry-run",
    "plugins list": "--json",
    "plugins info": "splitter-silence",
}
_create_command = functools.partial(app.create_command, fallback=HOME_FOLDER)
_PRESET = click.option("--preset", default="", help="Values to begin with; options override them.")
_RESUME = click.option("--resume", is_flag=True, help="Continue the last unfinished such session.")
_DRY_RUN = app.with_dry_run_option("Only show the steps.")
_CONFIG = click.option("--config", "-c", type=_PATH, required=True, help="The YAML file.")
_SESSION = click.argument("name", metavar="[ID]", required=False, default="")
_SPEED: tuple[Callable[..., Any], ...] = (
    app.setting_option("--workers", click.IntRange(0, 1000), "Worker processes; 0: one per core."),
    *reversed(scheduler_options.SCHEDULER_OPTIONS),
)
_RUN = (_PRESET, _RESUME, _DRY_RUN, *_SPEED, app.with_json_option)


def _with(*options: Callable[..., Any]) -> Callable[..., Any]:
    return lambda function: app.add_options(function, reversed(options))


@app.create_group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> Any:
    """Convert, split, analyze and clean audio files, one by one or in pipelines.

    Without a command, a wizard asks what to do. Each run is a session that can be stopped (Ctrl-C)
    or killed at any time; continue it by: sessions resume
    """
    if context.invoked_subcommand:
        return 0
    if sys.stdin.isatty() and sys.stdout.isatty():
        return _run_wizard.main([], standalone_mode=False)
    click.echo(context.get_help())
    return 2


@_create_command()
def _run_wizard(home: Path) -> int:
    from mediakeep.commands import audio_wizard

    def run(words: list[str]) -> Any:
        return main.main([*words], standalone_mode=False)

    plugins = {command.name: command for command in _list_plugin_commands().values()}
    return audio_wizard.run_wizard(home, {**COMMANDS, **plugins}, run)


class _PluginGroup(app.MediakeepGroup):
    """A command for each processor of other distributions, by its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the processors."""
        return sorted(_list_plugin_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a processor, None if there is none."""
        command = _list_plugin_commands().get(cmd_name)
        return _build_processor(command) if command else None


def _list_plugin_commands() -> dict[str, ToolkitCommand]:
    plugins = [plugin for plugin in registry.load_plugins() if not plugin.problem]
    return {
        plugin.name: ToolkitCommand(
            f"plugins run {plugin.name}", plugin.name, plugin.value.description.summary
        )
        for plugin in plugins
    }


def _build_processor(command: ToolkitCommand) -> click.Command:
    def run(
        home: Path,
        source: Path,
        target: Path,
        *,
        recursive: bool,
        preset: str,
        **options: Any,
    ) -> int | CommandResult:
        from mediakeep.app.pipelines import toolkit

        names = [field.name for field in command.list_fields()]
        params = {name: options[name] for name in names if options[name] not in (None, ())}
        pipeline = toolkit.build_pipeline(
            home, command, params, (source, target), preset=preset, recursive=recursive
        )
        return _run_pipeline(home, pipeline, **{n: v for n, v in options.items() if n not in names})

    run.__doc__ = command.summary
    options: Sequence[Callable[..., Any]] = (
        click.option("--input", "source", type=_PATH, required=True, help="A file or a folder."),
        click.option(
            "--output",
            "target",
            type=_PATH,
            default="data/output",
            show_default=True,
            help="The output folder.",
        ),
        click.option("--recursive/--no-recursive", default=True, help="Also files in subfolders."),
        *_RUN,
    )
    built = _create_command()(_with(*options)(run))
    built.build_more = lambda: own_options.build_parameter_options(command.list_fields())
    return built


def _run_pipeline(
    home: Path, pipeline: Pipeline, *, resume: bool, dry_run: bool, **speed: Any
) -> int | CommandResult:
    """Show the steps of a pipeline, or run it in a session."""
    from mediakeep.app.pipelines import run_session, toolkit
    from mediakeep.pipelines import inputs

    if dry_run:
        return toolkit.describe_steps(pipeline)
    if resume and (name := toolkit.find_resumable(home, pipeline)):
        return _resume_session(home, name, **speed)
    if home.name == HOME_FOLDER and not home.exists():
        app.print_message(f"Sessions are kept in {path_text.display_path(home)}; see --home.")
    found = inputs.find_inputs(pipeline.input, pipeline.output_dir)
    session = run_session.create_session(home, pipeline, found)
    return _run_session(home, session.id, speed)


def _resume_session(home: Path, name: str, *, force: bool = False, **speed: Any) -> int:
    """Continue a session; without a name, the latest unfinished one."""
    from mediakeep.app.pipelines import sessions

    info = sessions.prepare_resume(home, name, force=force)
    if not app.is_quiet():
        text = f"Resuming session {info.id}, skipping {info.completed} completed files"
        click.echo(text, err=app.is_json())
    return _run_session(home, info.id, speed)


def _run_session(home: Path, name: str, speed: Mapping[str, Any]) -> int:
    """Run a session, print what came of it, and return the exit code."""
    from mediakeep.app.pipelines import run_session, toolkit
    from mediakeep.commands.console import ClickConsole
    from mediakeep.commands.display import session_output

    output = session_output.SessionOutput(is_quiet=app.is_json() or app.is_quiet())
    options = run_session.RunOptions(
        speed["workers"],
        as_json=app.is_json(),
        scheduler=scheduler_options.parse_scheduler(speed),
    )
    with run_session.prestart_workers(home, name, options) as early:
        code = run_session.run_session(home, name, output, ClickConsole(), options, early)
    result = toolkit.show_results(home, name)
    app.print_result(result.lines, result.data, as_json=app.is_json(), code=code)
    return code


@_create_command()
@_with(_CONFIG, *_RUN)
def run_pipeline(home: Path, config: Path, preset: str, **options: Any) -> int | CommandResult:
    """Run a pipeline."""
    from mediakeep.app.pipelines import toolkit

    pipeline = toolkit.load_pipeline(home, config, preset)
    return _run_pipeline(home, pipeline, **options)


@_create_command()
@_with(_SESSION, *_SPEED, app.with_json_option)
@click.option("--force", is_flag=True, help="Begin again, also if it is completed.")
def resume_session(home: Path, name: str, **options: Any) -> int:
    """Continue a session; without ID, the latest unfinished one."""
    return _resume_session(home, name, **options)


def _build_use_case(function: Callable[..., Any], text: str, *options: Any) -> click.Command:
    """Return a command; `function` takes the module `toolkit`, the home and the options."""

    def run(home: Path, **values: Any) -> CommandResult:
        from mediakeep.app.pipelines import toolkit

        result: CommandResult = function(toolkit, home, **values)
        return result

    run.__doc__ = text
    return _create_command()(_with(*options, app.with_json_option)(run))


_OTHERS: Mapping[str, click.Command] = {
    "pipeline run": run_pipeline,
    "pipeline validate": _build_use_case(
        lambda toolkit, _, config: toolkit.validate(config),
        "Name every fault of a pipeline, with its line and what to do.",
        _CONFIG,
    ),
    "pipeline list": _build_use_case(
        lambda toolkit, _, folder: toolkit.list_pipelines(folder),
        "List the pipelines in a folder.",
        click.option("--input", "folder", type=_PATH, default=".", help="The folder."),
    ),
    "sessions list": _build_use_case(
        lambda toolkit, home, limit: toolkit.list_sessions(home, app.damaged_queues(), limit),
        "List the newest sessions.",
        click.option(
            "--limit", type=click.IntRange(1), default=10, show_default=True, help="Most."
        ),
    ),
    "sessions info": _build_use_case(
        lambda toolkit, home, name: toolkit.show_session(home, name),
        "Show a session and its files; without ID, the latest one.",
        _SESSION,
    ),
    "sessions resume": resume_session,
    "sessions clean": _build_use_case(
        lambda toolkit, home, dry_run, **age: app.mark_dry_run(
            toolkit.clean_sessions(home, app.damaged_queues(), dry_run=dry_run, **age),
            dry_run=dry_run,
        ),
        "Remove old sessions; their outputs stay.",
        click.option(
            "--older-than",
            "seconds",
            type=app.DurationParam(),
            default="7d",
            show_default=True,
            help="Only sessions that ended at least this time ago.",
        ),
        click.option("--force", is_flag=True, help="Also those that are paused or have failed."),
        app.with_dry_run_option("Say what would be removed; change nothing."),
    ),
    "plugins list": _build_use_case(lambda toolkit, _: toolkit.list_plugins(), "List processors."),
    "plugins info": _build_use_case(
        lambda toolkit, _, name: toolkit.show_plugin(name),
        "Show a processor and its parameters.",
        click.argument("name", metavar="NAME"),
    ),
    "plugins run": _PluginGroup(help="Run a processor of another distribution."),
}


def _add_groups() -> None:
    groups: dict[str, click.Group] = {"": main}
    names = {name.partition(" ")[0] for name in {**COMMANDS, **_OTHERS}}
    for name, text in ((name, text) for name, text in _GROUPS.items() if name in names):
        groups[name] = app.create_group()(lambda: None)
        groups[name].help = text
        main.add_command(groups[name], name)
    commands = {name: _build_processor(command) for name, command in COMMANDS.items()}
    for name, command in {**commands, **_OTHERS}.items():
        if isinstance(command, app.MediakeepCommand):
            command.example = f"audiotoolkit {name} {_EXAMPLES[name]}"
        group, _, own = name.rpartition(" ")
        groups[group].add_command(command, own)


_add_groups()
