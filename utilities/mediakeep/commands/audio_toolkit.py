"""Convert, split, analyze and clean audio files, one by one or in pipelines."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mediakeep.commands import app
from mediakeep.commands.options import own_options
from mediakeep.pipelines.questions import ToolkitCommand

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
}
_create_command = functools.partial(app.create_command, fallback=".audiotoolkit")
_PRESET = click.option("--preset", default="", help="Values to begin with; options override them.")
_RESUME = click.option("--resume", is_flag=True, help="Continue the last unfinished such session.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Only show the steps.")
_CONFIG = click.option("--config", "-c", type=_PATH, required=True, help="The YAML file.")
_SESSION = click.argument("name", metavar="ID", required=False, default="")
_RUN = (_PRESET, _RESUME, _DRY_RUN, app.with_json_option)


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
    from mediakeep.processors import registry

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
    ) -> int:
        from mediakeep.app.pipelines import toolkit

        names = [field.name for field in command.list_fields()]
        params = {name: options[name] for name in names if options[name] not in (None, ())}
        pipeline = toolkit.build_pipeline(
            home, command, params, (source, target), preset=preset, recursive=recursive
        )
        return _run_pipeline(
            home, pipeline, **{n: options[n] for n in ("resume", "dry_run", "as_json")}
        )

    run.__doc__ = command.summary
    options = (
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
    home: Path, pipeline: Pipeline, *, resume: bool, dry_run: bool, as_json: bool
) -> int:
    """Show the steps of a pipeline, or run it in a session."""
    from mediakeep.app.pipelines import run_session, toolkit
    from mediakeep.pipelines import inputs

    if dry_run:
        return _print(toolkit.describe_steps(pipeline), as_json=as_json)
    if resume and (name := toolkit.find_resumable(home, pipeline)):
        return _resume_session(home, name, as_json=as_json)
    found = inputs.find_inputs(pipeline.input, pipeline.output_dir)
    session = run_session.create_session(home, pipeline, found)
    return _run_session(home, session.id, as_json=as_json)


def _resume_session(home: Path, name: str, *, as_json: bool, force: bool = False) -> int:
    from mediakeep.app.pipelines import sessions

    info = sessions.prepare_resume(home, name, force=force)
    text = f"Resuming session {info.id}, skipping {info.completed} completed files"
    click.echo(text, err=as_json)
    return _run_session(home, info.id, as_json=as_json)


def _run_session(home: Path, name: str, *, as_json: bool) -> int:
    """Run a session, print what came of it, and return the exit code."""
    from mediakeep.app.pipelines import run_session, sessions, toolkit
    from mediakeep.commands.console import ClickConsole
    from mediakeep.commands.display import session_output

    output = session_output.SessionOutput(as_json=as_json)
    code = run_session.run_session(home, name, output, ClickConsole())
    info, results = sessions.describe_session(home, name), toolkit.list_results(home, name)
    is_analysis = toolkit.is_analysis(home, name)
    lines = session_output.format_results(info, results, is_analysis=is_analysis)
    data = {"session": info.id, "state": info.state, "files": results}
    app.print_result(lines, data, as_json=as_json)
    return code


def _print(result: CommandResult, *, as_json: bool) -> int:
    app.print_result(result.lines, result.data, as_json=as_json)
    return result.code


@_create_command()
@_with(_CONFIG, *_RUN)
def run_pipeline(home: Path, config: Path, preset: str, **options: bool) -> int:
    """Run a pipeline."""
    from mediakeep.app.pipelines import toolkit
    from mediakeep.pipelines import configuration

    pipeline = configuration.load_file(config)
    if preset:
        pipeline = toolkit.apply_preset(home, pipeline, preset)
    return _run_pipeline(home, pipeline, **options)


@_create_command()
@_CONFIG
@app.with_json_option
def validate_pipeline(home: Path, config: Path, *, as_json: bool) -> int:  # noqa: ARG001
    """Name every fault of a pipeline, with its line and what to do."""
    from mediakeep.app.pipelines import toolkit

    return _print(toolkit.validate(config), as_json=as_json)


@_create_command()
@click.option("--input", "folder", type=_PATH, default=".", help="The folder; default: this one.")
@app.with_json_option
def list_pipelines(home: Path, folder: Path, *, as_json: bool) -> int:  # noqa: ARG001
    """List the pipelines in a folder."""
    from mediakeep.app.pipelines import toolkit

    return _print(toolkit.list_pipelines(folder), as_json=as_json)


@_create_command()
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="The newest.")
@app.with_json_option
def list_sessions(home: Path, limit: int, *, as_json: bool) -> int:
    """List the newest sessions."""
    from mediakeep.app.pipelines import toolkit

    return _print(toolkit.list_sessions(home, app.damaged_queues(), limit), as_json=as_json)


@_create_command()
@_SESSION
@app.with_json_option
def show_session(home: Path, name: str, *, as_json: bool) -> int:
    """Show a session and its files; without ID, the latest one."""
    from mediakeep.app.pipelines import toolkit

    return _print(toolkit.show_session(home, name), as_json=as_json)


@_create_command()
@_SESSION
@click.option("--force", is_flag=True, help="Begin again, also if it is completed.")
@app.with_json_option
def resume_session(home: Path, name: str, *, force: bool, as_json: bool) -> int:
    """Continue a session; without ID, the latest unfinished one."""
    return _resume_session(home, name, as_json=as_json, force=force)


@_create_command()
@click.option(
    "--older-than",
    type=app.DurationParam(),
    default="7d",
    show_default=True,
    help="Only sessions that ended at least this time ago.",
)
@click.option("--force", is_flag=True, help="Also those that are paused or have failed.")
@app.with_json_option
def clean_sessions(home: Path, older_than: float, *, force: bool, as_json: bool) -> int:
    """Remove old sessions; their outputs stay."""
    from mediakeep.app.pipelines import toolkit

    result = toolkit.clean_sessions(home, app.damaged_queues(), older_than, force=force)
    return _print(result, as_json=as_json)


@app.create_command(home=False)
@app.with_json_option
def list_plugins(*, as_json: bool) -> int:
    """List all processors, and plugins that cannot be used."""
    from mediakeep.app.pipelines import toolkit

    return _print(toolkit.list_plugins(), as_json=as_json)


@app.create_command(home=False)
@click.argument("name", metavar="NAME")
@app.with_json_option
def show_plugin(name: str, *, as_json: bool) -> int:
    """Show a processor and its parameters."""
    from mediakeep.app.pipelines import toolkit

    return _print(toolkit.show_plugin(name), as_json=as_json)


def _add_groups() -> None:
    groups = {"": main}
    for name, text in _GROUPS.items():
        groups[name] = app.create_group()(lambda: None)
        groups[name].help = text
        main.add_command(groups[name], name)
    commands = {name: _build_processor(command) for name, command in COMMANDS.items()}
    for name, command in {**commands, **_OTHERS}.items():
        group, _, own = name.rpartition(" ")
        groups[group].add_command(command, own)


_OTHERS: Mapping[str, click.Command] = {
    "pipeline run": run_pipeline,
    "pipeline validate": validate_pipeline,
    "pipeline list": list_pipelines,
    "sessions list": list_sessions,
    "sessions info": show_session,
    "sessions resume": resume_session,
    "sessions clean": clean_sessions,
    "plugins list": list_plugins,
    "plugins info": show_plugin,
    "plugins run": _PluginGroup(help="Run a processor of another distribution."),
}
_add_groups()
